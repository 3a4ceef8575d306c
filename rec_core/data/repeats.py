"""Pairs of user and item that stand in the data more than once: which rows count, and whether a test is spoilt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import Dataset, Interactions, Split

Repeats = Literal["kept", "latest", "first", "sum", "mean"]
# Every row counts; or of each pair one row: the latest, the first, or the latest with the sum or mean of all ratings.
REPEATS: Mapping[str, str] = {
    "kept": "All rows count",
    "latest": "The latest",
    "first": "The first",
    "sum": "One, with the sum",
    "mean": "One, with the mean",
}


def superseded(rows: Interactions, n_items: int) -> NDArray[np.bool_]:
    """Return which rows (n,) a later one of the same user and item follows; of equal times the later row counts.

    >>> rows = Interactions(np.array([0, 0, 0]), np.array([5, 5, 6]), None, np.array([9, 3, 1]))
    >>> superseded(rows, 7).tolist()
    [False, True, False]
    """
    pair = rows.user.astype(np.int64) * n_items + rows.item
    order = np.argsort(pair, kind="stable") if rows.time is None else np.lexsort((rows.time, pair))
    ordered = pair[order]
    mask = np.zeros(len(rows), dtype=bool)
    mask[order[:-1]] = ordered[:-1] == ordered[1:]
    return mask


def settle(data: Dataset, rule: Repeats) -> tuple[Dataset, int]:
    """Return the data as ``rule`` has it, rows in their order, and how many rows a later one of their pair follows.

    The sum of data without ratings is how often a pair occurs.
    """
    rows = data.interactions
    earlier = superseded(rows, data.catalogue.n_items)
    count = int(earlier.sum())
    if rule == "kept" or not count:
        return data, count
    if rule in ("sum", "mean"):
        rows = replace(rows, rating=_pooled(rows, data.catalogue.n_items, rule))
    stay = superseded(_reversed(rows), data.catalogue.n_items)[::-1] if rule == "first" else earlier
    return Dataset(rows.take(~stay), data.catalogue), count


def _reversed(rows: Interactions) -> Interactions:
    """Return rows so that of each pair the first is the latest: the other way round, and back in time."""
    back = rows.take(np.arange(len(rows))[::-1])
    return back if back.time is None else replace(back, time=-back.time)


def _pooled(rows: Interactions, n_items: int, rule: Repeats) -> NDArray[np.float32] | None:
    """Return for each row (n,) the sum or the mean over its pair."""
    if rows.rating is None and rule == "mean":
        return None
    _, pair = np.unique(rows.user.astype(np.int64) * n_items + rows.item, return_inverse=True)
    total = np.bincount(pair, rows.rating)
    pooled: NDArray[np.float32] = (total / np.bincount(pair) if rule == "mean" else total)[pair].astype(np.float32)
    return pooled


def tested_in_train(split: Split) -> int:
    """Return how many users' test item stands among their train items."""
    n_items = split.catalogue.n_items
    tested, train = (part.user.astype(np.int64) * n_items + part.item for part in (split.test, split.train))
    return int(np.isin(tested, train).sum())

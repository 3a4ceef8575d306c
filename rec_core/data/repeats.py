"""Pairs of user and item that stand in the data more than once: which rows count, and whether a test is spoilt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rec_core.data import in_parts
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


def superseded(rows: Interactions, n_items: int, by: Literal["later", "earlier"] = "later") -> NDArray[np.bool_]:
    """Return which rows (n,) a later one of the same user and item follows; of equal times the later row counts.

    Or, ``by`` an earlier one, which rows it goes before.

    >>> rows = Interactions(np.array([0, 0, 0]), np.array([5, 5, 6]), None, np.array([9, 3, 1]))
    >>> superseded(rows, 7).tolist()
    [False, True, False]
    """
    mask = np.zeros(len(rows), dtype=bool)
    for part in in_parts.by_user(rows.user):
        again = part[_again(_pairs(rows, part, n_items), rows.moments(part))]
        pair = _pairs(rows, again, n_items)
        same = pair[1:] == pair[:-1]
        mask[(again[:-1] if by == "later" else again[1:])[same]] = True
    return mask


def _pairs(rows: Interactions, places: NDArray[np.intp], n_items: int) -> NDArray[np.int64]:
    """Return one number for user and item of each of ``places``."""
    return rows.user[places].astype(np.int64) * n_items + rows.item[places]


def _again(pair: NDArray[np.int64], time: NDArray[np.int64] | None) -> NDArray[np.intp]:
    """Return the places of what occurs more than once, pair by pair, oldest first; mostly that is little to sort."""
    order = np.argsort(pair, kind="stable")
    same = pair[order[1:]] == pair[order[:-1]]
    again = order[np.append(same, False) | np.append(False, same)]
    return again if time is None else again[np.lexsort((time[again], pair[again]))]


def settle(data: Dataset, rule: Repeats) -> tuple[Dataset, int]:
    """Return the data as ``rule`` has it, rows in their order, and how many rows a later one of their pair follows.

    The sum of data without ratings is how often a pair occurs.
    """
    rows, n_items = data.interactions, data.catalogue.n_items
    earlier = superseded(rows, n_items)
    count = int(np.count_nonzero(earlier))
    if rule == "kept" or not count:
        return data, count
    if rule in ("sum", "mean"):
        rows = replace(rows, rating=_pooled(rows, n_items, rule))
    return Dataset(
        rows.take(~(superseded(rows, n_items, "earlier") if rule == "first" else earlier)), data.catalogue
    ), count


def _pooled(rows: Interactions, n_items: int, rule: Repeats) -> NDArray[Any] | None:
    """Return for each row (n,) the sum or the mean over its pair, in the precision of the ratings."""
    if rows.rating is None and rule == "mean":
        return None
    pooled = np.empty(len(rows), np.float32 if rows.rating is None else rows.rating.dtype)
    for part in in_parts.by_user(rows.user):
        _, pair = np.unique(_pairs(rows, part, n_items), return_inverse=True)
        total = np.bincount(pair, None if rows.rating is None else rows.rating[part])
        pooled[part] = (total / np.bincount(pair) if rule == "mean" else total)[pair]
    return pooled


def tested_in_train(split: Split) -> int:
    """Return how many users' test item stands among their train items."""
    n_items = split.catalogue.n_items
    tested, train = (part.user.astype(np.int64) * n_items + part.item for part in (split.test, split.train))
    return int(np.isin(tested, train).sum())

"""Pairs of user and item that stand in the data more than once: which rows count, and whether a test is spoilt."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import Dataset, Interactions, Split

Repeats = Literal["kept", "latest"]  # every row counts, or of each pair the latest


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
    """Return the data as ``rule`` has it, rows in their order, and how many rows a later one of their pair follows."""
    earlier = superseded(data.interactions, data.catalogue.n_items)
    count = int(earlier.sum())
    if rule == "kept" or not count:
        return data, count
    return Dataset(data.interactions.take(~earlier), data.catalogue), count


def tested_in_train(split: Split) -> int:
    """Return how many users' test item stands among their train items."""
    n_items = split.catalogue.n_items
    tested, train = (part.user.astype(np.int64) * n_items + part.item for part in (split.test, split.train))
    return int(np.isin(tested, train).sum())

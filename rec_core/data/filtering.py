"""Leave out users and items with too few interactions."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rec_core.data.in_parts import counts, looked_up
from rec_core.data.interactions import Dataset
from rec_core.errors import DataError


@dataclass(frozen=True)
class _Left:
    """Which users and items have enough rows, which rows (n,) are of both, and how many were dropped this time."""

    users: NDArray[np.bool_]
    items: NDArray[np.bool_]
    rows: NDArray[np.bool_]
    dropped: int


def k_core(data: Dataset, minimum: int) -> Dataset:
    """Drop users and items with fewer than ``minimum`` interactions, repeated until none is left (the k-core).

    Rows keep their order; users and items are renumbered without gaps.

    Raises:
        DataError: if nothing is left.
    """
    last = deque(_rounds(data, minimum), maxlen=1)
    if not last or not last[0].rows.any():
        raise DataError(
            f"No user and item is left with at least {minimum} interactions; lower the minimum or choose larger data."
        )
    return _renumbered(data, last[0])


def rounds(data: Dataset, minimum: int) -> int:
    """Return how often rows have to be dropped until none is left to drop."""
    return sum(left.dropped > 0 for left in _rounds(data, minimum))


def _rounds(data: Dataset, minimum: int) -> Iterator[_Left]:
    """Yield what each round leaves, until one drops nothing, or nothing is left."""
    rows, catalogue, least = data.interactions, data.catalogue, max(minimum, 1)
    stay, n = np.ones(len(rows), bool), len(rows)
    while n:
        users = counts(rows.user[stay], catalogue.n_users) >= least
        items = counts(rows.item[stay], catalogue.n_items) >= least
        stay = looked_up(users, rows.user)
        stay &= looked_up(items, rows.item)
        before, n = n, int(np.count_nonzero(stay))
        yield _Left(users, items, stay, before - n)
        if n == before:
            return


def _renumbered(data: Dataset, left: _Left) -> Dataset:
    """Number the users and items that are left without gaps."""
    rows = data.interactions if left.rows.all() else data.interactions.take(left.rows)
    user, item = (np.cumsum(there, dtype=np.int32) - np.int32(1) for there in (left.users, left.items))
    numbered = replace(rows, user=looked_up(user, rows.user), item=looked_up(item, rows.item))
    return Dataset(numbered, data.catalogue.take(left.users, left.items))

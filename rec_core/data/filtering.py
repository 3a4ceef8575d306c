"""Leave out users and items with too few interactions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import Dataset, Interactions
from rec_core.errors import DataError

T = TypeVar("T", bound=np.generic)
_PART = 1 << 21  # rows


def k_core(data: Dataset, minimum: int) -> Dataset:
    """Drop users and items with fewer than ``minimum`` interactions, repeated until none is left (the k-core).

    Rows keep their order; users and items are renumbered without gaps.

    Raises:
        DataError: if nothing is left.
    """
    rows = data.interactions
    while len(rows):
        users, items, stays = _staying(rows, data, minimum)
        if stays.all():
            return _renumber(data, rows, users, items)
        rows = rows.take(stays)
    raise DataError(
        f"No user and item is left with at least {minimum} interactions; lower the minimum or choose larger data."
    )


def rounds(data: Dataset, minimum: int) -> int:
    """Return how often rows have to be dropped until none is left to drop."""
    rows, count = data.interactions, 0
    while len(rows) and not (stays := _staying(rows, data, minimum)[2]).all():
        rows, count = rows.take(stays), count + 1
    return count


def _staying(
    rows: Interactions, data: Dataset, minimum: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which users and items have enough rows, and which rows are of both."""
    least = max(minimum, 1)
    users = _counts(rows.user, data.catalogue.n_users) >= least
    items = _counts(rows.item, data.catalogue.n_items) >= least
    stays = _of(users, rows.user)
    stays &= _of(items, rows.item)
    return users, items, stays


def _counts(ids: NDArray[np.int32], n: int) -> NDArray[np.int64]:
    """Return how often each of 0 … n - 1 occurs."""
    counts = np.zeros(n, np.int64)
    for part in _parts(len(ids)):
        counts += np.bincount(ids[part], minlength=n)
    return counts


def _of(table: NDArray[T], ids: NDArray[np.int32]) -> NDArray[T]:
    """Return ``table[ids]``."""
    found = np.empty(len(ids), table.dtype)
    for part in _parts(len(ids)):
        found[part] = table[ids[part]]
    return found


def _parts(n_rows: int) -> Iterator[slice]:
    """Yield all rows in parts: NumPy makes ids longer before it uses them, and for all at once that is new memory."""
    return (slice(start, start + _PART) for start in range(0, n_rows, _PART))


def _renumber(data: Dataset, rows: Interactions, users: NDArray[np.bool_], items: NDArray[np.bool_]) -> Dataset:
    """Number the marked users and items, who have all rows, without gaps."""
    new_user = np.cumsum(users, dtype=np.int32) - 1
    new_item = np.cumsum(items, dtype=np.int32) - 1
    renumbered = Interactions(_of(new_user, rows.user), _of(new_item, rows.item), rows.rating, rows.time, rows.place)
    return Dataset(renumbered, data.catalogue.take(users, items))

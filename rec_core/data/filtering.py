"""Leave out users and items with too few interactions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import Dataset, Interactions
from rec_core.errors import DataError


def k_core(data: Dataset, minimum: int) -> Dataset:
    """Drop users and items with fewer than ``minimum`` interactions, repeated until none is left (the k-core).

    Rows keep their order; users and items are renumbered without gaps.

    Raises:
        DataError: if nothing is left.
    """
    rows, least = data.interactions, max(minimum, 1)
    while len(rows):
        users = np.bincount(rows.user, minlength=data.catalogue.n_users) >= least
        items = np.bincount(rows.item, minlength=data.catalogue.n_items) >= least
        stays = users[rows.user] & items[rows.item]
        if stays.all():
            return _renumber(data, rows, users, items)
        rows = rows.take(stays)
    raise DataError(
        f"No user and item is left with at least {minimum} interactions; lower the minimum or choose larger data."
    )


def _renumber(data: Dataset, rows: Interactions, users: NDArray[np.bool_], items: NDArray[np.bool_]) -> Dataset:
    """Number the marked users and items, who have all rows, without gaps."""
    new_user = np.cumsum(users, dtype=np.int32) - 1
    new_item = np.cumsum(items, dtype=np.int32) - 1
    renumbered = Interactions(
        new_user[rows.user].astype(np.int32), new_item[rows.item].astype(np.int32), rows.rating, rows.time
    )
    return Dataset(renumbered, data.catalogue.take(users, items))

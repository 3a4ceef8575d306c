"""Leave out users and items with too few interactions."""

from __future__ import annotations

import numpy as np

from rec_core.data.interactions import Dataset, Interactions
from rec_core.errors import DataError


def k_core(data: Dataset, minimum: int) -> Dataset:
    """Drop users and items with fewer than ``minimum`` interactions, repeated until none is left (the k-core).

    Rows keep their order; users and items are renumbered without gaps.

    Raises:
        DataError: if nothing is left.
    """
    rows = data.interactions
    while len(rows):
        users = np.bincount(rows.user, minlength=data.catalogue.n_users) >= minimum
        items = np.bincount(rows.item, minlength=data.catalogue.n_items) >= minimum
        stays = users[rows.user] & items[rows.item]
        if stays.all():
            break
        rows = rows.take(stays)
    if not len(rows):
        raise DataError(
            f"No user and item is left with at least {minimum} interactions; lower the minimum or choose larger data."
        )
    return _renumber(data, rows)


def _renumber(data: Dataset, rows: Interactions) -> Dataset:
    users = np.bincount(rows.user, minlength=data.catalogue.n_users) > 0
    items = np.bincount(rows.item, minlength=data.catalogue.n_items) > 0
    new_user = np.cumsum(users, dtype=np.int32) - 1
    new_item = np.cumsum(items, dtype=np.int32) - 1
    renumbered = Interactions(
        new_user[rows.user].astype(np.int32), new_item[rows.item].astype(np.int32), rows.rating, rows.time
    )
    return Dataset(renumbered, data.catalogue.take(users, items))

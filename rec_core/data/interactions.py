"""The words of the data: interactions, a data set, a split."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Interactions:
    """Who interacted with what: parallel arrays of n rows.

    ``user`` and ``item`` are positions in the data set's catalogue (int32), ``rating`` is in stars
    (float32), ``time`` in seconds since 1970 (int64).
    """

    user: NDArray[np.int32]
    item: NDArray[np.int32]
    rating: NDArray[np.float32]
    time: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.user)

    def take(self, rows: NDArray[np.integer] | NDArray[np.bool_]) -> Interactions:
        """Return the interactions at ``rows`` (positions or a mask), in that order."""
        return Interactions(self.user[rows], self.item[rows], self.rating[rows], self.time[rows])


@dataclass(frozen=True)
class Catalogue:
    """What the positions stand for: original ids, film titles, genres separated by ``|``."""

    user_ids: NDArray[np.int64]
    item_ids: NDArray[np.int64]
    titles: NDArray[np.str_]
    genres: NDArray[np.str_]

    @property
    def n_users(self) -> int:
        """Number of users."""
        return len(self.user_ids)

    @property
    def n_items(self) -> int:
        """Number of items."""
        return len(self.item_ids)

    def take(self, users: NDArray[np.bool_], items: NDArray[np.bool_]) -> Catalogue:
        """Return the catalogue of the marked users and items."""
        return Catalogue(self.user_ids[users], self.item_ids[items], self.titles[items], self.genres[items])


@dataclass(frozen=True)
class Dataset:
    """A rating data set in file order."""

    interactions: Interactions
    catalogue: Catalogue


@dataclass(frozen=True)
class Split:
    """Train, validation and test interactions of the users and items that passed the filter.

    Validation and test hold one row per user, in user order.
    """

    train: Interactions
    validation: Interactions
    test: Interactions
    catalogue: Catalogue


def marked(places: NDArray[np.integer], n: int) -> NDArray[np.bool_]:
    """Return a mask (n,) that is true at ``places``.

    >>> marked(np.array([0, 2]), 4).tolist()
    [True, False, True, False]
    """
    mask = np.zeros(n, dtype=bool)
    mask[places] = True
    return mask


def compact(users: NDArray[np.int64], items: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
    """Return ``(user_ids, user positions, item_ids, item positions)`` for arrays of original ids."""
    user_ids, user = np.unique(users, return_inverse=True)
    item_ids, item = np.unique(items, return_inverse=True)
    return user_ids, user, item_ids, item

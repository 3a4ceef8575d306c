"""Items that a user never interacted with, to rank the held-out item against."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import Interactions, Split, distinct_pairs
from rec_core.errors import DataError

FEWEST = 10  # items that the held-out one is ranked against: among fewer, every rank is at most 10
ABSENT = -1  # stands where a user has no further unknown item
_TIGHT = 1.25  # unknown items per negative, below which drawing again and again takes too long


def sample_negatives(
    split: Split, count: int, rng: np.random.Generator, parts: Sequence[Interactions] | None = None
) -> NDArray[np.int32]:
    """Return ``count`` distinct items per user (n_users x count), uniform over items the user has in none of ``parts``.

    Without ``parts`` these are items that the user has in no split. A user with fewer unknown items gets all of them,
    and ``ABSENT`` in the places that are left. Draws that hit a known item or repeat an earlier draw are drawn again,
    which leaves every set of ``count`` unknown items equally likely.

    Raises:
        DataError: if a user has fewer than ``FEWEST`` unknown items (than ``count``, if that is smaller).
    """
    n_users, n_items = split.catalogue.n_users, split.catalogue.n_items
    known = distinct_pairs((*split.known, split.test) if parts is None else parts, n_items)
    unknown = n_items - np.bincount(known // n_items, minlength=n_users)
    if unknown.min() < min(count, FEWEST):
        raise DataError(
            f"A user knows all but {unknown.min()} of the {n_items:,} items, too few to rank what was held out among. "
            "Choose a lower smallest number of ratings per user and item (data.min_interactions), larger data, or "
            "Ratings (explicit feedback)."
        )
    tight = unknown < _TIGHT * count
    drawn = rng.integers(0, n_items, (n_users, count))
    open_, again = np.flatnonzero(~tight), np.zeros(drawn.shape, dtype=bool)
    while len(open_):
        again[open_] = _taken(drawn[open_], open_, known, n_items)
        drawn[again] = rng.integers(0, n_items, int(again.sum()))
        open_ = np.flatnonzero(again.any(axis=1))
        again[:] = False
    for user in np.flatnonzero(tight):
        have = known[slice(*np.searchsorted(known, [user * n_items, (user + 1) * n_items]))] - user * n_items
        others = rng.permutation(np.setdiff1d(np.arange(n_items), have, assume_unique=True))[:count]
        drawn[user] = ABSENT
        drawn[user, : len(others)] = others
    return drawn.astype(np.int32)


def _taken(
    drawn: NDArray[np.int64], users: NDArray[np.int64], known: NDArray[np.int64], n_items: int
) -> NDArray[np.bool_]:
    """Mark what was drawn (users x count) that its user knows, or that stands further left in its row already."""
    count = drawn.shape[1]
    # Sorted with their places: equal ones stand side by side, and what is searched for comes in order.
    item, place = np.divmod(np.sort(drawn * count + np.arange(count), axis=1), count)
    pairs = users[:, None] * n_items + item
    taken = known[np.searchsorted(known, pairs.ravel()).clip(max=len(known) - 1)].reshape(pairs.shape) == pairs
    taken[:, 1:] |= item[:, 1:] == item[:, :-1]
    marks = np.empty_like(taken)
    np.put_along_axis(marks, place, taken, axis=1)
    return marks

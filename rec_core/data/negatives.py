"""Items that a user never interacted with, to rank the held-out item against."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import Split
from rec_core.errors import DataError


def sample_negatives(split: Split, count: int, rng: np.random.Generator) -> NDArray[np.int32]:
    """Return ``count`` distinct items per user (n_users x count), uniform over items the user has in no split.

    Draws that hit a known item or repeat an earlier draw are drawn again, which leaves every set of
    ``count`` unknown items equally likely.

    Raises:
        DataError: if a user has too few unknown items.
    """
    n_users, n_items = split.catalogue.n_users, split.catalogue.n_items
    parts = (split.train, split.validation, split.test)
    known = np.unique(np.concatenate([p.user.astype(np.int64) * n_items + p.item for p in parts]))
    seen = np.bincount(known // n_items, minlength=n_users)
    if n_items - seen.max() < count:
        raise DataError(
            f"A user knows all but {n_items - seen.max()} of the {n_items} items, so {count} test negatives cannot "
            f"be drawn; set evaluation.negatives to at most {n_items - seen.max()}."
        )
    drawn = rng.integers(0, n_items, (n_users, count))
    offset = np.arange(n_users, dtype=np.int64)[:, None] * n_items
    while (again := _known(drawn + offset, known) | _repeats(drawn)).any():
        drawn[again] = rng.integers(0, n_items, int(again.sum()))
    return drawn.astype(np.int32)


def _known(pairs: NDArray[np.int64], known: NDArray[np.int64]) -> NDArray[np.bool_]:
    at = np.searchsorted(known, pairs).clip(max=len(known) - 1)
    return known[at] == pairs


def _repeats(drawn: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Mark each value that stands further left in its row already."""
    order = np.argsort(drawn, axis=1, kind="stable")
    ordered = np.take_along_axis(drawn, order, axis=1)
    repeated = np.zeros(drawn.shape, dtype=bool)
    repeated[:, 1:] = ordered[:, 1:] == ordered[:, :-1]
    marks = np.empty_like(repeated)
    np.put_along_axis(marks, order, repeated, axis=1)
    return marks

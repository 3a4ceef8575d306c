"""Leave-one-out splits: one test and one validation interaction per user, the rest to train on."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import Dataset, Split, by_user_and_time, marked
from rec_core.errors import DataError

TestRule = Literal["last", "random"]
ValidationRule = Literal["random", "next-to-last"]


def leave_one_out(data: Dataset, test: TestRule, validation: ValidationRule, rng: np.random.Generator) -> Split:
    """Split each user's history.

    Args:
        data: filtered data; every user needs at least three interactions.
        test: the user's last interaction by time (equal times: the later row of the file), or a random one.
        validation: of the remaining interactions a random one, or the last.
        rng: drawn from only by the random rules.

    Raises:
        DataError: if a user has fewer than three interactions.
    """
    rows = data.interactions
    counts = np.bincount(rows.user, minlength=data.catalogue.n_users)
    if counts.min() < 3:
        raise DataError(
            "A user has fewer than 3 interactions, too few for one test, one validation and one train row; "
            "raise the minimum number of interactions to 3 or more."
        )
    ordered = by_user_and_time(rows)
    places = _one_per_user(counts, test == "last", rng)
    test_rows, rest = ordered[places], ordered[~marked(places, len(rows))]
    validation_rows = rest[_one_per_user(counts - 1, validation == "next-to-last", rng)]
    train = np.ones(len(rows), dtype=bool)
    train[test_rows] = False
    train[validation_rows] = False
    return Split(rows.take(train), rows.take(validation_rows), rows.take(test_rows), data.catalogue)


def _one_per_user(counts: NDArray[np.intp], last: bool, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return one place per user among rows that stand user by user, oldest first: the last, or a random one."""
    first = np.cumsum(counts) - counts
    return first + (counts - 1 if last else rng.integers(0, counts))

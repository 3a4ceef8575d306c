"""The data in words: what was found in them, and what was done about it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import Split
from rec_core.data.negatives import ABSENT
from rec_core.data.repeats import Repeats
from rec_core.wording.numbers import number


def repeats(split: Split, rule: Repeats) -> str:
    """Return how often a user has an item again, and what follows from the rule; "" where nobody does."""
    if not split.repeated:
        return ""
    found = "1 rating repeats" if split.repeated == 1 else f"{number(split.repeated)} ratings repeat"
    if rule == "latest":
        return f"{found} an earlier one of the same user: only the latest of each pair counts."
    tested = "1 user is" if split.spoilt == 1 else f"{number(split.spoilt)} users are"
    spoilt = f", and {tested} tested on what stands in train too" if split.spoilt else ""
    return f"{found} an earlier one of the same user; all of them count{spoilt}."


def fewer_negatives(negatives: NDArray[np.int32]) -> str:
    """Return for how many users fewer negatives exist than were asked for; "" where nobody has fewer.

    >>> fewer_negatives(np.array([[4, 5, 6], [1, ABSENT, ABSENT]]))
    '1 user has fewer than 3 unknown items to rank among, at least 1; all of them are used.'
    """
    drawn = (negatives != ABSENT).sum(axis=1)
    fewer = int((drawn < negatives.shape[1]).sum())
    if not fewer:
        return ""
    users = "1 user has" if fewer == 1 else f"{number(fewer)} users have"
    return (
        f"{users} fewer than {negatives.shape[1]} unknown items to rank among, at least {drawn.min()}; all of them are "
        "used."
    )

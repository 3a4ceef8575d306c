"""The data in words: what was found in them, and what was done about it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rec_core.analysis.leakage import leakage
from rec_core.analysis.newcomers import newcomers
from rec_core.data.interactions import Split
from rec_core.data.negatives import ABSENT
from rec_core.data.repeats import Repeats
from rec_core.data.sources import Words
from rec_core.specs import ExperimentSpec
from rec_core.wording.labels import words_of
from rec_core.wording.numbers import number, percent


def notes(split: Split, spec: ExperimentSpec) -> list[str]:
    """Return what was found in the data, and how they were split, that has to be known beside any number."""
    said = [repeats(split, spec.data.repeats), *time(split, words_of(spec))]
    return [*filter(None, said), *split.catalogue.notes]


def time(split: Split, words: Words) -> list[str]:
    """Return who is tested under a split by date, or how much of the future models have seen under another."""
    return [*filter(None, [tested(split), new_users(split, words), future(split)])]


def tested(split: Split) -> str:
    """Return how many users are tested; "" where all are."""
    few, every = len(split.test), split.catalogue.n_users
    if few == every:
        return ""
    return f"{number(few)} of {number(every)} users are tested; the others have no rating after the dates."


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


def future(split: Split) -> str:
    """Return how much of the future models have seen when they are asked; "" where it is nothing, or not known."""
    seen = leakage(split)
    if seen is None or not seen.tested:
        return ""
    return (
        f"{percent(seen.tested)} of the test ratings are older than some train rating, and on average "
        f"{percent(seen.later)} of the train ratings are later than what is asked for: models know what others did "
        "afterwards. Under the test rating “After a date” (split.test=global-time) they do not."
    )


def new_users(split: Split, words: Words) -> str:
    """Return what is to be said of users without a train rating; "" where there are none."""
    new = newcomers(split)
    if new is None:
        return ""
    users = "1 user has" if new.users == 1 else f"{number(new.users)} users have"
    return (
        f"{users} no rating before the dates and stand in no other number, because a model with an embedding per user "
        f"cannot know them. Among all {words.items}, the ten most popular hold {percent(new.popular)} of what they "
        f"are asked for, the ten most popular lately {percent(new.recent)}."
    )

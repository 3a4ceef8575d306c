"""The data in words: what was found in them, and what was done about it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rec_core.analysis.leakage import leakage
from rec_core.analysis.newcomers import newcomers
from rec_core.data.interactions import Split, marked
from rec_core.data.negatives import ABSENT
from rec_core.data.repeats import Repeats
from rec_core.data.sources import Words
from rec_core.specs import ExperimentSpec
from rec_core.wording.labels import ALL_ROWS, words_of
from rec_core.wording.numbers import number, percent

_COUNTS: dict[Repeats, str] = {
    "latest": "only the latest of each pair counts",
    "first": "only the first of each pair counts",
    "sum": "each pair counts once, with the sum of its ratings, or how often it occurs where there are none",
    "mean": "each pair counts once, with the mean of its ratings",
}
_NOTABLE = 0.005  # share of the test from which it is said that items are unseen


def notes(split: Split, spec: ExperimentSpec) -> list[str]:
    """Return what was found in the data, and how they were split, that has to be known beside any number."""
    return [
        *filter(None, [unreadable(split), repeats(split, _repeats(spec), words_of(spec)), *asked(split, spec)]),
        *split.catalogue.notes,
    ]


def asked(split: Split, spec: ExperimentSpec) -> list[str]:
    """Return who and what is tested, and how much of the future models have seen then."""
    words = words_of(spec)
    if spec.split.all_rows:
        return [f"{ALL_ROWS}. No figure of quality is about these rows."]
    if split.is_given:
        return [*filter(None, [*given(split, words), ranked(split, spec), future(split, words)])]
    said = [
        tested(split, words),
        ranked(split, spec),
        new_users(split, spec),
        unseen_items(split, words),
        future(split, words),
    ]
    return [*filter(None, said)]


def _repeats(spec: ExperimentSpec) -> Repeats:
    """Return what is done about repeats: nothing, in a split that comes with the data."""
    return "kept" if spec.split.is_given else spec.data.repeats


def given(split: Split, words: Words) -> list[str]:
    """Return what a split that comes with the data is, and what of its test no list can hold."""
    relevant, users = int(split.relevant.sum()), len(split.tested)
    said = [
        f"Split as it comes: {number(len(split.train))} train {words.rows}, {_validation(split, words)}, and "
        f"{number(relevant)} test {words.items} of {number(users)} users. Nothing is filtered; train {words.rows} that "
        f"repeat a pair all count. Each test item is ranked among all {words.items} that the user has neither in train "
        "nor in validation; there is no ranking among sampled items."
    ]
    if split.left_out:
        alone = "1 user is" if split.left_out == 1 else f"{number(split.left_out)} users are"
        said.append(f"{alone} in the test file alone and cannot be tested.")
    if split.unknown_items:
        what = f"1 {words.item}" if split.unknown_items == 1 else f"{number(split.unknown_items)} {words.items}"
        rows = f"1 test {words.row}" if split.unknown_rows == 1 else f"{number(split.unknown_rows)} test {words.rows}"
        said.append(f"{what} ({rows}) in the test file alone: counted as relevant, but no list can hold them.")
    if split.tested_again:
        pairs = "1 test pair is" if split.tested_again == 1 else f"{number(split.tested_again)} test pairs are"
        said.append(f"{pairs} in train or validation too: counted as relevant, but no list can hold them.")
    return said


def _validation(split: Split, words: Words) -> str:
    if len(split.validation):
        return f"{number(len(split.validation))} validation {words.rows}"
    return "no validation (training goes on to its last epoch, and nothing is chosen on held-out rows)"


def tested(split: Split, words: Words) -> str:
    """Return how many users are tested; "" where all are."""
    few, every = len(split.test), split.catalogue.n_users
    if few == every:
        return ""
    return f"{number(few)} of {number(every)} users are tested; the others have no {words.row} after the dates."


def ranked(split: Split, spec: ExperimentSpec) -> str:
    """Return a sentence with the number of users that are ranked among all items; "" if all are."""
    few, every = spec.evaluation.users, len(split.tested)
    if spec.feedback == "explicit" or not 0 < few < every:
        return ""
    return f"{number(few)} of {number(every)} tested users, drawn at random, are ranked among all items."


def unreadable(split: Split) -> str:
    """Return how many rows were left out because they cannot be read; "" where none were."""
    if not split.unreadable:
        return ""
    rows = "1 row was" if split.unreadable == 1 else f"{number(split.unreadable)} rows were"
    return f"{rows} left out because they cannot be read; the page Data lists them."


def repeats(split: Split, rule: Repeats, words: Words) -> str:
    """Return how often a user has an item again, and what follows from the rule; "" where nobody does."""
    if not split.repeated:
        return ""
    found = f"1 {words.row} repeats" if split.repeated == 1 else f"{number(split.repeated)} {words.rows} repeat"
    if rule != "kept":
        return f"{found} an earlier one of the same user: {_COUNTS[rule]}."
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


def future(split: Split, words: Words) -> str:
    """Return how much of the future models have seen when they are asked; "" where it is nothing, or not known."""
    seen = leakage(split)
    if seen is None or not seen.tested:
        return ""
    other = (
        ""
        if split.is_given
        else " Where enough users stay long enough, the test rating “After a date” (split.test=global-time) tells them "
        "nothing of it."
    )
    return (
        f"{percent(seen.tested)} of the test {words.rows} are older than some train {words.row}, and on average "
        f"{percent(seen.later)} of the train {words.rows} are later than what is asked for: models know what others "
        f"did afterwards.{other}"
    )


def new_users(split: Split, spec: ExperimentSpec) -> str:
    """Return what is to be said of users without a train rating; "" where there are none."""
    if not split.left_out:
        return ""
    users = "1 user has" if split.left_out == 1 else f"{number(split.left_out)} users have"
    said = (
        f"{users} no {words_of(spec).row} before the first date and stand in no other number, because a model with an "
        "embedding per user cannot know them."
    )
    new = newcomers(split) if spec.feedback == "implicit" else None
    if new is None:
        return said
    items = words_of(spec).items
    return (
        f"{said} Of what the {number(new.users)} who come after the second date choose first, the ten most popular of "
        f"all {items} hold {percent(new.popular)}, the ten most popular lately {percent(new.recent)}."
    )


def unseen_items(split: Split, words: Words) -> str:
    """Return how much of the test no model can know, because it is in no train row; "" where that is next to none."""
    seen = marked(split.train.item, split.catalogue.n_items)
    share = 1 - float(seen[split.test.item].mean())
    if share < _NOTABLE:
        return ""
    without = f"{words.items} without a train {words.row}"
    return f"{percent(share)} of the test {words.rows} are of {without}, which no model can know."

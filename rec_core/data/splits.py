"""Splits: one test and one validation interaction per user, the rest to train on; or what comes after a date."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rec_core.data.in_parts import counts
from rec_core.data.interactions import Dataset, Interactions, Split, by_user_and_time, distinct_pairs, marked
from rec_core.errors import DataError

LeftOut = Literal["last", "random"]
TestRule = Literal[LeftOut, "global-time", "given"]
ValidationRule = Literal["random", "next-to-last"]
GIVEN = "given"  # the test rule of data that come with a split
_FEWEST = 10  # users to test on, and to validate on: the mean of fewer says nothing


def leave_one_out(data: Dataset, test: LeftOut, validation: ValidationRule, rng: np.random.Generator) -> Split:
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
    n_rows = counts(rows.user, data.catalogue.n_users)
    if n_rows.min() < 3:
        raise DataError(
            "A user has fewer than 3 interactions, too few for one test, one validation and one train row; "
            "raise the minimum number of interactions to 3 or more."
        )
    ordered = by_user_and_time(rows)
    tested = _one_per_user(n_rows, test == "last", rng)
    among_the_rest = _one_per_user(n_rows - 1, validation == "next-to-last", rng)
    validated = among_the_rest + np.arange(len(n_rows))  # each user before has one row that is tested
    validated += validated >= tested
    test_rows, validation_rows = ordered[tested], ordered[validated]
    train = np.ones(len(rows), dtype=bool)
    train[test_rows] = False
    train[validation_rows] = False
    return Split(rows.take(train), rows.take(validation_rows), rows.take(test_rows), data.catalogue)


def _one_per_user(n_rows: NDArray[np.int64], last: bool, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return one place per user among rows that stand user by user, oldest first: the last, or a random one."""
    first = np.cumsum(n_rows) - n_rows
    return first + (n_rows - 1 if last else rng.integers(0, n_rows))


def everything(data: Dataset) -> Split:
    """Return all rows to train on, and none held out."""
    rows, none = data.interactions, np.empty(0, np.int64)
    return Split(rows, rows.take(none), rows.take(none), data.catalogue)


def global_time(data: Dataset, share: float) -> Split:
    """Split at two dates: the latest ``share`` of all interactions is test, the same share before it validation.

    Of each user the last interaction of either time is asked for, the others are passed over. Nobody is asked who has
    no train row: no model with an embedding per user can know them. What it is for: Ji et al., 2023, A critical study
    on data leakage in recommender system offline evaluation.

    Raises:
        DataError: if the data have no times, or too few users have interactions on both sides of a date.
    """
    rows = data.interactions
    moment = rows.moment
    if moment is None:
        raise DataError("These data have no times, so they cannot be split by date; choose another test rating.")
    cuts = [int((1 - 2 * share) * len(rows)), int((1 - share) * len(rows))]
    begins, ends = np.partition(moment, cuts)[cuts]
    when = (moment >= begins).astype(np.int8) + (moment >= ends)  # 0 train, 1 validation, 2 test
    here = marked(rows.user[when == 0], data.catalogue.n_users)
    ordered = by_user_and_time(rows)
    validation, test = (_last_of_each(rows, ordered[when[ordered] == part]) for part in (1, 2))
    first = ordered[np.append(True, rows.user[ordered][1:] != rows.user[ordered][:-1])]
    asked = np.concatenate([validation, test])
    parts = (np.flatnonzero(when == 0), validation, test, np.flatnonzero((when > 0) & ~marked(asked, len(rows))))
    train, validation_rows, test_rows, passed_over = (
        _renumbered(rows.take(part[here[rows.user[part]]]), here) for part in parts
    )
    if min(len(validation_rows), len(test_rows)) < _FEWEST:
        raise DataError(
            f"Only {len(test_rows)} users have interactions both before the two dates and after them, and "
            f"{len(validation_rows)} before and between them; fewer than {_FEWEST} are too few to measure on. Choose "
            "another share of the latest ratings (split.held_out), or another test rating (split.test)."
        )
    catalogue = data.catalogue.take(here, np.ones(data.catalogue.n_items, dtype=bool))
    left_out, new = int((~here).sum()), rows.item[first[when[first] == 2]]
    return Split(
        train, validation_rows, test_rows, catalogue, passed_over=passed_over, left_out=left_out, new_users=new
    )


def given(data: Dataset) -> Split:
    """Split as the data say themselves (``Dataset.part``), with any number of test rows a user.

    What only validation or test know cannot be learnt: such users are not asked, and such items are in no catalogue; a
    test row of one counts as relevant and is never found. The same holds for what a user is known to have, from train
    or validation, because no list recommends that (as LightGCN has it). A pair is tested once; train rows all count.

    Raises:
        DataError: if a part that is needed is empty, or the test asks nobody who has a train row.
    """
    rows, part, n_items = data.interactions, data.part, data.catalogue.n_items
    assert part is not None
    train, validation, test = (np.flatnonzero(part == which) for which in range(3))
    if not len(train) or not len(test):
        raise DataError(f"The {'test' if len(train) else 'train'} file has no rows; name the file that holds them.")
    users = marked(rows.user[train], data.catalogue.n_users)
    items = marked(rows.item[train], n_items)
    tested = distinct(rows, test[users[rows.user[test]]], n_items)
    if not len(tested):
        raise DataError(
            "No user of the test file has a row in the train file, so nobody can be tested; check that both write ids "
            "alike, and that the columns of users and items are the same in both."
        )
    relevant = counts(rows.user[tested], data.catalogue.n_users)[users]
    validation = validation[users[rows.user[validation]] & items[rows.item[validation]]]
    known = distinct_pairs([rows.take(train), rows.take(validation)], n_items)
    pairs = rows.user[tested].astype(np.int64) * n_items + rows.item[tested]
    again = known[np.minimum(np.searchsorted(known, pairs), len(known) - 1)] == pairs
    learnt = items[rows.item[tested]]
    asked = tested[learnt & ~again]
    by_user = validation[np.argsort(rows.user[validation], kind="stable")]
    of_user, of_item = (np.cumsum(one, dtype=np.int32) - np.int32(1) for one in (users, items))

    def numbered(places: NDArray[np.intp]) -> Interactions:
        taken = rows.take(places)
        return replace(taken, user=of_user[taken.user], item=of_item[taken.item])

    only_test = marked(rows.item[test], n_items) & ~items
    return Split(
        numbered(train),
        numbered(by_user),
        numbered(asked),
        data.catalogue.take(users, items),
        left_out=int(np.count_nonzero(marked(rows.user[test], len(users)) & ~users)),
        relevant=relevant.astype(np.int32),
        unknown_items=int(np.count_nonzero(only_test)),
        unknown_rows=int(np.count_nonzero(only_test[rows.item[test]])),
        tested_again=int(np.count_nonzero(again)),
    )


def distinct(rows: Interactions, places: NDArray[np.intp], n_items: int) -> NDArray[np.intp]:
    """Return the first of ``places`` of each pair of user and item, user by user, as they stand."""
    pairs = rows.user[places].astype(np.int64) * n_items + rows.item[places]
    order = np.argsort(pairs, kind="stable")
    first = np.sort(order[np.append(True, np.diff(pairs[order]) != 0)[: len(order)]])
    return places[first[np.argsort(rows.user[places[first]], kind="stable")]]


def _last_of_each(rows: Interactions, ordered: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return each user's last of ``ordered`` rows, which stand user by user, oldest first."""
    user = rows.user[ordered]
    return ordered[np.append(user[1:] != user[:-1], True)[: len(user)]]


def _renumbered(rows: Interactions, here: NDArray[np.bool_]) -> Interactions:
    """Return ``rows`` of the marked users, whose positions are those among them."""
    place = np.cumsum(here, dtype=np.int32) - np.int32(1)
    return replace(rows, user=place[rows.user])

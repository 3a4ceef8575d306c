"""The words of the data: interactions, a data set, a split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rec_core.data import in_parts
from rec_core.data.rejected import Rejected
from rec_core.data.texts import Texts
from rec_core.errors import DataError

Feedback = Literal["explicit", "implicit"]  # predict the rating, or rank what a user would choose
_DENSE = 4  # numbers between the smallest and the largest id, for each row
NANOSECONDS = 1_000_000_000  # in a second
Ids = NDArray[Any]  # as the data came with them: whole numbers (int64), or texts of any length


@dataclass(frozen=True)
class Interactions:
    """Who interacted with what: parallel arrays of n rows.

    ``user`` and ``item`` are positions in the data set's catalogue (int32), ``rating`` is in the source's own unit
    (float32), ``time`` in seconds since 1970 (int64). Data without ratings, or without times, have None there; rows
    without times stand in order of time, at least those of each user. ``place`` (int64) is which record of the source
    a row is, from 0, where that was asked for. ``fine`` (int32) are the nanoseconds within the second of each time;
    None where all times are whole seconds.
    """

    user: NDArray[np.int32]
    item: NDArray[np.int32]
    rating: NDArray[np.float32] | None
    time: NDArray[np.int64] | None
    place: NDArray[np.int64] | None = None
    fine: NDArray[np.int32] | None = None

    def __len__(self) -> int:
        return len(self.user)

    @property
    def rated(self) -> NDArray[np.float32]:
        """The ratings.

        Raises:
            DataError: if the data have none.
        """
        if self.rating is None:
            raise DataError("These data have no ratings, only who chose what; choose Clicks (implicit feedback).")
        return self.rating

    @property
    def moment(self) -> NDArray[np.int64] | None:
        """What rows are ordered by: times as fine as the source has them, seconds or nanoseconds since 1970."""
        return self.moments(slice(None))

    def moments(self, rows: NDArray[np.integer] | slice) -> NDArray[np.int64] | None:
        """Return ``moment`` of some rows."""
        if self.time is None or self.fine is None:
            return None if self.time is None else self.time[rows]
        return self.time[rows] * NANOSECONDS + self.fine[rows]

    @cached_property
    def levels(self) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """The distinct ratings, ascending, and which of them each row's is, (n,)."""
        values, place = np.unique(self.rated, return_inverse=True)
        return values, place

    def take(self, rows: NDArray[np.integer] | NDArray[np.bool_]) -> Interactions:
        """Return the interactions at ``rows`` (positions or a mask), in that order."""
        rating = None if self.rating is None else self.rating[rows]
        time = None if self.time is None else self.time[rows]
        place = None if self.place is None else self.place[rows]
        fine = None if self.fine is None else self.fine[rows]
        return Interactions(self.user[rows], self.item[rows], rating, time, place, fine)

    @classmethod
    def none(cls) -> Interactions:
        """Return no rows."""
        return cls(np.empty(0, np.int32), np.empty(0, np.int32), None, None)


@dataclass(frozen=True)
class Catalogue:
    """What the positions stand for: ids as given, titles of items, and their genres separated by ``|``.

    ``notes`` are sentences about what could not be read of the source, though it stands in nobody's way.
    """

    user_ids: Ids
    item_ids: Ids
    titles: Texts
    genres: Texts
    notes: tuple[str, ...] = ()

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
        return Catalogue(self.user_ids[users], self.item_ids[items], self.titles[items], self.genres[items], self.notes)


@dataclass(frozen=True)
class Dataset:
    """Interactions in the order of the source, what they are of, and what of the source could not be read.

    ``places`` (n,) says which records of the source they are, from 0; None where they are all of them. ``part`` (n,)
    says of data that come with a split where each row belongs: 0 train, 1 validation, 2 test; ``first`` (3,) is then
    the record at which the file of each begins.
    """

    interactions: Interactions
    catalogue: Catalogue
    places: NDArray[np.int64] | None = None
    rejected: Rejected = field(default_factory=Rejected)
    part: NDArray[np.int8] | None = None
    first: NDArray[np.int64] | None = None

    @property
    def of_train_file(self) -> Dataset:
        """The rows of the train file alone, where the data come with a split; all rows of other data."""
        if self.part is None:
            return self
        rows = self.part == 0
        places = None if self.places is None else self.places[rows]
        return Dataset(self.interactions.take(rows), self.catalogue, places, self.rejected)


@dataclass(frozen=True)
class Split:
    """Train, validation and test interactions of the users and items that passed the filter.

    Train rows are in the order of the source; validation and test hold at most one row per user, in user order.
    ``passed_over`` are rows of neither, which stand in the time that is held out. ``left_out`` counts users without a
    train row, who are not in the catalogue; of those who come after the test's date, ``new_users`` are the first items
    (m,). ``repeated`` counts rows that a later one of the same user and item follows, ``spoilt`` users whose test item
    is in train too, ``unreadable`` rows of the source that were left out.

    A split that comes with the data holds any number of test rows a user, still in user order, and ``relevant`` says
    how many distinct items each user (n_users,) is tested on; that is (0,) for all other splits. ``test`` then holds
    what a list can hold: not items without a train row (``unknown_items`` of them, ``unknown_rows`` rows), nor what the
    user is known to have (``tested_again`` rows). Those count as relevant and are never found.
    """

    train: Interactions
    validation: Interactions
    test: Interactions
    catalogue: Catalogue
    repeated: int = 0
    spoilt: int = 0
    unreadable: int = 0
    passed_over: Interactions = field(default_factory=Interactions.none)
    left_out: int = 0
    new_users: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    relevant: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    unknown_items: int = 0
    unknown_rows: int = 0
    tested_again: int = 0

    @property
    def is_given(self) -> bool:
        """Whether it came with the data, with any number of test rows a user."""
        return len(self.relevant) > 0

    @property
    def tested(self) -> NDArray[np.integer]:
        """The users who are tested, ascending: what is kept of each of them stands in this order."""
        return np.flatnonzero(self.relevant) if self.is_given else self.test.user

    def asking(self, some: NDArray[np.integer]) -> Split:
        """Return the split with those alone of the tested users who stand at the places ``some`` among them."""
        if not self.is_given:
            return replace(self, test=self.test.take(some))
        asked = marked(self.tested[some], self.catalogue.n_users)
        return replace(self, test=self.test.take(asked[self.test.user]), relevant=np.where(asked, self.relevant, 0))

    @property
    def known(self) -> tuple[Interactions, ...]:
        """What a user is known to have when the test row is asked for, in parts."""
        return self.train, self.validation, self.passed_over

    @property
    def validated(self) -> tuple[Interactions, ...]:
        """The only rows that a choice may look at, in parts: nothing that chooses knows what is tested."""
        return self.train, self.validation


def by_user_and_time(rows: Interactions) -> NDArray[np.intp]:
    """Return the rows user by user, oldest first; in file order among equal times, and where there are none."""

    def order(part: NDArray[np.intp]) -> NDArray[np.intp]:
        return part[_by_user_and_time(rows.user[part], rows.moments(part))]

    return in_parts.ordered(rows.user, order)


def _by_user_and_time(user: NDArray[np.int32], time: NDArray[np.int64] | None) -> NDArray[np.intp]:
    if time is None:
        return np.argsort(user, kind="stable")
    begin = int(time.min())
    span = int(time.max()) - begin + 1
    if (int(user.max()) + 1) * span > np.iinfo(np.int64).max:
        return np.lexsort((time, user))
    return np.argsort(user.astype(np.int64) * span + (time - begin), kind="stable")  # one number is sorted once


def places_within(counts: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return each row's place in its group, where rows stand group by group, ``counts`` (groups,) of them in each.

    >>> places_within(np.array([2, 0, 3])).tolist()
    [0, 1, 0, 1, 2]
    """
    return np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)


def marked(places: NDArray[np.integer], n: int) -> NDArray[np.bool_]:
    """Return a mask (n,) that is true at ``places``.

    >>> marked(np.array([0, 2]), 4).tolist()
    [True, False, True, False]
    """
    mask = np.zeros(n, dtype=bool)
    mask[places] = True
    return mask


def distinct_pairs(parts: Sequence[Interactions], n_items: int) -> NDArray[np.int64]:
    """Return each pair of user and item in ``parts`` once, as user · n_items + item, in ascending order."""
    pairs = np.sort(np.concatenate([part.user.astype(np.int64) * n_items + part.item for part in parts]))
    # ``np.unique`` builds a table of hashes first, which takes twenty times as long as the sort.
    first = np.ones(len(pairs), dtype=bool)
    first[1:] = pairs[1:] != pairs[:-1]
    return pairs[first]


def compact(users: Ids, items: Ids) -> tuple[Ids, NDArray[np.intp], Ids, NDArray[np.intp]]:
    """Return ``(user_ids, user positions, item_ids, item positions)`` for arrays of original ids."""
    return *_positions(users), *_positions(items)


def _positions(ids: Ids) -> tuple[Ids, NDArray[np.intp]]:
    """Return the distinct ids in order, and where each of ``ids`` is among them."""
    if len(ids) and np.issubdtype(ids.dtype, np.integer):
        low, high = int(ids.min()), int(ids.max())
        if high - low < _DENSE * len(ids):  # whole numbers close together are counted, not sorted
            there = marked(ids - low, high - low + 1)
            return np.flatnonzero(there).astype(ids.dtype) + ids.dtype.type(low), (np.cumsum(there) - 1)[ids - low]
    found, place = np.unique(ids, return_inverse=True)
    return found, place

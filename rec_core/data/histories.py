"""Histories: what each user has, oldest first; what a model serves a user from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import Interactions, by_user_and_time, places_within


@dataclass(frozen=True)
class Histories:
    """The rows of each of n users, oldest first: those of user u are ``item[first[u]:first[u + 1]]``.

    ``first`` (n + 1,) int64; ``item`` (rows,) int32; ``rating`` (rows,) float32, None where there are none.
    """

    first: NDArray[np.int64]
    item: NDArray[np.int32]
    rating: NDArray[np.float32] | None = None

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many rows each user has, (n,)."""
        return np.diff(self.first)

    @property
    def user(self) -> NDArray[np.int64]:
        """Whose each row is, (rows,)."""
        return np.repeat(np.arange(len(self.first) - 1), self.counts)

    @property
    def age(self) -> NDArray[np.int64]:
        """How many newer rows each row's user has, (rows,): 0 for the newest."""
        counts = self.counts
        return np.repeat(counts, counts) - 1 - places_within(counts)

    def take(self, users: NDArray[np.integer]) -> Histories:
        """Return the histories of ``users``, in that order."""
        counts = self.counts[users]
        rows = np.repeat(self.first[users], counts) + places_within(counts)
        rating = None if self.rating is None else self.rating[rows]
        return Histories(np.concatenate([[0], np.cumsum(counts)]), self.item[rows], rating)

    def of(self, user: int) -> NDArray[np.int32]:
        """Return a user's items, oldest first."""
        return self.item[self.first[user] : self.first[user + 1]]


def histories(parts: Sequence[Interactions], n_users: int) -> Histories:
    """Return the rows of ``parts`` by user; of equal times, and where there are none, the later parts' are newer."""
    rows = joined(parts)
    ordered = rows.take(by_user_and_time(rows)) if len(rows) else rows
    return Histories(np.searchsorted(ordered.user, np.arange(n_users + 1)), ordered.item, ordered.rating)


def positions(rows: Interactions, most: int) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
    """Return the items of ``rows`` as their users' histories have them, and two numbers of each.

    How many rows of the same user come before it there, at most ``most``; and, for each of ``rows``, its place there.
    """
    ordered = by_user_and_time(rows)
    before = places_within(np.bincount(rows.user)) if len(rows) else ordered
    place = np.empty(len(rows), np.int64)
    place[ordered] = np.arange(len(rows))
    return rows.item[ordered], np.minimum(before, most).astype(np.int32), place


def joined(parts: Sequence[Interactions]) -> Interactions:
    """Return the rows of all ``parts``, one part after the other; ratings and times where all of them have some."""
    some = [part for part in parts if len(part)] or list(parts[:1])
    rating, time, fine = ([getattr(part, name) for part in some] for name in ("rating", "time", "fine"))
    if not all(one is None for one in fine):
        fine = [np.zeros(len(part), np.int32) if one is None else one for part, one in zip(some, fine, strict=True)]
    return Interactions(
        np.concatenate([part.user for part in some]),
        np.concatenate([part.item for part in some]),
        None if any(one is None for one in rating) else np.concatenate(rating),
        None if any(one is None for one in time) else np.concatenate(time),
        fine=None if any(one is None for one in (*time, *fine)) else np.concatenate(fine),
    )

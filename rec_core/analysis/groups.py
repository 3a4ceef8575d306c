"""Q4: who a group of users is, against everyone: how active, which genres, which films they like, how much is kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rec_core.analysis.coverage import genre_table
from rec_core.data.interactions import Split, marked
from rec_core.words import number, percent

LIKED = 4.0  # stars from which a film counts as liked
Users = NDArray[np.integer]


@dataclass(frozen=True)
class Histories:
    """Train ratings and kept ratings of each user, (n_users,)."""

    full: NDArray[np.int64]
    kept: NDArray[np.int64]

    @cached_property
    def share(self) -> NDArray[np.float64]:
        """Share of each user's history that is kept."""
        return self.kept / np.maximum(self.full, 1)


def histories(split: Split, rows: NDArray[np.integer]) -> Histories:
    """Return how much of each user's history ``rows`` keep."""
    n = split.catalogue.n_users
    return Histories(np.bincount(split.train.user, minlength=n), np.bincount(split.train.user[rows], minlength=n))


def users_table(split: Split, history: Histories, users: Users) -> pd.DataFrame:
    """Return one row per user: original id, ratings, kept ratings and their share."""
    return pd.DataFrame(
        {
            "User id": split.catalogue.user_ids[users],
            "Ratings": history.full[users],
            "Kept": history.kept[users],
            "Share kept": history.share[users],
        }
    )


def genres(split: Split, users: Users) -> pd.DataFrame:
    """Return each genre's share of the group's ratings and of everyone's, what they prefer most first."""
    names, has = genre_table(split.catalogue)
    n_items = split.catalogue.n_items
    group, everyone = _films(split, users, n_items) @ has, np.bincount(split.train.item, minlength=n_items) @ has
    ours, theirs = group / max(group.sum(), 1), everyone / max(everyone.sum(), 1)
    order = np.argsort(theirs - ours, kind="stable")
    return pd.DataFrame({"Genre": names[order], "They": ours[order], "Everyone": theirs[order]})


def favourites(split: Split, users: Users, count: int = 10) -> pd.DataFrame:
    """Return the films that more of the group liked than of everyone: shares of users who gave them 4 stars or more."""
    n_items, n_users = split.catalogue.n_items, split.catalogue.n_users
    liked = split.train.rating >= LIKED
    ours = _films(split, users, n_items, liked) / max(len(users), 1)
    theirs = np.bincount(split.train.item[liked], minlength=n_items) / n_users
    order = np.argsort(theirs - ours, kind="stable")[:count]
    order = order[ours[order] > theirs[order]]
    return pd.DataFrame({"Film": split.catalogue.titles[order], "They": ours[order], "Everyone": theirs[order]})


def _films(split: Split, users: Users, n_items: int, which: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
    """Return how many rows of ``users`` each item has, of those marked by ``which``."""
    rows = marked(users, split.catalogue.n_users)[split.train.user]
    return np.bincount(split.train.item[rows if which is None else rows & which], minlength=n_items)


def sentences(history: Histories, choice: str) -> tuple[str, str]:
    """Return how many users keep something, in words, and how much of their history."""
    n, some = len(history.full), history.kept > 0
    if some.all():
        verdict = f"{choice} keeps something of every user."
    else:
        verdict = (
            f"{choice} keeps something of {percent(float(some.mean()))} of users, and nothing of "
            f"{number(n - some.sum())}."
        )
    whole = int((history.kept == history.full).sum())
    return verdict, (
        f"Of {number(n)} users, {number(some.sum())} keep at least one rating and {number(whole)} their whole history; "
        f"the median user keeps {percent(float(np.median(history.share)))} of it."
    )

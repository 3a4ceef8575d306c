"""Q4: who a group of users is, against everyone: how active, which genres, which items they like, how much is kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rec_core.analysis import columns as col
from rec_core.analysis.coverage import genre_table
from rec_core.data.interactions import Split, marked
from rec_core.evaluation.metric import best
from rec_core.evaluation.ranking import ALL_ITEMS, K
from rec_core.experiment import View
from rec_core.stages import EVALUATE

LIKED = 0.75  # of the way from the lowest to the highest rating, from which an item counts as liked
Users = NDArray[np.integer]


@dataclass(frozen=True)
class KeptHistories:
    """Train ratings and kept ratings of each user, (n_users,)."""

    full: NDArray[np.int64]
    kept: NDArray[np.int64]

    @cached_property
    def share(self) -> NDArray[np.float64]:
        """Share of each user's history that is kept."""
        return self.kept / np.maximum(self.full, 1)


def histories(split: Split, rows: NDArray[np.integer]) -> KeptHistories:
    """Return how much of each user's history ``rows`` keep."""
    n = split.catalogue.n_users
    return KeptHistories(np.bincount(split.train.user, minlength=n), np.bincount(split.train.user[rows], minlength=n))


def ranks(view: View) -> NDArray[np.float64] | None:
    """Return the rank of each user's held-out item among all, (n_users,), nan for who is not tested.

    Of several held-out items it is the best of their ranks.

    None where the view has no such result: of ratings, and where nothing is trained yet.
    """
    if view.spec.feedback == "explicit" or not view.has(EVALUATE):
        return None
    found = np.full(view.split.catalogue.n_users, np.nan)
    found[view.split.tested] = best(view.evaluated.per_user, ALL_ITEMS)
    return found


def served(history: KeptHistories, rank: NDArray[np.float64] | None) -> float | None:
    """Return the share of users with nothing kept whose held-out item is among the first ten; None if unknown."""
    if rank is None:
        return None
    dropped = (history.kept == 0) & ~np.isnan(rank)
    return float((rank[dropped] <= K).mean()) if dropped.any() else None


def users_table(split: Split, history: KeptHistories, users: Users) -> pd.DataFrame:
    """Return one row per user: original id, ratings, kept ratings and their share."""
    return pd.DataFrame(
        {
            col.USER_ID: split.catalogue.user_ids[users].tolist(),
            col.RATINGS: history.full[users],
            col.KEPT: history.kept[users],
            col.SHARE_KEPT: history.share[users],
        }
    )


def genres(split: Split, users: Users) -> pd.DataFrame:
    """Return each genre's share of the group's ratings and of everyone's, what they prefer most first."""
    names, has = genre_table(split.catalogue)
    n_items = split.catalogue.n_items
    group, everyone = _items(split, users, n_items) @ has, np.bincount(split.train.item, minlength=n_items) @ has
    ours, theirs = group / max(group.sum(), 1), everyone / max(everyone.sum(), 1)
    order = np.argsort(theirs - ours, kind="stable")
    return pd.DataFrame({col.GENRE: names[order].tolist(), col.THEY: ours[order], col.EVERYONE: theirs[order]})


def liked_from(split: Split) -> float | None:
    """Return the rating from which an item counts as liked, 4 of 5 stars; None where there are no ratings."""
    rating = split.train.rating
    if rating is None:
        return None
    low, high = float(rating.min()), float(rating.max())
    return float(np.round(2 * (low + LIKED * (high - low))) / 2)


def favourites(split: Split, users: Users, count: int = 10) -> pd.DataFrame:
    """Return the items that more of the group liked than of everyone, as shares of users; chose, without ratings."""
    n_items, n_users, least = split.catalogue.n_items, split.catalogue.n_users, liked_from(split)
    liked = np.ones(len(split.train), dtype=bool) if least is None else split.train.rated >= least
    ours = _items(split, users, n_items, liked) / max(len(users), 1)
    theirs = np.bincount(split.train.item[liked], minlength=n_items) / n_users
    order = np.argsort(theirs - ours, kind="stable")[:count]
    order = order[ours[order] > theirs[order]]
    titles = split.catalogue.titles[order].tolist()
    return pd.DataFrame({col.ITEM: titles, col.THEY: ours[order], col.EVERYONE: theirs[order]})


def _items(split: Split, users: Users, n_items: int, which: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
    """Return how many rows of ``users`` each item has, of those marked by ``which``."""
    rows = marked(users, split.catalogue.n_users)[split.train.user]
    return np.bincount(split.train.item[rows if which is None else rows & which], minlength=n_items)

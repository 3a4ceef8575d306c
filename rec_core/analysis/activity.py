"""Q3: does a coreset prefer heavy users?

A user's activity is the number of their train ratings. Comparing who the kept *ratings* come from, rather than how
many ratings each user keeps, makes the answer independent of the ratio: a random coreset gives the same curve as
all data at any size.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rec_core.analysis import columns as col
from rec_core.analysis.statistics import earth_movers, gini, kolmogorov_smirnov, weighted_median, whole_bins
from rec_core.data.interactions import Interactions

_NOTABLE = 1.1  # ratio of medians from which a preference is called one
_CRITICAL = 1.63  # of the Kolmogorov distribution at 1 %: random rows are as far apart as that once in a hundred


@dataclass(frozen=True)
class Activity:
    """Ratings per user: ``full`` in the train split and ``kept`` in the coreset, both (n_users,)."""

    full: NDArray[np.int64]
    kept: NDArray[np.int64]

    @cached_property
    def median_full(self) -> float:
        """Activity of the user whom the median rating of all data comes from."""
        return weighted_median(self.full, self.full)

    @cached_property
    def median_kept(self) -> float:
        """Activity of the user whom the median kept rating comes from."""
        return weighted_median(self.full, self.kept)

    @cached_property
    def distance(self) -> float:
        """Two-sample Kolmogorov-Smirnov distance of activity between kept ratings and all ratings, 0 to 1."""
        return kolmogorov_smirnov(self.full, self.full, self.kept)

    @cached_property
    def movers_distance(self) -> float:
        """Earth mover's distance of the same two samples, in ratings."""
        return earth_movers(self.full, self.full, self.kept)

    @property
    def preference(self) -> float:
        """Ratio of the medians less 1: above 0 heavy users are preferred, below light ones; 0 where it is not notable.

        Notable is a ratio of medians that a random coreset of this size does not reach.
        """
        kept, full = self.median_kept, self.median_full
        count = int(self.kept.sum())
        chance = _CRITICAL * np.sqrt((1 - count / self.full.sum()) / count)
        if self.distance <= chance or max(kept, full) <= _NOTABLE * min(kept, full):
            return 0.0
        return kept / full - 1

    @property
    def users_kept(self) -> int:
        """Users with at least one kept rating."""
        return int((self.kept > 0).sum())


def measure(train: Interactions, rows: NDArray[np.integer], n_users: int) -> Activity:
    """Return the activity of all users in ``train`` and among its ``rows``."""
    count = np.bincount(train.user, minlength=n_users)
    return Activity(count, np.bincount(train.user[rows], minlength=n_users))


def edges(activity: Activity, bins: int = 24) -> NDArray[np.float64]:
    """Return bin edges on a logarithmic scale, between whole numbers, that cover every user's activity."""
    return whole_bins(int(activity.full.min()), int(activity.full.max()), bins)


def by_activity(activity: Activity, bounds: NDArray[np.float64]) -> pd.DataFrame:
    """Return one row per bin of activity: users, ratings, kept ratings and the shares of both totals."""
    bin_of = np.digitize(activity.full, bounds) - 1
    n = len(bounds) - 1
    users, full, kept = (
        np.bincount(bin_of, weights=w, minlength=n)[:n] for w in (np.ones(len(bin_of)), activity.full, activity.kept)
    )
    return pd.DataFrame(
        {
            col.FROM: np.ceil(bounds[:-1]).astype(int),
            col.TO: np.floor(bounds[1:]).astype(int),
            col.USERS: users.astype(int),
            col.RATINGS: full.astype(int),
            col.KEPT: kept.astype(int),
            col.ALL: full / full.sum(),
            col.SHARE_OF_KEPT: kept / kept.sum(),
            col.SHARE_KEPT: np.divide(kept, full, out=np.zeros(n), where=full > 0),
        }
    )


def of_all(activity: Activity) -> Activity:
    """Return the activity of keeping everything."""
    return Activity(activity.full, activity.full)


def overview(activities: Mapping[str, Activity]) -> pd.DataFrame:
    """Return one row of statistics for each coreset, named by its title."""
    return pd.DataFrame([_statistics(title, activity) for title, activity in activities.items()])


def _statistics(title: str, activity: Activity) -> dict[str, object]:
    some = activity.kept[activity.kept > 0]
    return {
        col.CHOICE: title,
        col.USERS: len(some),
        col.MEAN_PER_USER: float(some.mean()),
        col.MEDIAN_PER_USER: float(np.median(some)),
        col.MEDIAN_ACTIVITY: activity.median_kept,
        col.GINI: gini(activity.kept),
        col.KS: activity.distance,
        col.EARTH_MOVERS: activity.movers_distance,
    }

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

from rec_core.analysis.statistics import earth_movers, gini, kolmogorov_smirnov, weighted_median
from rec_core.data.interactions import Interactions
from rec_core.words import number, percent

MEDIAN_HELP = "How many ratings the user has, in all data, whom the median kept rating comes from."
GINI_HELP = (
    "Of kept ratings per user, users with none included. 0: every user has equally many. 1: one user has them all. "
    "Fewer ratings are less equal by chance, so hold it against a random coreset of the same size."
)
DISTANCE_HELP = "Kolmogorov-Smirnov: the largest gap between the two cumulative curves. 0: the same. 1: apart."
MOVERS_HELP = (
    "Earth mover's distance: how far a kept rating's user is, on average, from all data, in ratings of the user."
)
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
    def users_kept(self) -> int:
        """Users with at least one kept rating."""
        return int((self.kept > 0).sum())


def measure(train: Interactions, rows: NDArray[np.integer], n_users: int) -> Activity:
    """Return the activity of all users in ``train`` and among its ``rows``."""
    count = np.bincount(train.user, minlength=n_users)
    return Activity(count, np.bincount(train.user[rows], minlength=n_users))


def edges(activity: Activity, bins: int = 24) -> NDArray[np.float64]:
    """Return bin edges on a logarithmic scale that cover every user's activity."""
    low, high = activity.full.min(), activity.full.max()
    return np.geomspace(low - 0.5, high + 0.5, bins + 1)


def by_activity(activity: Activity, bounds: NDArray[np.float64]) -> pd.DataFrame:
    """Return one row per bin of activity: users, ratings, kept ratings and the shares of both totals."""
    bin_of = np.digitize(activity.full, bounds) - 1
    n = len(bounds) - 1
    users, full, kept = (
        np.bincount(bin_of, weights=w, minlength=n)[:n] for w in (np.ones(len(bin_of)), activity.full, activity.kept)
    )
    return pd.DataFrame(
        {
            "from": np.ceil(bounds[:-1]).astype(int),
            "to": np.floor(bounds[1:]).astype(int),
            "users": users.astype(int),
            "ratings": full.astype(int),
            "kept": kept.astype(int),
            "share_of_ratings": full / full.sum(),
            "share_of_kept": kept / kept.sum(),
            "share_kept": np.divide(kept, full, out=np.zeros(n), where=full > 0),
        }
    )


def overview(activities: Mapping[str, Activity]) -> pd.DataFrame:
    """Return one row of statistics for all data and for each coreset, named by its title."""
    some = next(iter(activities.values()))
    everyone = Activity(some.full, some.full)
    return pd.DataFrame([_statistics(title, a) for title, a in {"All data": everyone, **activities}.items()])


def _statistics(title: str, activity: Activity) -> dict[str, object]:
    some = activity.kept[activity.kept > 0]
    return {
        "Kept": title,
        "Users": len(some),
        "Mean per user": float(some.mean()),
        "Median per user": float(np.median(some)),
        "Median activity": activity.median_kept,
        "Gini": gini(activity.kept),
        "KS distance": activity.distance,
        "Earth mover's distance": activity.movers_distance,
    }


def sentences(activity: Activity, choice: str) -> tuple[str, str]:
    """Return the answer in words and its numbers; ``choice`` names what is kept, for example "Gradient at 20 %"."""
    kept, full = activity.median_kept, activity.median_full
    if activity.kept.sum() == activity.full.sum():
        return f"{choice} keeps every rating.", f"Half of them come from users with {number(full)} ratings or more."
    count = int(activity.kept.sum())
    chance = _CRITICAL * np.sqrt((1 - count / activity.full.sum()) / count)
    if activity.distance <= chance:
        verdict = f"{choice} takes light and heavy users alike."
    elif kept > _NOTABLE * full:
        verdict = f"{choice} prefers heavy users."
    elif full > _NOTABLE * kept:
        verdict = f"{choice} prefers light users."
    else:
        verdict = f"{choice} takes light and heavy users alike."
    numbers = f"Half of the kept ratings come from users with {number(kept)} ratings or more, against {number(full)}"
    return verdict, f"{numbers} in all data."


def left_out(activity: Activity) -> str:
    """Return who is left out entirely, in words."""
    gone = activity.kept == 0
    if not gone.any():
        return f"Every one of the {number(len(gone))} users keeps at least one rating."
    median = float(np.median(activity.full[gone]))
    return (
        f"{number(int(gone.sum()))} of {number(len(gone))} users ({percent(float(gone.mean()))}) keep nothing; "
        f"their median is {number(median)} ratings."
    )

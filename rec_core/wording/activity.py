"""Q3 in words: does a coreset prefer heavy users?"""

from __future__ import annotations

import numpy as np

from rec_core.analysis.activity import Activity
from rec_core.wording.numbers import number, percent

MEDIAN_HELP = "How many ratings the user has, in all data, whom the median kept rating comes from."
GINI_HELP = (
    "Of kept ratings per user, users with none included. 0: every user has equally many. 1: one user has them all. "
    "Fewer ratings are less equal by chance, so hold it against a random coreset of the same size."
)
DISTANCE_HELP = "Kolmogorov-Smirnov: the largest gap between the two cumulative curves. 0: the same. 1: apart."
MOVERS_HELP = (
    "Earth mover's distance: how far a kept rating's user is, on average, from all data, in ratings of the user."
)


def sentences(activity: Activity, choice: str) -> tuple[str, str]:
    """Return the answer in words and its numbers; ``choice`` names what is kept, for example "Gradient at 20 %"."""
    kept, full = activity.median_kept, activity.median_full
    if activity.kept.sum() == activity.full.sum():
        return f"{choice} keeps every rating.", f"Half of them come from users with {number(full)} ratings or more."
    preference = activity.preference
    if preference == 0:
        verdict = f"{choice} takes light and heavy users alike."
    else:
        verdict = f"{choice} prefers {'heavy' if preference > 0 else 'light'} users."
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

"""Q3 in words: does a coreset prefer heavy users?"""

from __future__ import annotations

import numpy as np

from rec_core.analysis.activity import Activity
from rec_core.data.sources import Words
from rec_core.wording.numbers import number, percent

_MEDIAN = "How many {rows} the user has, in all data, whom the median kept {row} comes from."
GINI_HELP = (
    "Of kept rows per user, users with none included. 0: every user has equally many. 1: one user has them all. "
    "Fewer rows are less equal by chance, so hold it against a random coreset of the same size."
)
DISTANCE_HELP = "Kolmogorov-Smirnov: the largest gap between the two cumulative curves. 0: the same. 1: apart."
MOVERS_HELP = "Earth mover's distance: how far a kept row's user is, on average, from all data, in rows of the user."


def median_help(words: Words) -> str:
    """Return what the median activity says."""
    return _MEDIAN.format(row=words.row, rows=words.rows)


def sentences(activity: Activity, choice: str, words: Words) -> tuple[str, str]:
    """Return the answer in words and its numbers; ``choice`` names what is kept, for example "Gradient at 20 %"."""
    kept, full = activity.median_kept, activity.median_full
    if activity.kept.sum() == activity.full.sum():
        more = f"Half of them come from users with {number(full)} {words.rows} or more."
        return f"{choice} keeps every {words.row}.", more
    preference = activity.preference
    if preference == 0:
        verdict = f"{choice} takes light and heavy users alike."
    else:
        verdict = f"{choice} prefers {'heavy' if preference > 0 else 'light'} users."
    of_users = f"users with {number(kept)} {words.rows} or more, against {number(full)}"
    return verdict, f"Half of the kept {words.rows} come from {of_users} in all data."


def left_out(activity: Activity, words: Words) -> str:
    """Return who is left out entirely, in words."""
    gone = activity.kept == 0
    if not gone.any():
        return f"Every one of the {number(len(gone))} users keeps at least one {words.row}."
    median = float(np.median(activity.full[gone]))
    return (
        f"{number(int(gone.sum()))} of {number(len(gone))} users ({percent(float(gone.mean()))}) keep nothing; "
        f"their median is {number(median)} {words.rows}."
    )

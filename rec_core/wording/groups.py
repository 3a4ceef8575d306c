"""Q4 in words: who is kept, and what a group of users likes."""

from __future__ import annotations

import numpy as np

from rec_core.analysis.groups import KeptHistories
from rec_core.data.sources import Words
from rec_core.specs import ExperimentSpec
from rec_core.wording import labels
from rec_core.wording.numbers import capital, counted, number, percent


def sentences(history: KeptHistories, choice: str) -> tuple[str, str]:
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
        f"Of {number(n)} users, {number(some.sum())} keep at least one row and {number(whole)} their whole history; "
        f"the median user keeps {percent(float(np.median(history.share)))} of it."
    )


def favourites_help(liked: float | None, words: Words) -> str:
    """Return what favourites are; ``liked`` is the rating from which an item counts as liked, if there are ratings."""
    if liked is None:
        return f"{capital(words.items)} that more of them chose than of everyone."
    rating = counted(liked, words.unit, words.units)
    return f"{capital(words.items)} that more of them gave {rating} or more than of everyone."


def served(share: float | None, spec: ExperimentSpec, words: Words) -> str:
    """Return how well users are served who keep nothing, once that is known."""
    if share is None:
        return ""
    how = (
        "from their own histories" if spec.model.is_served else f"though {labels.model_title(spec)} does not know them"
    )
    return (
        f"Of users who keep nothing, {percent(share)} find their held-out {words.item} among the first ten, {how}: "
        "green crosses."
    )

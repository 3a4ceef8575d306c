"""Q5 in words: what a norm says, beside chance and beside another seed."""

from __future__ import annotations

import numpy as np

from rec_core.analysis.norms import Compared
from rec_core.analysis.statistics import Correlation

_WEAKEST = 0.1
_STRENGTHS = ((0.2, "very weak"), (0.4, "weak"), (0.6, "moderate"), (0.8, "strong"), (9.0, "very strong"))


def strength(found: Correlation) -> str:
    """Return what a coefficient means, in words (bounds after Evans, 1996); chance where 0 is in its interval."""
    if np.isnan(found.value):
        return "no relation that could be measured"
    size = abs(found.value)
    if found.low <= 0 <= found.high:
        return "no relation that could be told from chance"
    if size < _WEAKEST:
        return "hardly any relation"
    name = next(name for bound, name in _STRENGTHS if size < bound)
    return f"a {name} {'rising' if found.value > 0 else 'falling'} relation"


MEANING: dict[Compared, str] = {
    "training": "Both start from the same embeddings, so this is what training left of the start: 1 would mean that "
    "it changed no one's place, 0 that the untrained norm says nothing about the trained one.",
    "chance": "The random start is another one, so this is what chance gives: the floor, about 0.",
    "seeds": "Both are pretrained on the same data and differ only in the seed: the ceiling. What two trainings do not "
    "agree on is noise.",
    "activity": "How much of the norm is just how many rows there are.",
    "scores": "The score that the method ranks rows by, pretrained against not. Near 0: without pretraining it "
    "chooses other rows.",
}


def sentences(compared: Compared, of: str, found: list[Correlation]) -> tuple[str, str]:
    """Return the answer in words, and what it means."""
    pearson = found[0]
    verdicts = {
        "training": f"Training keeps {strength(pearson)} with where {of} started.",
        "chance": f"An unrelated random start has {strength(pearson)} with the trained norms.",
        "seeds": f"Two trainings with different seeds have {strength(pearson)}.",
        "activity": f"The norm has {strength(pearson)} with the number of rows.",
        "scores": f"Scores with and without pretraining have {strength(pearson)}.",
    }
    value = f"Pearson {pearson.value:.2f} ({pearson.low:.2f} to {pearson.high:.2f}), n = {pearson.n:,}."
    if np.isnan(pearson.value):
        value = f"One of both is the same for all {pearson.n:,} of them, so that no coefficient can be computed."
    return verdicts[compared], f"{value} {MEANING[compared]}"

"""Q5: what a norm says: pretrained against untrained, against chance, against another seed, against activity.

A correlation is judged beside its floor (an unrelated random start: about 0) and its ceiling (two pretrained proxies
that differ in nothing but the seed).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from rec_core.analysis.statistics import Correlation, correlations

Compared = Literal["training", "chance", "seeds", "activity", "scores"]
COMPARED: tuple[Compared, ...] = get_args(Compared)
Of = Literal["users", "items"]
Which = Literal["all", "kept", "dropped"]
_WEAKEST = 0.1
_STRENGTHS = ((0.2, "very weak"), (0.4, "weak"), (0.6, "moderate"), (0.8, "strong"), (9.0, "very strong"))
FEWEST = 3  # pairs that a coefficient needs
MOST = 10_000  # pairs that are drawn and resampled; more say the same more slowly


@dataclass(frozen=True)
class Pairs:
    """Two values for each of n things: ``x``, ``y`` (n,), which of them are ``kept`` (n,), and what each axis is."""

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    kept: NDArray[np.bool_]
    x_title: str
    y_title: str
    of: str

    def take(self, which: Which) -> Pairs:
        """Return the pairs of all, kept or dropped things."""
        mask = {"all": np.ones(len(self.kept), dtype=bool), "kept": self.kept, "dropped": ~self.kept}[which]
        return self._at(np.flatnonzero(mask))

    def sample(self, rng: np.random.Generator) -> Pairs:
        """Return at most ``MOST`` of the pairs, at random."""
        if len(self.x) <= MOST:
            return self
        return self._at(np.sort(rng.choice(len(self.x), MOST, replace=False)))

    @property
    def digest(self) -> str:
        """The SHA-256 of the values."""
        return hashlib.sha256(self.x.tobytes() + self.y.tobytes()).hexdigest()

    def _at(self, rows: NDArray[np.integer]) -> Pairs:
        return Pairs(self.x[rows], self.y[rows], self.kept[rows], self.x_title, self.y_title, self.of)


def lengths(embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the Euclidean norm of each row of embeddings (n x d)."""
    return np.linalg.norm(embeddings, axis=1)


def measure(pairs: Pairs, rng: np.random.Generator) -> list[Correlation]:
    """Return Pearson, Spearman and Kendall of the pairs, with bootstrap intervals."""
    return correlations(pairs.x.astype(np.float64), pairs.y.astype(np.float64), rng)


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
    "activity": "How much of the norm is just how many ratings there are.",
    "scores": "The score that the method ranks ratings by, pretrained against not. Near 0: without pretraining it "
    "chooses other ratings.",
}


def sentences(compared: Compared, of: str, found: list[Correlation]) -> tuple[str, str]:
    """Return the answer in words, and what it means."""
    pearson = found[0]
    verdicts = {
        "training": f"Training keeps {strength(pearson)} with where {of} started.",
        "chance": f"An unrelated random start has {strength(pearson)} with the trained norms.",
        "seeds": f"Two trainings with different seeds have {strength(pearson)}.",
        "activity": f"The norm has {strength(pearson)} with the number of ratings.",
        "scores": f"Scores with and without pretraining have {strength(pearson)}.",
    }
    value = f"Pearson {pearson.value:.2f} ({pearson.low:.2f} to {pearson.high:.2f}), n = {pearson.n:,}."
    return verdicts[compared], f"{value} {MEANING[compared]}"

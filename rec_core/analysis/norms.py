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

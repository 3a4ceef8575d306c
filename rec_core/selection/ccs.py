"""Coverage-centric selection: leave out the hardest rows, then keep as many of every hardness as there are, or alike.

CCS (Zheng, Liu, Lai and Prakash, 2023, arXiv 2210.15809) answers the collapse of "hardest first" at small budgets.
The range of scores is cut into strata of equal width; beginning with the smallest, each gives an equal share of what is
left of the budget, or all it has. The score here is the proxy's loss.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import places_within
from rec_core.selection.base import Candidates, Coreset, Mark, Method, Scores
from rec_core.selection.easy import losses
from rec_core.settings import Count, Share, offered


class CCS(Method):
    """Rows of every loss; ``left_out`` is the share of the hardest that is left out, as far as the budget allows."""

    title: ClassVar = "CCS"
    summary: ClassVar = (
        "Keeps {rows} of every hardness but the hardest. Choose it to see what hardest first lacks; a comparator."
    )
    mark: ClassVar = Mark("#d55e00", "cross")
    needs_proxy: ClassVar = True
    ranks: ClassVar = True

    name: Literal["ccs"] = "ccs"
    left_out: Share = offered(0.3, "Share of the hardest rows that is left out", 0.0, 0.9)
    strata: Count = offered(50, "Strata", 1, 1000)

    def score(self, candidates: Candidates) -> Scores:
        """Return the proxy's loss on each row."""
        return losses(candidates)

    def select(self, candidates: Candidates, budget: int, rng: np.random.Generator) -> Coreset:
        """Return random rows of each stratum."""
        scores = candidates.scores
        stay = max(budget, len(scores) - round(self.left_out * len(scores)))
        easier = np.argpartition(scores, stay - 1)[:stay]
        stratum = _strata(scores[easier], self.strata)
        order = rng.permutation(stay)
        order = order[np.argsort(stratum[order], kind="stable")]  # stratum by stratum, at random within each
        size = np.bincount(stratum, minlength=self.strata)
        return Coreset(np.sort(easier[order[places_within(size) < np.repeat(shared(size, budget), size)]]))


def _strata(scores: Scores, count: int) -> NDArray[np.int64]:
    """Return which of ``count`` strata of equal width each score is in."""
    low, width = float(scores.min()), float(np.ptp(scores))
    scaled = (scores.astype(np.float64) - low) / width if width else np.zeros(len(scores))
    return np.minimum((scaled * count).astype(np.int64), count - 1)


def shared(sizes: NDArray[np.int64], budget: int) -> NDArray[np.int64]:
    """Return how many rows each stratum gives: the smallest first, of what is left an equal share or all it has.

    >>> shared(np.array([5, 0, 100, 100]), 45).tolist()
    [5, 0, 20, 20]
    """
    out = np.zeros_like(sizes)
    ascending = np.argsort(sizes, kind="stable")
    for done, stratum in enumerate(ascending):
        out[stratum] = min(int(sizes[stratum]), (budget - int(out.sum())) // (len(sizes) - done))
    return out

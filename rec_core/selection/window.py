"""Keep a window of rows between the easiest and the hardest ones: what "hardest first" is an end of.

Rows are sorted by their gradient norm (``rec_core.selection.gradient``); the window has the size of the budget.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from rec_core.selection.base import Candidates, Coreset, Mark, Method, Rows, Scores
from rec_core.selection.gradient import norms
from rec_core.settings import Share, offered


class Window(Method):
    """Rows that are neighbours in order of their norms: at ``position`` 0 the easiest, at 1 the hardest."""

    title: ClassVar = "Window"
    summary: ClassVar = "Keeps a window of {rows} between the easiest (0) and the hardest (1); see Advanced."
    mark: ClassVar = Mark("#e69f00", "pentagon")
    needs_proxy: ClassVar = True
    ranks: ClassVar = True

    name: Literal["window"] = "window"
    position: Share = offered(0.0, "Window, from easiest (0) to hardest (1)", 0.0, 1.0, said=True)

    def score(self, candidates: Candidates) -> Scores:
        """Return the rows' gradient norms."""
        return norms(candidates)

    def select(self, candidates: Candidates, budget: int, rng: np.random.Generator) -> Coreset:
        """Return the window; at position 1 it is what ``gradient`` keeps, up to equal norms."""
        first = round(self.position * (len(candidates.scores) - budget))
        return Coreset(between(candidates.scores, first, budget))


def between(scores: Scores, first: int, count: int) -> Rows:
    """Return the ``count`` rows from place ``first`` on in ascending order of ``scores``, equal ones by row.

    The scores at both ends are found by a partition; of the rows that have them, the first ones come first.
    """
    ordered = np.partition(scores, (first, first + count - 1))
    low, high = ordered[first], ordered[first + count - 1]
    left_out = first - np.count_nonzero(scores < low)  # of those with the lowest score
    if low == high:
        return np.flatnonzero(scores == low)[left_out : left_out + count]
    chosen = (scores > low) & (scores < high)
    chosen[np.flatnonzero(scores == low)[left_out:]] = True
    missing = count - np.count_nonzero(chosen)
    chosen[np.flatnonzero(scores == high)[:missing]] = True
    return np.flatnonzero(chosen)

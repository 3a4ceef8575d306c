"""Keep everything: the baseline that every coreset is compared with."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from rec_core.selection.base import Candidates, Coreset, Mark, Method


class Full(Method):
    """All rows."""

    title: ClassVar = "Full data"
    summary: ClassVar = "Keeps every {row}."
    mark: ClassVar = Mark("#8a8f98", "star")

    name: Literal["full"] = "full"

    def select(self, candidates: Candidates, budget: int, rng: np.random.Generator) -> Coreset:
        """Return all rows, whatever the budget."""
        return Coreset(np.arange(len(candidates.train)))

"""Uniform sampling without replacement: a strong baseline (Guo et al., DeepCore, 2022, arXiv 2204.08499)."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from rec_core.selection.base import Candidates, Coreset, Mark, Method


class Random(Method):
    """Rows at random, every set of them equally likely."""

    title: ClassVar = "Random"
    summary: ClassVar = "Keeps ratings at random, without preference."
    mark: ClassVar = Mark("#0072b2", "circle")

    name: Literal["random"] = "random"

    def select(self, candidates: Candidates, budget: int, rng: np.random.Generator) -> Coreset:
        """Return ``budget`` rows."""
        return Coreset(np.sort(rng.choice(len(candidates.train), budget, replace=False)))

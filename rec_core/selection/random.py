"""Uniform sampling without replacement: a strong baseline (Guo et al., DeepCore, 2022, arXiv 2204.08499)."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from rec_core.selection.base import Candidates, Coreset, Mark, Method, first_sql
from rec_core.selection.lots import DRAWN, DRAWS, Draw, keys, lots, lots_sql
from rec_core.settings import choice


class Random(Method):
    """Rows at random, every set of them equally likely."""

    title: ClassVar = "Random"
    summary: ClassVar = "Keeps {rows} at random, without preference."
    mark: ClassVar = Mark("#0072b2", "circle")

    added_later: ClassVar = {"draw": "generator"}

    name: Literal["random"] = "random"
    draw: Draw = choice("generator", DRAWN, DRAWS, link="random_draw")

    def select(self, candidates: Candidates, budget: int, rng: np.random.Generator) -> Coreset:
        """Return ``budget`` rows; by hash, those with the lowest lots."""
        n = len(candidates.train)
        if self.draw == "hash":
            return Coreset(np.sort(np.argpartition(lots(n, keys(rng)), budget - 1)[:budget]))
        return Coreset(np.sort(rng.choice(n, budget, replace=False)))

    def sql(self, rng: np.random.Generator) -> dict[str, str]:
        """Return the rows with the lowest lots; what the generator draws, SQL cannot."""
        if self.draw != "hash":
            return {}
        ranked = "SELECT row, row_number() OVER (ORDER BY lot) AS rank FROM lots"
        return {"lots": lots_sql("train", keys(rng), ["row", "place"]), **first_sql(ranked)}

"""Keep the newest rows of each user and, with the rest of the budget, rows at random.

``recent`` knows what people do now and little of what goes with what; ``random`` the other way round. One slider goes
from one to the other.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from rec_core.data.interactions import marked
from rec_core.selection.base import Candidates, Coreset, Mark, Method
from rec_core.selection.recent import Recent
from rec_core.settings import Share, offered


class Mixed(Method):
    """``newest`` is the share of the budget that ``recent`` spends; the rest is drawn from what it left."""

    title: ClassVar = "Recent + random"
    summary: ClassVar = (
        "Keeps each user's newest {rows} and others at random. Choose it to see what either of the two adds."
    )
    mark: ClassVar = Mark("#0072b2", "hexagon")

    name: Literal["mixed"] = "mixed"
    newest: Share = offered(0.5, "Share of the kept rows that are the newest", 0.0, 1.0)

    @property
    def needs_order(self) -> bool:
        """Whether it asks which of a user's rows came first."""
        return self.newest > 0

    def select(self, candidates: Candidates, budget: int, rng: np.random.Generator) -> Coreset:
        """Return both parts."""
        n, count = len(candidates.train), round(self.newest * budget)
        newest = Recent().select(candidates, count, rng).rows if count else np.zeros(0, np.int64)
        rest = np.flatnonzero(~marked(newest, n))
        return Coreset(np.sort(np.concatenate([newest, rng.choice(rest, budget - count, replace=False)])))

"""Keep the newest rows of each user, heavy users cut first: what somebody did last says most about what comes next.

The quota of a user is poured over users by their activity (``rec_core.selection.quotas``). Newest first is what
recommenders in production cut their histories by; as a coreset it is measured in the README.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from rec_core.data.interactions import by_user_and_time
from rec_core.selection.base import Candidates, Coreset, Mark, Method
from rec_core.selection.lots import DRAWS, Draw, keys
from rec_core.selection.quotas import ALPHA, last_of_each, last_of_each_sql
from rec_core.settings import Share, choice, offered


class Recent(Method):
    """The newest rows of each user; ``alpha`` 0 treats users alike, 1 keeps the same share of each."""

    title: ClassVar = "Recent"
    summary: ClassVar = (
        "Keeps each user's newest {rows}, heavy users cut first. Choose it where what comes next is asked."
    )
    mark: ClassVar = Mark("#e69f00", "hexagon")

    added_later: ClassVar = {"draw": "generator"}

    name: Literal["recent"] = "recent"
    alpha: Share = offered(0.25, ALPHA, 0.0, 1.0)
    draw: Draw = choice("hash", "Leftover rows go to users drawn by", DRAWS, link="recent_draw")

    @property
    def needs_order(self) -> bool:
        """Whether it asks which of a user's rows came first."""
        return True

    def select(self, candidates: Candidates, budget: int, rng: np.random.Generator) -> Coreset:
        """Return each user's last rows by time; of equal times, and without times, the later in the file."""
        ordered = by_user_and_time(candidates.train)
        drawn = keys(rng) if self.draw == "hash" else None
        return Coreset(last_of_each(candidates, ordered, self.alpha, budget, rng, drawn))

    def sql(self, rng: np.random.Generator) -> dict[str, str]:
        """Return each user's last rows by time, as many as the quota; what the generator draws, SQL cannot."""
        if self.draw != "hash":
            return {}
        return last_of_each_sql("train", "time DESC, place DESC", self.alpha, keys(rng))

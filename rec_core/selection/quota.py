"""Keep so many rows of each user, heavy users cut first, whichever rows of theirs: what balancing alone is worth.

``recent`` keeps the newest of the same quota and ``easy`` the easier ones; here it is chance, or how often an item was
chosen. Without a proxy and without times, and next to free.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from rec_core.canonical import Json
from rec_core.data.in_parts import counts, looked_up
from rec_core.selection.base import Candidates, Coreset, Mark, Method
from rec_core.selection.lots import DRAWN, DRAWS, Draw, keys, lots, lots_sql
from rec_core.selection.quotas import ALPHA, by_user, last_of_each, last_of_each_sql
from rec_core.settings import Share, choice, offered

_ORDERS = {"random": "At random", "popular": "Most popular first", "unpopular": "Least popular first"}


class Quota(Method):
    """Rows of each user by chance or by popularity; ``alpha`` as in ``recent``."""

    title: ClassVar = "User quota"
    summary: ClassVar = (
        "Keeps {rows} of each user at random, heavy users cut first. Choose it where nothing is known of time."
    )
    mark: ClassVar = Mark("#56b4e9", "square")

    added_later: ClassVar = {"draw": "generator"}

    name: Literal["quota"] = "quota"
    order: Literal["random", "popular", "unpopular"] = choice("random", "Which rows of a user", _ORDERS)
    alpha: Share = offered(0.0, ALPHA, 0.0, 1.0)
    draw: Draw = choice("hash", DRAWN, DRAWS, link="quota_draw")

    @property
    def counted(self) -> dict[str, Json]:
        """Its settings as keys have them; since users are drawn by hash too, such rows are other ones than before."""
        return super().counted | ({"users drawn by": "hash"} if self.draw == "hash" else {})

    def select(self, candidates: Candidates, budget: int, rng: np.random.Generator) -> Coreset:
        """Return each user's quota; equally popular rows are drawn by lot."""
        train = candidates.train
        by_hash = self.draw == "hash"
        lot = lots(len(train), keys(rng)) if by_hash else _drawn(len(train), rng)
        drawn = keys(rng) if by_hash else None
        ordered = by_user(train.user, self._wanted(train.item), lot)
        return Coreset(last_of_each(candidates, ordered, self.alpha, budget, rng, drawn))

    def sql(self, rng: np.random.Generator) -> dict[str, str]:
        """Return each user's quota, by lot among the equally wanted; what the generator draws, SQL cannot."""
        if self.draw != "hash":
            return {}
        lot = lots_sql("train", keys(rng), ["row", "place", "user_id", "wanted"])
        order = {"random": "lot DESC", "popular": "wanted DESC, lot DESC", "unpopular": "wanted, lot DESC"}[self.order]
        return {"lots": lot, **last_of_each_sql("lots", order, self.alpha, keys(rng))}

    def _wanted(self, item: NDArray[np.integer]) -> NDArray[np.int32]:
        """Return how much each row is wanted beside its user's others, (n,)."""
        count = counts(item).astype(np.int32)
        table = {"random": np.zeros_like(count), "popular": count, "unpopular": count.max() - count}[self.order]
        return looked_up(table, item)


def _drawn(n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return a lot for each row, (n,): 0 … n - 1 in a random order."""
    lot = np.empty(n, np.int64)
    lot[rng.permutation(n)] = np.arange(n)
    return lot

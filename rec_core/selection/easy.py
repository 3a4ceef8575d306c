"""Keep rows at random among those of each user that a proxy finds easy, heavy users cut first.

What a small model gets wrong after a few epochs is, in logs of clicks, more often noise than knowledge: hardest first
keeps it, this leaves it out. With random order inside the easier half users and items stay spread, which the easiest
rows alone would not be. The proxy's loss is log(1 + e^−s) of a click's score s, and (s − r)² of a rating r.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from rec_core.data.interactions import places_within
from rec_core.selection.base import Candidates, Coreset, Mark, Method, Scores
from rec_core.selection.quotas import ALPHA, by_user, last_of_each
from rec_core.settings import Share, choice, offered

_CHUNK = 1 << 15  # rows at a time: both gathered tables stay in the processor's cache
_ORDERS = {"easier": "At random among the easier ones", "hardest": "Hardest first"}


class Easy(Method):
    """Rows of each user by the proxy's loss; ``part`` is the share of them that counts as easy."""

    title: ClassVar = "Easier half"
    summary: ClassVar = (
        "Keeps {rows} of each user at random among those a proxy finds easier. Choose it where the test is random."
    )
    mark: ClassVar = Mark("#009e73", "diamond")
    needs_proxy: ClassVar = True
    ranks: ClassVar = True

    name: Literal["easy"] = "easy"
    order: Literal["easier", "hardest"] = choice("easier", "Which rows of a user", _ORDERS, link="easy_order")
    part: Share = offered(0.5, "Share of a user's rows that counts as easier", 0.0, 1.0)
    alpha: Share = offered(0.0, ALPHA, 0.0, 1.0)

    def score(self, candidates: Candidates) -> Scores:
        """Return the proxy's loss on each row."""
        return losses(candidates)

    def select(self, candidates: Candidates, budget: int, rng: np.random.Generator) -> Coreset:
        """Return each user's quota: random easier rows, and where they do not suffice the next easiest."""
        user = candidates.train.user
        # What is not negative has the order of its bits.
        ordered = by_user(user, (candidates.scores + np.float32(0)).view(np.int32))
        if self.order == "easier":
            n_rows = np.bincount(user, minlength=candidates.n_users)
            place = places_within(n_rows)  # 0 is the user's easiest row
            easier = place < np.ceil(self.part * np.repeat(n_rows, n_rows))
            n, lot = len(user), rng.permutation(len(user))
            ordered = ordered[by_user(user[ordered], np.where(easier, n + lot, n - 1 - place))]
        return Coreset(last_of_each(candidates, ordered, self.alpha, budget, rng))


def losses(candidates: Candidates) -> Scores:
    """Return the proxy's loss on each row, (n,)."""
    train = candidates.train
    out = np.empty(len(train), dtype=np.float32)
    for begin in range(0, len(train), _CHUNK):
        rows = slice(begin, begin + _CHUNK)
        score = candidates.proxy.predict(train.user[rows], train.item[rows])
        out[rows] = loss(score, train.rated[rows] if candidates.feedback == "explicit" else None)
    return out


def loss(score: Scores, rated: Scores | None) -> Scores:
    """Return the loss of each row, (n,), for predictions ``score`` of its rating ``rated``, or of a click (None)."""
    return np.logaddexp(0, -score) if rated is None else (score - rated) ** 2

"""Train on other random rows in every epoch: as many steps as a coreset takes, and in the end most of the data.

RS2 (Okanovic et al., 2024, arXiv 2305.18424, "Repeated Random Sampling for Minimizing the Time-to-Accuracy of
Learning"). It saves time and no storage, so it is no coreset but what one has to be compared with: taken one after
another without replacement, its subsets are training on full data for as many steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar, Literal

import numpy as np

from rec_core.selection.base import Candidates, Coreset, Mark, Method, Present
from rec_core.selection.quota import Quota
from rec_core.settings import choice

_ORDERS = {
    "cyclic": "The next of all rows in each epoch",
    "fresh": "Any rows in each epoch",
    "balanced": "Any rows, as many of each user",
}


class RS2(Method):
    """A subset of the budget's size for each epoch, drawn from all rows."""

    title: ClassVar = "RS2"
    summary: ClassVar = "Trains on other random {rows} in every epoch, and keeps none. Choose it to save time alone."
    mark: ClassVar = Mark("#0072b2", "star-diamond")
    is_dynamic: ClassVar = True

    name: Literal["rs2"] = "rs2"
    order: Literal["cyclic", "fresh", "balanced"] = choice(
        "cyclic", "Which rows an epoch takes", _ORDERS, link="rs2_order"
    )

    def select(self, candidates: Candidates, budget: int, rng: np.random.Generator) -> Coreset:
        """Return the rows of the first epoch."""
        return next(self._drawn(candidates, budget, rng))

    def epochs(
        self, candidates: Candidates, budget: int, rng: np.random.Generator, present: Callable[[], Present]
    ) -> Iterator[Coreset]:
        """Yield the rows of one epoch after another, however training stands.

        Cyclic: a permutation is gone through to its end before rows are shuffled anew; where it ends within an epoch,
        the epoch goes on with rows of the next that it has not had.
        """
        return self._drawn(candidates, budget, rng)

    def _drawn(self, candidates: Candidates, budget: int, rng: np.random.Generator) -> Iterator[Coreset]:
        left, n_rows = np.zeros(0, np.int64), len(candidates.train)
        while self.order == "balanced":
            yield Quota().select(candidates, budget, rng)
        while self.order == "fresh":
            yield Coreset(np.sort(rng.choice(n_rows, budget, replace=False)))
        while True:
            if len(left) < budget:
                anew = rng.permutation(n_rows)
                had = np.isin(anew, left)
                left = np.concatenate([left, anew[~had], anew[had]])
            yield Coreset(np.sort(left[:budget]))
            left = left[budget:]

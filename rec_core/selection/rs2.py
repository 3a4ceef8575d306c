"""Train on other random rows in every epoch: as many steps as a coreset takes, and in the end most of the data.

RS2 (Okanovic et al., 2024, arXiv 2305.18424, "Repeated Random Sampling for Minimizing the Time-to-Accuracy of
Learning"). It saves time and no storage, so it is no coreset but what one has to be compared with: taken one after
another without replacement, its subsets are training on full data for as many steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

import numpy as np

from rec_core.selection.base import Candidates, Coreset, Mark, Method, Rows
from rec_core.settings import choice

_ORDERS = {"cyclic": "The next of all rows in each epoch", "fresh": "Any rows in each epoch"}


class RS2(Method):
    """A subset of the budget's size for each epoch, drawn from all rows."""

    title: ClassVar = "RS2"
    summary: ClassVar = "Trains on other random ratings in every epoch, and keeps none. Choose it to save time alone."
    mark: ClassVar = Mark("#0072b2", "star-diamond")
    is_dynamic: ClassVar = True

    name: Literal["rs2"] = "rs2"
    order: Literal["cyclic", "fresh"] = choice("cyclic", "Which rows an epoch takes", _ORDERS, link="rs2_order")

    def select(self, candidates: Candidates, budget: int, rng: np.random.Generator) -> Coreset:
        """Return the rows of the first epoch."""
        return Coreset(next(self.epochs(len(candidates.train), budget, rng)))

    def epochs(self, n_rows: int, budget: int, rng: np.random.Generator) -> Iterator[Rows]:
        """Yield the rows of one epoch after another, without end, ascending.

        Cyclic: a permutation is gone through to its end before rows are shuffled anew; where it ends within an epoch,
        the epoch goes on with rows of the next that it has not had.
        """
        left = np.zeros(0, np.int64)
        while True:
            if self.order == "fresh":
                yield np.sort(rng.choice(n_rows, budget, replace=False))
                continue
            if len(left) < budget:
                anew = rng.permutation(n_rows)
                had = np.isin(anew, left)
                left = np.concatenate([left, anew[~had], anew[had]])
            yield np.sort(left[:budget])
            left = left[budget:]

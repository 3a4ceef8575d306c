"""Train in every epoch on what the model still gets wrong, and on some of the rest, with weights that keep the sum.

InfoBatch (Qin et al., 2024, arXiv 2303.04947): rows whose loss is below the mean are left out with a chance r, and
those of them that stay weigh 1 / (1 − r), so that the expected gradient is that of all rows. Here the budget says how
many stay: all hard rows, as far as they fit into ``_MOST`` of it, and easy ones for the rest, each weighing how many of
their kind there are for one that stays. Its last epochs on all rows are left out, as they are no part of a budget.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from rec_core.selection.base import Candidates, Coreset, Mark, Method, Present
from rec_core.selection.easy import loss
from rec_core.selection.random import Random

_MOST = 0.75  # of the budget that hard rows may have where there are more


class InfoBatch(Method):
    """Hard rows of the present model and some easy ones, drawn anew in every epoch and weighted."""

    title: ClassVar = "InfoBatch"
    summary: ClassVar = (
        "Trains in every epoch on hard {rows} and some easy ones, which weigh more, and keeps none. A comparator: it "
        "looks at all {rows} each time."
    )
    mark: ClassVar = Mark("#009e73", "star-diamond")
    weighs: ClassVar = True
    is_dynamic: ClassVar = True
    looks: ClassVar = True

    name: Literal["infobatch"] = "infobatch"

    def select(self, candidates: Candidates, budget: int, rng: np.random.Generator) -> Coreset:
        """Return the rows of the first epoch, drawn at random: the model knows nothing yet."""
        return Random().select(candidates, budget, rng)

    def epochs(
        self, candidates: Candidates, budget: int, rng: np.random.Generator, present: Callable[[], Present]
    ) -> Iterator[Coreset]:
        """Yield the first epoch's rows, and from then on a draw from hard and easy rows."""
        rated = candidates.train.rated if candidates.feedback == "explicit" else None
        yield self.select(candidates, budget, rng)
        while True:
            now = loss(present().predicted, rated)
            yield drawn(now >= now.mean(), budget, rng)


def drawn(hard: NDArray[np.bool_], budget: int, rng: np.random.Generator) -> Coreset:
    """Return ``budget`` rows of the ``hard`` (n,) and the others, weighing how many of their kind each stands for."""
    kinds = np.flatnonzero(hard), np.flatnonzero(~hard)
    of_hard = min(len(kinds[0]), max(int(_MOST * budget), budget - len(kinds[1])))
    of_easy = min(len(kinds[1]), budget - of_hard)
    counts = budget - of_easy, of_easy
    rows = np.concatenate([rng.choice(kind, count, replace=False) for kind, count in zip(kinds, counts, strict=True)])
    weights = np.repeat([len(kind) / max(count, 1) for kind, count in zip(kinds, counts, strict=True)], counts)
    order = np.argsort(rows)
    return Coreset(rows[order], (weights / weights.mean())[order].astype(np.float32))

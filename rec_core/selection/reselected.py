"""Keep the rows that pull hardest on the model as it is just now, chosen anew while it is trained.

What the report asks for next: a coreset that is dynamic during training. The model's own gradients take the place of a
proxy's (``rec_core.selection.gradient``): |∂L/∂ŷ|·‖v‖, v the item's embedding, which for SimpleMF is the gradient's
norm and for NCF leaves out what its layers make of it. All rows are scored each time; that is in the seconds of
training. Re-selection every so many epochs is that of Killamsetty et al. (2021, GRAD-MATCH, arXiv 2103.00123), which
matches the sum of gradients instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar, Literal

import numpy as np

from rec_core.selection.base import Candidates, Coreset, Mark, Method, Present
from rec_core.selection.gradient import slope
from rec_core.selection.random import Random
from rec_core.settings import Count, offered


class Reselected(Method):
    """The rows with the largest gradients of the present model, selected anew ``every`` so many epochs."""

    title: ClassVar = "Gradient, anew"
    summary: ClassVar = (
        "Selects the {rows} that pull hardest on the model again and again while it is trained. A comparator: it "
        "looks at all {rows} each time."
    )
    mark: ClassVar = Mark("#d55e00", "star-diamond")
    is_dynamic: ClassVar = True
    looks: ClassVar = True

    name: Literal["reselected"] = "reselected"
    every: Count = offered(1, "Epochs between two selections", 1, 20)

    def select(self, candidates: Candidates, budget: int, rng: np.random.Generator) -> Coreset:
        """Return the rows of the first epochs, drawn at random: the model knows nothing yet."""
        return Random().select(candidates, budget, rng)

    def epochs(
        self, candidates: Candidates, budget: int, rng: np.random.Generator, present: Callable[[], Present]
    ) -> Iterator[Coreset]:
        """Yield the first epochs' rows, and from then on those with the largest gradients."""
        train, chosen = candidates.train, self.select(candidates, budget, rng)
        rated = train.rated if candidates.feedback == "explicit" else None
        while True:
            for _ in range(self.every):
                yield chosen
            now = present()
            length = np.linalg.norm(now.fitted.embeddings("item"), axis=1)[train.item]
            pull = np.abs(slope(now.predicted, rated)) * length
            chosen = Coreset(np.sort(np.argpartition(pull, -budget)[-budget:]))

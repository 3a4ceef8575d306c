"""Models served from the profile that are not trained at all: what is counted belongs to the items."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from rec_core.data.histories import Histories
from rec_core.data.interactions import Interactions
from rec_core.errors import TrainingError
from rec_core.models.base import Params, Score, Served, Shape, Table
from rec_core.models.counting import Sparse
from rec_core.settings import choice

Profile = Literal["chosen", "all", "newest-5", "newest-10", "newest-20", "decayed-1", "decayed-2", "decayed-5"]
CHOSEN: Profile = "chosen"
PROFILES: Mapping[str, str] = {
    CHOSEN: "Chosen on validation",
    "all": "All of the history, alike",
    "newest-5": "The newest 5",
    "newest-10": "The newest 10",
    "newest-20": "The newest 20",
    "decayed-1": "The newest 30, weights falling fast",
    "decayed-2": "The newest 30, weights falling",
    "decayed-5": "The newest 30, weights falling slowly",
}
_WIDTH = 64  # of embeddings of a model without vectors
_DECAYED = 30  # rows beyond which weights that fall are 0
MOST_ITEMS = 8192  # of which a number for every two takes 0.25 GB


class Counted(Served):
    """A model that is not trained in epochs: one pass over the rows says all of it.

    Between items i and j it has ``source``_i · ``item``_j, or, where every two items have a number of their own,
    ``between``_ij. A user's vector is the sum of their items' sources, weighted by how old they are.
    """

    is_trained: ClassVar = False
    feedbacks: ClassVar = ("implicit",)

    profile: Profile = choice(CHOSEN, "What of their history serves a user", PROFILES)

    @property
    def is_factored(self) -> bool:
        """Whether items have vectors, and not every two of them a number."""
        return True

    def fit(self, rows: Interactions, shape: Shape, rng: Generator) -> Params:
        """Return the parameters: ``source`` and ``item`` (n_items x width), or ``between`` (n_items x n_items).

        Raises:
            TrainingError: if there are too many items to have a number for every two.
        """
        if not self.is_factored and shape.n_items > MOST_ITEMS:
            raise TrainingError(self.why_not(shape.n_items))
        return self.counted_on(rows, shape, rng)

    @abstractmethod
    def counted_on(self, rows: Interactions, shape: Shape, rng: Generator) -> Params:
        """Return the parameters, for a number of items that is not too large."""

    def why_not(self, n_items: int) -> str:
        """Return why so many items are too many, one sentence with a remedy; "" if they are not."""
        if self.is_factored or n_items <= MOST_ITEMS:
            return ""
        return (
            f"{self.called} has a number for every two of {n_items:,} items, and takes {MOST_ITEMS:,} items at most. "
            "Choose a model that has vectors, for example Item SVD, or a higher smallest number of interactions."
        )

    def start(self, shape: Shape, rng: Generator) -> Params:
        """Refuse: there is nothing to begin with.

        Raises:
            TrainingError: always.
        """
        raise TrainingError(f"{self.called} is not trained in epochs; choose a model that is.")

    def served_with(self, profile: Profile) -> Self:
        """Return the model with another profile."""
        return self.model_copy(update={"profile": profile})

    def users(self, params: Mapping[str, NDArray[np.float32]], histories: Histories) -> NDArray[np.float32]:
        """Return the weighted sums of the items' sources; without vectors, of their numbers with all others, drawn
        together (``_drawn_together``).
        """
        sources = params["source"] if self.is_factored else _drawn_together(params["between"])
        return weighted(histories, len(sources), self.profile) @ sources

    def scorer(self, params: Mapping[str, NDArray[np.float32]], histories: Histories) -> Score:
        """Return the function that scores users (B,) against items (B, C), or (1, M)."""
        if self.is_factored:
            return super().scorer(params, histories)
        between = params["between"]
        profiles = weighted(histories, len(between), self.profile)

        def score(users: NDArray[np.integer], items: NDArray[np.integer]) -> NDArray[np.float32]:
            every = profiles[users] @ between
            return every[:, items[0]] if len(items) == 1 else np.take_along_axis(every, items, axis=1)

        return score

    def predict(self, params: Mapping[str, Any], u: Any, v: Any) -> Any:
        """Return u·v."""
        return (u * v).sum(-1)

    def embeddings(self, params: Mapping[str, NDArray[np.float32]], table: Table) -> NDArray[np.float32]:
        """Return the vectors of a table; without vectors, an item's are its numbers with all others, drawn together."""
        return params[table] if self.is_factored or table == "user" else _drawn_together(params["between"])

    def votes(
        self, params: Mapping[str, NDArray[np.float32]], profile: Histories, items: NDArray[np.integer]
    ) -> NDArray[np.float32]:
        """Return weight · source_i · item_j, or weight · between_ij."""
        weight = weights(profile.age, self.profile)[:, None]
        if self.is_factored:
            return weight * (params["source"][profile.item] @ params["item"][items].T)
        return weight * params["between"][np.ix_(profile.item, items)]


def _drawn_together(between: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the rows of ``between``, (n_items x ``_WIDTH``) where they are longer, about as far from each other.

    A random projection keeps distances (Johnson and Lindenstrauss, 1984); thousands of numbers a user cannot be mapped.
    """
    n_items = len(between)
    if n_items <= _WIDTH:
        return between
    drawn = np.random.default_rng(n_items).standard_normal((n_items, _WIDTH), dtype=np.float32)
    return between @ (drawn / np.float32(np.sqrt(_WIDTH)))


def weights(age: NDArray[np.integer], profile: Profile) -> NDArray[np.float32]:
    """Return what rows of these ages (how many newer ones there are) count in a profile.

    >>> weights(np.array([0, 1, 5]), "newest-5").tolist(), weights(np.array([0, 1, 3, 30]), "decayed-1").tolist()
    ([1.0, 1.0, 0.0], [1.0, 0.5, 0.25, 0.0])
    """
    kind, _, number = profile.partition("-")
    if kind == "newest":
        return (age < int(number)).astype(np.float32)
    if kind == "decayed":
        return np.where(age < _DECAYED, 1 / (1 + age / int(number)), 0).astype(np.float32)
    return np.ones(len(age), np.float32)


def weighted(histories: Histories, n_items: int, profile: Profile) -> Sparse:
    """Return what each item counts in each user's profile, (n_users x n_items); an item had twice counts twice."""
    return summed(histories, weights(histories.age, profile), n_items)


def summed(histories: Histories, weight: NDArray[np.float32], n_items: int) -> Sparse:
    """Return the rows of histories by user and item, (n_users x n_items), each with its ``weight`` (rows,)."""
    from scipy.sparse import csr_array

    counts = weight != 0
    ends = np.concatenate([[0], np.cumsum(counts)])[histories.first]
    return csr_array((weight[counts], histories.item[counts], ends), shape=(len(ends) - 1, n_items))

"""What every kernel trains on: interactions in shuffled batches, negatives included, drawn here and nowhere else.

An epoch is drawn from one generator, in this order: a permutation of the rows; then, for every ``DRAWN`` rows of it,
the negatives of those rows, or those that the rows of a batch share, uniform over all items and not rejected. Kernels
get the same batches, whatever they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import Feedback, Interactions

VERSION = 2  # goes up when the same seed gives other batches; 1 drew with torch
DRAWN = 1 << 20  # rows whose negatives are drawn at once: memory does not grow with the data
_HANDED = 1 << 13  # rows handed to a kernel at once, so that it can be stopped a few times a second


# The rows (positions) of an epoch that does not take all, and a weight each or None.
Taken = tuple[NDArray[np.int64], NDArray[np.float32] | None]


class Training(Protocol):
    """How to train; ``TrainSpec`` and ``ProxySpec`` both say it."""

    @property
    def epochs(self) -> int: ...  # noqa: D102
    @property
    def batch_size(self) -> int: ...  # noqa: D102
    @property
    def learning_rate(self) -> float: ...  # noqa: D102
    @property
    def weight_decay(self) -> float: ...  # noqa: D102
    @property
    def negatives(self) -> int: ...  # noqa: D102


@dataclass(frozen=True)
class Block:
    """Consecutive batches of ``size`` rows each, the last one shorter.

    ``user`` (n,); ``items`` (n, 1 + negatives), the row's own item first; ``rating`` (n,) for explicit feedback;
    ``weight`` (n,) where rows have one; ``row`` (n,), their positions; ``shared`` (batches, negatives) where all rows
    of a batch have the same.
    """

    user: NDArray[np.int32]
    items: NDArray[np.int32]
    rating: NDArray[np.float32] | None
    weight: NDArray[np.float32] | None
    size: int
    row: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    shared: NDArray[np.int32] | None = None

    def __len__(self) -> int:
        """Number of batches."""
        return -(-len(self.user) // self.size)

    def take(self, rows: slice) -> Block:
        """Return the batches that lie in ``rows``, which begin where one does."""
        rating = None if self.rating is None else self.rating[rows]
        weight = None if self.weight is None else self.weight[rows]
        shared = None if self.shared is None else self.shared[rows.start // self.size : -(-rows.stop // self.size)]
        return Block(self.user[rows], self.items[rows], rating, weight, self.size, self.row[rows], shared)


class Sampler:
    """The batches of one epoch after another; each shuffles the rows and draws the negatives anew.

    ``shared`` says how many negatives all rows of a batch have in common, instead of some for each.
    """

    def __init__(
        self,
        rows: Interactions,
        n_items: int,
        feedback: Feedback,
        training: Training,
        rng: np.random.Generator,
        weights: NDArray[np.float32] | None = None,
        shared: int = 0,
    ) -> None:
        self._user, self._item, self._weights = rows.user, rows.item, weights
        self._rating = rows.rated if feedback == "explicit" else None
        self._negatives = training.negatives if feedback == "implicit" and not shared else 0
        self._shared = shared
        self._n_items, self._size, self._rng = n_items, training.batch_size, rng

    def batches(self, taken: Taken | None = None) -> int:
        """Return how many batches an epoch has, of all rows or of some."""
        return -(-len(self._user if taken is None else taken[0]) // self._size)

    def epoch(self, taken: Taken | None = None) -> Iterator[Block]:
        """Yield the epoch's batches, a few at a time; of all rows, or of some with weights of their own."""
        order, weights = self._rng.permutation(len(self._user) if taken is None else len(taken[0])), self._weights
        if taken is not None:
            order, weights = taken[0][order], None if taken[1] is None else taken[1][order]
        elif weights is not None:
            weights = weights[order]
        step, handed = (max(1, count // self._size) * self._size for count in (DRAWN, _HANDED))
        for begin in range(0, len(order), step):
            rows = slice(begin, begin + step)
            block = self._draw(order[rows], None if weights is None else weights[rows])
            for first in range(0, len(block.user), handed):
                yield block.take(slice(first, first + handed))

    def _draw(self, rows: NDArray[np.int64], weight: NDArray[np.float32] | None) -> Block:
        items = self._item[rows][:, None]
        if self._negatives:
            drawn = self._rng.integers(self._n_items, size=(len(rows), self._negatives), dtype=np.int32)
            items = np.concatenate([items, drawn], axis=1)
        rating = None if self._rating is None else self._rating[rows]
        count, shared = -(-len(rows) // self._size), None
        if self._shared:
            shared = self._rng.integers(self._n_items, size=(count, self._shared), dtype=np.int32)
        return Block(self._user[rows], items, rating, weight, self._size, rows, shared)

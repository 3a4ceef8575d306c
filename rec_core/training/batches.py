"""Interactions as shuffled batches of tensors, negatives included."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from rec_core.data.interactions import Interactions

_BLOCK = 1 << 20  # rows gathered at once: one gather for many batches, and memory that does not grow with the data


class Settings(Protocol):
    """How to train; ``TrainSpec`` and ``ProxySpec`` both say it."""

    @property
    def epochs(self) -> int: ...  # noqa: D102
    @property
    def batch_size(self) -> int: ...  # noqa: D102
    @property
    def learning_rate(self) -> float: ...  # noqa: D102
    @property
    def negatives(self) -> int: ...  # noqa: D102


@dataclass(frozen=True)
class Batch:
    """B rows: ``user`` (B,), ``items`` (B, C) with the row's item first and then its negatives, ``rating`` (B,)."""

    user: torch.Tensor
    items: torch.Tensor
    rating: torch.Tensor
    weight: torch.Tensor | None = None


class Batches:
    """The batches of an epoch; each iteration shuffles the rows and draws the negatives anew."""

    def __init__(
        self,
        rows: Interactions,
        n_items: int,
        feedback: str,
        settings: Settings,
        rng: np.random.Generator,
        weights: NDArray[np.float32] | None = None,
    ) -> None:
        self._user = torch.from_numpy(rows.user.astype(np.int64))
        self._item = torch.from_numpy(rows.item.astype(np.int64))
        self._rating = torch.from_numpy(rows.rating.astype(np.float32))
        self._weight = None if weights is None else torch.from_numpy(weights.astype(np.float32))
        self._negatives = settings.negatives if feedback == "implicit" else 0
        self._n_items, self._size = n_items, settings.batch_size
        self._generator = torch.Generator().manual_seed(int(rng.integers(2**63)))

    def __len__(self) -> int:
        return -(-len(self._user) // self._size)

    def __iter__(self) -> Iterator[Batch]:
        order = torch.randperm(len(self._user), generator=self._generator)
        for rows in order.split(max(1, _BLOCK // self._size) * self._size):
            block = self._block(rows)
            weights = (None,) * len(self) if block.weight is None else block.weight.split(self._size)
            parts = (tensor.split(self._size) for tensor in (block.user, block.items, block.rating))
            for user, items, rating, weight in zip(*parts, weights, strict=False):
                yield Batch(user, items, rating, weight)

    def _block(self, rows: torch.Tensor) -> Batch:
        items = self._item[rows].unsqueeze(1)
        if self._negatives:
            drawn = torch.randint(self._n_items, (len(rows), self._negatives), generator=self._generator)
            items = torch.cat([items, drawn], dim=1)
        weight = None if self._weight is None else self._weight[rows]
        return Batch(self._user[rows], items, self._rating[rows], weight)

"""The losses with their slopes, over batches of tensors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from rec_core.training.sampling import Block


@dataclass(frozen=True)
class Batch:
    """B rows: ``user`` (B,), ``items`` (B, C) with the row's own first, ``rating`` and ``weight`` (B,) or None."""

    user: torch.Tensor
    items: torch.Tensor
    rating: torch.Tensor | None
    weight: torch.Tensor | None = None


def batches(block: Block, device: torch.device) -> Iterator[Batch]:
    """Yield the batches of ``block`` as tensors on ``device``."""

    def parts(array: NDArray[Any]) -> tuple[torch.Tensor, ...]:
        return torch.from_numpy(array).to(device).split(block.size)

    none = (None,) * len(block)
    user, items = (parts(array.astype(np.int64)) for array in (block.user, block.items))
    rating = none if block.rating is None else parts(block.rating)
    weight = none if block.weight is None else parts(block.weight)
    for batch in zip(user, items, rating, weight, strict=True):
        yield Batch(*batch)


def squared_error(score: torch.Tensor, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the mean of (ŷ − r)² over the batch, and its slope 2(ŷ − r) / n for each row."""
    assert batch.rating is not None
    error = score - batch.rating
    if batch.weight is None:
        return (error @ error) / len(error), error * (2 / len(error))
    share = batch.weight / batch.weight.sum()
    return (error * error) @ share, 2 * error * share


def cross_entropy(score: torch.Tensor, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the mean binary cross-entropy over positives and negatives, and its slope (σ(ŷ) − label) / n."""
    label = torch.zeros(batch.items.shape, device=score.device)
    label[:, 0] = 1
    label = label.flatten()
    slope = score.sigmoid().sub_(label)
    if batch.weight is None:
        return functional.binary_cross_entropy_with_logits(score, label), slope.div_(len(score))
    share = (batch.weight / batch.weight.sum() / batch.items.shape[1]).repeat_interleave(batch.items.shape[1])
    loss = functional.binary_cross_entropy_with_logits(score, label, reduction="none")
    return loss @ share, slope * share


def in_pairs(score: torch.Tensor, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the mean of −log σ(ŷ_own − ŷ_negative) over rows and negatives, and its slope for each item (BPR)."""
    own, negative = score.view(batch.items.shape).split([1, batch.items.shape[1] - 1], dim=1)
    weight = torch.ones(len(own), device=score.device) if batch.weight is None else batch.weight
    share = (weight / weight.sum() / negative.shape[1])[:, None]
    behind = negative - own
    slope = behind.sigmoid() * share
    loss = (functional.softplus(behind) * share).sum()
    return loss, torch.cat([-slope.sum(dim=1, keepdim=True), slope], dim=1).flatten()

"""The two losses of one pair with their slopes ∂L/∂ŷ; ``share`` is the pair's part in the mean of its batch."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rec_core.training.kernels.compiled.jit import inlined
from rec_core.training.kernels.compiled.lanes import Single
from rec_core.training.sampling import Block

MOST = 1e200  # of a product whose logarithm is due: a thousand negatives would overflow
Columns = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32], NDArray[np.float32], int]


def numbers(block: Block) -> Columns:
    """Return users, items, ratings (none of clicks), each row's share of a mean loss per pair, and the batch size."""
    rating = np.empty(0, np.float32) if block.rating is None else block.rating
    return block.user, block.items, rating, _shares(block), block.size


def _shares(block: Block) -> NDArray[np.float32]:
    """Return each row's weight among those of its batch, for each of its items."""
    per = block.items.shape[1]
    if block.weight is None:
        shares = np.full(len(block.user), 1 / (block.size * per), np.float32)
        last = len(block.user) % block.size
        shares[len(shares) - last :] = 1 / (max(last, 1) * per)
        return shares
    starts = np.arange(0, len(block.user), block.size)
    totals = np.add.reduceat(block.weight, starts, dtype=np.float64)
    return (block.weight / (totals.repeat(np.diff(starts, append=len(block.weight))) * per)).astype(np.float32)


@inlined
def of_rating(score: Single, rating: Single, share: Single) -> tuple[Single, Single]:
    """Return share · (ŷ − r)², and its slope."""
    error = score - rating
    return share * error * error, np.float32(2) * share * error


@inlined
def of_click(score: Single, label: Single, share: Single) -> tuple[Single, Single, Single]:
    """Return share · the binary cross-entropy of σ(ŷ) without its log(1 + e^−|ŷ|), its slope, and 1 + e^−|ŷ|.

    The caller takes one logarithm of the product of a user's: a logarithm a pair would cost as much as the pair.
    """
    small = math.exp(-abs(score))
    certain = np.float32(1) / (np.float32(1) + small)  # σ(|ŷ|)
    probability = certain if score > 0 else small * certain
    return share * (max(score, np.float32(0)) - label * score), share * (probability - label), np.float32(1) + small

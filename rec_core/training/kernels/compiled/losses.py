"""The losses with their slopes ∂L/∂ŷ: two of a row with one of its items, and one of two items.

Binary cross-entropy of a logit ŷ is max(ŷ, 0) − label · ŷ + log(1 + e^−|ŷ|). A logarithm a pair would cost as much as
the pair, so the last terms of a positive and its negatives are multiplied, and one logarithm is taken of the product.
"""

from __future__ import annotations

import math

import numpy as np

from rec_core.training.kernels.compiled.batches import Batches
from rec_core.training.kernels.compiled.jit import inlined
from rec_core.training.kernels.compiled.lanes import Single

_MOST = 1e200  # of a product: that of a thousand negatives would overflow


@inlined
def of_pair(batches: Batches, row: int, c: int, score: Single) -> tuple[Single, Single, Single]:
    """Return the part of a row's pair with its item ``c`` in the loss, the slope, and what its product grows by."""
    share = batches.share[row]
    if len(batches.rating):
        error = score - batches.rating[row]
        return share * error * error, np.float32(2) * share * error, np.float32(1)
    label = np.float32(c == 0)
    small = math.exp(-abs(score))
    certain = np.float32(1) / (np.float32(1) + small)  # σ(|ŷ|)
    probability = certain if score > 0 else small * certain
    return share * (max(score, np.float32(0)) - label * score), share * (probability - label), np.float32(1) + small


@inlined
def of_two(share: Single, behind: Single) -> tuple[Single, Single, Single]:
    """Return the same for −log σ(−behind), of how far a row's own item is behind a negative; and its slope (BPR)."""
    small = math.exp(-abs(behind))
    certain = np.float32(1) / (np.float32(1) + small)
    probability = certain if behind > 0 else small * certain
    return share * max(behind, np.float32(0)), share * probability, np.float32(1) + small


@inlined
def collected(loss: Single, product: Single, share: Single) -> tuple[Single, Single]:
    """Return loss and product, the logarithm of a product that has become large taken into the loss."""
    if product > _MOST:
        return loss + share * math.log(product), 1.0
    return loss, product

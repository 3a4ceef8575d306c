"""What kernels go through: the batches of a block as flat arrays, each row with its part in the mean of its batch."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rec_core.training.kernels.compiled.lanes import Numbers
from rec_core.training.sampling import Block


class Batches(NamedTuple):
    """Batches of ``size`` rows each, the last one shorter.

    ``user`` (n,); ``item`` (n, 1 + negatives), the row's own first; ``rating`` (n,), or (0,) of clicks; ``share`` (n,)
    is the part of each of the row's pairs in the mean loss of its batch.
    """

    user: NDArray[np.int32]
    item: NDArray[np.int32]
    rating: Numbers
    share: Numbers
    size: int


def batches(block: Block) -> Batches:
    """Return the batches of ``block``."""
    rating = np.empty(0, np.float32) if block.rating is None else block.rating
    return Batches(block.user, block.items, rating, _shares(block), block.size)


def _shares(block: Block) -> Numbers:
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

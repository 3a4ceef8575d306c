"""Score pairs with a trained model, on torch: all users against all items is the largest job of an evaluation.

On ML-1M that took 2.5 times as long with NumPy, whose matrix product does not merge the leading dimensions.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from rec_core.models import Fitted, Score

_PAIRS = 1 << 14  # scored at a time: keeps layers of a network in the cache


def scorer(fitted: Fitted) -> Score:
    """Return the function that scores users (B,) against items (B, C), or (1, M) for the same items for all."""
    torch.set_num_threads(1)
    # What a store hands out is read-only, which torch does not know; nothing here writes.
    tensors = {
        name: torch.from_numpy(array if array.flags.writeable else array.copy())
        for name, array in fitted.params.items()
    }

    @torch.no_grad()
    def few(users: NDArray[np.integer], items: NDArray[np.integer]) -> NDArray[np.floating]:
        u = tensors["user"][torch.from_numpy(users.astype(np.int64))]
        v = tensors["item"][torch.from_numpy(items.astype(np.int64))]
        scores: NDArray[np.floating] = fitted.model.predict(tensors, u[:, None], v).numpy()
        return scores

    def score(users: NDArray[np.integer], items: NDArray[np.integer]) -> NDArray[np.floating]:
        size = max(1, _PAIRS // items.shape[1])
        parts = [slice(begin, begin + size) for begin in range(0, len(users), size)]
        same = len(items) == 1
        return np.concatenate([few(users[part], items if same else items[part]) for part in parts])

    return score

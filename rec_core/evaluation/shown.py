"""Which items a model would show: the first ten of every tested user, among all that the user is not known to have."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rec_core.evaluation.ranking import K


class Shown:
    """How often each item is among the first ten, ``counts`` (n_items,)."""

    def __init__(self, n_items: int) -> None:
        self.counts = np.zeros(n_items, np.int64)

    def look(self, scores: NDArray[np.floating]) -> None:
        """Count the ten best of each row of ``scores`` (users x n_items); what is -inf is not shown."""
        most = min(K, scores.shape[1])
        best = np.argpartition(scores, -most, axis=1)[:, -most:]
        there = np.take_along_axis(scores, best, axis=1) > -np.inf
        self.counts += np.bincount(best[there], minlength=len(self.counts))

"""Item co-occurrence: which items follow which, weighed by how often they would by chance. Nothing is trained.

    c_ij = Σ 1/d over a user's rows i and j that is the d-th after it, d ≤ window
    M_ij = log(1 + c_ij Σc / (c_i• q_j))      q_j ∝ c_•j^smoothing, Σq = Σc      M ≈ A Bᵀ

Positive pointwise mutual information of words, in a window that looks one way, its context counts smoothed (Levy,
Goldberg and Dagan, 2015, doi:10.1162/tacl_a_00134, sections 3.1 and 3.2; GloVe's 1/d), whose truncated singular value
decomposition is what skip-gram with negative sampling factorises (Levy and Goldberg, 2014). A user scores an item by
the sum of A_i · B_j over the rows i of the profile. The undirected form without vectors is ``counting.neighbourhood``.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from rec_core.data.histories import Histories, histories
from rec_core.data.interactions import Interactions
from rec_core.models import svd
from rec_core.models.base import Params, Shape
from rec_core.models.counting import array
from rec_core.models.served import MOST_ITEMS, Counted
from rec_core.settings import Share, offered

_ITERATIONS = 2
_DENSE = MOST_ITEMS // 2  # items up to which counts are an array: adding to it is then quicker than sorting pairs


class CoOccurrence(Counted):
    """Which items follow which."""

    title: ClassVar = "Item co-occurrence"
    summary: ClassVar = "Item co-occurrence counts which items follow which, and trains nothing"
    colour: ClassVar = "#d55e00"
    symbol: ClassVar = "diamond"
    libraries: ClassVar = (svd.LIBRARY,)
    seconds_per_row: ClassVar = {"implicit": 2e-6}
    seconds_per_pair: ClassVar = 2e-8

    name: Literal["co-occurrence"] = "co-occurrence"
    rank: int = offered(
        96, "Rank of the co-occurrence (0: every two items have a number)", 0, 512, link="co_rank", ge=0, le=10**6
    )
    window: int = offered(20, "Rows that count as following", 1, 100, link="co_window", ge=1, le=10_000)
    smoothing: Share = offered(0.5, "Smoothing of how often an item follows any", 0.0, 1.0)

    @property
    def is_factored(self) -> bool:
        """Whether the rank is limited."""
        return self.rank > 0

    @property
    def called(self) -> str:
        """Item co-occurrence, and that it has no vectors where it has none."""
        return self.title if self.is_factored else f"{self.title}, not factored"

    def counted_on(self, rows: Interactions, shape: Shape, rng: Generator) -> Params:
        """Return A and B, or M."""
        information = self.information(histories([rows], shape.n_users), shape.n_items)
        if not self.is_factored:
            return {"between": array(information)}
        left, values, right = svd.truncated(information, self.rank, _ITERATIONS, rng)
        return {"source": left * np.sqrt(values), "item": right * np.sqrt(values)}

    def information(self, rows: Histories, n_items: int) -> Any:
        """Return M, (n_items x n_items), an array or sparse."""
        counts = follows(rows, n_items, self.window)
        total = max(float(counts.sum()), float(np.finfo(np.float32).tiny))
        before, after = (np.asarray(counts.sum(axis=axis), np.float64).ravel() for axis in (1, 0))
        smoothed = np.where(after > 0, after**self.smoothing, 0)
        smoothed *= total / max(float(smoothed.sum()), float(np.finfo(np.float32).tiny))
        by_row, by_column = (_inverse(of) for of in (before / total, smoothed))
        if isinstance(counts, np.ndarray):
            counts *= by_row[:, None]
            counts *= by_column
            return np.log1p(counts, out=counts)
        counts.data *= by_row[np.repeat(np.arange(n_items), np.diff(counts.indptr))]
        counts.data *= by_column[counts.indices]
        np.log1p(counts.data, out=counts.data)
        return counts


def _inverse(of: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return 1 / x, and 0 where x is 0."""
    return np.divide(1, of, out=np.zeros_like(of), where=of > 0).astype(np.float32)


def follows(rows: Histories, n_items: int, window: int) -> Any:
    """Return c, (n_items x n_items) float32: an array, or sparse where there are many items."""
    parts = _pairs(rows, window)
    if n_items <= _DENSE:
        counts = np.zeros(n_items * n_items, np.float32)
        for distance, (first, second) in enumerate(parts, start=1):
            np.add.at(counts, first * n_items + second, np.float32(1 / distance))
        return counts.reshape(n_items, n_items)
    from scipy.sparse import coo_array, csr_array

    total = csr_array((n_items, n_items), dtype=np.float32)
    for distance, (first, second) in enumerate(parts, start=1):
        total += coo_array((np.full(len(first), 1 / distance, np.float32), (first, second)), shape=total.shape).tocsr()
    return total


def _pairs(rows: Histories, window: int) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Return the items of all rows that have a d-th one after them, and of that one, for d = 1, 2 … ``window``."""
    item, left = rows.item.astype(np.int64), rows.age
    farthest = min(window, int(left.max(initial=0)))
    places = [np.flatnonzero(left >= distance) for distance in range(1, farthest + 1)]
    return [(item[place], item[place + distance]) for distance, place in enumerate(places, start=1)]

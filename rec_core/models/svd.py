"""Singular vectors of who chose what: items that the same users chose lie close together.

    A = D_u^−½ X D_i^−½ ≈ U S Vᵀ      E = V √S

X is binary (n_users x n_items), D_u and D_i hold its row and column sums; the truncated decomposition is randomised
(Halko, Martinsson and Tropp, 2011, arXiv 0909.4061). A user is the mean of the vectors of their items, so that somebody
whose rows are not in X has a place too. As a recommender it is untrained; as a start it tells a model what goes with
what before its first step.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import Interactions
from rec_core.models.base import Params, Shape
from rec_core.models.counting import Recommender, Serve, Sparse, degrees, matrix
from rec_core.models.served import Counted
from rec_core.settings import offered

LIBRARY = "sklearn.utils.extmath"  # what factors import
RANK = 32
_ITERATIONS = 3
Vectors = NDArray[np.float32]


class ItemSVD(Counted):
    """Items that the same users have lie close together."""

    title: ClassVar = "Item SVD"
    summary: ClassVar = "Item SVD finds items that the same users have, and trains nothing"
    colour: ClassVar = "#e69f00"
    symbol: ClassVar = "triangle-up"
    libraries: ClassVar = (LIBRARY,)
    seconds_per_row: ClassVar = {"implicit": 2e-6}
    seconds_per_pair: ClassVar = 2e-8

    name: Literal["svd"] = "svd"
    rank: int = offered(96, "Rank of the decomposition", 4, 512, link="svd_rank", ge=1, le=10**6)

    def counted_on(self, rows: Interactions, shape: Shape, rng: np.random.Generator) -> Params:
        """Return E, once for what is in a profile and once for what is scored."""
        vectors = item_vectors(matrix(rows, shape.n_users, shape.n_items), self.rank, rng)
        return {"source": vectors, "item": vectors}


def item_vectors(x: Sparse, rank: int, rng: np.random.Generator) -> Vectors:
    """Return E, (n_items x rank); columns of 0 where X has fewer singular values."""
    users, items = (count**-0.5 for count in degrees(x))
    scaled = x.multiply(users[:, None]).multiply(items[None, :]).tocsr().astype(np.float32)
    _, s, v = truncated(scaled, min(rank, *x.shape), _ITERATIONS, rng)
    out = np.zeros((x.shape[1], rank), np.float32)
    out[:, : len(s)] = v * np.sqrt(s)
    return out


def truncated(matrix: Any, rank: int, iterations: int, rng: np.random.Generator) -> tuple[Vectors, Vectors, Vectors]:
    """Return left vectors (rows x rank), singular values (rank,) and right vectors (columns x rank), randomised.

    ``matrix`` is an array or sparse; there are fewer where it has fewer rows or columns.
    """
    from sklearn.utils.extmath import randomized_svd

    seed = int(rng.integers(2**31))
    left, s, v = randomized_svd(matrix, min(rank, *matrix.shape), n_iter=iterations, random_state=seed)
    return left.astype(np.float32), s.astype(np.float32), v.T.astype(np.float32)


def profiles(x: Sparse, vectors: Vectors) -> Vectors:
    """Return the mean of the vectors of each user's items, (n_users x rank); 0 for a user without any."""
    count = np.maximum(np.asarray(x.sum(axis=1)), 1)
    out: Vectors = ((x @ vectors) / count[:, None]).astype(np.float32)
    return out


def recommender(x: Sparse, rng: np.random.Generator, rank: int = RANK) -> Recommender:
    """Return the untrained recommender that serves the rows that it was counted on."""
    return untrained(x, rng, rank)(x)


def untrained(x: Sparse, rng: np.random.Generator, rank: int = RANK) -> Serve:
    """Return the untrained recommender: E_i · the mean of E over a user's items."""
    vectors = item_vectors(x, rank, rng)

    def serve(served: Sparse) -> Recommender:
        of_users = profiles(served, vectors)
        return lambda users: of_users[users] @ vectors.T

    return serve

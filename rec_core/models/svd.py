"""Singular vectors of who chose what: items that the same users chose lie close together.

    A = D_u^−½ X D_i^−½ ≈ U S Vᵀ      E = V √S

X is binary (n_users x n_items), D_u and D_i hold its row and column sums; the truncated decomposition is randomised
(Halko, Martinsson and Tropp, 2011, arXiv 0909.4061). A user is the mean of the vectors of their items, so that somebody
whose rows are not in X has a place too. As a recommender it is untrained; as a start it tells a model what goes with
what before its first step.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rec_core.models.co_occurrence import Recommender, Sparse, degrees

LIBRARY = "sklearn.utils.extmath"  # what factors import
RANK = 32
_ITERATIONS = 3
Vectors = NDArray[np.float32]


def item_vectors(x: Sparse, rank: int, rng: np.random.Generator) -> Vectors:
    """Return E, (n_items x rank); columns of 0 where X has fewer singular values."""
    from sklearn.utils.extmath import randomized_svd

    users, items = (count**-0.5 for count in degrees(x))
    scaled = x.multiply(users[:, None]).multiply(items[None, :]).tocsr().astype(np.float32)
    seed = int(rng.integers(2**31))
    _, s, v = randomized_svd(scaled, min(rank, *x.shape), n_iter=_ITERATIONS, random_state=seed)
    out = np.zeros((x.shape[1], rank), np.float32)
    out[:, : len(s)] = v.T * np.sqrt(s)
    return out


def profiles(x: Sparse, vectors: Vectors) -> Vectors:
    """Return the mean of the vectors of each user's items, (n_users x rank); 0 for a user without any."""
    count = np.maximum(np.asarray(x.sum(axis=1)), 1)
    out: Vectors = ((x @ vectors) / count[:, None]).astype(np.float32)
    return out


def recommender(x: Sparse, rng: np.random.Generator, rank: int = RANK) -> Recommender:
    """Return the untrained recommender: E_i · the mean of E over a user's items."""
    vectors = item_vectors(x, rank, rng)
    of_users = profiles(x, vectors)
    return lambda users: of_users[users] @ vectors.T

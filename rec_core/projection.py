"""Q4: user embeddings in two dimensions, by PCA at once or by UMAP (McInnes et al., 2018, arXiv 1802.03426).

One map serves every method: who is kept changes the colours, never the places.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rec_core.errors import SelectionError

MOST = 50_000  # users on a map; more would be drawn over each other, and UMAP would take minutes
FEWEST = 4  # users of a UMAP: it starts from eigenvectors, of which fewer users have too few
_NEIGHBOURS, _MIN_DISTANCE = 15, 0.1  # umap-learn's defaults, named because a caption says them


@dataclass(frozen=True)
class UserMap:
    """Places (m x 2, float32) of ``users`` (m,), positions in the catalogue."""

    users: NDArray[np.int64]
    places: NDArray[np.float32]


def sample(n_users: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the users on the map: all of them, or ``MOST`` at random where there are more."""
    if n_users <= MOST:
        return np.arange(n_users)
    return np.sort(rng.choice(n_users, MOST, replace=False))


def pca(embeddings: NDArray[np.float32], rng: np.random.Generator) -> UserMap:
    """Return the first two principal components of embeddings (n_users x d)."""
    from sklearn.decomposition import PCA

    users = sample(len(embeddings), rng)
    places = np.zeros((len(users), 2), np.float32)  # of one user, or of single numbers, there is less to place
    if len(users) == 1:
        return UserMap(users, places)
    parts = min(2, *embeddings[users].shape)
    places[:, :parts] = PCA(parts, svd_solver="full").fit_transform(embeddings[users])
    return UserMap(users, places)


def umap(embeddings: NDArray[np.float32], rng: np.random.Generator) -> UserMap:
    """Return UMAP's places of embeddings (n_users x d): seconds for thousands of users, on one thread.

    Raises:
        SelectionError: if there are too few users.
    """
    from umap import UMAP

    if len(embeddings) < FEWEST:
        raise SelectionError(
            f"A UMAP needs at least {FEWEST} users, and here are {len(embeddings)}; look at PCA instead."
        )
    users = sample(len(embeddings), rng)
    points = embeddings[users]
    seed = int(rng.integers(2**31))
    neighbours = min(_NEIGHBOURS, len(points) - 1)
    reducer = UMAP(n_components=2, n_neighbors=neighbours, min_dist=_MIN_DISTANCE, random_state=seed, n_jobs=1)
    return UserMap(users, reducer.fit_transform(points).astype(np.float32))

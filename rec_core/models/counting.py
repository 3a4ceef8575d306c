"""Recommenders that count who chose what and train nothing: what a trained model has to beat.

Each is made of X, binary (n_users x n_items), and gives the scores of all items for some users.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import Interactions, distinct_pairs

Sparse = Any  # SciPy's csr_array, which has no types
Weights = Any  # a Sparse (n_items x n_items), or an array of as many float32
Items = NDArray[np.float32]
# Users (B,) -> scores of all items (B, n_items).
Recommender = Callable[[NDArray[np.integer]], Items]
# X of what users are served from (n_users x n_items), which may hold other rows than were counted -> Recommender.
Serve = Callable[[Sparse], Recommender]
RESTART = 0.3
_STEPS = 4  # of a walk where few items were chosen together
_DENSE = 0.05  # share of a matrix's numbers that are not 0, from which it is kept as an array
_FULL, _BLOCK = 0.02, 1024  # share from which rows are multiplied as arrays, so many at a time
_BETWEEN_EQUALS = 0.001


def matrix(rows: Interactions, n_users: int, n_items: int) -> Sparse:
    """Return X, (n_users x n_items) float32: 1 where a user has an item, however often."""
    from scipy.sparse import csr_array

    user, item = np.divmod(distinct_pairs((rows,), n_items), n_items)
    first = np.searchsorted(user, np.arange(n_users + 1))
    return csr_array((np.ones(len(item), np.float32), item, first), shape=(n_users, n_items))


def degrees(x: Sparse) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return how many items each user has, and how many users each item; at least 1."""
    users, items = (np.asarray(x.sum(axis=axis)).clip(min=1).astype(np.float32) for axis in (1, 0))
    return users, items


def neighbourhood(x: Sparse) -> Recommender:
    """Return item neighbourhood that serves the rows that it was counted on."""
    return neighbours(x)(x)


def neighbours(x: Sparse) -> Serve:
    """Return item neighbourhood: Σ_j C_ji / √c_j over a user's items j, and a little popularity between equal ones.

    C = XᵀX counts users of both items, its diagonal set to 0; c are the items' counts (as Sarwar et al., 2001,
    doi:10.1145/371920.372071, with half of the cosine's normalisation: popular items keep an advantage).
    """
    _, of_items = degrees(x)
    weights = _scaled(1 / np.sqrt(of_items), _without_diagonal(_product(x, x)))
    counts = np.asarray(x.sum(axis=0), np.float32)
    popularity = np.float32(_BETWEEN_EQUALS) * counts / max(float(counts.max()), 1.0)
    return lambda served: lambda users: array(served[users] @ weights) + popularity


def walk(x: Sparse) -> Recommender:
    """Return a random walk over the rows that it begins at."""
    return walker(x)(x)


def walker(x: Sparse) -> Serve:
    """Return where a random walk from a user's items is, with restart: R ← cR₀ + (1 − c)RT, R₀ the user's items.

    T = D_i⁻¹ Xᵀ D_u⁻¹ X leads from an item to a user of it and on to an item of theirs. With one step this is P3
    (Cooper et al., 2014, doi:10.1145/2567948.2579244); where few items were chosen together, it goes on.
    """
    of_items, from_users = degrees(x)[1], _from_users(x)
    step = _scaled(1 / of_items, _product(x, from_users))
    if isinstance(step, np.ndarray):
        return lambda served: _one_step(_from_users(served), step)
    to_items = step.T.tocsr()
    by_users = step.nnz > 2 * x.nnz  # over users and back is then less work
    back = from_users.T.tocsr() if by_users else None

    def moved(place: NDArray[np.float32]) -> NDArray[np.float32]:
        went = to_items @ place if back is None else back @ (x @ (place / of_items[:, None]))
        return np.asarray(went, np.float32)

    return lambda served: _steps(_from_users(served), moved)


def _from_users(x: Sparse) -> Sparse:
    """Return where a walk begins: each user's items alike, (n_users x n_items)."""
    return _scaled_rows(1 / degrees(x)[0], x)


def _one_step(begin: Sparse, step: Items) -> Recommender:
    return lambda users: RESTART * array(begin[users]) + (1 - RESTART) * (begin[users] @ step)


def _steps(begin: Sparse, moved: Callable[[Items], Items]) -> Recommender:
    def scores(users: NDArray[np.integer]) -> Items:
        place = first = np.ascontiguousarray(begin[users].toarray().T)  # items first: a sparse matrix times rows
        for _ in range(_STEPS):
            place = RESTART * first + (1 - RESTART) * moved(place)
        return place.T

    return scores


def _product(left: Sparse, right: Sparse) -> Weights:
    """Return leftᵀ · right as an array, in blocks of rows, where the rows are full enough; sparse otherwise."""
    if right.nnz < _FULL * right.shape[0] * right.shape[1]:
        product = (left.T @ right).tocsr()
        return array(product) if product.nnz > _DENSE * product.shape[0] * product.shape[1] else product
    total = np.zeros((left.shape[1], right.shape[1]), np.float32)
    for begin in range(0, left.shape[0], _BLOCK):
        rows = slice(begin, begin + _BLOCK)
        total += left[rows].toarray().T @ right[rows].toarray()
    return total


def _without_diagonal(weights: Weights) -> Weights:
    if isinstance(weights, np.ndarray):
        np.fill_diagonal(weights, 0)
    else:
        weights.setdiag(0)
    return weights


def _scaled(factors: NDArray[np.floating], weights: Weights) -> Weights:
    """Return ``weights``, each row times its factor."""
    return weights * factors[:, None] if isinstance(weights, np.ndarray) else _scaled_rows(factors, weights)


def _scaled_rows(factors: NDArray[np.floating], rows: Sparse) -> Sparse:
    scaled = rows.copy()
    scaled.data = rows.data * np.repeat(factors, np.diff(rows.indptr))
    return scaled


def array(values: Weights) -> NDArray[np.float32]:
    """Return an array of what may be sparse."""
    return np.asarray(values.toarray() if hasattr(values, "toarray") else values, np.float32)

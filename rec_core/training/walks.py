"""Further positives, from the kept rows alone: items that a random walk from a user's rows leads to.

With few rows a model sees each of a user's neighbours too seldom to place the user; a walk over users and items knows
them, and every positive that it draws tells the model. (The walk as a recommender: ``rec_core.models.counting``;
walks that make training pairs: Perozzi, Al-Rfou and Skiena, 2014, arXiv 1403.6652.)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import Interactions
from rec_core.models.counting import Items, degrees, matrix, walk

_LIKELIEST = 200  # items of a user among which positives are drawn
_DAMPED = 0.5  # power of an item's count by which the walk's preference for it is divided
_AT_ONCE = 1 << 22  # pairs of users and items walked at a time


def with_walked(rows: Interactions, n_users: int, n_items: int, per_row: int, rng: np.random.Generator) -> Interactions:
    """Return the users and items of ``rows``, followed by ``per_row`` positives for each that a walk on them draws.

    A user's are drawn with probabilities proportional to the share of the walk that ends at an item / √(its count).
    """
    x = matrix(rows, n_users, n_items)
    go, damping = walk(x), degrees(x)[1] ** np.float32(_DAMPED)
    wanted = per_row * np.bincount(rows.user, minlength=n_users)
    drawn = [np.zeros(0, np.int32)]
    for begin in range(0, n_users, size := max(1, _AT_ONCE // n_items)):
        users = np.arange(begin, min(begin + size, n_users))
        drawn.append(_drawn(go(users) / damping, wanted[users], rng))
    user = np.concatenate([rows.user, np.repeat(np.arange(n_users, dtype=np.int32), wanted)])
    return Interactions(user, np.concatenate([rows.item, *drawn]), None, None)


def _drawn(chance: Items, wanted: NDArray[np.integer], rng: np.random.Generator) -> NDArray[np.int32]:
    """Return ``wanted`` (B,) items for each user, drawn in proportion to ``chance`` (B, n_items), user after user."""
    count = min(_LIKELIEST, chance.shape[1])
    likeliest = np.argpartition(chance, -count, axis=1)[:, -count:]
    share = np.take_along_axis(chance, likeliest, axis=1).astype(np.float64)
    share /= np.maximum(share.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny)
    row = np.repeat(np.arange(len(wanted)), wanted)
    # Every user's shares are laid between two whole numbers, so that one search serves all of them.
    ends = np.cumsum(share, axis=1).clip(max=1.0) + np.arange(len(wanted))[:, None]
    place = np.searchsorted(ends.ravel(), row + rng.random(len(row)), side="right") - row * count
    return likeliest[row, place.clip(0, count - 1)].astype(np.int32)

"""Controls: predictions that cost nothing, so that a comparison stays honest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import Interactions

# Ratings that count as evidence for "no deviation", as in Koren, 2010 (doi:10.1145/1644873.1644874, section 2.1).
_ITEM_DAMPING, _USER_DAMPING = 25.0, 10.0


def global_mean(train: Interactions, user: NDArray[np.integer], item: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the mean rating of ``train`` for every pair."""
    return np.full(len(user), train.rated.mean(dtype=np.float64))


def item_mean(train: Interactions, user: NDArray[np.integer], item: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return each item's mean rating; the global mean where ``train`` has no rating of it."""
    size = int(max(train.item.max(), item.max())) + 1
    count = np.bincount(train.item, minlength=size)
    total = np.bincount(train.item, weights=train.rated, minlength=size)
    overall = train.rated.mean(dtype=np.float64)
    return np.where(count > 0, total / np.maximum(count, 1), overall)[item]


def user_item_bias(
    train: Interactions, user: NDArray[np.integer], item: NDArray[np.integer], served: Interactions | None = None
) -> NDArray[np.float64]:
    """Return μ + b_i + b_u; b_u of the ratings that users are served from, if these are others than ``train``."""
    found = biases(train, int(user.max()) + 1, int(item.max()) + 1, served)
    return found.mean + found.item[item] + found.user[user]


@dataclass(frozen=True)
class Biases:
    """μ, and what each user and item adds to it, at least (n_users,) and (n_items,)."""

    mean: float
    user: NDArray[np.float64]
    item: NDArray[np.float64]


def biases(train: Interactions, n_users: int, n_items: int, served: Interactions | None = None) -> Biases:
    """Return damped means: b_i of the ratings less μ, then b_u of what is left; 0 for those without a rating.

    b_u are those of the ratings in ``served``, if given; μ and b_i are always those of ``train``.
    """
    of_users = train if served is None else served
    overall = train.rated.mean(dtype=np.float64)
    last = max(n_items, int(of_users.item.max()) + 1) - 1
    item = _damped_mean(train.item, train.rated - overall, _ITEM_DAMPING, last)
    rest = of_users.rated - overall - item[of_users.item]
    user = _damped_mean(of_users.user, rest, _USER_DAMPING, n_users - 1)
    return Biases(float(overall), user, item)


def popularity(train: Interactions, n_items: int) -> NDArray[np.int64]:
    """Return how many rows of ``train`` each item has, (n_items,): the score of the most-popular recommender."""
    return np.bincount(train.item, minlength=n_items)


def _damped_mean(
    group: NDArray[np.integer], values: NDArray[np.float64], damping: float, last: int
) -> NDArray[np.float64]:
    size = max(int(group.max()), last) + 1
    return np.bincount(group, weights=values, minlength=size) / (damping + np.bincount(group, minlength=size))

"""Greedy k-center over users (Gonzalez, 1985; Sener and Savarese, 2018, arXiv 1708.00489).

Each step takes the user farthest from all users taken so far; the largest distance left is at most twice the
best possible for that number of users. For many users ``many_users`` finds the same centres several times as fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from rec_core.selection.base import Candidates, Coreset, Mark, Method, user_points, whole_users
from rec_core.training.kernels import why_slow

_FOR_MANY = "rec_core.selection.many_users"
_MANY = 20_000  # users


class Greedy(Method):
    """Whole users, each the farthest from those before."""

    title: ClassVar = "Greedy k-center"
    summary: ClassVar = "Keeps whole users, each as far as possible from those kept already."
    mark: ClassVar = Mark("#cc79a7", "triangle-up")
    needs_proxy: ClassVar = True
    keeps_users: ClassVar = True

    name: Literal["greedy"] = "greedy"

    def select(self, candidates: Candidates, budget: int, rng: np.random.Generator) -> Coreset:
        """Return the rows of the greedy centres; the start is a random user and counts as a centre."""
        rows_of = np.bincount(candidates.train.user, minlength=candidates.n_users)
        start = int(rng.integers(candidates.n_users))
        search = import_module(_FOR_MANY).k_center if self.library(candidates.n_users) else k_center
        return Coreset(
            whole_users(candidates.train, search(user_points(candidates), rows_of, budget, start), budget, rng)
        )

    def library(self, n_users: int) -> str:
        """Compiled code for many users, where this machine can use it."""
        return _FOR_MANY if n_users >= _MANY and not why_slow() else ""


def k_center(points: NDArray[np.float32], weights: NDArray[np.int64], total: int, start: int) -> NDArray[np.int64]:
    """Return positions of ``points`` (n x d) in greedy order from ``start`` on, until weights reach ``total``."""
    taken = [start]
    reached = int(weights[start])
    squares = np.einsum("ij,ij->i", points, points)
    nearest = np.full(len(points), np.inf, dtype=points.dtype)
    while reached < total:
        centre = taken[-1]
        # |x - c|² up to rounding; the centre itself is ruled out so that rounding cannot take it twice.
        distance = squares - 2 * (points @ points[centre]) + squares[centre]
        np.minimum(nearest, distance, out=nearest)
        nearest[centre] = -np.inf
        taken.append(int(nearest.argmax()))
        reached += int(weights[taken[-1]])
    return np.array(taken)

"""Greedy k-center for many users: the centres of ``greedy.k_center`` without measuring every user against each.

How far a user is from the nearest centre can only fall, so what earlier centres left is a bound for good, and a user is
measured again only while its bound is among the largest (lazy evaluation: Minoux, 1978). A round measures such users
against the centres that they have not seen, until they fall below the largest bound of all others; then it takes
centres among them while the farthest is above that. In 32 dimensions a fifth to two fifths of all distances remain.

A squared distance is |x|² + (|c|² - 2 x·c), added up in one order wherever it is worked out: which users are measured
together changes no centre. Importing this compiles it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rec_core.training.kernels.compiled.jit import compiled, inlined
from rec_core.training.kernels.compiled.lanes import (
    WIDTH,
    Numbers,
    Single,
    fma,
    load,
    lower,
    lowest,
    number,
    spread,
    store,
)
from rec_core.training.kernels.compiled.memory import padded, up_to, zeros
from rec_core.training.kernels.compiled.products import AS_IT_IS, COLUMNS, matrix, multiply

_CONSIDERED = 24  # a round looks at one user in so many
_ROWS, _BLOCK = 6, 192  # users and centres measured at a time
_NEVER = np.float32(-np.inf)

Positions = NDArray[np.int64]


class Users(NamedTuple):
    """Flat points, |x|² of each, and its squared distance to the nearest of the centres that it has seen."""

    points: Numbers
    squares: Numbers
    nearest: Numbers  # -∞ for a centre


class Centres(NamedTuple):
    """-2 c of ``COLUMNS`` centres side by side, block after block; and |c|², or ∞ where there is none yet."""

    columns: Numbers
    squares: Numbers


def k_center(points: NDArray[np.float32], weights: Positions, total: int, start: int) -> Positions:
    """Return positions of ``points`` (n x d) in greedy order from ``start`` on, until weights reach ``total``."""
    n, width = points.shape
    users = Users(points.ravel(), np.einsum("ij,ij->i", points, points), np.full(n, np.inf, np.float32))
    users.nearest[start] = _NEVER
    room = up_to(COLUMNS, n)
    centres = Centres(zeros(room * width), np.full(room, np.inf, np.float32))
    taken, seen = np.array([start]), np.zeros(n, np.int64)
    _add(taken, 0, users, centres, width)
    _measure(users, seen, np.arange(n), centres, 1, _NEVER)
    missing = total - weights[start]
    while missing > 0:
        considered, floor = _farthest(users.nearest)
        stale = considered[seen[considered] < len(taken)]
        in_order = stale[np.argsort(seen[stale], kind="stable")]  # those of a group have seen about the same
        _measure(users, seen, in_order, centres, len(taken), floor)
        active = considered[users.nearest[considered] > floor]
        new = active[_taken(points[active], users, active, weights[active], missing, floor)]
        _add(new, len(taken), users, centres, width)
        taken = np.concatenate([taken, new])
        seen[active] = len(taken)
        missing -= weights[new].sum()
    return taken


def _farthest(nearest: Numbers) -> tuple[Positions, Single]:
    """Return the users with the largest bounds, in order of position, and the largest bound of the others."""
    first = len(nearest) - 1 - len(nearest) // _CONSIDERED
    edge = np.partition(nearest, first)[first]
    return np.flatnonzero(nearest >= edge), nearest[nearest < edge].max(initial=_NEVER)


def _add(new: Positions, count: int, users: Users, centres: Centres, width: int) -> None:
    """Write users as the centres after the first ``count``."""
    at = np.arange(count, count + len(new))
    points = users.points.reshape(-1, width)[new]
    centres.columns.reshape(-1, width, COLUMNS)[at // COLUMNS, :, at % COLUMNS] = -2 * points
    centres.squares[at] = users.squares[new]


@compiled
def _measure(users: Users, seen: Positions, stale: Positions, centres: Centres, count: int, floor: Single) -> None:
    """Measure ``stale`` users against the centres they have not seen, each until it is below ``floor``.

    Six of them at a time against sixteen centres, as in ``products``; but of the distances only the lowest is kept.
    """
    left = len(stale)
    while left > 0:
        many, left = left, 0
        for first in range(0, many, _ROWS):
            last = min(first + _ROWS, many)
            begin = seen[stale[first]]
            for i in range(first, last):
                begin = min(begin, seen[stale[i]])
            end = min(begin + _BLOCK, count)
            _lower_bounds(users, len(seen), stale, first, last - 1, centres, begin - begin % COLUMNS, end)
            for i in range(first, last):
                user = stale[i]
                seen[user] = max(seen[user], end)
                if users.nearest[user] >= floor and seen[user] < count:
                    stale[left] = user
                    left += 1


@inlined
def _lower_bounds(
    users: Users, n: int, stale: Positions, first: int, last: int, centres: Centres, begin: int, end: int
) -> None:
    a, b, c = stale[first], stale[min(first + 1, last)], stale[min(first + 2, last)]
    d, e, f = stale[min(first + 3, last)], stale[min(first + 4, last)], stale[min(first + 5, last)]
    x, width = users.points, len(users.points) // n
    a_low = b_low = c_low = d_low = e_low = f_low = spread(np.float32(np.inf))
    for block in range(begin, end, COLUMNS):
        left, right = load(centres.squares, block), load(centres.squares, block + WIDTH)
        a0 = b0 = c0 = d0 = e0 = f0 = left
        a1 = b1 = c1 = d1 = e1 = f1 = right
        for j in range(width):
            at = block * width + j * COLUMNS
            left, right = load(centres.columns, at), load(centres.columns, at + WIDTH)
            xj = spread(number(x, a * width + j))
            a0, a1 = fma(xj, left, a0), fma(xj, right, a1)
            xj = spread(number(x, b * width + j))
            b0, b1 = fma(xj, left, b0), fma(xj, right, b1)
            xj = spread(number(x, c * width + j))
            c0, c1 = fma(xj, left, c0), fma(xj, right, c1)
            xj = spread(number(x, d * width + j))
            d0, d1 = fma(xj, left, d0), fma(xj, right, d1)
            xj = spread(number(x, e * width + j))
            e0, e1 = fma(xj, left, e0), fma(xj, right, e1)
            xj = spread(number(x, f * width + j))
            f0, f1 = fma(xj, left, f0), fma(xj, right, f1)
        a_low, b_low, c_low = lower(a_low, lower(a0, a1)), lower(b_low, lower(b0, b1)), lower(c_low, lower(c0, c1))
        d_low, e_low, f_low = lower(d_low, lower(d0, d1)), lower(e_low, lower(e0, e1)), lower(f_low, lower(f0, f1))
    for user, low in ((a, a_low), (b, b_low), (c, c_low), (d, d_low), (e, e_low), (f, f_low)):
        users.nearest[user] = min(users.nearest[user], lowest(low) + users.squares[user])


def _taken(
    points: NDArray[np.float32], users: Users, active: Positions, weights: Positions, missing: int, floor: Single
) -> Positions:
    """Take centres among ``active`` users, who have seen all before, while one is farther than ``floor``.

    Returns their places in ``active``, in order; what the others are now is written to ``users``.
    """
    count, width = points.shape
    many = up_to(COLUMNS, count)
    nearest = np.full(many, _NEVER)
    nearest[:count] = users.nearest[active]
    own = Users(points.ravel(), padded(users.squares[active], many), nearest)
    order = np.empty(count, np.int64)
    found = _take(own, padded(-2 * points.T, width, many).ravel(), weights, missing, floor, zeros(many), order)
    users.nearest[active] = nearest[:count]
    return order[:found]


@compiled
def _take(
    users: Users,
    columns: Numbers,
    weights: Positions,
    missing: int,
    floor: Single,
    distances: Numbers,
    order: Positions,
) -> int:
    """Do that: ``columns`` holds -2 x of the users side by side, and the places go to ``order``."""
    found, many = 0, len(users.nearest)
    width = len(columns) // many
    block, row = matrix(columns, 0, many), matrix(distances, 0, many)
    while missing > 0:
        farthest = 0
        for i in range(1, many):
            if users.nearest[i] > users.nearest[farthest]:
                farthest = i
        if not users.nearest[farthest] > floor:
            break
        order[found] = farthest
        found += 1
        missing -= weights[farthest]
        distances[:] = users.squares[farthest]
        centre = matrix(users.points, farthest * width, width)
        multiply(row, row, centre, block, (np.int64(1), many, width), distances, AS_IT_IS)
        for i in range(0, many, WIDTH):
            distance = load(users.squares, i) + load(distances, i)
            store(users.nearest, i, lower(load(users.nearest, i), distance))
        users.nearest[farthest] = _NEVER
    return found


k_center(np.eye(4, dtype=np.float32), np.ones(4, np.int64), 4, 0)

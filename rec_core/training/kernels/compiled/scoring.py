"""Scores of users against items, compiled: all users against all items is the largest job of an evaluation.

NCF's first layer is applied to each item once, and to each user once; a pair adds the two.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rec_core.models import NCF, Fitted, Score, SimpleMF
from rec_core.training.kernels.compiled.jit import compiled, inlined
from rec_core.training.kernels.compiled.lanes import (
    WIDTH,
    Numbers,
    Single,
    fma,
    load,
    positive_part,
    spread,
    store,
    total,
)
from rec_core.training.kernels.compiled.layers import Layers, Sizes, apart, packed, sizes
from rec_core.training.kernels.compiled.memory import padded, up_to, zeros
from rec_core.training.kernels.compiled.products import AS_IT_IS, POSITIVE_PART, Matrix, matrix, multiply, same_rows

_TILE = 240  # pairs whose layers stay in the cache

Scored = Callable[[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]], None]


def scorer(fitted: Fitted) -> Score:
    """Return the function that scores users (B,) against items (B, C), or (1, M), by a SimpleMF or an NCF."""
    model = fitted.model
    if isinstance(model, SimpleMF):
        return _score(_of_mf(model, fitted))
    assert isinstance(model, NCF)
    return _score(_of_ncf(model, fitted))


def _score(scored: Scored) -> Score:
    def score(users: NDArray[np.integer], items: NDArray[np.integer]) -> NDArray[np.float32]:
        out = np.empty((len(users), items.shape[1]), np.float32)
        scored(users.astype(np.int64), np.ascontiguousarray(items, np.int64), out)
        return out

    return score


def _of_mf(model: SimpleMF, fitted: Fitted) -> Scored:
    columns = fitted.params["user"].shape[1]
    width = up_to(WIDTH, columns)
    users, items = (padded(t, len(t), width).ravel() for t in (fitted.params["user"], fitted.params["item"]))
    bias, mean = (model.dim, float(fitted.params["mean"][0])) if model.bias else (-1, 0.0)
    return lambda user, item, out: _mf(users, items, width, bias, np.float32(mean), user, item, out)


@compiled
def _mf(
    users: Numbers,
    items: Numbers,
    width: int,
    bias: int,
    mean: Single,
    user: NDArray[np.int64],
    item: NDArray[np.int64],
    out: NDArray[np.float32],
) -> None:
    """Write u·v, or μ + b_u + b_i + u·v, for the pairs."""
    for i in range(len(user)):
        at, own = user[i] * width, i if len(item) > 1 else 0
        for c in range(out.shape[1]):
            v = item[own, c] * width
            products = spread(np.float32(0))
            for j in range(0, width, WIDTH):
                products = fma(load(users, at + j), load(items, v + j), products)
            score = total(products)
            if bias >= 0:
                b_u, b_i = users[at + bias], items[v + bias]
                score += mean + b_u + b_i - b_u * b_i
            out[i, c] = score


def _of_ncf(model: NCF, fitted: Fitted) -> Scored:
    size, layers = sizes(model.dim), packed(dict(fitted.params), model.dim)
    users, items = (apart(fitted.params[name], model.dim).ravel() for name in ("user", "item"))
    first = zeros(len(fitted.params["item"]), size.first).ravel()
    _of_items(items, layers, size, first)
    room = tuple(zeros(n) for n in (size.first, size.dim, *(_TILE * width for width in size[1:])))
    return lambda user, item, out: _ncf(users, items, first, layers, size, room, user, item, out)


@compiled
def _of_items(items: Numbers, layers: Layers, size: Sizes, out: Numbers) -> None:
    """Write v_mlp W₁ᵛ of every item."""
    count, nothing = len(out) // size.first, same_rows(layers.turned, 0)
    rows = _mlp(items, 0, size)
    weights = matrix(layers.numbers, layers.w1v, size.first)
    multiply(matrix(out, 0, size.first), nothing, rows, weights, (count, size.first, size.dim), layers.turned, AS_IT_IS)


@inlined
def _mlp(table: Numbers, row: int, size: Sizes) -> Matrix:
    """Return the MLP's part of the rows from ``row`` on."""
    return matrix(table, row * 2 * size.dim + size.dim, 2 * size.dim)


@compiled
def _ncf(
    users: Numbers,
    items: Numbers,
    first: Numbers,
    layers: Layers,
    size: Sizes,
    room: tuple[Numbers, ...],
    user: NDArray[np.int64],
    item: NDArray[np.int64],
    out: Numbers,
) -> None:
    """Write the scores of the pairs, a user at a time, and a tile of items at a time."""
    of_user, weighted, h1, h2, h3 = room
    w, none = layers.numbers, layers.turned
    w1u, w2 = matrix(w, layers.w1u, size.first), matrix(w, layers.w2, size.second)
    w3, b2, b3 = matrix(w, layers.w3, size.third), same_rows(w, layers.b2), same_rows(w, layers.b3)
    for i in range(len(user)):
        own = i if len(item) > 1 else 0
        rows, b1 = _mlp(users, user[i], size), same_rows(w, layers.b1)
        multiply(matrix(of_user, 0, size.first), b1, rows, w1u, (np.int64(1), size.first, size.dim), none, AS_IT_IS)
        for j in range(0, size.dim, WIDTH):
            store(weighted, j, load(users, user[i] * 2 * size.dim + j) * load(w, layers.w4g + j))
        for begin in range(0, out.shape[1], _TILE):
            many = min(_TILE, out.shape[1] - begin)
            for c in range(many):
                _first_layer(h1, c * size.first, of_user, first, item[own, begin + c] * size.first, size.first)
            shape = (many, size.second, size.first)
            multiply(matrix(h2, 0, size.second), b2, matrix(h1, 0, size.first), w2, shape, none, POSITIVE_PART)
            shape = (many, size.third, size.second)
            multiply(matrix(h3, 0, size.third), b3, matrix(h2, 0, size.second), w3, shape, none, POSITIVE_PART)
            for c in range(many):
                v = item[own, begin + c] * 2 * size.dim
                out[i, begin + c] = _last_layer(weighted, items, v, h3, c * size.third, layers, size)


@inlined
def _first_layer(out: Numbers, at: int, of_user: Numbers, of_items: Numbers, item: int, width: int) -> None:
    for j in range(0, width, WIDTH):
        both = load(of_user, j) + load(of_items, item + j)
        store(out, at + j, positive_part(both))


@inlined
def _last_layer(weighted: Numbers, items: Numbers, v: int, h3: Numbers, at: int, layers: Layers, size: Sizes) -> Single:
    score = spread(np.float32(0))
    for j in range(0, size.dim, WIDTH):
        score = fma(load(weighted, j), load(items, v + j), score)
    for j in range(0, size.third, WIDTH):
        score = fma(load(h3, at + j), load(layers.numbers, layers.w4m + j), score)
    return total(score) + layers.numbers[layers.b4]

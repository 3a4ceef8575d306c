"""NCF (``rec_core.models.ncf``), a step of Adam a batch: GMF beside an MLP, by the chain rule from the output down.

With u and v the rows of a pair, each [GMF | MLP], and R the positive part:

    h₁ = R(u_mlp W₁ᵘ + v_mlp W₁ᵛ + b₁)     h₂ = R(h₁ W₂ + b₂)     h₃ = R(h₂ W₃ + b₃)
    ŷ = (u_gmf ∘ v_gmf) · w₄ᵍ + h₃ · w₄ᵐ + b₄

    ∂h₃ = ∂ŷ w₄ᵐ [h₃ > 0]      ∂h₂ = ∂h₃ W₃ᵀ [h₂ > 0]      ∂h₁ = ∂h₂ W₂ᵀ [h₁ > 0]      ∂W₂ = h₁ᵀ ∂h₂, and so on

A batch is worked on in tiles that fit into the cache. A tile's pairs stand item after item: first the positive of each
user, then the first negative of each, so that what belongs to the users (u_mlp W₁ᵘ, ∂u) is one block beside many.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rec_core.models import NCF, Params
from rec_core.training.kernels.compiled import losses
from rec_core.training.kernels.compiled.adam import Adam, adam, step_densely
from rec_core.training.kernels.compiled.batches import Batches, batches
from rec_core.training.kernels.compiled.jit import compiled, inlined
from rec_core.training.kernels.compiled.lanes import (
    WIDTH,
    Numbers,
    Single,
    fma,
    load,
    spread,
    store,
    total,
    where_positive,
)
from rec_core.training.kernels.compiled.layers import Layers, Sizes, apart, packed, sizes, together, unpacked
from rec_core.training.kernels.compiled.memory import zeros
from rec_core.training.kernels.compiled.products import (
    AS_IT_IS,
    POSITIVE_PART,
    WHERE_POSITIVE,
    Matrix,
    matrix,
    multiply,
    same_rows,
    transposed,
)
from rec_core.training.kernels.compiled.rows import Rows, add, bring, rows, touch, values
from rec_core.training.sampling import Block

_TILE = 240  # pairs worked on at a time: their activations stay in the second-level cache
_AHEAD = 2  # positives whose rows are brought near before their turn


class Tile(NamedTuple):
    """What is known of a tile's pairs: where their rows are, and for a row each its MLP's numbers and their gradients.

    ``of_user`` (users x first) is u_mlp W₁ᵘ + b₁, and later ∂h₁ summed over a user's items.
    """

    user_at: NDArray[np.int64]
    item_at: NDArray[np.int64]
    user: NDArray[np.float32]
    item: NDArray[np.float32]
    of_user: NDArray[np.float32]
    h1: NDArray[np.float32]
    h2: NDArray[np.float32]
    h3: NDArray[np.float32]
    d1: NDArray[np.float32]
    d2: NDArray[np.float32]
    d3: NDArray[np.float32]
    moved: NDArray[np.float32]  # ∂u or ∂v
    zeros: NDArray[np.float32]


class CompiledNCF:
    """NCF while it is trained."""

    def __init__(self, model: NCF, start: Params, learning_rate: float, weight_decay: float = 0.0) -> None:
        self._adam, self._steps = adam(learning_rate, weight_decay), 0
        self._dim, self._sizes = model.dim, sizes(model.dim)
        tables = (apart(start[name], model.dim) for name in ("user", "item"))
        self._users, self._items = (rows(table, table.shape[1]) for table in tables)
        self._layers = packed(start, model.dim)

    def run(self, block: Block) -> float:
        """Take one step per batch of ``block``; return the sum of the batches' mean losses."""
        per = block.items.shape[1]
        tile = self._tile(max(1, _TILE // per), per)
        loss = _run(self._users, self._items, self._layers, self._sizes, tile, batches(block), self._steps, self._adam)
        self._steps += len(block)
        return float(loss)

    def halves(self, block: Block) -> tuple[Callable[[], None], Callable[[], None]]:
        """Return what uses the two halves of ``run`` on no pair, so that two processes can compile one each."""
        users, items, layers, size, adam = self._users, self._items, self._layers, self._sizes, self._adam
        per, given = block.items.shape[1], batches(block)
        tile = self._tile(1, per)

        def tables() -> None:
            _gather(users, items, tile, size, given, 0, 0, 1, adam)
            _output(users, items, layers, size, tile, given, 0, 0)

        def network() -> None:
            _turn(layers, size)
            _forward(layers, size, tile, 0, per)
            _backward(users, items, layers, size, tile, 0, per)

        return network, tables

    def params(self) -> Params:
        """Return the present values."""
        now = self._steps + 1
        tables = {
            name: together(values(table, now, self._adam, table.width), self._dim)
            for name, table in (("user", self._users), ("item", self._items))
        }
        return tables | unpacked(self._layers, self._dim)

    def _tile(self, users: int, per: int) -> Tile:
        size, pairs = self._sizes, users * per
        return Tile(
            np.zeros(users, np.int64),
            np.zeros(pairs, np.int64),
            zeros(users * size.dim),
            zeros(pairs * size.dim),
            zeros(users * size.first),
            zeros(pairs * size.first),
            zeros(pairs * size.second),
            zeros(pairs * size.third),
            zeros(pairs * size.first),
            zeros(pairs * size.second),
            zeros(pairs * size.third),
            zeros(pairs * size.dim),
            zeros(size.first),
        )


@compiled
def _run(
    users: Rows, items: Rows, layers: Layers, size: Sizes, tile: Tile, batches: Batches, steps: int, adam: Adam
) -> Single:
    """Go through the batches; return the sum of their mean losses."""
    loss, per = 0.0, batches.item.shape[1]
    for begin in range(0, len(batches.user), batches.size):
        end = min(begin + batches.size, len(batches.user))
        steps += 1
        _turn(layers, size)
        for first in range(begin, end, len(tile.user_at)):
            many = min(len(tile.user_at), end - first)
            _gather(users, items, tile, size, batches, first, many, steps, adam)
            _forward(layers, size, tile, many, per)
            loss += _output(users, items, layers, size, tile, batches, first, many)
            _backward(users, items, layers, size, tile, many, per)
        step_densely(layers.numbers, steps, adam)
    return loss


@compiled
def _turn(layers: Layers, size: Sizes) -> None:
    """Transpose the weights: a product reads its right side row by row."""
    _turn_one(layers, layers.w1u, size.dim, size.first)
    _turn_one(layers, layers.w1v, size.dim, size.first)
    _turn_one(layers, layers.w2, size.first, size.second)
    _turn_one(layers, layers.w3, size.second, size.third)


@inlined
def _turn_one(layers: Layers, at: int, rows: int, columns: int) -> None:
    for i in range(rows):
        for j in range(columns):
            layers.turned[at + j * rows + i] = layers.numbers[at + i * columns + j]


@compiled
def _gather(
    users: Rows,
    items: Rows,
    tile: Tile,
    size: Sizes,
    batches: Batches,
    first: int,
    many: int,
    now: int,
    adam: Adam,
) -> None:
    """Touch the rows of the tile's pairs, and set what the MLP needs of them side by side."""
    dim = size.dim
    for i in range(many):
        row, soon = first + i, min(first + i + _AHEAD, len(batches.user) - 1)
        bring(users, batches.user[soon])
        at = touch(users, batches.user[row], now, adam)
        tile.user_at[i] = at
        _copy(tile.user, i * dim, users.numbers, at + dim, dim)
        for c in range(batches.item.shape[1]):
            bring(items, batches.item[soon, c])
            at = touch(items, batches.item[row, c], now, adam)
            pair = c * many + i
            tile.item_at[pair] = at
            _copy(tile.item, pair * dim, items.numbers, at + dim, dim)


@inlined
def _copy(out: Numbers, at: int, array: Numbers, begin: int, width: int) -> None:
    for j in range(0, width, WIDTH):
        store(out, at + j, load(array, begin + j))


@compiled
def _forward(layers: Layers, size: Sizes, tile: Tile, many: int, per: int) -> None:
    """Work the MLP out up to h₃."""
    numbers, none, pairs = layers.numbers, tile.zeros, many * per
    of_user = matrix(tile.of_user, 0, size.first)
    multiply(
        of_user,
        same_rows(numbers, layers.b1),
        matrix(tile.user, 0, size.dim),
        matrix(numbers, layers.w1u, size.first),
        (many, size.first, size.dim),
        none,
        AS_IT_IS,
    )
    for c in range(per):
        multiply(
            matrix(tile.h1, c * many * size.first, size.first),
            of_user,
            matrix(tile.item, c * many * size.dim, size.dim),
            matrix(numbers, layers.w1v, size.first),
            (many, size.first, size.dim),
            none,
            POSITIVE_PART,
        )
    h1, h2 = matrix(tile.h1, 0, size.first), matrix(tile.h2, 0, size.second)
    w2, w3 = matrix(numbers, layers.w2, size.second), matrix(numbers, layers.w3, size.third)
    shape = (pairs, size.second, size.first)
    multiply(h2, same_rows(numbers, layers.b2), h1, w2, shape, none, POSITIVE_PART)
    shape = (pairs, size.third, size.second)
    multiply(matrix(tile.h3, 0, size.third), same_rows(numbers, layers.b3), h2, w3, shape, none, POSITIVE_PART)


@compiled
def _output(
    users: Rows, items: Rows, layers: Layers, size: Sizes, tile: Tile, batches: Batches, first: int, many: int
) -> Single:
    """Return the loss of the tile's pairs; add up the gradients of the output layer and of GMF, and set ∂h₃."""
    loss = 0.0
    for i in range(many):
        product, row = 1.0, first + i
        for c in range(batches.item.shape[1]):
            pair = c * many + i
            score = _score(users, items, layers, size, tile, i, pair)
            part, slope, factor = losses.of_pair(batches, row, c, score)
            loss, product = losses.collected(loss + part, product * factor, batches.share[row])
            _back_from_output(users, items, layers, size, tile, i, pair, slope)
        loss += batches.share[row] * math.log(product)
    return loss


@inlined
def _score(users: Rows, items: Rows, layers: Layers, size: Sizes, tile: Tile, i: int, pair: int) -> Single:
    u, v, h, w = tile.user_at[i], tile.item_at[pair], pair * size.third, layers.numbers
    score = spread(np.float32(0))
    for j in range(0, size.dim, WIDTH):
        both = load(users.numbers, u + j) * load(items.numbers, v + j)
        score = fma(both, load(w, layers.w4g + j), score)
    for j in range(0, size.third, WIDTH):
        score = fma(load(tile.h3, h + j), load(w, layers.w4m + j), score)
    return total(score) + w[layers.b4]


@inlined
def _back_from_output(
    users: Rows, items: Rows, layers: Layers, size: Sizes, tile: Tile, i: int, pair: int, slope: Single
) -> None:
    u, v, h, w = tile.user_at[i], tile.item_at[pair], pair * size.third, layers.numbers
    to_u, to_v, to_w, slopes = u + 3 * users.width, v + 3 * items.width, 3 * layers.width, spread(slope)
    w[to_w + layers.b4] += slope
    for j in range(0, size.dim, WIDTH):
        of_u, of_v = load(users.numbers, u + j), load(items.numbers, v + j)
        weighted = slopes * load(w, layers.w4g + j)
        store(users.numbers, to_u + j, fma(weighted, of_v, load(users.numbers, to_u + j)))
        store(items.numbers, to_v + j, fma(weighted, of_u, load(items.numbers, to_v + j)))
        store(w, to_w + layers.w4g + j, fma(slopes * of_u, of_v, load(w, to_w + layers.w4g + j)))
    for j in range(0, size.third, WIDTH):
        h3 = load(tile.h3, h + j)
        store(tile.d3, h + j, where_positive(h3, slopes * load(w, layers.w4m + j)))
        store(w, to_w + layers.w4m + j, fma(slopes, h3, load(w, to_w + layers.w4m + j)))


@compiled
def _backward(users: Rows, items: Rows, layers: Layers, size: Sizes, tile: Tile, many: int, per: int) -> None:
    """Add up the gradients of the layers below the output, and of the MLP's embeddings."""
    pairs, to_w = many * per, 3 * layers.width
    h1, h2 = matrix(tile.h1, 0, size.first), matrix(tile.h2, 0, size.second)
    d1, d2, d3 = matrix(tile.d1, 0, size.first), matrix(tile.d2, 0, size.second), matrix(tile.d3, 0, size.third)
    nothing, turned = same_rows(tile.zeros, 0), layers.turned

    _add_product(layers, layers.w3, h2, d3, size.second, size.third, pairs)
    _add_rows(layers.numbers, to_w + layers.b3, tile.d3, pairs, size.third)
    w3 = matrix(turned, layers.w3, size.second)
    multiply(d2, nothing, d3, w3, (pairs, size.second, size.third), tile.h2, WHERE_POSITIVE)

    _add_product(layers, layers.w2, h1, d2, size.first, size.second, pairs)
    _add_rows(layers.numbers, to_w + layers.b2, tile.d2, pairs, size.second)
    w2 = matrix(turned, layers.w2, size.first)
    multiply(d1, nothing, d2, w2, (pairs, size.first, size.second), tile.h1, WHERE_POSITIVE)

    _copy(tile.of_user, 0, tile.d1, 0, many * size.first)
    one = spread(np.float32(1))
    for c in range(1, per):
        add(tile.of_user, 0, one, tile.d1, c * many * size.first, many * size.first)
    of_user = matrix(tile.of_user, 0, size.first)
    _add_rows(layers.numbers, to_w + layers.b1, tile.of_user, many, size.first)
    _add_product(layers, layers.w1u, matrix(tile.user, 0, size.dim), of_user, size.dim, size.first, many)
    _add_product(layers, layers.w1v, matrix(tile.item, 0, size.dim), d1, size.dim, size.first, pairs)
    _move(users, tile.user_at, tile, size, of_user, matrix(turned, layers.w1u, size.dim), many)
    _move(items, tile.item_at, tile, size, d1, matrix(turned, layers.w1v, size.dim), pairs)


@inlined
def _add_product(layers: Layers, at: int, left: Matrix, right: Matrix, rows: int, columns: int, depth: int) -> None:
    """Add leftᵀ @ right to the gradient of the layer that begins at ``at``."""
    gradient = matrix(layers.numbers, 3 * layers.width + at, columns)
    multiply(gradient, gradient, transposed(left), right, (rows, columns, depth), layers.turned, AS_IT_IS)


@inlined
def _add_rows(out: Numbers, at: int, array: Numbers, rows: int, width: int) -> None:
    for i in range(rows):
        add(out, at, spread(np.float32(1)), array, i * width, width)


@inlined
def _move(
    table: Rows, places: NDArray[np.int64], tile: Tile, size: Sizes, gradient: Matrix, weights: Matrix, rows: int
) -> None:
    """Add gradient @ weights to the gradients of the rows at ``places``."""
    moved = matrix(tile.moved, 0, size.dim)
    shape = (rows, size.dim, size.first)
    multiply(moved, same_rows(tile.zeros, 0), gradient, weights, shape, tile.zeros, AS_IT_IS)
    one = spread(np.float32(1))
    for i in range(rows):
        add(table.numbers, places[i] + 3 * table.width + size.dim, one, tile.moved, i * size.dim, size.dim)

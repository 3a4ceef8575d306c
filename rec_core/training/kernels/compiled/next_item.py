"""Next item (``rec_core.models.next_item``), a step of Adam a batch.

    u = Σ_k p_k a_k      s_j = u·v_j over a row's own item and the negatives of its batch, v_j with its bias, u with a 1
    L = log Σ exp s − s_own      ∂s = softmax(s) − own      ∂v_j = ∂s_j u      ∂u = Σ_j ∂s_j v_j
    ∂a_k = p_k ∂u      ∂p_k = a_k · ∂u

A negative that is the row's own item does not count.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rec_core.data.histories import positions
from rec_core.data.interactions import Interactions
from rec_core.models import NextItem, Params
from rec_core.training.kernels.compiled.adam import Adam, adam, step_densely
from rec_core.training.kernels.compiled.batches import Batches, batches
from rec_core.training.kernels.compiled.jit import compiled, inlined
from rec_core.training.kernels.compiled.lanes import WIDTH, Numbers, Single, Whole, fma, load, spread, store, total
from rec_core.training.kernels.compiled.memory import padded, up_to, zeros
from rec_core.training.kernels.compiled.products import AS_IT_IS, COLUMNS, matrix, multiply, same_rows, transposed
from rec_core.training.kernels.compiled.rows import Rows, add, bring, rows, touch, values
from rec_core.training.sampling import Block

_AHEAD = 2  # rows whose context is brought near before their turn
_OUT = np.float32(-np.inf)
_TILE = 256  # rows whose scores are worked out together


class Contexts(NamedTuple):
    """Rows in the order of their users' histories: ``item`` (n,), ``depth`` (n,) how many come before, at most so many
    as count, and ``at`` (n,), where each train row stands.
    """

    item: NDArray[np.int32]
    depth: NDArray[np.int32]
    at: NDArray[np.int64]


class Tile(NamedTuple):
    """Room for what is worked out together; N negatives, their number filled up to a multiple of ``COLUMNS``.

    ``u`` and ``du`` (rows x width), ``v`` and ``dv`` (N x width), ``turned`` (width x N) is v the other way, ``scores``
    (rows x N), which become slopes; ``own`` (rows,), the slope of each row's own item; ``nothing`` (width,) are zeros.
    """

    u: Numbers
    du: Numbers
    v: Numbers
    dv: Numbers
    turned: Numbers
    scores: Numbers
    own: Numbers
    nothing: Numbers


def _tile(size: int, width: int, negatives: int) -> Tile:
    size, wide = min(size, _TILE), up_to(COLUMNS, negatives)
    shapes = (size, width), (size, width), (wide, width), (wide, width), (width, wide), (size, wide), (size,), (wide,)
    return Tile(*(zeros(*shape).ravel() for shape in shapes))


class CompiledNextItem:
    """Next item while it is trained."""

    def __init__(
        self, model: NextItem, start: Params, learning_rate: float, trained_on: Interactions, weight_decay: float = 0.0
    ) -> None:
        self._dim, self._context = model.dim, model.context
        self._width = up_to(COLUMNS, model.dim + 1)
        self._sources, self._items = (rows(start[name], self._width) for name in ("source", "item"))
        self._places = padded(start["place"][None], 4, up_to(WIDTH, model.context)).ravel()  # [w | m | v | g]
        self._contexts = Contexts(*positions(trained_on, model.context))
        self._adam, self._steps = adam(learning_rate, weight_decay), 0

    def run(self, block: Block) -> float:
        """Take one step per batch of ``block``; return the sum of the batches' mean losses."""
        assert block.shared is not None
        tile = _tile(block.size, self._width, block.shared.shape[1])
        given = batches(block), block.row, block.shared, self._contexts
        loss = _run(self._sources, self._items, self._places, self._dim, *given, tile, self._steps, self._adam)
        self._steps += len(block)
        return float(loss)

    def params(self) -> Params:
        """Return the present values."""
        now = self._steps + 1
        return {
            "source": values(self._sources, now, self._adam, self._dim),
            "item": values(self._items, now, self._adam, self._dim + 1),
            "place": self._places[: self._context].copy(),
        }


@compiled
def _run(
    sources: Rows,
    items: Rows,
    places: Numbers,
    dim: int,
    batches: Batches,
    row: NDArray[np.int64],
    shared: NDArray[np.int32],
    contexts: Contexts,
    tile: Tile,
    steps: int,
    adam: Adam,
) -> Single:
    """Go through the batches; return the sum of their mean losses."""
    loss = 0.0
    for batch in range(len(shared)):
        steps += 1
        _copy(items, shared[batch], tile, steps, adam)
        end = min((batch + 1) * batches.size, len(row))
        for begin in range(batch * batches.size, end, _TILE):
            many = min(_TILE, end - begin)
            for i in range(many):
                _bring(sources, items, batches, row, contexts, min(begin + i + _AHEAD, len(row) - 1))
                touch(items, batches.item[begin + i, 0], steps, adam)
                _gather(sources, places, dim, contexts, contexts.at[row[begin + i]], tile.u, i, steps, adam)
            loss += _softmaxes(items, shared[batch], batches, begin, many, tile)
            for i in range(many):
                _back(sources, places, dim, contexts, contexts.at[row[begin + i]], tile.du, i)
        for c in range(shared.shape[1]):
            to_v = np.int64(shared[batch, c]) * 4 * items.width + 3 * items.width
            add(items.numbers, to_v, spread(np.float32(1)), tile.dv, c * items.width, items.width)
        step_densely(places, steps, adam)
    return loss


@inlined
def _copy(items: Rows, shared: NDArray[np.int32], tile: Tile, now: int, adam: Adam) -> None:
    """Write v and v turned of the negatives, and zeros for ∂v."""
    width, wide = items.width, len(tile.nothing)
    for c in range(len(shared)):
        at = touch(items, shared[c], now, adam)
        for j in range(0, width, WIDTH):
            store(tile.v, c * width + j, load(items.numbers, at + j))
            store(tile.dv, c * width + j, spread(np.float32(0)))
        for j in range(width):
            tile.turned[j * wide + c] = items.numbers[at + j]


@inlined
def _bring(
    sources: Rows, items: Rows, batches: Batches, row: NDArray[np.int64], contexts: Contexts, soon: Whole
) -> None:
    at = contexts.at[row[soon]]
    bring(items, batches.item[soon, 0])
    for k in range(contexts.depth[at]):
        bring(sources, contexts.item[at - 1 - k])


@inlined
def _gather(
    sources: Rows, places: Numbers, dim: int, contexts: Contexts, at: Whole, u: Numbers, i: int, now: int, adam: Adam
) -> None:
    """Write row ``i`` of u, with its 1."""
    begin = i * sources.width
    for j in range(0, sources.width, WIDTH):
        store(u, begin + j, spread(np.float32(0)))
    for k in range(contexts.depth[at]):
        a = touch(sources, contexts.item[at - 1 - k], now, adam)
        add(u, begin, spread(places[k]), sources.numbers, a, sources.width)
    u[begin + dim] = np.float32(1)


@inlined
def _softmaxes(
    items: Rows, shared: NDArray[np.int32], batches: Batches, begin: Whole, many: Whole, tile: Tile
) -> Single:
    """Return the loss of ``many`` rows; add up the gradients of their items, and set ∂u."""
    width, wide = items.width, len(tile.nothing)
    u, du, v, dv = (
        matrix(tile.u, 0, width),
        matrix(tile.du, 0, width),
        matrix(tile.v, 0, width),
        matrix(tile.dv, 0, width),
    )
    scores, nothing = matrix(tile.scores, 0, wide), same_rows(tile.nothing, 0)
    turned = matrix(tile.turned, 0, wide)
    multiply(scores, nothing, u, turned, (many, np.int64(wide), np.int64(width)), tile.nothing, AS_IT_IS)
    loss = 0.0
    for i in range(many):
        own = batches.item[begin + i, 0]
        loss += _softmax(items, shared, own, tile, i, batches.share[begin + i])
        at = np.int64(own) * 4 * width
        slope = spread(tile.own[i])
        for j in range(0, width, WIDTH):
            store(tile.du, i * width + j, slope * load(items.numbers, at + j))
        add(items.numbers, at + 3 * width, slope, tile.u, i * width, width)
    multiply(du, du, scores, v, (many, np.int64(width), np.int64(wide)), tile.nothing, AS_IT_IS)
    multiply(dv, dv, transposed(scores), u, (np.int64(wide), np.int64(width), many), tile.nothing, AS_IT_IS)
    return loss


@inlined
def _softmax(items: Rows, shared: NDArray[np.int32], own: Whole, tile: Tile, i: int, share: Single) -> Single:
    """Return a row's loss; turn its scores into slopes. What is no negative has the slope 0."""
    begin, score = (
        i * len(tile.nothing),
        _product(tile.u, i * items.width, items.numbers, np.int64(own) * 4 * items.width, items.width),
    )
    largest = score
    for c in range(len(shared)):
        if shared[c] == own:
            tile.scores[begin + c] = _OUT
        largest = max(largest, tile.scores[begin + c])
    positive = np.float32(math.exp(score - largest))
    total_ = positive
    for c in range(len(shared)):
        likely = np.float32(math.exp(tile.scores[begin + c] - largest))
        tile.scores[begin + c] = likely
        total_ += likely
    for c in range(len(shared)):
        tile.scores[begin + c] *= share / total_
    tile.own[i] = share * (positive / total_ - np.float32(1))
    return share * (largest + math.log(total_) - score)


@inlined
def _product(u: Numbers, begin: Whole, numbers: Numbers, at: Whole, width: int) -> Single:
    products = spread(np.float32(0))
    for j in range(0, width, WIDTH):
        products = fma(load(u, begin + j), load(numbers, at + j), products)
    return total(products)


@inlined
def _back(sources: Rows, places: Numbers, dim: int, contexts: Contexts, at: Whole, du: Numbers, i: int) -> None:
    """Add row ``i`` of ∂u to the gradients of the context and of its places."""
    width, begin, slopes = sources.width, i * sources.width, 3 * (len(places) // 4)
    du[begin + dim] = np.float32(0)  # of the 1, which is no parameter
    for k in range(contexts.depth[at]):
        a = np.int64(contexts.item[at - 1 - k]) * 4 * width
        products = spread(np.float32(0))
        for j in range(0, width, WIDTH):
            of_u = load(du, begin + j)
            products = fma(load(sources.numbers, a + j), of_u, products)
            to_a = a + 3 * width + j
            store(sources.numbers, to_a, fma(spread(places[k]), of_u, load(sources.numbers, to_a)))
        places[slopes + k] += total(products)

"""SimpleMF (``rec_core.models.simple_mf``), a step of Adam a batch.

    ŷ = u·v      ∂u = ∂ŷ v      ∂v = ∂ŷ u

With biases, ŷ = μ + b_u + b_i + u·v. A bias is one more number of its row, so that the product of the rows holds
b_u b_i instead of b_u + b_i, and the gradients ∂ŷ b_i and ∂ŷ b_u instead of ∂ŷ; that is set right afterwards.

Trained in pairs (BPR), an item's score counts beside that of another item of the row: μ and b_u stay as they are.
"""

from __future__ import annotations

import math

import numpy as np

from rec_core.models import Params, SimpleMF
from rec_core.training.kernels.compiled import losses
from rec_core.training.kernels.compiled.adam import Adam, adam, step_densely
from rec_core.training.kernels.compiled.batches import Batches, batches
from rec_core.training.kernels.compiled.jit import compiled, inlined
from rec_core.training.kernels.compiled.lanes import WIDTH, Numbers, Single, Whole, fma, load, spread, store, total
from rec_core.training.kernels.compiled.memory import up_to, zeros
from rec_core.training.kernels.compiled.rows import Rows, bring, rows, touch, values
from rec_core.training.sampling import Block

_AHEAD = 4  # positives whose rows are brought near before their turn
_NO_BIAS = -1


class CompiledMF:
    """SimpleMF while it is trained."""

    def __init__(self, model: SimpleMF, start: Params, learning_rate: float, weight_decay: float = 0.0) -> None:
        self._columns = start["user"].shape[1]
        self._bias = model.dim if model.bias else _NO_BIAS
        self._users, self._items = (rows(start[name], up_to(WIDTH, self._columns)) for name in ("user", "item"))
        self._mean = zeros(4 * WIDTH)  # [w | m | v | g]
        self._in_pairs = model.in_pairs
        if model.bias:
            self._mean[0] = start["mean"][0]
        self._adam, self._steps = adam(learning_rate, weight_decay), 0

    def run(self, block: Block) -> float:
        """Take one step per batch of ``block``; return the sum of the batches' mean losses."""
        tables = self._users, self._items, self._mean, self._bias
        loss = _run(*tables, self._in_pairs, batches(block), self._steps, self._adam)
        self._steps += len(block)
        return float(loss)

    def params(self) -> Params:
        """Return the present values."""
        now = self._steps + 1
        tables = {
            name: values(table, now, self._adam, self._columns)
            for name, table in (("user", self._users), ("item", self._items))
        }
        return tables if self._bias == _NO_BIAS else tables | {"mean": self._mean[:1].copy()}


@compiled
def _run(
    users: Rows, items: Rows, mean: Numbers, bias: int, in_pairs: bool, batches: Batches, steps: int, adam: Adam
) -> Single:
    """Go through the batches; return the sum of their mean losses."""
    loss = 0.0
    for begin in range(0, len(batches.user), batches.size):
        steps += 1
        for row in range(begin, min(begin + batches.size, len(batches.user))):
            if in_pairs:
                loss += _pairs(users, items, mean, bias, batches, row, steps, adam)
            else:
                loss += _positive(users, items, mean, bias, batches, row, steps, adam)
        if bias != _NO_BIAS and not in_pairs:
            step_densely(mean, steps, adam)
    return loss


@inlined
def _positive(
    users: Rows, items: Rows, mean: Numbers, bias: int, batches: Batches, row: int, now: int, adam: Adam
) -> Single:
    """Return the loss of a positive and its negatives; add up their gradients."""
    soon = min(row + _AHEAD, len(batches.user) - 1)
    bring(users, batches.user[soon])
    u, loss, product = touch(users, batches.user[row], now, adam), 0.0, 1.0
    for c in range(batches.item.shape[1]):
        bring(items, batches.item[soon, c])
        v = touch(items, batches.item[row, c], now, adam)
        part, slope, factor = losses.of_pair(batches, row, c, _score(users, items, mean, bias, u, v))
        loss, product = losses.collected(loss + part, product * factor, batches.share[row])
        _back(users, items, bias, u, v, slope)
        if bias != _NO_BIAS:
            mean[3 * WIDTH] += slope
    return loss + batches.share[row] * math.log(product)


@inlined
def _pairs(
    users: Rows, items: Rows, mean: Numbers, bias: int, batches: Batches, row: int, now: int, adam: Adam
) -> Single:
    """Return the loss of a positive beside each of its negatives; add up their gradients."""
    soon = min(row + _AHEAD, len(batches.user) - 1)
    bring(users, batches.user[soon])
    bring(items, batches.item[soon, 0])
    count = batches.item.shape[1]
    share = batches.share[row] * np.float32(count) / np.float32(count - 1)  # of a pair, there is one less
    u, own = touch(users, batches.user[row], now, adam), touch(items, batches.item[row, 0], now, adam)
    score, slopes, loss, product = _score(users, items, mean, bias, u, own), np.float32(0), 0.0, 1.0
    for c in range(1, count):
        bring(items, batches.item[soon, c])
        v = touch(items, batches.item[row, c], now, adam)
        part, slope, factor = losses.of_two(share, _score(users, items, mean, bias, u, v) - score)
        loss, product = losses.collected(loss + part, product * factor, share)
        _back(users, items, bias, u, v, slope)
        slopes += slope
    _back(users, items, bias, u, own, -slopes)
    if bias != _NO_BIAS:
        users.numbers[u + 3 * users.width + bias] = 0  # but for rounding, of which Adam would make whole steps
    return loss + share * math.log(product)


@inlined
def _score(users: Rows, items: Rows, mean: Numbers, bias: int, u: Whole, v: Whole) -> Single:
    products = spread(np.float32(0))
    for j in range(0, users.width, WIDTH):
        products = fma(load(users.numbers, u + j), load(items.numbers, v + j), products)
    score = total(products)
    if bias != _NO_BIAS:
        b_u, b_i = users.numbers[u + bias], items.numbers[v + bias]
        score += mean[0] + b_u + b_i - b_u * b_i
    return score


@inlined
def _back(users: Rows, items: Rows, bias: int, u: Whole, v: Whole, slope: Single) -> None:
    to_u, to_v, slopes = u + 3 * users.width, v + 3 * items.width, spread(slope)
    for j in range(0, users.width, WIDTH):
        of_u, of_v = load(users.numbers, u + j), load(items.numbers, v + j)
        store(users.numbers, to_u + j, fma(slopes, of_v, load(users.numbers, to_u + j)))
        store(items.numbers, to_v + j, fma(slopes, of_u, load(items.numbers, to_v + j)))
    if bias != _NO_BIAS:
        users.numbers[to_u + bias] += slope - slope * items.numbers[v + bias]
        items.numbers[to_v + bias] += slope - slope * users.numbers[u + bias]

"""Adam (Kingma and Ba, 2015, arXiv 1412.6980), applied to a row only when a batch touches it again.

Adam moves every parameter at every step, also those without a gradient: m and v decay, and w follows m. Of a table
with thousands of rows a batch touches a few hundred; the others' steps are made up for when their turn comes. With g
the gradient of step s, and m and v the moments before it, steps s … t − 1 together are

    m' = β₁ m + (1 − β₁) g         v' = β₂ v + (1 − β₂) g²
    w ← w − rate · Σᵢ c(s + i) β₁ⁱ m' / (β₂^(i/2) √v' + ε √(1 − β₂^(s+i)))     i = 0 … k, k = t − 1 − s
    m ← β₁ᵏ m'                     v ← β₂ᵏ v'               c(i) = √(1 − β₂ⁱ) / (1 − β₁ⁱ)

The sum has a closed form where √v' is much larger than ε, A m'/√v', and where it is much smaller, Aₑ m'/ε:

    A = Σᵢ c(s + i) rⁱ = Q(s) − r^(k+1) Q(t)      Q(s) = c(s) + r Q(s + 1)      r = β₁/√β₂
    Aₑ the same with 1/(1 − β₁ⁱ) for c, and β₁ for r

and A m' / (√v' + ε A/Aₑ) is both. Between the two, and while c changes quickly, it is not exact: for s < 64 the sum
is added up, over 150 steps at most, after which β₁ⁱ has made the rest nothing. Q is worked out backwards, from where c
is 1: forwards, its terms would need r⁻ˢ.

With weight decay λ (AdamW; Loshchilov and Hutter, 2019, arXiv 1711.05101) every step first takes w to (1 − rate λ) w.
Over steps that are taken together that is exact for w; what they add is let shrink from their mean step on,
Σ i rⁱ / Σ rⁱ, which is off by no more than (rate λ)² times their spread.
"""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rec_core.training.kernels.compiled.jit import compiled, inlined
from rec_core.training.kernels.compiled.lanes import (
    WIDTH,
    Lanes,
    Numbers,
    Single,
    Whole,
    fma,
    load,
    root,
    spread,
    store,
)

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8
_LAST = 1 << 15  # steps after which c is 1 and β₂ᵏ is 0, in single precision
_BEYOND = 1000  # steps from there on that Q is summed over: β₁ to that power is nothing
_EXACT, _ADDED = 64, 150
_LEFT = 1e-6  # of a weight, at least, after a step of its decay
_ROOT_2 = float(np.sqrt(BETA_2))
_DELAY = np.float32(BETA_1 / (_ROOT_2 - BETA_1))  # Σ i rⁱ / Σ rⁱ over all i
_Q, _QE, _C, _EPS = range(4)  # columns of ``steps``
_P1, _P2, _PR = range(3)  # columns of ``powers``


class Adam(NamedTuple):
    """What the formulas need of each step s, and of each number k of steps missed.

    ``steps`` (s x 4): Q, Qₑ, c and ε √(1 − β₂ˢ). ``powers`` (k x 4): β₁ᵏ, β₂ᵏ, rᵏ, and nothing, which keeps a row
    in one line of memory. ``fall`` is ln(1 − rate λ), 0 without weight decay.
    """

    rate: np.float32
    fall: np.float32
    steps: NDArray[np.float32]
    powers: NDArray[np.float32]


def adam(rate: float, weight_decay: float = 0.0) -> Adam:
    """Return Adam for a learning rate; one that is too large for single precision is infinite.

    A decay that would leave nothing of a weight in one step leaves next to nothing.
    """
    fall = math.log(max(1 - rate * weight_decay, _LEFT))
    with np.errstate(over="ignore"):
        return Adam(np.float32(rate), np.float32(fall), *_tables())


@cache
def _tables() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    step = np.arange(1, _LAST + _BEYOND + 1, dtype=np.float64)
    c, c_e = np.sqrt(1 - BETA_2**step) / (1 - BETA_1**step), 1 / (1 - BETA_1**step)
    ratio = BETA_1 / _ROOT_2
    steps = np.zeros((_LAST + 1, 4))
    steps[1:, _Q], steps[1:, _QE] = _discounted(c, ratio), _discounted(c_e, BETA_1)
    steps[1:, _C], steps[1:, _EPS] = c[:_LAST], EPSILON * np.sqrt(1 - BETA_2 ** step[:_LAST])
    missed = np.arange(_LAST + 1)
    powers = np.column_stack([BETA_1**missed, BETA_2**missed, ratio**missed, np.zeros(_LAST + 1)])
    powers[powers < np.finfo(np.float32).tiny] = 0  # numbers smaller than that are slow
    powers[-1] = 0
    return steps.astype(np.float32), powers.astype(np.float32)


def _discounted(terms: NDArray[np.float64], ratio: float) -> NDArray[np.float64]:
    """Return Q(s) = Σᵢ terms(s + i) ratioⁱ for the first ``_LAST`` of them."""
    sums = np.empty(len(terms))
    following = terms[-1] / (1 - ratio)  # as if the last term went on for ever
    for at in range(len(terms) - 1, -1, -1):
        following = sums[at] = terms[at] + ratio * following
    return sums[:_LAST]


@inlined
def make_up(rows: Numbers, at: Whole, width: int, since: Whole, now: Whole, adam: Adam) -> None:
    """Take the steps ``since`` … ``now`` − 1 of the row [w | m | v | g], each ``width`` numbers, that begins at ``at``.

    Its gradient is that of step ``since``, and is 0 afterwards.
    """
    missed = min(now - 1 - since, _LAST)
    decay_1, decay_2 = spread(adam.powers[missed, _P1]), spread(adam.powers[missed, _P2])
    if since < _EXACT:
        for j in range(at, at + width, WIDTH):
            m, v = _moments(rows, j, width)
            store(rows, j, _added_up(load(rows, j), m, root(v), since, now, adam))
            _leave(rows, j, width, m * decay_1, v * decay_2)
        return
    s, t, following = min(since, _LAST), min(now, _LAST), min(missed + 1, _LAST)
    a = adam.steps[s, _Q] - adam.powers[following, _PR] * adam.steps[t, _Q]
    a_e = adam.steps[s, _QE] - adam.powers[following, _P1] * adam.steps[t, _QE]
    step = spread(-adam.rate * a * _left(now - 1 - since - _delay(missed, adam), adam))
    epsilon, left = spread(np.float32(EPSILON) * a / a_e), spread(_left(now - since, adam))
    for j in range(at, at + width, WIDTH):
        m, v = _moments(rows, j, width)
        store(rows, j, fma(step, m / (root(v) + epsilon), load(rows, j) * left))
        _leave(rows, j, width, m * decay_1, v * decay_2)


@inlined
def _moments(rows: Numbers, j: int, width: int) -> tuple[Lanes, Lanes]:
    """Return m' and v' of eight numbers."""
    g = load(rows, j + 3 * width)
    m = fma(spread(np.float32(BETA_1)), load(rows, j + width), spread(np.float32(1 - BETA_1)) * g)
    v = fma(spread(np.float32(BETA_2)), load(rows, j + 2 * width), spread(np.float32(1 - BETA_2)) * g * g)
    return m, v


@inlined
def _leave(rows: Numbers, j: int, width: int, m: Lanes, v: Lanes) -> None:
    store(rows, j + width, m)
    store(rows, j + 2 * width, v)
    store(rows, j + 3 * width, spread(np.float32(0)))


@inlined
def _added_up(w: Lanes, m: Lanes, scale: Lanes, since: Whole, now: Whole, adam: Adam) -> Lanes:
    """Return w after the steps, one after the other; ``scale`` is √v'."""
    end, left = min(now, since + _ADDED + 1), spread(_left(1, adam))
    for step in range(since, end):
        moved = m / (scale + spread(adam.steps[step, _EPS]))
        w = fma(spread(-adam.rate * adam.steps[step, _C]), moved, w * left)
        m, scale = m * spread(np.float32(BETA_1)), scale * spread(np.float32(_ROOT_2))
    return w * spread(_left(now - end, adam))


@inlined
def _delay(missed: Whole, adam: Adam) -> Single:
    """Return the mean i of what steps add, Σ i rⁱ / Σ rⁱ for i = 0 … ``missed``."""
    last = adam.powers[min(missed + 1, _LAST), _PR]
    return _DELAY - np.float32(missed + 1) * last / (1 - last)


@inlined
def _left(steps: Single, adam: Adam) -> Single:
    """Return what is left of a weight after so many steps of its decay."""
    return np.float32(1) if adam.fall == 0 else np.float32(np.exp(adam.fall * np.float32(steps)))


@inlined
def shrink(numbers: Numbers, at: Whole, width: int, steps: Whole, adam: Adam) -> None:
    """Let ``width`` weights, which had no gradient yet, decay for so many steps."""
    if adam.fall == 0:
        return
    left = spread(_left(steps, adam))
    for j in range(at, at + width, WIDTH):
        store(numbers, j, load(numbers, j) * left)


@compiled
def step_densely(numbers: Numbers, now: Whole, adam: Adam) -> None:
    """Take step ``now`` of [w | m | v | g], parts of equal size that all have a gradient."""
    make_up(numbers, np.int64(0), len(numbers) // 4, now, now + 1, adam)

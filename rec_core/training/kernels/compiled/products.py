"""Matrix products in blocks of six rows by sixteen columns, which the twelve accumulators of a block keep in registers.

Matrices here are small (hundreds of pairs by tens of units), which is where a library's call costs most: torch's
reached 24 to 49 GFLOP/s on them, and this about 85 of the 96 that one core has.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rec_core.training.kernels.compiled.jit import compiled, inlined
from rec_core.training.kernels.compiled.lanes import (
    WIDTH,
    Lanes,
    Numbers,
    Whole,
    fma,
    load,
    number,
    positive_part,
    spread,
    store,
    where_positive,
)

COLUMNS = 2 * WIDTH  # of a block: what every number of columns has to be a multiple of
_ROWS = 6
Shape = tuple[Whole, Whole, Whole]  # rows, columns, depth
# What becomes of a product. numba compiles a function anew for each Python constant that it is called with.
AS_IT_IS, POSITIVE_PART, WHERE_POSITIVE = np.arange(3)


class Matrix(NamedTuple):
    """Numbers of a flat array: the one in row i and column j is at ``at + i · down + j · across``."""

    numbers: NDArray[np.float32]
    at: int
    down: int
    across: int


@inlined
def matrix(numbers: Numbers, at: int, columns: int) -> Matrix:
    """Return the rows of ``columns`` numbers that begin at ``at``."""
    return Matrix(numbers, at, columns, 1)


@inlined
def same_rows(numbers: Numbers, at: int) -> Matrix:
    """Return a matrix all rows of which are the numbers that begin at ``at``."""
    return Matrix(numbers, at, 0, 1)


@inlined
def transposed(of: Matrix) -> Matrix:
    """Return the matrix with its rows and columns exchanged."""
    return Matrix(of.numbers, of.at, of.across, of.down)


@inlined
def _finish(out: Numbers, at: int, c0: Lanes, c1: Lanes, gate: Numbers, ending: Whole) -> None:
    if ending == POSITIVE_PART:
        c0, c1 = positive_part(c0), positive_part(c1)
    elif ending == WHERE_POSITIVE:
        c0, c1 = where_positive(load(gate, at), c0), where_positive(load(gate, at + WIDTH), c1)
    store(out, at, c0)
    store(out, at + WIDTH, c1)


@compiled
def multiply(out: Matrix, start: Matrix, a: Matrix, b: Matrix, shape: Shape, gate: Numbers, ending: Whole) -> None:
    """Set ``out`` to ``start`` + ``a`` @ ``b``, then to what ``ending`` says; ``shape`` is (rows, columns, depth).

    ``columns`` is a multiple of ``COLUMNS``; rows of ``out``, ``start`` and ``b`` are contiguous. ``WHERE_POSITIVE``,
    the slope of the positive part, keeps what stands where ``gate`` is positive, which is laid out as ``out`` is.
    """
    rows, columns, depth = shape
    for j in range(0, columns, COLUMNS):
        for i in range(0, rows - rows % _ROWS, _ROWS):
            _block(out, start, a, b, i, j, depth, gate, ending)
        for i in range(rows - rows % _ROWS, rows):
            _line(out, start, a, b, i, j, depth, gate, ending)


@inlined
def _block(
    out: Matrix, start: Matrix, a: Matrix, b: Matrix, i: int, j: int, depth: Whole, gate: Numbers, ending: Whole
) -> None:
    s, down = start.at + i * start.down + j, start.down
    c00, c01 = load(start.numbers, s), load(start.numbers, s + WIDTH)
    c10, c11 = load(start.numbers, s + down), load(start.numbers, s + down + WIDTH)
    c20, c21 = load(start.numbers, s + 2 * down), load(start.numbers, s + 2 * down + WIDTH)
    c30, c31 = load(start.numbers, s + 3 * down), load(start.numbers, s + 3 * down + WIDTH)
    c40, c41 = load(start.numbers, s + 4 * down), load(start.numbers, s + 4 * down + WIDTH)
    c50, c51 = load(start.numbers, s + 5 * down), load(start.numbers, s + 5 * down + WIDTH)
    left, right, step = a.at + i * a.down, b.at + j, a.down
    for _ in range(depth):
        b0, b1 = load(b.numbers, right), load(b.numbers, right + WIDTH)
        x = spread(number(a.numbers, left))
        c00, c01 = fma(x, b0, c00), fma(x, b1, c01)
        x = spread(number(a.numbers, left + step))
        c10, c11 = fma(x, b0, c10), fma(x, b1, c11)
        x = spread(number(a.numbers, left + 2 * step))
        c20, c21 = fma(x, b0, c20), fma(x, b1, c21)
        x = spread(number(a.numbers, left + 3 * step))
        c30, c31 = fma(x, b0, c30), fma(x, b1, c31)
        x = spread(number(a.numbers, left + 4 * step))
        c40, c41 = fma(x, b0, c40), fma(x, b1, c41)
        x = spread(number(a.numbers, left + 5 * step))
        c50, c51 = fma(x, b0, c50), fma(x, b1, c51)
        left += a.across
        right += b.down
    o = out.at + i * out.down + j
    _finish(out.numbers, o, c00, c01, gate, ending)
    _finish(out.numbers, o + out.down, c10, c11, gate, ending)
    _finish(out.numbers, o + 2 * out.down, c20, c21, gate, ending)
    _finish(out.numbers, o + 3 * out.down, c30, c31, gate, ending)
    _finish(out.numbers, o + 4 * out.down, c40, c41, gate, ending)
    _finish(out.numbers, o + 5 * out.down, c50, c51, gate, ending)


@inlined
def _line(
    out: Matrix, start: Matrix, a: Matrix, b: Matrix, i: int, j: int, depth: Whole, gate: Numbers, ending: Whole
) -> None:
    s, left, right = start.at + i * start.down + j, a.at + i * a.down, b.at + j
    c0, c1 = load(start.numbers, s), load(start.numbers, s + WIDTH)
    for _ in range(depth):
        x = spread(number(a.numbers, left))
        c0, c1 = fma(x, load(b.numbers, right), c0), fma(x, load(b.numbers, right + WIDTH), c1)
        left += a.across
        right += b.down
    _finish(out.numbers, out.at + i * out.down + j, c0, c1, gate, ending)

"""A table while it is trained: each row with its moments and its last gradient beside it, in one place of memory."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rec_core.training.kernels.compiled.adam import Adam, make_up, shrink
from rec_core.training.kernels.compiled.jit import compiled, inlined
from rec_core.training.kernels.compiled.lanes import WIDTH, Lanes, Numbers, Whole, fma, load, prefetch, store
from rec_core.training.kernels.compiled.memory import zeros

_LINE = 16  # numbers that memory brings at once


class Rows(NamedTuple):
    """Rows [w | m | v | g], each part ``width`` numbers, one row after the other in ``numbers``.

    ``since`` (rows,): the step whose gradient is g, or 0 where there was none yet.
    """

    numbers: NDArray[np.float32]
    since: NDArray[np.int32]
    width: int


def rows(table: NDArray[np.float32], padded: int) -> Rows:
    """Return a copy of ``table`` (rows x columns) to be trained, its rows filled up to ``padded`` numbers with zeros.

    What is filled up stays zero: its gradients are products with the other table's zeros.
    """
    numbers = zeros(len(table), 4, padded)
    numbers[:, 0, : table.shape[1]] = table
    return Rows(numbers.reshape(-1), np.zeros(len(table), np.int32), padded)


def values(rows: Rows, now: int, adam: Adam, columns: int) -> NDArray[np.float32]:
    """Return the table (rows x columns) as it is before step ``now``; ``rows`` stay as they are."""
    table = np.empty((len(rows.since), rows.width), np.float32)
    _read(rows, now, adam, np.empty(4 * rows.width, np.float32), table.reshape(-1))
    return table if columns == rows.width else np.ascontiguousarray(table[:, :columns])


@compiled
def _read(rows: Rows, now: int, adam: Adam, own: Numbers, table: Numbers) -> None:
    """Write each row's w into ``table`` after its steps were taken on a copy, ``own``."""
    for row in range(len(rows.since)):
        at, since = row * 4 * rows.width, np.int64(rows.since[row])
        for j in range(0, 4 * rows.width, WIDTH):
            store(own, j, load(rows.numbers, at + j))
        if since > 0:
            make_up(own, np.int64(0), rows.width, since, now, adam)
        else:
            shrink(own, np.int64(0), rows.width, now - 1, adam)
        for j in range(0, rows.width, WIDTH):
            store(table, row * rows.width + j, load(own, j))


@inlined
def touch(rows: Rows, row: Whole, now: int, adam: Adam) -> Whole:
    """Return where ``row`` begins, with its values before step ``now``, and room for the gradient of that step."""
    at, since = row * 4 * rows.width, np.int64(rows.since[row])
    if since != now:
        if since > 0:
            make_up(rows.numbers, at, rows.width, since, now, adam)
        else:
            shrink(rows.numbers, at, rows.width, now - 1, adam)
        rows.since[row] = now
    return at


@inlined
def bring(rows: Rows, row: Whole) -> None:
    """Have a row brought near that will be touched soon."""
    at = row * 4 * rows.width
    for j in range(at, at + 4 * rows.width, _LINE):
        prefetch(rows.numbers, j)


@inlined
def add(array: Numbers, at: Whole, factor: Lanes, other: Numbers, begin: Whole, width: int) -> None:
    """Add ``factor`` times ``width`` numbers of ``other`` to those of ``array``."""
    for j in range(0, width, WIDTH):
        store(array, at + j, fma(factor, load(other, begin + j), load(array, at + j)))

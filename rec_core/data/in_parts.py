"""Work over many rows part by part: what is sorted or widened at once then takes little memory, however many there are.

That is how 100 million rows are split in the memory of a laptop (benchmarks scale), by the same lines that split a
thousand. Polars, lazily and streaming, took two thirds of the seconds on two cores, more memory, and every rule twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T", bound=np.generic)
AT_ONCE = 1 << 21  # rows


def counts(ids: NDArray[np.integer], n: int = 0) -> NDArray[np.int64]:
    """Return how often each of 0 … n - 1 occurs, or of 0 … the largest where that is more.

    >>> counts(np.array([2, 0, 2])).tolist()
    [1, 0, 2]
    """
    size = max(n, int(ids.max(initial=-1)) + 1)
    found = np.zeros(size, np.int64)
    for part in _slices(len(ids)):
        found += np.bincount(ids[part], minlength=size)
    return found


def distinct(values: NDArray[T]) -> NDArray[T]:
    """Return the distinct values in order."""
    return np.unique(np.concatenate([np.unique(values[part]) for part in _slices(len(values))] or [values]))


def looked_up(table: NDArray[T], ids: NDArray[np.integer]) -> NDArray[T]:
    """Return ``table[ids]``: NumPy makes ids longer before it uses them, and for all at once that is new memory."""
    found = np.empty(len(ids), table.dtype)
    for part in _slices(len(ids)):
        found[part] = table[ids[part]]
    return found


def by_user(user: NDArray[np.integer]) -> Iterator[NDArray[np.intp]]:
    """Yield where rows are, (n,) in all, part by part: those of some users, in their order, then of the next users.

    What asks only for each user's own rows can be worked out of one part after the other.
    """
    if len(user) <= AT_ONCE:
        yield from [np.arange(len(user))] if len(user) else []
        return
    ends = np.cumsum(counts(user))
    # A user's part is told by where their last row would stand: a part is full, or of one user.
    first = np.flatnonzero(np.diff((ends - 1) // AT_ONCE, prepend=-1))
    for begin, end in pairwise([*first.tolist(), len(ends)]):
        yield np.flatnonzero((user >= begin) & (user < end))


def ordered(user: NDArray[np.integer], order: Callable[[NDArray[np.intp]], NDArray[np.intp]]) -> NDArray[np.intp]:
    """Return all rows, (n,), user by user: ``order`` sorts the rows of some users, which it is given in their order."""
    found, done = np.empty(len(user), np.intp), 0
    for part in by_user(user):
        found[done : done + len(part)] = order(part)
        done += len(part)
    return found


def _slices(n_rows: int) -> Iterator[slice]:
    return (slice(start, start + AT_ONCE) for start in range(0, n_rows, AT_ONCE))

"""A random number for every row that NumPy and SQL draw alike: a permutation of the numbers below 2³¹ − 1.

    x → (a · x + b)⁵  mod  p,   p = 2³¹ − 1,   three times, with a and b drawn from the seed

p is prime and 5 divides no p − 1, so each round is a permutation and no two rows draw one lot (Lidl and Niederreiter,
1997, Finite fields, theorem 7.8). Every product is below 2⁶², which whole numbers of 64 bits hold in any dialect.
A row's lot depends on its place and the seed, not on how many rows there are: a log that grows keeps its lots.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rec_core.data import in_parts
from rec_core.errors import SelectionError

Draw = Literal["generator", "hash"]
DRAWN = "Rows are drawn by"
DRAWS: Mapping[str, str] = {"generator": "NumPy's generator", "hash": "A hash that SQL knows"}
PRIME = 2_147_483_647
_ROUNDS = 3
Keys = list[tuple[int, int]]


def keys(rng: np.random.Generator) -> Keys:
    """Return a and b of each round."""
    return [(int(a), int(b)) for a, b in rng.integers(1, PRIME, (_ROUNDS, 2))]


def lots(n_rows: int, drawn: Keys) -> NDArray[np.int32]:
    """Return the lots of rows 0 … n - 1, (n,), no two alike.

    Raises:
        SelectionError: if there are more rows than lots.
    """
    if n_rows > PRIME:
        raise SelectionError(f"There are lots for {PRIME:,} rows at most; choose rows by NumPy's generator.")
    found = np.empty(n_rows, np.int32)
    for start in range(0, n_rows, in_parts.AT_ONCE):
        part = found[start : start + in_parts.AT_ONCE]
        part[:] = lots_of(np.arange(start, start + len(part), dtype=np.int64), drawn)
    return found


def lots_of(places: NDArray[np.int64], drawn: Keys) -> NDArray[np.int64]:
    """Return the lots of some places below 2³¹ − 1, (n,)."""
    lot = places
    for a, b in drawn:
        base = (lot * a + b) % PRIME
        square = base * base % PRIME
        lot = square * square % PRIME * base % PRIME
    return lot


def lots_sql(table: str, drawn: Keys, columns: Sequence[str]) -> str:
    """Return SQL for the ``columns`` of ``table``, which has a column ``place``, with the column ``lot`` added."""
    kept = ", ".join(columns)
    query = f"SELECT {kept}, CAST(place AS BIGINT) AS lot FROM {table}"
    for a, b in drawn:
        base = f"SELECT *, (lot * {a} + {b}) % {PRIME} AS base FROM ({query}) AS r"
        square = f"SELECT *, base * base % {PRIME} AS square FROM ({base}) AS r"
        fourth = f"SELECT *, square * square % {PRIME} AS fourth FROM ({square}) AS r"
        query = f"SELECT {kept}, fourth * base % {PRIME} AS lot FROM ({fourth}) AS r"
    return query

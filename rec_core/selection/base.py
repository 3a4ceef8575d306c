"""What every selection method takes and gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import Interactions
from rec_core.models import simple_mf

Rows = NDArray[np.int64]
Scores = NDArray[np.float32]
Params = Mapping[str, NDArray[np.float32]]  # a model's arrays, by name


@dataclass(frozen=True)
class Candidates:
    """What a method chooses from: n train rows, the proxy's arrays and the method's scores where it has them."""

    train: Interactions
    n_users: int
    feedback: str
    proxy: Params = field(default_factory=dict)
    scores: Scores | None = None

    @property
    def user_embeddings(self) -> NDArray[np.float32]:
        """The proxy's user embeddings (n_users x d), without the bias column."""
        return simple_mf.embeddings(self.proxy, "user")


Select = Callable[[Candidates, int, np.random.Generator, Mapping[str, Any]], Rows]


@dataclass(frozen=True)
class Method:
    """A way to choose train rows.

    ``select(candidates, budget, rng, params)`` returns exactly ``budget`` distinct row positions.
    ``score(candidates)`` gives one value per row where the method ranks rows by one. ``live`` methods select
    in well under a second once their proxy is stored. ``params`` are its own settings with their defaults: counts
    from 1 on, or shares between 0 and 1. ``library`` is imported only when the method is used.
    """

    name: str
    title: str
    summary: str
    select: Select
    needs_proxy: bool = False
    live: bool = True
    score: Callable[[Candidates], Scores] | None = None
    params: Mapping[str, int | float] = field(default_factory=dict)
    library: str = ""


def budget(ratio: float, n_rows: int) -> int:
    """Return how many of ``n_rows`` a coreset keeps: ``round(ratio * n_rows)``, at least one.

    Exact arithmetic, because 0.145 of 100 rows must not depend on how 0.145 is stored.

    >>> budget(0.2, 987_531), budget(0.145, 200), budget(0.001, 10)
    (197506, 29, 1)
    """
    return max(1, round(Fraction(f"{ratio:.3f}") * n_rows))


def whole_users(train: Interactions, users: NDArray[np.integer], count: int, rng: np.random.Generator) -> Rows:
    """Return ``count`` rows: all rows of ``users`` in the given order, the last one's cut at random.

    ``users`` must own at least ``count`` rows together.
    """
    n_rows = np.bincount(train.user)
    total = np.cumsum(n_rows[users])
    last = int(np.searchsorted(total, count))
    place = np.full(len(n_rows), -1)
    place[users[: last + 1]] = np.arange(last + 1)
    of_row = place[train.user]
    cut = rng.permutation(np.flatnonzero(of_row == last))[: count - (total[last - 1] if last else 0)]
    return np.sort(np.concatenate([np.flatnonzero((of_row >= 0) & (of_row < last)), cut]))

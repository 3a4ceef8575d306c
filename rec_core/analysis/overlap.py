"""How much two selections have in common, beside what chance would give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rec_core.analysis import columns as col
from rec_core.data.interactions import Interactions, marked

By = Literal["ratings", "users", "items"]
Rows = NDArray[np.integer]


def jaccard(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    """Return |a ∩ b| / |a ∪ b| of two sets given as masks (n,); 1 for two empty ones (Jaccard, 1901).

    >>> jaccard(np.array([True, True, False]), np.array([False, True, True]))
    0.3333333333333333
    """
    union = int((a | b).sum())
    return int((a & b).sum()) / union if union else 1.0


def masks(train: Interactions, rows: Rows, by: By) -> NDArray[np.bool_]:
    """Return which rows, users or items have a row among ``rows``."""
    if by == "ratings":
        return marked(rows, len(train))
    of = train.user if by == "users" else train.item
    return marked(of[rows], int(of.max()) + 1)


def by_chance(train: Interactions, first: int, second: int, by: By) -> float:
    """Return the Jaccard index expected of two random coresets with so many rows each.

    The expected intersection over the expected union. A thing with m of the n rows is missed by a draw of k rows with
    probability C(n − m, k) / C(n, k), here (1 − k / n)^m, which is the same to within rounding for large n.
    """
    n = len(train)
    if by == "ratings":
        sizes = np.ones(1)
    else:
        sizes = np.bincount(train.user if by == "users" else train.item).astype(np.float64)
        sizes = sizes[sizes > 0]
    p, q = (1 - (1 - min(k / n, 1.0)) ** sizes for k in (first, second))
    return float((p * q).sum() / (p + q - p * q).sum())


def matrix(train: Interactions, chosen: Mapping[str, Rows], by: By) -> pd.DataFrame:
    """Return one row per pair of selections: both titles, their Jaccard index and that of chance."""
    reached = {title: masks(train, rows, by) for title, rows in chosen.items()}
    titles = list(chosen)
    pairs = [(a, b) for i, a in enumerate(titles) for b in titles[i + 1 :]]
    return pd.DataFrame(
        [
            {
                col.ONE: a,
                col.OTHER: b,
                col.JACCARD: jaccard(reached[a], reached[b]),
                col.BY_CHANCE: by_chance(train, len(chosen[a]), len(chosen[b]), by),
            }
            for a, b in pairs
        ]
    )

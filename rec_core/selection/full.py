"""Keep everything: the baseline that every coreset is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rec_core.selection.base import Candidates, Method, Rows


def select(candidates: Candidates, budget: int, rng: np.random.Generator, params: Mapping[str, Any]) -> Rows:
    """Return all rows."""
    return np.arange(len(candidates.train))


METHOD = Method("full", "Full data", "Keeps every rating.", select)

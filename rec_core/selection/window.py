"""Keep a window of rows between the easiest and the hardest ones: what "hardest first" is an end of.

Rows are sorted by their gradient norm (``rec_core.selection.gradient``); the window has the size of the budget.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rec_core.selection.base import Candidates, Method, Rows
from rec_core.selection.gradient import norms


def select(candidates: Candidates, budget: int, rng: np.random.Generator, params: Mapping[str, Any]) -> Rows:
    """Return ``budget`` rows that are neighbours in order of their norms.

    ``params["position"]`` 0 keeps the easiest rows, 1 the hardest (the same as ``gradient``, up to equal norms).
    """
    assert candidates.scores is not None
    first = round(params["position"] * (len(candidates.scores) - budget))
    return np.sort(np.argsort(candidates.scores, kind="stable")[first : first + budget])


METHOD = Method(
    "window",
    "Window",
    "Keeps a window of ratings between the easiest (0) and the hardest (1); see Advanced.",
    select,
    needs_proxy=True,
    score=norms,
    params={"position": 0.0},
)

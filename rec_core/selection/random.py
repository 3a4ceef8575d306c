"""Uniform sampling without replacement: a strong baseline (Guo et al., DeepCore, 2022, arXiv 2204.08499)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rec_core.selection.base import Candidates, Method, Rows


def select(candidates: Candidates, budget: int, rng: np.random.Generator, params: Mapping[str, Any]) -> Rows:
    """Return ``budget`` rows, every set of them equally likely."""
    return np.sort(rng.choice(len(candidates.train), budget, replace=False))


METHOD = Method("random", "Random", "Keeps ratings at random, without preference.", select)

"""How fast this machine trains, from a moment of it: what estimates rest on before there are runs."""

from __future__ import annotations

import json
import os
import time
from typing import NamedTuple

import numpy as np

from rec_core.data.interactions import Feedback, Interactions
from rec_core.models import MODELS, Model, Shape
from rec_core.training.kernels.support import kept
from rec_core.training.sampling import Sampler

Rates = dict[tuple[str, Feedback], float]  # (model, feedback) -> CPU seconds per train row and epoch
_FILE = "rates.json"
_USERS, _ITEMS, _ROWS = 6_040, 3_416, 1 << 14  # tables as large as ML-1M's
_FIRST, _ROUNDS = 2, 3  # rounds: the first steps are the exact ones, which take longer


class _Settings(NamedTuple):
    epochs: int = 1
    batch_size: int = 256
    learning_rate: float = 0.001
    weight_decay: float = 0.0
    negatives: int = 4


def known_rates() -> Rates:
    """Return the rates that were measured on this machine; {} before that."""
    try:
        found = json.loads((kept() / _FILE).read_text())
        return {(str(model), feedback): float(rate) for model, feedback, rate in found}
    except (OSError, ValueError, TypeError):
        return {}


def measure() -> None:
    """Measure the rates of compiled kernels and write them down, unless they are known; half a second."""
    from rec_core.training import kernels

    if known_rates():
        return
    models = [model for model in (kind() for kind in MODELS.values()) if kernels.is_compiled(model)]
    kinds = [(model, feedback) for model in models for feedback in model.feedbacks]
    rates = [(model.name, feedback, _rate(model, feedback)) for model, feedback in kinds]
    unfinished = kept() / f"{_FILE}.{os.getpid()}"
    unfinished.write_text(json.dumps(rates))
    unfinished.replace(kept() / _FILE)


def _rate(model: Model, feedback: Feedback) -> float:
    from rec_core.training import kernels

    rng = np.random.default_rng(0)
    user, item = (rng.integers(0, size, _ROWS, dtype=np.int32) for size in (_USERS, _ITEMS))
    rows = Interactions(user, item, rng.integers(1, 6, _ROWS).astype(np.float32), None)
    start = model.start(Shape(_USERS, _ITEMS, 3.0), rng)
    kernel = kernels.begin(model, start, feedback, _Settings(), rows)
    sampler = Sampler(rows, _ITEMS, feedback, _Settings(), rng, shared=model.shared_negatives)
    seconds = []
    for _ in range(_FIRST + _ROUNDS):
        begin = time.thread_time()
        for block in sampler.epoch():
            kernel.run(block)
        seconds.append(time.thread_time() - begin)
    return float(np.median(seconds[_FIRST:])) / _ROWS

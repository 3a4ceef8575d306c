"""Choosing a coreset with the proxy at hand.

On MovieLens 1M where CORELENS_DATA has it, otherwise on synthetic data of the same size.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from benchmarks.measure import Line, seconds
from cache.home import folders
from rec_core import specs
from rec_core.data.interactions import Feedback
from rec_core.data.sources import SOURCES
from rec_core.experiment import Experiment
from rec_core.selection import METHODS, Candidates, budget, gradient
from rec_core.stages import MemoryStore, resolve

METHODS_TIMED = ("greedy", "gradient", "window", "random", "clustering")


def measure(rounds: int) -> Iterator[Line]:
    """Yield the seconds of scores and of selections."""
    where = folders()
    name = "ml-1m" if SOURCES["ml-1m"].is_here(where) else "synthetic-1m"
    chosen = {"dataset": name}
    spec = specs.preset("report", "explicit", "ncf", data=chosen, method={"name": "gradient"}, pretrain=False)
    experiment = Experiment(resolve(spec, where), MemoryStore(), where)
    candidates = experiment.candidates
    train = candidates.train
    both: tuple[Feedback, ...] = ("explicit", "implicit")
    for feedback in both:
        scoring = Candidates(train, candidates.n_users, feedback, candidates.proxy)
        yield seconds(f"{SOURCES[name].title}: gradient scores, {feedback}", partial(gradient.norms, scoring), rounds)
    for method in METHODS_TIMED:
        for ratio in (0.2, 0.5):
            select = partial(METHODS[method]().select, candidates, budget(ratio, len(train)))
            what = f"{SOURCES[name].title}: {METHODS[method].title} at {ratio:.0%}"
            yield seconds(what, lambda select=select: select(np.random.default_rng(0)), rounds)  # type: ignore[misc]

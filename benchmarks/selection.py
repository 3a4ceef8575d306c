"""Choosing a coreset with the proxy at hand, and greedy k-center where there are many users.

On MovieLens 1M where CORELENS_DATA has it, otherwise on synthetic data of the same size. The many users are made up: as
points that spread alike in all directions, where least can be left out; with lengths as uneven as trained embeddings';
and near a plane of few dimensions.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from benchmarks.measure import Line, cpu, line, ratio, seconds
from cache.home import folders
from rec_core import specs
from rec_core.data.interactions import Feedback
from rec_core.data.sources import SOURCES
from rec_core.experiment import Experiment
from rec_core.selection import METHODS, Candidates, budget, gradient, greedy
from rec_core.stages import MemoryStore, resolve

METHODS_TIMED = ("greedy", "gradient", "window", "random", "clustering")
_USERS, _SHARE = 100_000, 0.2


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
        for share in (0.2, 0.5):
            select = partial(METHODS[method]().select, candidates, budget(share, len(train)))
            what = f"{SOURCES[name].title}: {METHODS[method].title} at {share:.0%}"
            yield seconds(what, lambda select=select: select(np.random.default_rng(0)), rounds)  # type: ignore[misc]
    yield from _many_users(rounds)


def _many_users(rounds: int) -> Iterator[Line]:
    from rec_core.selection import many_users

    rng = np.random.default_rng(0)
    weights, alike = rng.integers(5, 300, _USERS), rng.normal(size=(_USERS, 32)).astype(np.float32)
    uneven = alike * rng.lognormal(0, 0.5, (_USERS, 1))
    plane = rng.normal(size=(_USERS, 4)) @ rng.normal(size=(4, 32)) + 0.1 * alike
    for name, made in (("alike", alike), ("uneven", uneven), ("near a plane", plane)):
        task = made.astype(np.float32), weights, int(_SHARE * weights.sum()), 0
        plain, fast = partial(greedy.k_center, *task), partial(many_users.k_center, *task)
        what = f"{_USERS:,} users {name}: greedy k-center at {_SHARE:.0%}"
        yield ratio(f"{what}, every distance", partial(cpu, plain), partial(cpu, fast), rounds)
        yield line(f"{what}, the same centres", [100 * len(np.intersect1d(plain(), fast())) / len(plain())], "%")

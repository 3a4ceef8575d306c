"""What each method keeps of full data's quality at a fifth of the rows: NCF on clicks, recommended settings.

Shares of Recall@10 with their 95 % intervals over users and seeds, and the CPU seconds of choosing and training beside
full data's. Methods of the literature that were left out stand below those that are offered (``candidates``).
"""

from __future__ import annotations

from collections.abc import Iterator
from unittest import mock

import numpy as np

from benchmarks.candidates import CANDIDATES, TRAINS_ITS_OWN
from benchmarks.measure import Line, cpu, line
from cache.home import folders
from rec_core import specs
from rec_core.data.sources import SOURCES
from rec_core.evaluation.ranking import RECALL
from rec_core.experiment import Experiment
from rec_core.replicates import BySeed, share
from rec_core.selection import METHODS, budget
from rec_core.selection.random import Random
from rec_core.specs import ExperimentSpec
from rec_core.stages import MemoryStore, resolve

RATIO = 0.2


def measure(rounds: int) -> Iterator[Line]:
    """Yield two lines a method, of so many seeds as there are ``rounds``."""
    where = folders()
    for name in [name for name in ("ml-100k", "ml-1m") if SOURCES[name].is_here(where)] or ["synthetic"]:
        yield from _of_data(name, rounds)


def _of_data(name: str, seeds: int) -> Iterator[Line]:
    store = MemoryStore()
    base = resolve(specs.preset("recommended", "implicit", "ncf", data={"dataset": name}, ratio=RATIO), folders())
    full, full_seconds = _registered(base, "full", seeds, store)
    for method, kind in METHODS.items():
        values, seconds = _registered(base, method, seeds, store)
        yield from _lines(f"{SOURCES[name].title}, {kind.title}", values, seconds, full, full_seconds)
    for title in CANDIDATES:
        values, seconds = _candidate(base, title, seeds, store)
        yield from _lines(f"{SOURCES[name].title}, {title} (not offered)", values, seconds, full, full_seconds)


def _lines(what: str, values: BySeed, seconds: float, full: BySeed, full_seconds: float) -> Iterator[Line]:
    kept = share(RECALL, values, full)
    assert kept is not None
    yield Line(f"{what}: of {RECALL.title}", 100 * kept.mean, 100 * kept.low, 100 * kept.high, "%")
    yield line("  of the CPU seconds", [100 * seconds / full_seconds], "%")


def _registered(base: ExperimentSpec, method: str, seeds: int, store: MemoryStore) -> tuple[BySeed, float]:
    """Return what each user got, by seed, and the mean CPU seconds of choosing and training."""
    values, seconds = {}, []
    for seed in range(seeds):
        made = Experiment(base.with_(method={"name": method}, seed=seed), store, folders())
        values[seed], cost = RECALL.values(made.evaluated.per_user), made.result().cost()
        seconds.append(cost)
    return values, float(np.mean(seconds))


def _candidate(base: ExperimentSpec, title: str, seeds: int, store: MemoryStore) -> tuple[BySeed, float]:
    """Return the same for a method that is not offered: its rows take the place of those of ``random``."""
    values, seconds = {}, []
    for seed in range(seeds):
        spec = base.with_(method={"name": "random"}, seed=seed)
        look = Experiment(base.with_(method={"name": "gradient"}, seed=seed), store, folders())
        split, proxy, found = look.split, look.proxy, []
        count = budget(RATIO, len(split.train))
        took = cpu(lambda: found.append(CANDIDATES[title](split, proxy, spec.proxy, count)))  # noqa: B023
        with mock.patch.object(Random, "select", return_value=found[0]):
            made = Experiment(spec, MemoryStore(), folders())
            values[seed] = RECALL.values(made.evaluated.per_user)
        pretrained = 0.0 if title in TRAINS_ITS_OWN else look.result().cost(("pretrain",))
        seconds.append(took + pretrained + made.result().cost(("train",)))
    return values, float(np.mean(seconds))

"""How little data a model needs that is served from the profile: what coresets keep of the same model on all rows.

Shares with their 95 % intervals over users and seeds, among 99 negatives and all items; by data set and split, and
once with rows of equal time in random order, which asks whether a model of order lives on how the file was sorted.
Each once with the whole history and once with histories cut to the train rows, which is what trained models hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from benchmarks.measure import Line
from cache.home import folders
from rec_core import specs
from rec_core.data.interactions import Dataset
from rec_core.data.sources import SOURCES
from rec_core.evaluation import METRICS, Metric, cut
from rec_core.evaluation.ranking import RECALL, RECALL_ALL
from rec_core.experiment import Experiment
from rec_core.replicates import BySeed, level, share
from rec_core.specs import ExperimentSpec
from rec_core.stages import LOAD, MemoryStore, pack, resolve

MODELS = ("co-occurrence", "next-item")
FIRST = 10  # seed
CUT = ", histories cut"
CORESETS: tuple[tuple[str, dict[str, float], tuple[float, ...]], ...] = (
    ("users", {}, (0.2, 0.1, 0.05, 0.01)),
    ("greedy", {}, (0.2,)),
    ("clustering", {}, (0.2,)),
    ("recent", {"alpha": 0.0}, (0.2, 0.1, 0.05)),
    ("random", {}, (0.2,)),
)
# Data set, test rating, whether rows of equal time are shuffled.
CASES = (
    ("ml-1m", "last", False),
    ("ml-1m", "last", True),
    ("ml-100k", "last", False),
    ("ml-100k", "last", True),
    ("ml-100k", "global-time", False),
    ("ml-latest-small", "last", False),
    ("ml-latest-small", "global-time", False),
    ("beauty", "last", False),
)
SHUFFLED = 10**6  # seed


def measure(rounds: int) -> Iterator[Line]:
    """Yield two lines a coreset, of so many seeds as there are ``rounds``."""
    cases = [case for case in CASES if SOURCES[case[0]].is_here(folders())] or [("synthetic", "last", False)]
    for name, test, shuffled in cases:
        store = MemoryStore()
        for model in MODELS:
            split = {"test": test, "validation": "like-test"}
            base = specs.preset("recommended", "implicit", model, data={"dataset": name}, split=split)
            yield from _of_model(resolve(base, folders()), rounds, store, shuffled)


def _of_model(base: ExperimentSpec, seeds: int, store: MemoryStore, shuffled: bool) -> Iterator[Line]:
    what = f"{base.data.dataset}, {base.split.test}{', ties shuffled' if shuffled else ''}, {base.model.title}"
    if shuffled and not store.has(LOAD.key(base)):
        loading = Experiment(base, store, folders())
        loaded = pack(_in_any_order(loading.dataset), LOAD.name)
        made = store.get(LOAD.key(base))
        store.put(LOAD.key(base), replace(loaded, meta={**(made.meta if made else {}), **loaded.meta}))
    full = _per_user(base.with_(method={"name": "full"}), seeds, store)
    for (metric, served), values in full.items():
        found = level(METRICS[metric], values)
        yield Line(f"{what}, all rows{served}: {METRICS[metric].title}", found.mean, found.low, found.high, "")
    for method, settings, ratios in CORESETS:
        for ratio in ratios:
            spec = base.with_(method={"name": method} | settings, ratio=ratio)
            for (metric, served), values in _per_user(spec, seeds, store).items():
                kept = share(METRICS[metric], values, full[metric, served])
                title = f"{what}, {spec.method.title}, {ratio:.0%}{served}: {METRICS[metric].title} kept"
                if kept is not None:
                    yield Line(title, 100 * kept.mean, 100 * kept.low, 100 * kept.high, "%")


def _per_user(spec: ExperimentSpec, seeds: int, store: MemoryStore) -> dict[tuple[str, str], BySeed]:
    """Return metric, and how histories are cut → seed → values per user."""
    made = {seed: Experiment(spec.with_(seed=seed), store, folders()).evaluated for seed in range(FIRST, FIRST + seeds)}

    def of(metric: Metric, are_cut: bool) -> BySeed:
        return {seed: metric.values(cut(one.per_user) if are_cut else one.per_user) for seed, one in made.items()}

    both = {"": False, CUT: True}
    return {
        (metric.name, said): of(metric, are_cut) for metric in (RECALL, RECALL_ALL) for said, are_cut in both.items()
    }


def _in_any_order(data: Dataset) -> Dataset:
    """Return the data with their rows in random order, so that rows of equal time follow each other by lot."""
    order = np.random.default_rng(SHUFFLED).permutation(len(data.interactions))
    return replace(data, interactions=data.interactions.take(order))

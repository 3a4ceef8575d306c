"""How far the screen's predictions are off: the share of quality that it predicts, beside the share that a model keeps.

The method, its settings and the start are the screen's, without walks; shares are of full data with the recommended
settings by the screen's metric, means over seeds. A prediction of more than all is taken for all, as the card on
Results says it, unless it is of ranks among all items, where a subset may keep more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np

from benchmarks.measure import Line
from cache.home import folders
from rec_core import specs
from rec_core.data.sources import SOURCES
from rec_core.evaluation.ranking import RECALL
from rec_core.experiment import Experiment
from rec_core.selection.screen import Screen
from rec_core.specs import ExperimentSpec, TrainSpec
from rec_core.stages import MemoryStore, resolve

DATA = ("ml-100k", "ml-latest-small", "beauty", "ml-1m")
RATIOS = (0.05, 0.1, 0.2)
CASES = [*((name, "last") for name in DATA), ("ml-100k", "random"), ("ml-1m", "random")]
SERVED = ("co-occurrence", "next-item")


def measure(rounds: int) -> Iterator[Line]:
    """Yield each prediction less what was measured, in points, of so many seeds as there are ``rounds``."""
    yield from _of_models(("ncf",), CASES, rounds)
    yield from _of_models(SERVED, [(name, "last") for name in DATA], rounds)


def _of_models(models: Sequence[str], cases: Sequence[tuple[str, str]], rounds: int) -> Iterator[Line]:
    off: list[float] = []
    for (name, test), model in product(cases, models):
        if not SOURCES[name].is_here(folders()):
            continue
        store = MemoryStore()
        data, split = {"dataset": name}, {"test": test, "validation": "like-test"}
        base = resolve(specs.preset("recommended", "implicit", model, data=data, split=split), folders())
        full = base.with_(method={"name": "full"})
        for ratio in RATIOS:
            spec = base.with_(method={"name": "recent"}, ratio=ratio)
            screened = Experiment(spec, store, folders()).screened
            chosen = spec.with_(method=dict(screened.best), train=_training(spec, screened))
            most = 1.0 if screened.metric == RECALL.name else np.inf
            predicted = min(screened.predicted(screened.tried[0]), most)
            ours, theirs = (_quality(runs, screened.metric, rounds, store) for runs in (chosen, full))
            kept = [own / of for own, of in zip(ours, theirs, strict=True)]
            off.append(100 * (predicted - float(np.mean(kept))))
            where = f"{SOURCES[name].title}, {test}, {spec.model.title}, {ratio:.0%}"
            what = f"{where}: {100 * predicted:.0f} predicted, less what was kept"
            yield Line(what, off[-1], 100 * (predicted - max(kept)), 100 * (predicted - min(kept)), "pts")
    if off:
        size, which = np.abs(off), ", ".join(models)
        yield Line(f"{which}: off, on average", float(size.mean()), float(size.min()), float(size.max()), "pts")
        yield Line(f"{which}: too high, on average", float(np.mean(off)), min(off), max(off), "pts")


def _training(spec: ExperimentSpec, screened: Screen) -> TrainSpec:
    """Return how to train: models that are served from the profile start as they do."""
    if spec.model.is_served:
        return spec.train
    return spec.train.model_copy(update={"start": "kept" if screened.starts_from_vectors else "random"})


def _quality(base: ExperimentSpec, metric: str, seeds: int, store: MemoryStore) -> list[float]:
    """Return a metric of each seed; other seeds than those that the screen was made with."""
    every = [base.with_(seed=seed) for seed in range(20, 20 + seeds)]
    return [Experiment(spec, store, folders()).evaluated.metrics[metric] for spec in every]

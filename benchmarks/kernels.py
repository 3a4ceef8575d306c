"""Whether test metrics tell compiled kernels from the reference: five seeds of each, paired over users.

A tenth of MovieLens 1M and of 100K, at random, both models, both feedbacks, both presets. With the same seeds the two
differ by rounding; with other seeds they should differ by no more than seeds do, looked at together (Holm). On
synthetic data where CORELENS_DATA has no MovieLens.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import get_args
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import Line
from cache.home import folders
from rec_core import specs
from rec_core.data.interactions import Feedback
from rec_core.data.sources import SOURCES
from rec_core.evaluation import headline_metric
from rec_core.experiment import Experiment
from rec_core.models import MODELS
from rec_core.replicates import Estimate, difference, together
from rec_core.specs import ExperimentSpec
from rec_core.stages import MemoryStore, resolve
from rec_core.training import kernels

SEEDS, OTHERS = range(5), range(5, 10)
NO_VERDICT = "no clear difference"


def measure(rounds: int) -> Iterator[Line]:
    """Yield each difference with its interval, in units of the metric; ``rounds`` does not count."""
    where, feedbacks = folders(), get_args(Feedback)
    data = [name for name in ("ml-1m", "ml-100k") if SOURCES[name].is_here(where)] or ["synthetic"]
    found: dict[str, Estimate] = {}
    trained = [name for name, model in MODELS.items() if model.is_trained]
    for name, preset, model, feedback in itertools.product(data, specs.PRESETS, trained, feedbacks):
        if feedback not in MODELS[model].feedbacks:
            continue
        base = specs.preset(preset, feedback, model, data={"dataset": name}, method={"name": "random"}, ratio=0.1)
        what, metric = f"{SOURCES[name].title}, {preset}, {MODELS[model].title}, {feedback}", headline_metric(feedback)
        reference = _per_user(resolve(base, where), SEEDS, "to compare")
        same, other = (_per_user(resolve(base, where), seeds, "") for seeds in (SEEDS, OTHERS))
        rounding, found[what] = difference(metric, same, reference), difference(metric, other, reference)
        yield Line(f"{what}: {metric.title} differs, same seeds", rounding.mean, rounding.low, rounding.high, "")
        yield Line(
            f"{what}: {metric.title} differs, other seeds", found[what].mean, found[what].low, found[what].high, ""
        )
    clear = [what for what, verdict in zip(found, together(list(found.values())), strict=True) if verdict != NO_VERDICT]
    yield Line("differences that are clear, looked at together: " + (", ".join(clear) or "none"), len(clear), 0, 0, "")


def _per_user(base: ExperimentSpec, seeds: Iterable[int], why_slow: str) -> dict[int, NDArray[np.float64]]:
    """Return what each user got, by seed; from the reference where there is a reason to be slow."""
    metric, found = headline_metric(base.feedback), {}
    with mock.patch.object(kernels, "why_slow", return_value=why_slow):
        for seed in seeds:
            evaluated = Experiment(base.with_(seed=seed), MemoryStore(), folders()).evaluated
            found[seed] = metric.values(evaluated.per_user)
    return found

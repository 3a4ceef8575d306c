"""What compiled kernels and the reference give for the same runs: differences of test metrics over five seeds.

A fifth of MovieLens 1M and of 100K, at random, both models, both feedbacks, both presets; paired over users and seeds,
and looked at together (Holm). On synthetic data where CORELENS_DATA has no MovieLens.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
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

SEEDS = range(5)
NO_VERDICT = "no clear difference"
BySeed = dict[int, NDArray[np.float64]]


def measure(rounds: int) -> Iterator[Line]:
    """Yield each difference with its interval, in units of the metric; ``rounds`` does not count."""
    where, feedbacks = folders(), get_args(Feedback)
    data = [name for name in ("ml-1m", "ml-100k") if SOURCES[name].is_here(where)] or ["synthetic-100k"]
    found: dict[str, Estimate] = {}
    for name, preset, model, feedback in itertools.product(data, specs.PRESETS, MODELS, feedbacks):
        base = specs.preset(preset, feedback, model, data={"dataset": name}, method={"name": "random"}, ratio=0.2)
        ours, theirs = _both(resolve(base, where), feedback)
        gain = difference(headline_metric(feedback), ours, theirs)
        what = f"{SOURCES[name].title}, {preset}, {MODELS[model].title}, {feedback}"
        found[what] = gain
        yield Line(f"{what}: {headline_metric(feedback).title} differs by", gain.mean, gain.low, gain.high, "")
    clear = [what for what, verdict in zip(found, together(list(found.values())), strict=True) if verdict != NO_VERDICT]
    yield Line("differences that are clear, looked at together: " + (", ".join(clear) or "none"), len(clear), 0, 0, "")


def _both(base: ExperimentSpec, feedback: Feedback) -> tuple[BySeed, BySeed]:
    """Return what each user got, by seed, from compiled kernels and from the reference."""
    sides: tuple[BySeed, BySeed] = {}, {}
    for seed, (side, why) in itertools.product(SEEDS, zip(sides, ("", "to compare"), strict=True)):
        with mock.patch.object(kernels, "why_slow", lambda why=why: why):
            evaluated = Experiment(base.with_(seed=seed), MemoryStore(), folders()).evaluated
        side[seed] = headline_metric(feedback).values(evaluated.per_user)
    return sides

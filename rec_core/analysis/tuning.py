"""Does tuning carry over? How one way of tuning orders configurations, and what its choice is worth on full data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from rec_core.analysis.statistics import Correlation, correlations
from rec_core.evaluation import Metric, validation_metric
from rec_core.replicates import Estimate
from rec_core.results import CHOOSING, RunResult
from rec_core.stages.train import validation_column

Trials = Sequence[Sequence[RunResult]]  # configuration → results, one per seed; empty where they were not made
_KENDALL, _SEED = "Kendall", 0


@dataclass(frozen=True)
class Tuned:
    """What tuning in one way comes to.

    ``order`` is Kendall's τ-b between validation in this way and on full data, over the configurations that both have;
    ``chosen`` the configuration that validates best here; ``kept`` the share of the quality on full data of the best
    configuration there, by the test, that the chosen one has there. ``seconds`` are CPU seconds of all its trainings,
    and of choosing rows once.
    """

    order: Correlation
    chosen: int
    kept: Estimate | None
    seconds: float


def validated(result: RunResult) -> float:
    """Return the validation quality of the epoch that was kept, larger for better."""
    metric = validation_metric(result.spec["feedback"])
    epoch = next(line for line in result.history if line["epoch"] == result.best_epoch)
    value = epoch[validation_column(metric.name)]
    assert value is not None
    return metric.gain(value, 0.0)


def validations(trials: Trials) -> dict[int, float]:
    """Return the mean validation quality of each configuration that was made, larger for better."""
    return {place: fmean(map(validated, results)) for place, results in enumerate(trials) if results}


def best_tested(full: Trials, metric: Metric) -> int:
    """Return the configuration whose full-data runs test best, on average over seeds."""
    tested = {
        place: metric.order(fmean(result.value(metric) for result in results))
        for place, results in enumerate(full)
        if results
    }
    return min(tested, key=tested.__getitem__)


def tuned(way: Trials, full: Trials, kept: Callable[[int], Estimate | None]) -> Tuned | None:
    """Return what tuning in a way comes to; None where fewer than two configurations were made both ways.

    ``kept`` returns the share of the best configuration's quality that another one has, both on full data.
    """
    ours, theirs = validations(way), validations(full)
    both = [place for place in ours if place in theirs]
    if len(both) < 2:
        return None
    x, y = (np.array([side[place] for place in both]) for side in (ours, theirs))
    found = correlations(x, y, np.random.default_rng(_SEED))
    order = next(one for one in found if one.name == _KENDALL)
    chosen = max(both, key=ours.__getitem__)
    return Tuned(order, chosen, kept(chosen), cost([way[place] for place in both]))


def cost(trials: Trials) -> float:
    """Return the CPU seconds of all trainings, with those of choosing rows, which is done once per seed."""
    training = sum(result.cost(("train",)) for results in trials for result in results)
    by_seed: dict[int, float] = {}
    for result in (result for results in trials for result in results):
        by_seed[result.spec["seed"]] = max(by_seed.get(result.spec["seed"], 0.0), result.cost(CHOOSING))
    return training + sum(by_seed.values())

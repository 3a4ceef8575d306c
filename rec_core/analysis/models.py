"""Is it the model? The same rows under other models, trained ones and those that only count who chose what."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rec_core.analysis.comparison import by_metric, control_means
from rec_core.evaluation import Metric
from rec_core.evaluation.controls import KEPT
from rec_core.replicates import Group

FEWEST = 3  # models whose order says something
_DIGITS = 9  # beyond which a τ is rounding: of equal orders it is 1


@dataclass(frozen=True)
class Carried:
    """What a model gives on all rows and on the kept ones; a control is not trained.

    Both are of the same information: what a model with histories finds when they hold train rows alone. ``served`` is
    what it finds on the kept rows with all that its histories hold; None of others.
    """

    name: str
    is_trained: bool
    full: float
    kept: float
    served: float | None = None


def carried(trained: Mapping[str, tuple[Group | None, Group | None]], controls: Group, metric: Metric) -> list[Carried]:
    """Return the models of which both numbers were measured, those first that do best on all rows.

    None of them holds a row of a user beyond the train split.

    ``trained`` has a model's runs on all rows and on the kept ones, if they were made, by its title; ``controls`` are
    runs on the kept rows, whose controls count both.
    """
    models = [
        one
        for name, (full, kept) in trained.items()
        if full is not None and kept is not None and (one := _carried(name, full, kept, metric)) is not None
    ]
    models = [one for one in models if not (math.isnan(one.full) or math.isnan(one.kept))]
    means = by_metric(control_means(controls, metric, alone=True), metric)
    counts = [Carried(name, False, means[name], means[name + KEPT]) for name in means if name + KEPT in means]
    return sorted([*models, *counts], key=lambda one: metric.order(one.full))


def _carried(name: str, full: Group, kept: Group, metric: Metric) -> Carried | None:
    """Return a model's numbers; None where what it finds from train rows alone was not measured."""
    both = full.cut(metric.name), kept.cut(metric.name)
    if both[0] is None or both[1] is None:
        return None
    served = kept.metric(metric.name) if kept.spec.model.is_served else None
    return Carried(name, True, both[0], both[1], served)


def kendall(models: Iterable[Carried]) -> float | None:
    """Return Kendall's τ-b between the models' order on all rows and on the kept ones; None for too few to order.

    1 is the same order, 0 no likeness, −1 the opposite.
    """
    from scipy.stats import kendalltau

    every = list(models)
    full, kept = ([getattr(one, side) for one in every] for side in ("full", "kept"))
    if len(every) < FEWEST or min(len(set(full)), len(set(kept))) < 2:
        return None
    return round(float(kendalltau(full, kept).statistic), _DIGITS)

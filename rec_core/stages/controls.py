"""Controls that train nothing, beside those that a run measures itself: once per split, and once per coreset."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rec_core.evaluation import Metric, Metrics, free, measure, measure_cut
from rec_core.evaluation import cut as of_cut_histories
from rec_core.evaluation.controls import KEPT
from rec_core.evaluation.metric import PerUser, as_cut
from rec_core.evaluation.ranking import SAMPLED, sampled_ranks
from rec_core.evaluation.several import ranked
from rec_core.models import svd
from rec_core.progress import reporter
from rec_core.randomness import generator
from rec_core.results import Readings, RunResult
from rec_core.specs import ExperimentSpec
from rec_core.stages.codec import unpacked
from rec_core.stages.negatives import NEGATIVES
from rec_core.stages.proxy import PROXY, fitted_proxy
from rec_core.stages.select import SELECT
from rec_core.stages.split import SPLIT
from rec_core.stages.stage import Inputs, Stage, Work
from rec_core.stages.store import StageStore
from rec_core.training import kernels

_OF = "/"  # between a control and the part that an array holds


@dataclass(frozen=True)
class Controls:
    """What each control gives each test user: ``<control>/<part>`` (n_users,), parts as of an evaluation.

    Beside a model that is served from users' histories, controls serve users from the same rows.
    """

    values: dict[str, NDArray[np.float32]]

    @property
    def per_user(self) -> dict[str, PerUser]:
        """Control → part → values (n_users,)."""
        found: dict[str, dict[str, NDArray[Any]]] = {}
        for place, values in self.values.items():
            name, _, part = place.partition(_OF)
            found.setdefault(name, {})[part] = values
        return dict(found)

    @property
    def metrics(self) -> dict[str, Metrics]:
        """Control → metrics."""
        return {name: measure("implicit", values) for name, values in self.per_user.items()}

    @property
    def cut_metrics(self) -> dict[str, Metrics]:
        """Control → metrics with histories cut to train rows; {} each, beside a model without histories."""
        return {name: measure_cut("implicit", values) for name, values in self.per_user.items()}

    def beside(self, result: RunResult) -> RunResult:
        """Return a run's result with these controls added."""
        alone = {name: metrics for name, metrics in self.cut_metrics.items() if metrics}
        return replace(
            result,
            controls=result.controls | self.metrics,
            cut_controls=result.cut_controls | alone,
            readings=_More(self.per_user, result.readings),
        )


@dataclass(frozen=True)
class _More:
    """Readings of a run with what ``controls`` give each user: metrics that are not listed are worked out of it."""

    controls: Mapping[str, PerUser]
    others: Readings | None

    def value(self, metric: Metric, cut: bool = False) -> float:
        """Return a metric of the model."""
        return math.nan if self.others is None else self.others.value(metric, cut)

    def control(self, name: str, metric: Metric, cut: bool = False) -> float:
        """Return a metric of a control, one of these or of the others."""
        if name in self.controls:
            return metric.value(of_cut_histories(self.controls[name]) if cut else self.controls[name])
        return math.nan if self.others is None else self.others.control(name, metric, cut)


def stages(spec: ExperimentSpec) -> tuple[Stage[Controls], ...]:
    """Return the stages that measure the controls of a run; ratings have none but those that a run measures itself.

    What selects anew in every epoch keeps no rows on which others could be counted.
    """
    if spec.feedback == "explicit":
        return ()
    return (CONTROLS,) if spec.keeps_everything or spec.is_dynamic else (CONTROLS, KEPT_CONTROLS)


def missing(result: RunResult, spec: ExperimentSpec) -> tuple[Stage[Controls], ...]:
    """Return the stages whose controls a run's result has not."""
    named = {CONTROLS: free.RECENT_POPULAR, KEPT_CONTROLS: free.SVD + KEPT}
    return tuple(stage for stage in stages(spec) if named[stage] not in result.controls)


def are_in(result: RunResult, spec: ExperimentSpec) -> bool:
    """Say whether a run's result has the controls of every stage."""
    return not missing(result, spec)


def there(spec: ExperimentSpec, store: StageStore) -> bool:
    """Say whether ``store`` has controls of a run."""
    return any(store.has(stage.key(spec)) for stage in stages(spec))


def added(result: RunResult, spec: ExperimentSpec, store: StageStore) -> RunResult:
    """Return the result with the controls that ``store`` has."""
    found = [unpacked(stage.product, store.get(stage.key(spec))) for stage in stages(spec)]
    more = [one for one in found if one is not None]
    return reduce(lambda so_far, one: one.beside(so_far), more, result)


def _flat(per_user: Mapping[str, PerUser]) -> Controls:
    return Controls({f"{name}{_OF}{part}": array for name, one in per_user.items() for part, array in one.items()})


def _all_inputs(spec: ExperimentSpec) -> Inputs:
    return {"negatives": NEGATIVES.within(spec), "seed": spec.data_seed} | _served(spec)


def _served(spec: ExperimentSpec) -> Inputs:
    """Return the extra input of controls beside a model with histories: they serve users from the same rows."""
    return {"served": True} if spec.model.is_served else {}


def _of_all(work: Work) -> Controls:
    negatives, rng = work.get(NEGATIVES), generator(work.spec.data_seed, "controls")
    tell = reporter(work.listen, CONTROLS.doing)
    has_histories = work.spec.model.is_served
    return _flat(free.of_all_rows(work.get(SPLIT), negatives.validation, negatives.test, rng, tell, has_histories))


CONTROLS = Stage(
    "controls",
    1,
    Controls,
    _all_inputs,
    _of_all,
    "Measuring controls on all rows",
    needs=lambda spec: (SPLIT, NEGATIVES),
    libraries=lambda work: (svd.LIBRARY,),
    live=lambda spec: False,
)


def _kept_inputs(spec: ExperimentSpec) -> Inputs:
    of_all = {"negatives": NEGATIVES.within(spec), "seed": spec.data_seed} | _served(spec)
    return of_all | {"selection": SELECT.within(spec)}


def _of_kept(work: Work) -> Controls:
    split, negatives, rng = work.get(SPLIT), work.get(NEGATIVES), generator(work.spec.data_seed, "controls")
    kept, tell = split.train.take(work.get(SELECT).rows), reporter(work.listen, KEPT_CONTROLS.doing)
    has_histories = work.spec.model.is_served
    found = free.of_kept_rows(kept, split, negatives.validation, negatives.test, rng, tell, has_histories)
    if _has_proxy(work.spec):
        score = kernels.scorer(fitted_proxy(work))
        sampled = {} if split.is_given else {SAMPLED: sampled_ranks(score, split.test, negatives.test)}
        gives = sampled | ranked(score, split)
        found[free.PROXY] = gives | (as_cut(gives) if has_histories else {})  # it holds train rows either way
    return _flat(found)


def _has_proxy(spec: ExperimentSpec) -> bool:
    return spec.uses_proxy and spec.pretrain


KEPT_CONTROLS = Stage(
    "controls-kept",
    1,
    Controls,
    _kept_inputs,
    _of_kept,
    "Measuring controls on the kept rows",
    needs=lambda spec: (SELECT, NEGATIVES, *((PROXY,) if _has_proxy(spec) else ())),
    libraries=lambda work: (svd.LIBRARY, *((kernels.LIBRARY,) if _has_proxy(work.spec) else ())),
    live=lambda spec: False,
)

"""Groups of runs side by side: quality kept, the gain over controls that cost nothing, time saved."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from statistics import fmean

import pandas as pd

from rec_core import published
from rec_core.analysis import columns as col
from rec_core.evaluation import Metric, headline_metric, validation_metric
from rec_core.evaluation.controls import KEPT
from rec_core.replicates import BySeed, Estimate, Group, group_key
from rec_core.results import COST, RunResult
from rec_core.specs import ExperimentSpec
from rec_core.stages.controls import missing
from rec_core.stages.train import validation_column

RANDOM = "random"  # the method that any other has to beat
NO_CONTROL = ""  # in place of a control's name where none was measured by the metric


@dataclass(frozen=True)
class Compared:
    """A group beside its baseline: the runs on full data with the same settings (None if none was made yet).

    They are judged ``by`` a metric; by that of the report where none is named.
    A share of the baseline's quality or time is taken seed by seed and then averaged, over the seeds that both have.
    """

    group: Group
    baseline: Group | None
    by: Metric | None = None

    @property
    def spec(self) -> ExperimentSpec:
        """The experiment, with the lowest seed."""
        return self.group.spec

    @property
    def metric(self) -> Metric:
        """The metric that headlines are about."""
        return self.by or headline_metric(self.spec.feedback, self.spec.split.is_given)

    @property
    def is_baseline(self) -> bool:
        """Whether these runs are on full data."""
        return self.spec.keeps_everything

    @cached_property
    def value(self) -> float:
        """The headline metric."""
        return self.group.metric(self.metric.name)

    @property
    def is_measured(self) -> bool:
        """Whether all runs kept what the metric is worked out from: an older version may have kept less."""
        return not math.isnan(self.value)

    @cached_property
    def seconds(self) -> float:
        """CPU seconds of pretraining, selecting and training; loading and evaluating are the same for every run."""
        return fmean([result.cost() for result in self.group.results])

    @property
    def is_timed(self) -> bool:
        """Whether CPU time was measured of all runs; where it was and no time is claimed, one shared its core."""
        groups = [self.group, *([self.baseline] if self.baseline else [])]
        return all(result.cpu_seconds for group in groups for result in group.results)

    @property
    def is_judged(self) -> bool:
        """Whether there is a baseline of one of the group's seeds."""
        return self.is_baseline or bool(self._pairs)

    @property
    def judge(self) -> Group | None:
        """The runs on full data by which the group is judged, if any; its own where it is the baseline."""
        return self.group if self.is_baseline else self.baseline

    @cached_property
    def controls(self) -> dict[str, float]:
        """The headline metric of each control that was measured by it."""
        return by_metric(control_means(self.group, self.metric), self.metric)

    @property
    def unmeasured(self) -> frozenset[str]:
        """The names of the stages whose controls are missing, of those that take a few seconds after the runs."""
        each = zip(self.group.specs, self.group.results, strict=True)
        return frozenset(stage.name for spec, result in each for stage in missing(result, spec))

    @property
    def is_controlled(self) -> bool:
        """Whether all controls were measured."""
        return not self.unmeasured

    @cached_property
    def cut_value(self) -> float | None:
        """The headline metric with users' histories cut to train rows; None where that is not known."""
        return self.group.cut(self.metric.name)

    @property
    def best_cut_control(self) -> tuple[str, float] | None:
        """Name and value of the control that does best with histories cut alike; None where that is not known."""
        values = by_metric(control_means(self.group, self.metric, alone=True), self.metric)
        return None if not values else (name := self.metric.best(values), values[name])

    @property
    def best_control(self) -> tuple[str, float]:
        """Name and value of the control that does best; ``NO_CONTROL`` and nan where none was measured."""
        if not self.controls:
            return NO_CONTROL, math.nan
        name = self.metric.best(self.controls)
        return name, self.controls[name]

    @property
    def gain(self) -> float:
        """How much better than the best control, in units of the metric; negative if worse, nan without a control."""
        return self.metric.gain(self.value, self.best_control[1])

    @cached_property
    def kept(self) -> Estimate | None:
        """Share of the baseline's quality, without an interval: users say how sure it is (``Intervals``).

        None without a baseline, or where it has no quality.
        """
        by = self.metric
        shares = [by.share(ours.value(by), full.value(by)) for ours, full in self._pairs]
        known = [share for share in shares if share is not None]
        return Estimate(fmean(known), 0.0, 0.0, len(known)) if known else None

    @property
    def quality_kept(self) -> float | None:
        """Share of the baseline's quality: ours / full's, of an error full's / ours."""
        return None if self.kept is None else self.kept.mean

    @property
    def control_kept(self) -> float | None:
        """Share of the baseline's quality that the best control has for nothing."""
        if self.baseline is None:
            return None
        return self.metric.share(self.best_control[1], self.baseline.metric(self.metric.name))

    @cached_property
    def time_saved(self) -> float | None:
        """Share of the baseline's CPU time that is saved; negative if it takes longer.

        None where no two runs of one seed can be compared: one is missing, took no time, or had to share its core.
        """
        timed = [(ours, full) for ours, full in self._pairs if ours.is_timed and full.is_timed and full.cost()]
        return fmean([1 - ours.cost() / full.cost() for ours, full in timed]) if timed else None

    @property
    def speed_up(self) -> float | None:
        """How many times faster than the baseline."""
        return None if self.time_saved is None or self.time_saved >= 1 else 1 / (1 - self.time_saved)

    @cached_property
    def row(self) -> dict[str, object]:
        """The group's numbers, as ``table`` has them, without their intervals."""
        return _row(self)

    @property
    def _pairs(self) -> list[tuple[RunResult, RunResult]]:
        """Ours and full data's results of the seeds that both have."""
        full = {} if self.baseline is None else self.baseline.by_seed
        return [(ours, full[seed]) for seed, ours in self.group.by_seed.items() if seed in full]


@dataclass(frozen=True)
class Intervals:
    """How sure the numbers of a group are: of its metric (``value``) and of the share that it keeps (``kept``).

    A number has one interval, wherever it is shown: over users and seeds, and of one seed over users alone. ``users``
    is what they are worked out from, seed → the metric of each user (n_users,). Each is None where what users got is
    gone (``evidence.intervals``).
    """

    value: Callable[[Compared], Estimate | None]
    kept: Callable[[Compared], Estimate | None]
    users: Callable[[Compared], BySeed | None]


UNKNOWN = Intervals(lambda one: None, lambda one: None, lambda one: None)


def half(found: Estimate | None) -> float:
    """Return half the width of an interval, nan where there is none."""
    return math.nan if found is None or found.freedom <= 0 else found.half


def is_cut_short(group: Group) -> bool:
    """Say whether the number of epochs ended training: the best one on validation is the last one allowed."""
    return any(map(_is_cut_short, group.specs, group.results))


def _is_cut_short(spec: ExperimentSpec, result: RunResult) -> bool:
    metric = validation_metric(spec.feedback)
    curve = validation_curve(result)
    known = {epoch: value for epoch, value in enumerate(curve, start=1) if value is not None}
    return bool(known) and metric.best(known) >= spec.train.epochs


def validation_curve(result: RunResult) -> list[float | None]:
    """Return the validation metric by epoch; None where it was not measured."""
    metric = validation_metric(result.spec["feedback"])
    return [row.get(validation_column(metric.name)) for row in result.history]


def control_means(group: Group, metric: Metric, alone: bool = False) -> dict[str, dict[str, float]]:
    """Return the listed metrics and ``metric`` of each control that all runs have, averaged over seeds, where measured.

    Only those counted on kept rows differ between seeds. ``alone`` asks for those that hold train rows alone: beside a
    model without histories they all do, and beside one with histories their histories are cut as the model's are.
    """
    every = [result.controls_with(metric, cut=alone) for result in group.results]
    return {
        name: {of: fmean([one[name][of] for one in every]) for of in metrics if _all_have(every, name, of)}
        for name, metrics in every[0].items()
        if all(name in one for one in every)
    }


def _all_have(every: Iterable[Mapping[str, Mapping[str, float]]], name: str, metric: str) -> bool:
    return all(metric in one[name] for one in every)


def by_metric(controls: Mapping[str, Mapping[str, float]], metric: Metric) -> dict[str, float]:
    """Return one metric of the controls that were measured by it, by name."""
    return {name: metrics[metric.name] for name, metrics in controls.items() if metric.name in metrics}


@lru_cache(maxsize=10_000)
def baseline_spec(spec: ExperimentSpec) -> ExperimentSpec:
    """Return the spec of the baseline of ``spec``: the same on full data."""
    return spec.with_(method={"name": "full"})


@lru_cache(maxsize=10_000)
def random_spec(spec: ExperimentSpec) -> ExperimentSpec:
    """Return the spec of as many random rows, trained alike; of full data it is ``spec`` itself."""
    return spec if spec.keeps_everything else spec.with_(method={"name": RANDOM})


def free_controls(controls: Mapping[str, Mapping[str, float]], metric: Metric) -> dict[str, float]:
    """Return the metric of the controls that are counted on the full train split, by name, if measured."""
    return {name: value for name, value in by_metric(controls, metric).items() if not name.endswith(KEPT)}


def table(compared: Iterable[Compared], baseline_key: str, intervals: Intervals = UNKNOWN) -> pd.DataFrame:
    """Return one row per group, numbers as numbers: first the one with the run ``baseline_key``, then by quality.

    ``no_better`` names what is cheaper and at least as good: as many random rows, trained alike, and the best control.
    """
    every = list(compared)
    by_key = _by_key(every)
    frame = pd.DataFrame(
        [
            one.row
            | {"is_baseline": baseline_key in one.group.keys, "no_better": _no_better(one, by_key)}
            | {col.HALF: half(intervals.value(one)), col.KEPT_HALF: half(intervals.kept(one))}
            for one in every
        ]
    )
    if frame.empty:
        return frame
    return frame.sort_values(["is_baseline", "order"], ascending=[False, True], ignore_index=True).drop(columns="order")


def _no_better(one: Compared, by_key: Mapping[tuple[str, str], Compared]) -> tuple[str, ...]:
    """Return the cheaper things that a group does not beat, by their means: ``RANDOM``, and the name of a control."""
    name, value = one.best_control
    controls = (name,) if one.metric.gain(one.value, value) <= 0 else ()
    random = by_key.get((group_key(random_spec(one.spec)), one.group.era))
    beaten = random is not None and random is not one and one.metric.gain(one.value, random.value) <= 0
    return (RANDOM, *controls) if beaten else controls


def random_beside(one: Compared, every: Iterable[Compared]) -> Group | None:
    """Return the runs on as many random rows, trained alike; None where there are none, or ``one`` is them."""
    random = _by_key(every).get((group_key(random_spec(one.spec)), one.group.era))
    return None if random is None or random is one else random.group


def leaders(every: Iterable[Compared]) -> dict[bool, list[Compared]]:
    """Return the groups on a part of the rows (False) and on all of them (True), best first by their means.

    What trains on other rows in every epoch keeps no part and is in neither.
    """
    found: dict[bool, list[Compared]] = {False: [], True: []}
    for one in every:
        if not one.spec.is_dynamic:
            found[one.is_baseline].append(one)
    return {whole: sorted(some, key=lambda one: one.metric.order(one.value)) for whole, some in found.items()}


def _by_key(every: Iterable[Compared]) -> dict[tuple[str, str], Compared]:
    return {(group_key(one.spec), one.group.era): one for one in every}


def _row(one: Compared) -> dict[str, object]:
    """Return a group's numbers; its method and settings are named by whoever shows the table."""
    group, result, spec = one.group, one.group.results[0], one.spec
    report = published.published(spec)
    seconds = {f"{stage}_s": _mean_seconds(group, stage) for stage in COST}
    return {
        "key": group.key,
        "order": one.metric.order(one.value),
        "spec": spec,
        "ratio": result.n_selected / max(result.n_train, 1),
        "rows": result.n_selected,
        "quality_kept": one.quality_kept,
        "gain": one.gain,
        **{metric.name: group.metric(metric.name) for metric in dict.fromkeys([*result.listed, one.metric])},
        "cut": one.cut_value if spec.model.is_served else None,
        "report": report.metrics.get(one.metric.name) if report else None,
        **seconds,
        "total_s": one.seconds,
        "speed_up": one.speed_up,
        "epochs": group.epochs,
        "row_us": 1e6 * fmean([each.seconds_per_row for each in group.results]),
        "cut_short": is_cut_short(group),
        "curve": validation_curve(result),
        "seeds": tuple(group.by_seed),
        "era": group.era,
    }


def _mean_seconds(group: Group, stage: str) -> float:
    return fmean([result.cost((stage,)) for result in group.results])


def controls_table(group: Group, metric: Metric) -> pd.DataFrame:
    """Return one row per control of a group, the best by ``metric`` first.

    Its name, whether it is counted on kept rows only, and its metrics; ``cut`` is ``metric`` with users' histories cut
    to train rows, beside a model with histories (None where that is not known).
    """
    means, alone = control_means(group, metric), control_means(group, metric, alone=True)
    best_first = sorted(means, key=lambda name: metric.order(means[name].get(metric.name, math.nan)))
    return pd.DataFrame(
        [
            {
                col.CONTROL: name.removesuffix(KEPT),
                col.COUNTED_ON: name.endswith(KEPT),
                **means[name],
                **({"cut": alone.get(name, {}).get(metric.name)} if group.spec.model.is_served else {}),
            }
            for name in best_first
        ]
    )

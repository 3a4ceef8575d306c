"""The finished runs at one moment, side by side: worked out once, because pages ask at every move of their reader."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from rec_core.analysis.comparison import Compared, baseline_spec
from rec_core.estimate import Rates, measured_rates
from rec_core.evaluation import Metric
from rec_core.replicates import Group, group_key, groups
from rec_core.results import RunResult
from rec_core.specs import ExperimentSpec
from rec_core.stages import RUN, measured_on


@dataclass(frozen=True, eq=False)
class Finished:
    """Finished runs, the oldest first."""

    runs: tuple[tuple[ExperimentSpec, RunResult], ...] = ()

    def compared(self, spec: ExperimentSpec, metric: Metric) -> list[Compared]:
        """Return the groups on the data, feedback and model of ``spec`` that were tested on the same, by ``metric``.

        Only those that kept what ``metric`` is worked out from: ``not_measured`` returns the others.
        """
        return [one for one in self._tested_alike(spec, metric) if one.is_measured]

    def not_measured(self, spec: ExperimentSpec, metric: Metric) -> list[Compared]:
        """Return the groups that would be ``compared``, were they measured by ``metric``."""
        return [one for one in self._tested_alike(spec, metric) if not one.is_measured]

    def under_any_model(self, spec: ExperimentSpec, metric: Metric) -> list[Compared]:
        """Return the groups on the data and feedback of ``spec`` that were tested on the same, whatever the model."""
        tested, data = measured_on(spec), _kind(spec)[:3]
        alike = (one for one in self._by(metric) if _kind(one.spec)[:3] == data)
        return [one for one in alike if measured_on(one.spec) == tested and one.is_measured]

    def tested_otherwise(self, spec: ExperimentSpec) -> int:
        """Return how many runs on the data, feedback and model of ``spec`` cannot stand beside it."""
        tested = measured_on(spec)
        return sum(len(one.group.specs) for one in self._like(spec) if measured_on(one.spec) != tested)

    def on_data(self, spec: ExperimentSpec) -> list[Group]:
        """Return the groups on the data and feedback of ``spec``, whatever the model."""
        return [one.group for one in self._all if (one.spec.data, one.spec.feedback) == (spec.data, spec.feedback)]

    def group_of(self, spec: ExperimentSpec, result: RunResult) -> Group:
        """Return the runs that differ from ``spec`` in nothing but the seed; its ``result`` may be of another list."""
        alike = [one.group for one in self._by_key.get(group_key(spec), [])]
        runs = {RUN.key(s): (s, r) for group in alike for s, r in zip(group.specs, group.results, strict=True)}
        made = groups((runs | {RUN.key(spec): (spec, result)}).values())
        return next(group for group in made if result.key in group.keys)

    @cached_property
    def by_key(self) -> dict[str, RunResult]:
        """Key → result."""
        return {result.key: result for _, result in self.runs}

    @cached_property
    def rates(self) -> Rates:
        """Seconds per row and epoch for each (model, feedback) that was run."""
        return measured_rates(result for _, result in self.runs)

    def _tested_alike(self, spec: ExperimentSpec, metric: Metric) -> list[Compared]:
        tested, kind = measured_on(spec), _kind(spec)
        return [one for one in self._by(metric) if _kind(one.spec) == kind and measured_on(one.spec) == tested]

    def _like(self, spec: ExperimentSpec) -> list[Compared]:
        return [one for one in self._all if _kind(one.spec) == _kind(spec)]

    @cached_property
    def _all(self) -> list[Compared]:
        """Every group with its baseline."""
        made = groups(self.runs)
        by_name = {(group_key(group.spec), group.era): group for group in made}
        return [Compared(group, by_name.get((group_key(baseline_spec(group.spec)), group.era))) for group in made]

    def _by(self, metric: Metric) -> list[Compared]:
        """Return every group, judged by ``metric``; what was worked out of them stays worked out."""
        if metric.name not in self._judged:
            self._judged[metric.name] = [replace(one, by=metric) for one in self._all]
        return self._judged[metric.name]

    @cached_property
    def _judged(self) -> dict[str, list[Compared]]:
        return {}

    @cached_property
    def _by_key(self) -> dict[str, list[Compared]]:
        found: dict[str, list[Compared]] = {}
        for one in self._all:
            found.setdefault(group_key(one.spec), []).append(one)
        return found


def _kind(spec: ExperimentSpec) -> tuple[str, ...]:
    return spec.data.dataset, spec.data.fingerprint, spec.feedback, spec.model.settled(spec.feedback).called

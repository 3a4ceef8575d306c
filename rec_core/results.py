"""What a run leaves behind."""

from __future__ import annotations

import math
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from functools import cache, cached_property
from importlib.metadata import version
from typing import Protocol

import rec_core
from rec_core.canonical import Json
from rec_core.data.splits import GIVEN
from rec_core.evaluation import Metric, Metrics, metrics_of
from rec_core.selection import METHODS

CHOOSING = ("pretrain", "select")  # of ``RunResult.seconds``: what choosing rows costs, as the report counts it
COST = (*CHOOSING, "train")  # and what training on them costs; loading and evaluating are the same for every run
# A run that took so many times its CPU seconds, and more than a moment, had other programs on its core. They push its
# data out of the processor's caches, so its CPU seconds are no longer those of the work alone.
_WAITED, _MOMENT = 1.5, 0.5
_CUT = " cut"  # stands where the name of a control does
_COUNT = ("torch", "numpy", "scipy", "scikit-learn", "umap-learn")  # libraries whose arithmetic is in a result


class Readings(Protocol):
    """What each test user of a run got, read when a metric is first asked for that the run did not store."""

    def value(self, metric: Metric, cut: bool = False) -> float:
        """Return a metric of the model over all users, with histories ``cut`` to train rows if that is asked for.

        nan where the run lacks what it is worked out from.
        """

    def control(self, name: str, metric: Metric, cut: bool = False) -> float:
        """Return the same of a control."""


@dataclass(frozen=True)
class RunResult:
    """One experiment with its result; every stored part is a plain JSON value.

    ``value`` and ``control`` return metrics. ``metrics`` and ``controls`` are those that the run itself worked out: a
    metric that was added later is not among them, and is worked out from ``readings``, which are not stored.

    ``seconds`` is what each part cost by the clock when it was computed, also where it came from a store this time;
    ``cpu_seconds`` are those of the computing thread, {} in results of 0.1.0, which did not measure them.
    ``histories`` says of a model that is served from users' histories how many users were tested (``users``), how
    many train rows these have (``train``) and how many further rows their histories hold (``beyond``). ``cut`` are its
    metrics with histories cut to train rows, and ``cut_controls`` those of controls that are cut alike. All three are
    empty for other models, and in results that were made before this was measured.
    ``stage_keys`` names the stored arrays: kept rows (``select``), parameters (``train``), per-user results
    (``evaluate``).
    """

    spec: dict[str, Json]
    key: str
    n_train: int
    n_selected: int
    metrics: Metrics
    controls: dict[str, Metrics]
    history: list[dict[str, float | None]]
    best_epoch: int
    seconds: dict[str, float]
    stage_keys: dict[str, str]
    versions: dict[str, str]
    cpu_seconds: dict[str, float] = field(default_factory=dict)
    histories: dict[str, int] = field(default_factory=dict)
    cut: Metrics = field(default_factory=dict)
    cut_controls: dict[str, Metrics] = field(default_factory=dict)
    readings: Readings | None = field(default=None, compare=False, repr=False, metadata={"stored": False})

    def value(self, metric: Metric) -> float:
        """Return a metric over all test users; nan where it was not measured."""
        of = self.readings
        return self._known(("", metric), self.metrics, lambda: math.nan if of is None else of.value(metric))

    def cut_value(self, metric: Metric) -> float:
        """Return a metric with users' histories cut to train rows; nan where that was not measured."""
        of = self.readings
        return self._known((_CUT, metric), self.cut, lambda: math.nan if of is None else of.value(metric, cut=True))

    def control(self, name: str, metric: Metric) -> float:
        """Return a metric of one of ``controls``; nan where it was not measured."""
        of = self.readings
        measured = self.controls.get(name, {})
        return self._known((name, metric), measured, lambda: math.nan if of is None else of.control(name, metric))

    def cut_control(self, name: str, metric: Metric) -> float:
        """Return a metric of one of ``cut_controls``; nan where it was not measured."""
        of, place = self.readings, (f"{name}{_CUT}", metric)
        measured = self.cut_controls.get(name, {})
        return self._known(place, measured, lambda: math.nan if of is None else of.control(name, metric, cut=True))

    @cached_property
    def known_controls(self) -> dict[str, Metrics]:
        """Control → every listed metric of today that was measured of it."""
        return {name: self._measured(self.control, name, self.listed) for name in self.controls}

    def controls_with(self, metric: Metric, cut: bool = False) -> dict[str, Metrics]:
        """Return the same with one more metric, which need not be listed.

        ``cut`` asks for the controls that hold no row of a user beyond the train split: all of them, beside a model
        without histories.
        """
        if cut and self.cut_controls:
            return {
                name: {**measured, **self._measured(self.cut_control, name, [metric])}
                for name, measured in self.cut_controls.items()
            }
        known = self.known_controls
        if metric in self.listed:
            return known
        return {name: {**known[name], **self._measured(self.control, name, [metric])} for name in known}

    @property
    def listed(self) -> list[Metric]:
        """The metrics that tables list of such a run."""
        return metrics_of(self.spec["feedback"], self.spec["split"].get("test") == GIVEN)

    def _measured(self, of: Callable[[str, Metric], float], name: str, metrics: Sequence[Metric]) -> Metrics:
        values = {metric.name: of(name, metric) for metric in metrics}
        return {metric: value for metric, value in values.items() if not math.isnan(value)}

    def _known(self, place: tuple[str, Metric], stored: Metrics, work_out: Callable[[], float]) -> float:
        if place not in self._worked_out:
            name = place[1].name
            self._worked_out[place] = stored[name] if name in stored else work_out()
        return self._worked_out[place]

    @cached_property
    def _worked_out(self) -> dict[tuple[str, Metric], float]:
        return {}

    def cost(self, parts: Sequence[str] = COST) -> float:
        """Return the CPU seconds that choosing and training took, or some parts of them; by the clock for 0.1.0's."""
        seconds = self.cpu_seconds or self.seconds
        return sum(seconds.get(part, 0.0) for part in parts)

    @property
    def is_dynamic(self) -> bool:
        """Whether other rows were trained on in every epoch."""
        method = METHODS.get(self.spec["method"]["name"])
        return method is not None and method.is_dynamic and self.n_selected < self.n_train

    @property
    def epochs(self) -> int:
        """How many epochs were trained."""
        return len(self.history)

    @property
    def seconds_per_row(self) -> float:
        """CPU seconds of training per row and epoch; a model that is counted goes over its rows once."""
        missing = self.n_selected < self.n_train and not self.is_dynamic
        each = 1 + (self.spec["train"].get("walked", 0) if missing else 0)
        return self.cost(("train",)) / max(max(self.epochs, 1) * self.n_selected * each, 1)

    @property
    def is_timed(self) -> bool:
        """Whether time claims may rest on this run: CPU seconds were measured, and it hardly waited for a core."""
        clock, cpu = (sum(of.get(part, 0.0) for part in COST) for of in (self.seconds, self.cpu_seconds))
        return bool(self.cpu_seconds) and clock <= _WAITED * cpu + _MOMENT

    def to_json(self, more: Sequence[Metric] = ()) -> dict[str, Json]:
        """Return the result as a JSON document, with every metric that is listed today and ``more``.

        null is one that was not measured.
        """
        stored = {one.name: getattr(self, one.name) for one in fields(self) if one.metadata.get("stored", True)}
        every = [*self.listed, *more]
        return stored | {
            "metrics": {**self.metrics, **{metric.name: _or_none(self.value(metric)) for metric in every}},
            "controls": {
                name: {**measured, **{metric.name: _or_none(self.control(name, metric)) for metric in every}}
                for name, measured in self.controls.items()
            },
        }


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value


@cache
def versions() -> dict[str, str]:
    """Return the versions that a result may depend on."""
    return {
        "corelens": rec_core.__version__,
        "python": platform.python_version(),
        **{name: version(name) for name in _COUNT},
    }

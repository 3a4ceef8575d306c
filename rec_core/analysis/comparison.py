"""Runs side by side: quality kept, the gain over controls that cost nothing, time saved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from rec_core import labels, report, specs
from rec_core.results import RunResult
from rec_core.specs import ExperimentSpec
from rec_core.words import duration, number, percent

_FAR = 0.1  # share of the control's value from which worse is called far worse


def main_metric(feedback: str) -> str:
    """Return the metric that headlines are about."""
    return "rmse" if feedback == "explicit" else "recall@10"


@dataclass(frozen=True)
class Run:
    """A result beside its baseline, the run on full data with the same settings and seed (None if not made yet)."""

    spec: ExperimentSpec
    result: RunResult
    baseline: RunResult | None

    @property
    def metric(self) -> str:
        """The metric that headlines are about."""
        return main_metric(self.spec.feedback)

    @property
    def is_baseline(self) -> bool:
        """Whether this run is on full data."""
        return specs.keeps_everything(self.spec)

    @property
    def seconds(self) -> float:
        """Pretraining, selecting and training together; loading and evaluating are the same for every run."""
        return cost(self.result)

    @property
    def best_control(self) -> tuple[str, float]:
        """Name and value of the control that does best."""
        pick = min if self.metric == "rmse" else max
        values = {name: metrics[self.metric] for name, metrics in self.result.controls.items()}
        name = pick(values, key=lambda control: values[control])
        return name, values[name]

    @property
    def gain(self) -> float:
        """How much better than the best control, in units of the metric; negative if worse."""
        gain = self.result.metrics[self.metric] - self.best_control[1]
        return -gain if self.metric == "rmse" else gain

    @property
    def quality_kept(self) -> float | None:
        """Share of the baseline's quality: ours / full's, for RMSE full's / ours."""
        if self.baseline is None:
            return None
        ours, full = self.result.metrics[self.metric], self.baseline.metrics[self.metric]
        ratio = full / ours if self.metric == "rmse" else ours / full
        return ratio if full else None

    @property
    def control_kept(self) -> float | None:
        """Share of the baseline's quality that the best control has for nothing."""
        if self.baseline is None:
            return None
        full = self.baseline.metrics[self.metric]
        ratio = full / self.best_control[1] if self.metric == "rmse" else self.best_control[1] / full
        return ratio if full else None

    @property
    def time_saved(self) -> float | None:
        """Share of the baseline's time that is saved; negative if it takes longer."""
        return None if self.baseline is None else 1 - self.seconds / cost(self.baseline)

    @property
    def speed_up(self) -> float | None:
        """How many times faster than the baseline."""
        return None if self.baseline is None else cost(self.baseline) / self.seconds


def cost(result: RunResult) -> float:
    """Return the seconds that choosing and training took."""
    return sum(result.seconds[stage] for stage in ("pretrain", "select", "train"))


@lru_cache(maxsize=10_000)
def baseline_spec(spec: ExperimentSpec) -> ExperimentSpec:
    """Return the spec of the baseline of ``spec``: the same on full data."""
    return spec.with_(method={"name": "full"})


def headline(run: Run) -> tuple[str, str]:
    """Return what the run says, and what the best control says to that."""
    choice, metric = labels.choice_title(run.spec), labels.METRICS[run.metric]
    value = number(run.result.metrics[run.metric])
    control, control_value = run.best_control
    name = labels.control_title(control).lower()
    if run.is_baseline:
        rows = number(run.result.n_train)
        first = f"Training on all {rows} ratings gives {metric} {value} in {duration(run.seconds)}."
    elif run.quality_kept is None or run.time_saved is None:
        first = f"{choice} gives {metric} {value} in {duration(run.seconds)}."
    else:
        time = (
            f"saves {percent(run.time_saved)} of the time"
            if run.time_saved >= 0
            else f"takes {number(1 - run.time_saved)} times as long"
        )
        link = "and" if run.time_saved >= 0 else "but"
        first = f"{choice} keeps {percent(run.quality_kept)} of {labels.quality(run.metric)} {link} {time} (one seed)."
    share = "" if run.control_kept is None else f", which keeps {percent(run.control_kept)}"
    than = "better" if run.gain > 0 else "no better" if run.gain > -_FAR * control_value else "far worse"
    second = f"That is {than} than the control “{name}” ({number(control_value)}{share}), which needs no training."
    return first, second


def table(runs: Iterable[Run], baseline_key: str) -> pd.DataFrame:
    """Return one row per run, numbers as numbers, the run called ``baseline_key`` first and then by quality."""
    frame = pd.DataFrame([_row(run) | {"is_baseline": run.result.key == baseline_key} for run in runs])
    if frame.empty:
        return frame
    return frame.sort_values(["is_baseline", "order"], ascending=[False, True], ignore_index=True).drop(columns="order")


def _row(run: Run) -> dict[str, object]:
    result, spec = run.result, run.spec
    published = report.published(spec)
    better_first = 1 if run.metric == "rmse" else -1
    return {
        "key": result.key,
        "order": better_first * result.metrics[run.metric],
        "method": labels.method_choice(spec),
        "ratio": result.n_selected / result.n_train,
        "rows": result.n_selected,
        "quality_kept": run.quality_kept,
        "gain": run.gain,
        **result.metrics,
        "report": published.metrics[run.metric] if published else None,
        "pretrain_s": result.seconds["pretrain"],
        "select_s": result.seconds["select"],
        "train_s": result.seconds["train"],
        "total_s": run.seconds,
        "speed_up": run.speed_up,
        "curve": [row[f"validation_{run.metric}"] for row in result.history],
        "settings": labels.settings_title(spec),
        "seed": spec.seed,
    }


def controls_table(run: Run) -> pd.DataFrame:
    """Return one row per control of a run: what it is counted on and its metrics."""
    return pd.DataFrame(
        [
            {
                "control": labels.control_title(name.removesuffix("_kept")),
                "counted_on": "kept rows" if name.endswith("_kept") else "full train split",
                **metrics,
            }
            for name, metrics in run.result.controls.items()
        ]
    )

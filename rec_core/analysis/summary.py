"""What people who decide need of one run: what to do, how sure that is, and what it does not show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rec_core import labels, selection
from rec_core.analysis.comparison import Run
from rec_core.specs import ExperimentSpec
from rec_core.words import number, percent

ENOUGH = 0.95  # share of quality from which a coreset is worth recommending, if it saves time and beats the controls


@dataclass(frozen=True)
class Interval:
    """A mean over seeds with its 95 % t-interval; one seed has none."""

    mean: float
    low: float
    high: float
    seeds: int

    def __str__(self) -> str:
        if self.seeds == 1:
            return f"{percent(self.mean)} (one seed)"
        return f"{percent(self.mean)} ({self.seeds} seeds, 95 % interval {percent(self.low)} to {percent(self.high)})"


def over_seeds(values: Sequence[float]) -> Interval:
    """Return the mean of values from different seeds with Student's t-interval."""
    from scipy import stats

    mean, n = float(np.mean(values)), len(values)
    if n < 2:
        return Interval(mean, mean, mean, n)
    half = float(stats.t.ppf(0.975, n - 1) * np.std(values, ddof=1) / np.sqrt(n))
    return Interval(mean, mean - half, mean + half, n)


def decision(run: Run, kept: Interval) -> str:
    """Return what to do, in one sentence; ``kept`` is the share of full data's quality over the seeds there are."""
    metric, choice = labels.METRICS[run.metric], labels.choice_title(run.spec)
    control = labels.control_title(run.best_control[0]).lower()
    if run.is_baseline:
        return "This is training on everything, which the coresets are compared with."
    saved = run.time_saved or 0.0
    if run.gain <= 0:
        return (
            f"Do not train on {choice}: the control “{control}” needs no training and does better. "
            f"It keeps {kept} of {metric}."
        )
    if saved <= 0:
        return f"Train on everything: {choice} keeps {kept} of {metric} and saves no time."
    if kept.low >= ENOUGH:
        return f"Train on {choice}: it keeps {kept} of {metric} and saves {percent(saved)} of the time."
    return (
        f"Train on everything, unless saving {percent(saved)} of the time is worth losing {percent(1 - kept.mean)} "
        f"of {metric}: "
        f"{choice} keeps {kept}."
    )


def method_notes(spec: ExperimentSpec) -> list[str]:
    """Return how the rows were chosen and how the model was trained."""
    method, train = selection.METHODS[spec.method.name], spec.train
    proxy = "pretrained on all ratings" if spec.pretrain else "left at its random start"
    stop = f", at most, stopping after {train.patience} without gain" if train.patience else ""
    notes = [f"{method.title}: {method.summary[0].lower()}{method.summary[1:]}"]
    if method.needs_proxy:
        notes.append(f"The method looks at a proxy, a SimpleMF with {spec.proxy.dim} dimensions, {proxy}.")
    test = "last rating by time" if spec.split.test == "last" else "one rating at random"
    return [
        *notes,
        f"{labels.run_title(spec).split(' · ')[0]} is trained for {train.epochs} epochs{stop}; Adam, batches of "
        f"{train.batch_size}, learning rate {train.learning_rate:g}.",
        f"Tested on each user's {test}, which no training saw.",
    ]


def limits(run: Run, seeds: int) -> list[str]:
    """Return what these numbers do not show."""
    said = [
        "One data set and one model; another may answer differently.",
        f"{number(seeds)} seeds." if seeds > 1 else "One seed: differences of a hundredth or two may be chance.",
        "Seconds are those of the machine that made the run; ratios carry over better than seconds.",
    ]
    if run.metric != "rmse":
        said.append(
            f"Recall@10 ranks the held-out film among {run.spec.evaluation.negatives} others; among all films it is "
            f"{number(run.result.metrics['recall@10_all'])}, and coresets lose more there."
        )
    if run.spec.data.fingerprint:
        said.append("The data are a copy that differs from the published files.")
    return said

"""What people who decide need of one run: what to do, how sure that is, and what it does not show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rec_core import labels, selection
from rec_core.analysis.comparison import Run
from rec_core.models import TITLES
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

    @property
    def words(self) -> str:
        """The mean with how sure it is."""
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


@dataclass(frozen=True)
class Verdict:
    """One choice over the seeds it was run with: quality kept, mean time saved, mean gain over the best control."""

    run: Run
    kept: Interval
    saved: float
    gain: float


def judge(run: Run, seeds: Sequence[Run]) -> Verdict:
    """Return what ``run`` and the same settings under other ``seeds`` (``run`` among them) say together.

    Every run has its baseline.
    """
    kept = over_seeds([one.quality_kept or 0.0 for one in seeds])
    saved, gain = (float(np.mean([value(one) for one in seeds])) for value in (_saved, lambda one: one.gain))
    return Verdict(run, kept, saved, gain)


def _saved(run: Run) -> float:
    return run.time_saved or 0.0


def headline(verdict: Verdict) -> str:
    """Return what the choice keeps and saves."""
    run, choice = verdict.run, labels.choice_title(verdict.run.spec)
    if run.is_baseline:
        return f"Training on everything gives {labels.METRICS[run.metric]} {number(run.result.metrics[run.metric])}."
    time = f"saves {percent(verdict.saved)} of the time" if verdict.saved > 0 else "saves no time"
    return f"{choice} keeps {verdict.kept.words} of {labels.quality(run.metric)} and {time}."


def decision(verdict: Verdict) -> str:
    """Return what to do, in one sentence."""
    run, kept = verdict.run, verdict.kept
    choice = labels.choice_title(run.spec)
    if run.is_baseline:
        return "This is training on everything, which the coresets are compared with."
    if verdict.gain <= 0:
        control = labels.control_title(run.best_control[0]).lower()
        does = "does better" if verdict.gain < 0 else "does no worse"
        return f"Do not train on {choice}: the control “{control}” needs no training and {does}."
    if verdict.saved <= 0:
        return f"Train on everything: {choice} saves no time."
    if kept.low >= ENOUGH and kept.seeds > 1:
        return f"Train on {choice}: it keeps enough, and saves {percent(verdict.saved)} of the time."
    if kept.mean >= ENOUGH:
        return f"{choice} looks worth it; run more seeds before you decide."
    saved, lost = percent(verdict.saved), percent(1 - kept.mean)
    return f"Train on everything, unless {saved} of the time is worth {lost} of {labels.quality(run.metric)}."


def method_notes(spec: ExperimentSpec) -> list[str]:
    """Return how the rows were chosen and how the model was trained."""
    method, train = selection.METHODS[spec.method.name], spec.train
    stop = f", at most, stopping after {train.patience} without gain" if train.patience else ""
    notes = [f"{method.title}: {method.summary[0].lower()}{method.summary[1:]}"]
    if method.needs_proxy:
        proxy = "pretrained on all ratings" if spec.pretrain else "left at its random start"
        notes.append(f"The method looks at a proxy, a SimpleMF with {spec.proxy.dim} dimensions, {proxy}.")
    test = "last rating by time" if spec.split.test == "last" else "one rating at random"
    return [
        f"{labels.data_title(spec)}.",
        *notes,
        f"{TITLES[spec.model.name]} is trained for {train.epochs} epochs{stop}; Adam, batches of "
        f"{train.batch_size}, learning rate {train.learning_rate:g}.",
        f"Tested on each user's {test}, which no training saw.",
    ]


def limits(verdict: Verdict, n_users: int) -> list[str]:
    """Return what these numbers do not show; ``n_users`` is how many the metrics are means over."""
    run = verdict.run
    value = run.result.metrics[run.metric]
    said = ["One data set and one model; another may answer differently."]
    if run.metric != "rmse":
        error = float(np.sqrt(value * (1 - value) / n_users))
        said += [
            f"Recall@10 is a mean over {number(n_users)} users; its standard error is {number(error)}, so that two "
            f"runs less than {number(3 * error)} apart may not differ.",
            f"It ranks the held-out film among {run.spec.evaluation.negatives} others. {_among_all(run)}",
        ]
    if verdict.kept.seeds == 1:
        said.append("One seed: another start or another draw may answer differently.")
    said.append("Seconds are those of the machine that made the run; ratios carry over better than seconds.")
    if run.spec.data.fingerprint:
        said.append("The data are a copy that differs from the published files.")
    return said


def _among_all(run: Run) -> str:
    ours = run.result.metrics["recall@10_all"]
    if run.baseline is None or run.is_baseline:
        return f"Among all films it is {number(ours)}."
    full = run.baseline.metrics["recall@10_all"]
    kept = f"; that is {percent(ours / full)} of it" if full else ""
    return f"Among all films it is {number(ours)}, against {number(full)} on full data{kept}."

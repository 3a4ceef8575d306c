"""What people who decide need of one choice: what to do, how sure that is, and what it does not show."""

from __future__ import annotations

from rec_core.analysis.comparison import Compared
from rec_core.evaluation.ranking import RECALL_ALL
from rec_core.replicates import Estimate
from rec_core.specs import ExperimentSpec
from rec_core.wording import labels
from rec_core.wording.numbers import number, percent

ENOUGH = 0.95  # share of quality from which a coreset is worth recommending, if it saves time and beats the controls


def kept_words(kept: Estimate) -> str:
    """Return a share of quality with how sure it is."""
    if kept.count == 1:
        return f"{percent(kept.mean)} (one seed)"
    return f"{percent(kept.mean)} ({kept.count} seeds, 95 % interval {percent(kept.low)} to {percent(kept.high)})"


def headline(one: Compared) -> str:
    """Return what the choice keeps and saves."""
    choice, metric = labels.choice_title(one.spec), one.metric
    if one.is_baseline:
        return f"Training on everything gives {metric.title} {number(one.value)}."
    if one.kept is None:
        return f"{choice} gives {metric.title} {number(one.value)}, and full data give nothing to hold it against."
    saved = one.time_saved or 0.0
    time = f"saves {percent(saved)} of the time" if saved > 0 else "saves no time"
    return f"{choice} keeps {kept_words(one.kept)} of {labels.quality(metric)} and {time}."


def decision(one: Compared) -> str:
    """Return what to do, in one sentence."""
    kept, choice, saved = one.kept, labels.choice_title(one.spec), one.time_saved or 0.0
    if one.is_baseline:
        return "This is training on everything, which the coresets are compared with."
    if kept is None:
        return "Train on full data for longer first: as they are, no choice can be judged by them."
    if one.gain <= 0:
        control = labels.control_title(one.best_control[0]).lower()
        does = "does better" if one.gain < 0 else "does no worse"
        return f"Do not train on {choice}: the control “{control}” needs no training and {does}."
    if saved <= 0:
        return f"Train on everything: {choice} saves no time."
    if kept.low >= ENOUGH and kept.count > 1:
        return f"Train on {choice}: it keeps enough, and saves {percent(saved)} of the time."
    if kept.mean >= ENOUGH:
        return f"{choice} looks worth it; run more seeds before you decide."
    lost = percent(1 - kept.mean)
    return f"Train on everything, unless {percent(saved)} of the time is worth {lost} of {labels.quality(one.metric)}."


def method_notes(spec: ExperimentSpec) -> list[str]:
    """Return how the rows were chosen and how the model was trained."""
    method, train = type(spec.method), spec.train
    stop = f", at most, stopping after {train.patience} without gain" if train.patience else ""
    notes = [f"{method.title}: {method.summary[0].lower()}{method.summary[1:]}"]
    if method.needs_proxy:
        proxy = "pretrained on all ratings" if spec.pretrain else "left at its random start"
        notes.append(f"The method looks at a proxy, a SimpleMF with {spec.proxy.dim} dimensions, {proxy}.")
    test = "last rating by time" if spec.split.test == "last" else "one rating at random"
    return [
        f"{labels.data_title(spec)}.",
        *notes,
        f"{spec.model.title} is trained for {train.epochs} epochs{stop}; Adam, batches of "
        f"{train.batch_size}, learning rate {train.learning_rate:g}.",
        f"Tested on each user's {test}, which no training saw.",
    ]


def limits(one: Compared, n_users: int) -> list[str]:
    """Return what these numbers do not show; ``n_users`` is how many the metrics are means over."""
    words = labels.words_of(one.spec)
    said = ["One data set and one model; another may answer differently."]
    if one.spec.feedback == "implicit":
        error = (one.value * (1 - one.value) / n_users) ** 0.5
        said += [
            f"{one.metric.title} is a mean over {number(n_users)} users; its standard error is {number(error)}, so "
            f"that two runs less than {number(3 * error)} apart may not differ.",
            f"It ranks the held-out {words.item} among {one.spec.evaluation.negatives} others. {_among_all(one)}",
        ]
    if len(one.group.results) == 1:
        said.append("One seed: another start or another draw may answer differently.")
    said.append("Seconds are those of the machine that made the run; ratios carry over better than seconds.")
    if one.spec.data.fingerprint:
        said.append("The data are a copy that differs from the published files.")
    return said


def _among_all(one: Compared) -> str:
    items, ours = labels.words_of(one.spec).items, one.group.metric(RECALL_ALL.name)
    if one.baseline is None or one.is_baseline:
        return f"Among all {items} it is {number(ours)}."
    full = one.baseline.metric(RECALL_ALL.name)
    share = RECALL_ALL.share(ours, full)
    kept = "" if share is None else f"; that is {percent(share)} of it"
    return f"Among all {items} it is {number(ours)}, against {number(full)} on full data{kept}."

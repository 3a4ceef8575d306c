"""What people who decide need of one choice: what to do, how sure that is, and what it does not show."""

from __future__ import annotations

from collections.abc import Sequence

from rec_core.analysis.comparison import Compared
from rec_core.analysis.evidence import MARGIN, Evidence
from rec_core.evaluation.ranking import ALL_ITEMS, RECALL, RECALL_ALL, SAMPLED
from rec_core.replicates import Estimate
from rec_core.specs import ExperimentSpec
from rec_core.wording import comparison, labels, serving
from rec_core.wording.numbers import number, percent, small


def headline(one: Compared, evidence: Evidence | None) -> str:
    """Return what the choice keeps and saves."""
    choice, metric = labels.choice_title(one.spec), one.metric
    if one.is_baseline:
        return f"Training on everything gives {metric.title} {number(one.value)}."
    kept = one.kept if evidence is None else evidence.kept
    if kept is None:
        return f"{choice} gives {metric.title} {number(one.value)}, and full data give nothing to hold it against."
    return f"{choice} keeps {comparison.how_sure(kept)} of {labels.quality(metric)}{_and_time(one.time_saved)}."


def _and_time(saved: float | None) -> str:
    if saved is None:
        return ""
    worth = saved >= comparison.ABOUT_THE_SAME
    return f" and saves {percent(saved)} of the CPU time" if worth else " and saves no time"


def decision(one: Compared, evidence: Evidence | None) -> str:
    """Return what to do, in one sentence; never because of a difference that may be chance."""
    choice, saved = labels.choice_title(one.spec), one.time_saved
    if one.is_baseline:
        return "This is training on everything, which the coresets are compared with."
    if one.kept is None:
        return "Train on full data for longer first: as they are, no choice can be judged by them."
    if evidence is None or evidence.kept is None:
        return f"Make the data available or run {choice} again before you decide: {comparison.UNKNOWN_HOW_SURE}."
    if evidence.than_control != "better":
        return _better_not(one, evidence)
    if not one.is_controlled:
        return f"Do not decide yet: {small(comparison.TO_COME[one.unmeasured])}"
    if saved is None:
        again = f"Run {choice} and full data again while the machine has nothing else to do"
        return f"{again}: {comparison.not_timed(one)}."
    return _worth_it(one, evidence, evidence.kept, saved)


def _worth_it(one: Compared, evidence: Evidence, kept: Estimate, saved: float) -> str:
    """Return the advice for a choice that beats every control: it depends on the loss and the saving."""
    choice = labels.choice_title(one.spec)
    if saved < comparison.ABOUT_THE_SAME:
        return f"Train on everything: {choice} saves no time."
    if kept.count == 1:
        quality = labels.quality(one.metric)
        return f"Run more seeds before you decide: {choice} keeps {comparison.how_sure(kept)} of {quality}."
    if evidence.is_worse:
        lost = percent(1 - kept.mean)
        quality = labels.quality(one.metric)
        return f"Train on everything, unless {percent(saved)} of the CPU time is worth {lost} of {quality}."
    if evidence.is_not_worse:
        margin = percent(MARGIN)
        return f"Train on {choice}: it loses no more than {margin}, and saves {percent(saved)} of the CPU time."
    return f"{choice} may be enough. Run more seeds before you decide."


def _better_not(one: Compared, evidence: Evidence) -> str:
    control = f"the control “{small(labels.control_title(one.best_control[0]))}” needs no training"
    does = "and does better" if evidence.than_control == "worse" else "and there is no clear difference from it"
    return f"Do not train on {labels.choice_title(one.spec)}: {control}, {does}{comparison.one_seed(evidence.gain)}."


def method_notes(spec: ExperimentSpec) -> list[str]:
    """Return how the rows were chosen and how the model was trained."""
    method, train = type(spec.method), spec.train
    best = ", of which the best on validation counts" if train.patience else ""
    stop = f", at most, stopping after {train.patience} without gain" if train.may_stop else best
    words = labels.words_of(spec)
    summary = method.summary.format(row=words.row, rows=words.rows)
    notes = [f"{method.title}: {summary[0].lower()}{summary[1:]}"]
    if method.needs_proxy:
        proxy = f"pretrained on all {words.rows}" if spec.pretrain else "left at its random start"
        notes.append(f"The method looks at a proxy, a SimpleMF with {spec.proxy.dim} dimensions, {proxy}.")
    return [
        f"{labels.data_title(spec)}.",
        *notes,
        *filter(None, [serving.trained_on(spec)]),
        f"{labels.model_title(spec)} is trained for {train.epochs} epochs{stop}; Adam, batches of "
        f"{train.batch_size}, learning rate {train.learning_rate:g}."
        if spec.model.is_trained
        else f"{labels.model_title(spec)} goes over its {words.rows} once; nothing is trained.",
        _tested(spec),
    ]


def _tested(spec: ExperimentSpec) -> str:
    words = labels.words_of(spec)
    if spec.split.by_date:
        share = percent(spec.split.held_out)
        return (
            f"Tested on each user's last {words.row} within the latest {share} of all {words.rows}, validated on the "
            f"{share} before, and trained on what is older than both."
        )
    if spec.split.is_given:
        return f"Tested on the {words.rows} of the test file, which no training saw."
    which = f"last {words.row} by time" if spec.split.test == "last" else f"one {words.row} at random"
    return f"Tested on each user's {which}, which no training saw."


def limits(
    one: Compared, evidence: Evidence | None, n_users: int, about_data: Sequence[str] = (), tuned_on: str = ""
) -> list[str]:
    """Return what these numbers do not show; ``n_users`` is how many the metrics are means over.

    ``about_data`` is what was found in the data and has to be known; ``tuned_on`` what its settings were tuned on.
    """
    said = ["One data set and one model; another may answer differently.", how_tuned(one.spec, tuned_on)]
    if evidence is not None:
        said.append(
            f"{one.metric.title} is a mean over {number(n_users)} users, and other users would give another one. "
            f"User by user the gain over the best control is {comparison.interval(evidence.gain)} (95 % interval)."
        )
    among = _among_which(one) if one.spec.feedback == "implicit" else ""
    said += filter(None, [serving.same_information(one), among, comparison.cut_short(one.judge), *about_data])
    if len(one.group.results) == 1:
        said.append("One seed: another start or another draw may answer differently.")
    said.append("CPU seconds are those of the machine that made the run; ratios carry over better than seconds.")
    if one.spec.data.fingerprint:
        said.append("The data are a copy that differs from the published files.")
    return said


def how_tuned(spec: ExperimentSpec, tuned_on: str) -> str:
    """Return whether settings were tuned, and on what."""
    if tuned_on:
        return f"Settings were tuned on {tuned_on}, and the same ones tried on all data (see Tuning)."
    title = labels.preset_title(spec)
    chosen = "were set by hand" if title == labels.CUSTOM else f"are those called “{title}”"
    return f"Settings {chosen}, the same for a part and for all data; neither was tuned on these data (see Tuning)."


def _among_which(one: Compared) -> str:
    """Return the items that the held-out item is ranked among, and the metric among others.

    Nothing of a metric that is worked out from neither of the two ranks.
    """
    words, count = labels.words_of(one.spec), one.spec.evaluation.negatives
    if one.metric.part not in (ALL_ITEMS, SAMPLED):
        return ""
    some = f" for {number(one.spec.evaluation.users)} users drawn at random" if one.spec.evaluation.users else ""
    every, few = f"all {words.items}{some}", f"{count} others"
    strict = one.metric.part == ALL_ITEMS
    among, other, beside = (every, few, RECALL) if strict else (few, every, RECALL_ALL)
    ranked = f"{one.metric.title} ranks the held-out {words.item} among {among}."
    if one.spec.split.is_given:
        return f"{one.metric.title} ranks each user's test {words.items} among {every}."
    ours = one.group.metric(beside.name)
    if one.baseline is None or one.is_baseline:
        return f"{ranked} Among {other} {RECALL.title} is {number(ours)}."
    full = one.baseline.metric(beside.name)
    share = beside.share(ours, full)
    kept = "" if share is None else f"; that is {percent(share)} of it"
    return f"{ranked} Among {other} {RECALL.title} is {number(ours)}, against {number(full)} on full data{kept}."

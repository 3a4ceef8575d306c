"""What a group of runs says beside its baseline and the controls, in words."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import pandas as pd

from rec_core.analysis import columns as col
from rec_core.analysis.comparison import NO_CONTROL, RANDOM, Compared, is_cut_short
from rec_core.analysis.evidence import Evidence
from rec_core.data.sources import Words
from rec_core.evaluation import Metric
from rec_core.replicates import Estimate, Group, Verdict, verdict
from rec_core.specs import ExperimentSpec
from rec_core.stages import CONTROLS, KEPT_CONTROLS
from rec_core.wording import labels, serving
from rec_core.wording.numbers import UNKNOWN, capital, counted, duration, number, percent, small

QUALITY, GAIN, SAVED = "Quality kept", "Gain over control", "CPU time saved"
NO_INTERVAL = "interval unknown"
# One of these is missing; which one, words do not know.
UNKNOWN_HOW_SURE = "how sure the difference is cannot be said, which needs the data and each user's stored results"
_STRONGER = "Stronger controls, such as an untrained SVD, are not measured yet"
TO_COME: Mapping[frozenset[str], str] = {  # which controls are missing → what is said of that
    frozenset(): "",
    frozenset({CONTROLS.name, KEPT_CONTROLS.name}): f"{_STRONGER}.",
    frozenset({CONTROLS.name}): f"{_STRONGER} on all rows.",
    frozenset({KEPT_CONTROLS.name}): "The same controls on the kept rows are not measured yet.",
}
_THAN_RANDOM: Mapping[Verdict, str] = {
    "better": "",
    "worse": "As many random rows do better",
    "no clear difference": "There is no clear difference from as many random rows",
}
ABOUT_THE_SAME = 0.02  # share of the time, below which a difference is the machine's
_FAR = 0.1  # share of the control's value from which worse is called far worse


def question(spec: ExperimentSpec) -> str:
    """Return what a run of ``spec`` would answer.

    >>> question(ExperimentSpec(method={"name": "random"}, ratio=0.2))
    'What do I lose if I train on 20 % of the ratings, chosen by Random?'
    """
    if spec.keeps_everything:
        return "How good is training on everything?"
    return f"What do I lose if I train on {labels.part_title(spec)}, chosen by {labels.method_choice(spec)}?"


def not_measured(metric: Metric, count: int = 1) -> str:
    """Return that runs have no value of a metric, and what to do.

    >>> from rec_core.evaluation import METRICS
    >>> not_measured(METRICS["rmse"], 3)
    'RMSE was not measured in 3 runs: the version that made them did not keep what it needs. Choose another metric.'
    """
    runs, them = ("this run", "it") if count == 1 else (f"{number(count)} runs", "them")
    return (
        f"{metric.title} was not measured in {runs}: the version that made {them} did not keep what it needs. Choose "
        "another metric."
    )


def headline(one: Compared, evidence: Evidence | None) -> tuple[str, str]:
    """Return what the group says, and what the best control says to that; ``evidence`` is how sure both are."""
    said = [_second(one, evidence), TO_COME[one.unmeasured], serving.same_information(one), cut_short(one.judge)]
    return _first(one, evidence), " ".join(filter(None, said))


def _first(one: Compared, evidence: Evidence | None) -> str:
    choice, metric, value = labels.choice_title(one.spec), one.metric, number(one.value)
    if one.is_baseline:
        rows = f"{number(one.group.results[0].n_train)} {labels.words_of(one.spec).rows}"
        return f"Training on all {rows} gives {metric.title} {value} in {cpu(one.seconds)}."
    kept = one.kept if evidence is None else evidence.kept
    if kept is None:
        return f"{choice} gives {metric.title} {value} in {cpu(one.seconds)}."
    return f"{choice} keeps {how_sure(kept)} of {labels.quality(metric)}{_and_time(one)}."


def _and_time(one: Compared) -> str:
    if one.time_saved is None:
        return ""
    epochs = "" if one.baseline is None else _epochs(one.group.epochs, one.baseline.epochs)
    if abs(one.time_saved) < ABOUT_THE_SAME:
        return f", in about the same CPU time{epochs}"
    if one.time_saved < 0:
        return f" but takes {number(1 - one.time_saved)} times the CPU time{epochs}"
    return f" and saves {percent(one.time_saved)} of the CPU time{epochs}"


def _epochs(ours: float, full: float) -> str:
    """Return how long both were trained, where that is a part of the difference."""
    return "" if ours == full else f" ({counted(ours, 'epoch', 'epochs')} against {number(full)})"


def how_sure(kept: Estimate) -> str:
    """Return a share of quality with its interval, where it has one, and the seeds that it rests on."""
    return f"{percent(kept.mean)} ({_range(kept, percent)})"


def than_random(gain: Estimate) -> str:
    """Return a sentence that compares as many random rows with a group that has this gain over them.

    >>> than_random(Estimate(-0.1, 0.01, 100, 1))
    'As many random rows do better (one seed).'
    """
    said = _THAN_RANDOM[verdict(gain)]
    return f"{said}{one_seed(gain)}." if said else ""


def one_seed(found: Estimate) -> str:
    """Return that a verdict rests on one seed, where it does."""
    return f" ({labels.seeds(1)})" if found.count == 1 else ""


def _second(one: Compared, evidence: Evidence | None) -> str:
    name, value = one.best_control
    if name == NO_CONTROL:
        return f"No control was measured by {one.metric.title}."
    share = "" if one.control_kept is None else f", which keeps {percent(one.control_kept)}"
    control = f"the control “{small(labels.control_title(name))}” ({number(value)}{share}), which needs no training"
    if evidence is None:
        return f"Beside it stands {control}; {UNKNOWN_HOW_SURE}."
    if evidence.than_control == "no clear difference":
        return f"There is no clear difference from {control}: {interval(evidence.gain)}."
    far = evidence.gain.mean < -_FAR * abs(value)
    than = "better" if evidence.than_control == "better" else "far worse" if far else "worse"
    return f"That is {than} than {control}: {interval(evidence.gain)}."


def interval(gain: Estimate) -> str:
    """Return a gain with its 95 % interval; of one seed, with that.

    >>> interval(Estimate(0.0012, 0.004, 100, 1)), interval(Estimate(0.0012, 0.004, 100, 3))
    ('+0.001 (−0.007 to +0.009, one seed)', '+0.001 (−0.007 to +0.009)')
    """
    seeds = f", {labels.seeds(gain.count)}" if gain.count == 1 else ""
    between = f"{_signed(gain.low)} to {_signed(gain.high)}" if gain.freedom > 0 else NO_INTERVAL
    return f"{_signed(gain.mean)} ({between}{seeds})"


def facts(one: Compared, evidence: Evidence | None) -> dict[str, tuple[str, str, str]]:
    """Return the four numbers of a group: title → value, what to hold it against, and help."""
    kept = one.kept if evidence is None else evidence.kept
    gain, result = one.gain if evidence is None else evidence.gain.mean, one.group.results[0]
    name = one.best_control[0]
    over = f"“{small(labels.control_title(name))}”" if name != NO_CONTROL else "a control"
    return {
        QUALITY: (
            UNKNOWN if kept is None else percent(kept.mean),
            "" if kept is None else _range(kept, percent),
            f"Of {labels.quality(one.metric)} on full data, with its 95 % interval, paired over users.",
        ),
        GAIN: (
            _signed(gain),
            "" if evidence is None else _range(evidence.gain, _signed),
            f"In {one.metric.title}, over {over}, which needs no training, with its 95 % interval. An interval "
            "that holds zero: no clear difference.",
        ),
        SAVED: (
            UNKNOWN if one.time_saved is None else percent(one.time_saved),
            "",
            f"Of pretraining, selecting and training. {_why_no_time(one)}",
        ),
        f"{capital(labels.words_of(one.spec).rows)} used": (
            number(result.n_selected),
            f"of {number(result.n_train)}",
            "",
        ),
    }


def _why_no_time(one: Compared) -> str:
    if one.time_saved is not None:
        return ""
    return "There is no full run of this seed yet." if not one.is_judged else f"{capital(not_timed(one))}."


def not_timed(one: Compared) -> str:
    """Return why no time is claimed of runs that have a baseline."""
    if not one.is_timed:
        return "one of the runs was made before CPU time was measured, so that no time can be claimed"
    return "one of the runs shared its core with other programs, so that no time can be claimed"


def _range(estimate: Estimate, say: Callable[[float], str]) -> str:
    seeds = labels.seeds(estimate.count)
    return (
        f"{say(estimate.low)} to {say(estimate.high)}, {seeds}" if estimate.freedom > 0 else f"{NO_INTERVAL}, {seeds}"
    )


def _signed(value: float) -> str:
    return UNKNOWN if math.isnan(value) else f"{value:+.3f}".replace("-", "−")


def left_out(count: int, words: Words) -> str:
    """Return that some runs cannot stand beside the others.

    >>> left_out(1, Words())
    '1 run was tested on other rows, or among other items, and is not shown here.'
    """
    runs, them = ("1 run was", "is") if count == 1 else (f"{number(count)} runs were", "are")
    return f"{runs} tested on other {words.rows}, or among other items, and {them} not shown here."


def cut_short(group: Group | None) -> str:
    """Return a warning where what others are judged by was not trained to its end; or nothing."""
    if group is None or not is_cut_short(group):
        return ""
    return (
        f"{labels.choice_title(group.spec)} was not trained to its end: the best of {group.spec.train.epochs} epochs "
        "is the last one allowed, so that more epochs may give more, and shares of it may be too high."
    )


def cpu(seconds: float) -> str:
    """Return a cost in CPU time.

    >>> cpu(75)
    '1 min 15 s of CPU time'
    """
    return f"{duration(seconds)} of CPU time"


def named(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of groups with the names of their methods, settings and seeds in place of the specs."""
    if table.empty:
        return table
    shown = table.rename(columns={"spec": "method", "seeds": "seed"})
    eras = [f" ({era})" if era else "" for era in table["era"]]
    short = [" (not trained to its end)" if cut and spec.keeps_everything else "" for cut, spec in _cut(table)]
    names = zip(table["spec"], eras, short, strict=True)
    method = [labels.method_choice(spec) + era + end for spec, era, end in names]
    shown = shown.assign(
        method=method, seed=table["seeds"].map(labels.seed_list), no_better=table["no_better"].map(_no_better)
    ).drop(columns=["era", "cut_short"])
    shown.insert(list(shown).index("seed"), "settings", table["spec"].map(labels.settings_title))
    return shown


def _no_better(names: Sequence[str]) -> str:
    """Return what a group does not beat, for example "random rows; most popular"."""
    return "; ".join("random rows" if name == RANDOM else small(labels.control_title(name)) for name in names)


def _cut(table: pd.DataFrame) -> Iterator[tuple[bool, ExperimentSpec]]:
    return zip(table["cut_short"], table["spec"], strict=True)


def controls_to_measure(unmeasured: frozenset[str], compares_items: bool) -> str:
    """Return the missing controls, by the names of their stages, as a noun phrase.

    ``compares_items`` says whether there are few enough items for what compares every two of them.

    >>> controls_to_measure(frozenset({"controls-kept"}), True)
    'item neighbourhood, an untrained SVD and a random walk on the kept rows'
    """
    which = "item neighbourhood, an untrained SVD and a random walk" if compares_items else "an untrained SVD"
    on = {CONTROLS.name: "all rows", KEPT_CONTROLS.name: "the kept rows"}
    return f"{which} on {' and '.join(rows for stage, rows in on.items() if stage in unmeasured)}"


def controls_left_out(n_items: int, words: Words) -> str:
    """Return which controls are not measured of so many items, and why."""
    return (
        f"Item neighbourhood and the random walk are left out: they compare every two of {number(n_items)} "
        f"{words.items}, which takes too much memory."
    )


def named_controls(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of controls with their titles, and in words what each is counted on."""
    counted = table[col.COUNTED_ON].map({True: "kept rows", False: "full train split"})
    return table.assign(**{col.CONTROL: table[col.CONTROL].map(labels.control_title), col.COUNTED_ON: counted})

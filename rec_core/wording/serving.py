"""What is said of models by how they know a user: by an embedding of their own, or by the user's own history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import pandas as pd

from rec_core.analysis import columns as col
from rec_core.analysis import comparison
from rec_core.analysis.comparison import Compared
from rec_core.analysis.votes import Votes
from rec_core.data.interactions import Split
from rec_core.data.sources import Words
from rec_core.data.texts import Texts
from rec_core.models import Model, NextItem
from rec_core.models.served import PROFILES, Profile
from rec_core.replicates import Verdict
from rec_core.selection import Method
from rec_core.specs import ExperimentSpec
from rec_core.wording import labels
from rec_core.wording.numbers import duration, number, percent, small

Family = Literal["embedded", "served"]
FAMILY: dict[Family, str] = {"embedded": "One embedding per user", "served": "Served from the profile"}
FAMILIES = (
    "SimpleMF and NCF hold one embedding per user, so that whoever has no kept row is not known to them. Models "
    "served from the profile make a user's vector from the user's own history when they serve, and need no row of "
    "theirs in training: whole users can be left out."
)


def family(model: type[Model]) -> Family:
    """Return which of the two kinds a model is."""
    return "served" if model.is_served else "embedded"


def about(model: type[Model]) -> str:
    """Return what a model does, and of which kind it is."""
    only = " For clicks alone." if len(model.feedbacks) == 1 else ""
    return f"{model.summary}. {FAMILY[family(model)]}.{only}"


def about_method(method: type[Method], model: type[Model], words: Words) -> str:
    """Return what a method does, and where it keeps whole users what becomes of the others."""
    summary = method.summary.format(row=words.row, rows=words.rows)
    if not method.keeps_users:
        return summary
    others = (
        "The others are served from their own histories."
        if model.is_served
        else f"The others are not known to {model.title}; a model served from the profile needs no row of theirs."
    )
    return f"{summary} {others}"


def trained_on(spec: ExperimentSpec) -> str:
    """Return what a run was trained on and served from, where that is not one thing; or nothing."""
    if not spec.model.is_served:
        return ""
    kept = f"all {labels.words_of(spec).rows}" if spec.keeps_everything else labels.part_title(spec)
    if spec.method.keeps_users and not spec.keeps_everything:
        kept = f"the {labels.words_of(spec).rows} of some users ({percent(spec.ratio)} of all)"
    did = "trained on" if spec.model.is_trained else "counted on"
    weights = (
        f" Weights of kept {labels.words_of(spec).rows} do not count."
        if spec.method.weighs and not spec.model.is_trained
        else ""
    )
    return f"{labels.model_title(spec)} is {did} {kept}, and served from each user's own history.{weights}"


def same_information(one: Compared) -> str:
    """Return a note on the rows that a run's histories hold beyond train, and its metric without them; or nothing.

    Controls beside it are given the same, so that nothing but the model differs.
    """
    if not one.spec.model.is_served:
        return ""
    result, words = one.group.results[0], labels.words_of(one.spec)
    if one.cut_value is None:
        return (
            f"User histories hold {words.rows} beyond the train {words.rows}. This result was made before Corelens "
            "counted them, and before it measured the model without them; run it again to see both."
        )
    return f"{_more_rows(result.histories, words)} {_without_them(one)}"


def _more_rows(histories: Mapping[str, int], words: Words) -> str:
    """Return a sentence with the number of rows that histories hold beyond the train rows.

    >>> _more_rows({"users": 69, "train": 12471, "beyond": 1886}, Words())
    "User histories hold 1,886 rows beyond the train rows, 27.3 per tested user. Controls that count a user's rows get \
the same."
    """
    each = histories["beyond"] / max(histories["users"], 1)
    return (
        f"User histories hold {number(histories['beyond'])} {words.rows} beyond the train {words.rows}, {number(each)} "
        f"per tested user. Controls that count a user's {words.rows} get the same."
    )


def _without_them(one: Compared) -> str:
    """Return a sentence with the metric of a run and of the best control from train rows alone."""
    assert one.cut_value is not None
    found = f"With histories cut to the train {labels.words_of(one.spec).rows}, {one.metric.title} is "
    if one.best_cut_control is None:
        return f"{found}{number(one.cut_value)}."
    name, value = one.best_cut_control
    return f"{found}{number(one.cut_value)}, and {number(value)} for the control “{small(labels.control_title(name))}”."


def beyond(spec: ExperimentSpec, split: Split, chosen: Profile | None = None) -> list[str]:
    """Return what a run uses beyond the rows that its budget counts, a phrase each.

    ``chosen`` is what of their history serves users, where that was chosen.
    """
    found: list[str] = []
    words = labels.words_of(spec)
    if spec.model.is_served:
        found.append(_histories(spec, split, chosen))
    if not spec.keeps_everything:
        if spec.train.start == "sketch" and spec.model.is_trained:
            what = "co-occurrence" if isinstance(spec.model, NextItem) else "singular vectors"
            found.append(f"the {what} of all {words.rows}, from which embeddings start")
        if spec.feedback == "explicit" and spec.train.residuals == "sketch" and not spec.model.is_served:
            found.append("the biases of all ratings")
        if spec.method.needs_proxy and spec.pretrain:
            found.append(f"a proxy that was pretrained on all {words.rows}, to choose rows")
    return found


def _histories(spec: ExperimentSpec, split: Split, chosen: Profile | None) -> str:
    """Return the histories that serve users, and the number of their rows that training does not see."""
    words, known = labels.words_of(spec), sum(len(part) for part in split.known)
    used = "" if chosen is None else f"; used: {small(PROFILES[chosen])}, as chosen on the validation {words.rows}"
    later = number(known - len(split.train))
    if spec.keeps_everything:
        return f"{later} {words.rows} of users' histories that are held out from training{used}"
    users = number(split.catalogue.n_users)
    return (
        f"the histories of all {users} users to serve them ({number(known)} {words.rows}, of which {later} are held "
        f"out from training{used})"
    )


def beyond_sentence(phrases: Sequence[str], words: Words) -> str:
    """Return the phrases as a sentence, or nothing.

    >>> beyond_sentence(["a sketch", "the profile"], Words())
    'Beyond the kept rows it uses a sketch, and the profile.'
    """
    if not phrases:
        return ""
    *first, last = phrases
    return f"Beyond the kept {words.rows} it uses {', '.join(first) + ', and ' if first else ''}{last}."


def why(each: Sequence[Votes], seen: pd.DataFrame, choice: str, words: Words) -> str:
    """Return how somebody is served whose ratings may not have been trained on."""
    kept = int((seen[col.KEPT] != "").sum())
    trained = f"None of their {words.rows} is" if not kept else f"{number(kept)} of their {words.rows} are"
    serving = each[0].serving if each else 0
    return (
        f"{trained} among those that {choice} keeps; {number(serving)} of their own history serve them. For each "
        f"{words.item}, those that speak for it most, with their shares of all that does."
    )


def reasons(each: Sequence[Votes], titles: Texts) -> pd.DataFrame:
    """Return one row per recommended item: what speaks for it, the strongest first."""
    said = [
        "; ".join(f"{titles[voter]} ({percent(share)})" for voter, share in zip(one.voters, one.shares, strict=True))
        for one in each
    ]
    return pd.DataFrame({col.ITEM: [str(titles[one.item]) for one in each], col.BECAUSE: said})


def both_kinds(leaders: Mapping[bool, Sequence[Compared]], verdicts: Mapping[bool, Verdict | None]) -> str:
    """Return which run leads on a part of the ratings and which on all of them, how sure that is, and what is free.

    Of a model with histories it also says what it finds from train rows alone, which is all that other models and this
    control have.

    ``leaders`` (``comparison.leaders``) are best first; ``verdicts`` say of the first whether it is better than the
    second, where that is known.
    """
    said = [_leader(some, whole, verdicts.get(whole)) for whole, some in leaders.items() if some]
    every = [one for some in leaders.values() for one in some]
    if not every:
        return ""
    metric = every[0].metric
    free = comparison.free_controls(every[0].group.results[0].controls_with(metric, cut=True), metric)
    if not free:
        return f"By {metric.title}: {'; '.join(said)}."
    name = metric.best(free)
    control = f"The control “{small(labels.control_title(name))}”, which needs no training, has {number(free[name])}."
    return f"By {metric.title}: {'; '.join(said)}. {control}"


def _leader(some: Sequence[Compared], whole: bool, verdict: Verdict | None) -> str:
    first, metric = some[0], some[0].metric
    extreme = "highest" if metric.higher_is_better else "lowest"
    where = f"all {labels.words_of(first.spec).rows}" if whole else "a part of them"
    value, seeds = f"{number(first.value)}{_cut(first)}", labels.seeds(len(first.group.results))
    facts = [value, seeds, f"{duration(first.seconds)} of CPU time"]
    if len(some) > 1 and verdict is not None:
        than = "better than" if verdict == "better" else "no clear difference from"
        fewest = min(len(one.group.results) for one in some[:2])
        alone = f", on {labels.seeds(1)}" if fewest == 1 < len(first.group.results) else ""
        facts.append(f"{than} {labels.run_title(some[1].spec)}{alone}")
    return f"on {where} **{labels.run_title(first.spec)}** has the {extreme} mean ({', '.join(facts)})"


def _cut(one: Compared) -> str:
    """Return the metric of a run with histories from train rows alone, to stand behind its own figure; or nothing."""
    if not one.spec.model.is_served:
        return ""
    rows = f"histories cut to the train {labels.words_of(one.spec).rows}"
    return f"; not measured with {rows}" if one.cut_value is None else f"; {number(one.cut_value)} with {rows}"

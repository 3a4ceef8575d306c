"""What a group of runs says beside its baseline and the controls, in words."""

from __future__ import annotations

import pandas as pd

from rec_core.analysis import columns as col
from rec_core.analysis.comparison import Compared
from rec_core.wording import labels
from rec_core.wording.numbers import duration, number, percent

_FAR = 0.1  # share of the control's value from which worse is called far worse


def headline(one: Compared) -> tuple[str, str]:
    """Return what the group says, and what the best control says to that."""
    return _first(one), _second(one)


def _first(one: Compared) -> str:
    choice, metric, value = labels.choice_title(one.spec), one.metric, number(one.value)
    if one.is_baseline:
        rows = number(one.group.results[0].n_train)
        return f"Training on all {rows} ratings gives {metric.title} {value} in {duration(one.seconds)}."
    if one.kept is None or one.time_saved is None:
        return f"{choice} gives {metric.title} {value} in {duration(one.seconds)}."
    time = (
        f"saves {percent(one.time_saved)} of the time"
        if one.time_saved >= 0
        else f"takes {number(1 - one.time_saved)} times as long"
    )
    link = "and" if one.time_saved >= 0 else "but"
    kept, seeds = percent(one.kept.mean), labels.seeds(one.kept.count)
    return f"{choice} keeps {kept} of {labels.quality(metric)} {link} {time} ({seeds})."


def _second(one: Compared) -> str:
    name, value = one.best_control
    share = "" if one.control_kept is None else f", which keeps {percent(one.control_kept)}"
    than = "better" if one.gain > 0 else "no better" if one.gain > -_FAR * value else "far worse"
    title = labels.control_title(name).lower()
    return f"That is {than} than the control “{title}” ({number(value)}{share}), which needs no training."


def named(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of groups with the names of their methods, settings and seeds in place of the specs."""
    if table.empty:
        return table
    shown = table.rename(columns={"spec": "method", "seeds": "seed"})
    eras = [f" ({era})" if era else "" for era in table["era"]]
    method = [labels.method_choice(spec) + era for spec, era in zip(table["spec"], eras, strict=True)]
    shown = shown.assign(method=method, seed=table["seeds"].map(labels.seed_list)).drop(columns="era")
    shown.insert(list(shown).index("seed"), "settings", table["spec"].map(labels.settings_title))
    return shown


def named_controls(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of controls with their titles, and in words what each is counted on."""
    counted = table[col.COUNTED_ON].map({True: "kept rows", False: "full train split"})
    return table.assign(**{col.CONTROL: table[col.CONTROL].map(labels.control_title), col.COUNTED_ON: counted})

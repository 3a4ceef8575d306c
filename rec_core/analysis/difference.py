"""What differs between experiments: only that, and only what counts for them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd

from rec_core.analysis import columns as col
from rec_core.errors import SpecError
from rec_core.evaluation import Metric
from rec_core.replicates import BySeed, Estimate, Group, difference, together
from rec_core.specs import ExperimentSpec, parse
from rec_core.stages import RUN

ABSENT = "–"  # a setting that does not count


def settings(compared: Mapping[str, ExperimentSpec]) -> pd.DataFrame:
    """Return one row per setting that differs where it counts, one column per experiment; – where it does not count."""
    flat = {title: _flat(spec) for title, spec in compared.items()}
    names = dict.fromkeys(name for values in flat.values() for name in values)
    rows = []
    for name in names:
        others = {values.get(name) for values in flat.values()} - {None}
        shown = {
            title: _text(flat[title][name]) if name in flat[title] and _counts(spec, name, others) else ABSENT
            for title, spec in compared.items()
        }
        if len(set(shown.values()) - {ABSENT}) > 1:
            rows.append({col.SETTING: name, **shown})
    return pd.DataFrame(rows, columns=[col.SETTING, *flat])


def _counts(spec: ExperimentSpec, name: str, values: Collection[Any]) -> bool:
    """Say whether a setting counts for an experiment: whether one of the others' ``values`` would make another run."""
    whole = name == "ratio" and spec.keeps_everything  # of which the ratio is what it is called, 1
    return whole or any(_differs(spec, name, value) for value in values)


def _differs(spec: ExperimentSpec, name: str, value: Any) -> bool:
    changed, (*path, last) = spec.model_dump(), name.split(".")
    place = reduce(lambda inner, part: inner[part], path, changed)
    if place[last] == value:
        return False
    if last == "name":
        return True  # another method or model has other settings
    place[last] = value
    try:
        return RUN.key(parse(changed)) != RUN.key(spec)
    except SpecError:
        return True  # it does not go with the other settings, so it says something of them


def _flat(spec: ExperimentSpec) -> dict[str, Any]:
    return dict(_leaves("", spec.model_dump() | ({"ratio": 1.0} if spec.keeps_everything else {})))


def _leaves(path: str, value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [leaf for name, inner in value.items() for leaf in _leaves(f"{path}.{name}" if path else name, inner)]
    return [(path, value)]


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def metrics(
    groups: Mapping[str, Group], baseline: str, metric: Metric, differences: Mapping[str, Estimate]
) -> pd.DataFrame:
    """Return one row per group: every metric with its difference from the group called ``baseline``.

    ``differences`` are those of the headline ``metric``, paired over users, of the groups that were measured by it;
    their interval stands beside them, and what they say when all of them are looked at together (Holm).
    """
    others = [title for title in differences if title != baseline]
    says = dict(zip(others, together([differences[title] for title in others]), strict=True))
    rows = []
    for title, group in groups.items():
        row: dict[str, object] = {col.RUN: title}
        for name in dict.fromkeys([*(one.name for one in groups[baseline].results[0].listed), metric.name]):
            row[name] = group.metric(name)
            row[col.delta(name)] = group.metric(name) - groups[baseline].metric(name)
            if name == metric.name and title in differences:
                row |= _with_interval(metric, differences[title])
                only = ", one seed" if title in says and differences[title].count == 1 else ""
                row[col.VERDICT] = says.get(title, ABSENT) + only
        row[col.BEST_EPOCH] = ", ".join(str(result.best_epoch) for result in group.results)
        rows.append(row)
    return pd.DataFrame(rows)


def _with_interval(metric: Metric, gain: Estimate) -> dict[str, float]:
    """Return a difference and its interval in units of the metric; an estimate is positive for better."""
    sign = 1 if metric.higher_is_better else -1
    low, high = sorted((sign * gain.low, sign * gain.high))
    return {
        col.delta(metric.name): sign * gain.mean,
        col.delta_from(metric.name): low,
        col.delta_to(metric.name): high,
    }


def against(metric: Metric, values: Mapping[str, BySeed], baseline: str) -> dict[str, Estimate]:
    """Return the gain of each title over ``baseline``; ``values`` are seed → (n_users,) by title.

    Without those of which some values were not measured (nan); without any where the baseline is one of them.
    """
    measured = {title: by_seed for title, by_seed in values.items() if _is_measured(by_seed)}
    if baseline not in measured:
        return {}
    itself = Estimate(0.0, 0.0, 0.0, len(measured[baseline]))
    others = {title: ours for title, ours in measured.items() if title != baseline}
    found = {title: difference(metric, ours, measured[baseline]) for title, ours in others.items()}
    return {title: found.get(title, itself) for title in measured}


def _is_measured(values: BySeed) -> bool:
    return not any(np.isnan(of_users).any() for of_users in values.values())

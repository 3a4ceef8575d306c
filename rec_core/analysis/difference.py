"""What differs between experiments: only that, and only what counts for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from rec_core.analysis import columns as col
from rec_core.evaluation import Metric
from rec_core.replicates import BySeed, Estimate, Group, difference, holm, verdict
from rec_core.specs import ExperimentSpec

ABSENT = "–"  # a setting that does not count


def settings(compared: Mapping[str, ExperimentSpec]) -> pd.DataFrame:
    """Return one row per setting that differs where it counts, one column per experiment; – where it does not count."""
    flat = {title: _flat(spec) for title, spec in compared.items()}
    names = dict.fromkeys(name for values in flat.values() for name in values)
    rows = [
        {col.SETTING: name, **{title: values.get(name, ABSENT) for title, values in flat.items()}} for name in names
    ]
    differing = [row for row in rows if len({row[title] for title in flat} - {ABSENT}) > 1]
    return pd.DataFrame(differing, columns=[col.SETTING, *flat])


def _flat(spec: ExperimentSpec) -> dict[str, str]:
    values = spec.model_dump()
    ignored = {"train.negatives", "proxy.negatives", "evaluation.negatives"} if spec.feedback == "explicit" else set()
    if spec.feedback == "implicit":
        ignored |= {f"model.{name}" for name in spec.model.explicit_only}
    if spec.keeps_everything:
        values["ratio"] = 1.0
    if not spec.uses_proxy:
        ignored |= {"pretrain"} | {f"proxy.{name}" for name in values["proxy"]}
    return {name: text for name, text in _leaves("", values) if name not in ignored}


def _leaves(path: str, value: Any) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [leaf for name, inner in value.items() for leaf in _leaves(f"{path}.{name}" if path else name, inner)]
    return [(path, f"{value:g}" if isinstance(value, float) else str(value))]


def metrics(
    groups: Mapping[str, Group], baseline: str, metric: Metric, differences: Mapping[str, Estimate]
) -> pd.DataFrame:
    """Return one row per group: every metric with its difference from the group called ``baseline``.

    ``differences`` are those of the headline ``metric``, paired over users; their interval stands beside them, and what
    they say when all of them are looked at together (Holm).
    """
    others = [title for title in groups if title != baseline]
    adjusted = dict(zip(others, holm([differences[title].p for title in others]), strict=True))
    rows = []
    for title, group in groups.items():
        row: dict[str, object] = {col.RUN: title}
        for name in group.results[0].metrics:
            row[name] = group.metric(name)
            row[col.delta(name)] = group.metric(name) - groups[baseline].metric(name)
            if name == metric.name:
                row |= _with_interval(metric, differences[title])
                row[col.VERDICT] = ABSENT if title == baseline else verdict(differences[title], adjusted[title])
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
    """Return how much better than ``baseline`` each is; ``values`` are seed → (n_users,) by title."""
    return {title: difference(metric, ours, values[baseline]) for title, ours in values.items()}

"""What differs between experiments: only that, and only what counts for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rec_core.analysis import columns as col
from rec_core.evaluation import METRICS, Metric
from rec_core.replicates import Estimate, Group, difference
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


def metrics(groups: Mapping[str, Group], baseline: str, differences: Mapping[str, Estimate]) -> pd.DataFrame:
    """Return one row per group: every metric with its difference from the group called ``baseline``.

    ``differences`` are those of the headline metric, paired over users; their interval stands beside them.
    """
    rows = []
    for title, group in groups.items():
        row: dict[str, object] = {col.RUN: title}
        for number, name in enumerate(group.results[0].metrics):
            row[name] = group.metric(name)
            row[col.delta(name)] = group.metric(name) - groups[baseline].metric(name)
            if number == 0:
                row |= _interval(METRICS[name], differences[title])
        row[col.BEST_EPOCH] = ", ".join(str(result.best_epoch) for result in group.results)
        rows.append(row)
    return pd.DataFrame(rows)


def _interval(metric: Metric, gain: Estimate) -> dict[str, float]:
    """Return the interval of a difference in units of the metric; an estimate is positive for better."""
    ends = sorted((gain.low, gain.high) if metric.higher_is_better else (-gain.low, -gain.high))
    return {col.delta_from(metric.name): ends[0], col.delta_to(metric.name): ends[1]}


def against(metric: Metric, values: Mapping[str, NDArray[np.floating]], baseline: str) -> dict[str, Estimate]:
    """Return how much better than ``baseline`` each is; ``values`` are (seeds x n_users) by title."""
    return {title: difference(metric, ours, values[baseline]) for title, ours in values.items()}

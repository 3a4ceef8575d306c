"""What differs between experiments: only that, and only what counts for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from rec_core import labels, selection, specs
from rec_core.results import RunResult
from rec_core.specs import ExperimentSpec
from rec_core.words import number


def settings(compared: Mapping[str, ExperimentSpec]) -> pd.DataFrame:
    """Return one row per setting that differs where it counts, one column per experiment; – where it does not count."""
    flat = {title: _flat(spec) for title, spec in compared.items()}
    names = dict.fromkeys(name for values in flat.values() for name in values)
    rows = [{"Setting": name, **{title: values.get(name, "–") for title, values in flat.items()}} for name in names]
    differing = [row for row in rows if len({row[title] for title in flat} - {"–"}) > 1]
    return pd.DataFrame(differing, columns=["Setting", *flat])


def _flat(spec: ExperimentSpec) -> dict[str, str]:
    values = spec.model_dump() | {"method": {"name": spec.method.name, **spec.method.params}}
    method = selection.METHODS[spec.method.name]
    ignored = set() if spec.feedback == "implicit" else {"train.negatives", "proxy.negatives", "evaluation.negatives"}
    if spec.feedback == "implicit" or spec.model.name != "mf":
        ignored |= {"model.bias"}
    if specs.keeps_everything(spec):
        values["ratio"] = 1.0
    if specs.keeps_everything(spec) or not method.needs_proxy:
        ignored |= {"pretrain"} | {f"proxy.{name}" for name in values["proxy"]}
    flat = dict(_leaves("", values))
    return {name: text for name, text in flat.items() if name not in ignored}


def _leaves(path: str, value: Any) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [leaf for name, inner in value.items() for leaf in _leaves(f"{path}.{name}" if path else name, inner)]
    return [(path, f"{value:g}" if isinstance(value, float) else str(value))]


def metrics(results: Mapping[str, RunResult], baseline: str) -> pd.DataFrame:
    """Return one row per run: every metric, and beside the main one the difference from the run called ``baseline``."""
    rows = []
    for title, result in results.items():
        row: dict[str, object] = {"Run": title}
        for name, value in result.metrics.items():
            row[labels.METRICS[name]] = value
            row[f"Δ {labels.METRICS[name]}"] = value - results[baseline].metrics[name]
        row["Best epoch"] = result.best_epoch
        rows.append(row)
    return pd.DataFrame(rows)


def headline(results: Mapping[str, RunResult], baseline: str | None, metric: str) -> str:
    """Return which run does best, and by how much it differs from the baseline."""
    if baseline is None:
        return "Selections side by side; nothing is trained on them yet."
    value = {title: result.metrics[metric] for title, result in results.items()}
    best = (min if metric == "rmse" else max)(value, key=lambda title: value[title])
    name, short = labels.METRICS[metric], best.rpartition(" · ")[0]
    others = [title for title in results if title != baseline]
    if best == baseline and len(others) == 1:
        loss, other = abs(value[others[0]] - value[baseline]), others[0].rpartition(" · ")[0]
        return f"{other} is worse by {number(loss)} in {name} than the baseline, {number(value[baseline])}."
    if best == baseline:
        return f"The baseline, {short}, does best: {name} {number(value[best])}."
    return (
        f"{short} does best: {name} {number(value[best])}, {value[best] - value[baseline]:+.3f} against the baseline."
    )

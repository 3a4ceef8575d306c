"""What differs between groups of runs, in words."""

from __future__ import annotations

from collections.abc import Mapping

from rec_core.evaluation import Metric
from rec_core.replicates import Group
from rec_core.wording.numbers import number


def headline(groups: Mapping[str, Group], baseline: str | None, metric: Metric) -> str:
    """Return which group does best, and by how much it differs from the baseline."""
    if baseline is None:
        return "Selections side by side; nothing is trained on them yet."
    value = {title: group.metric(metric.name) for title, group in groups.items()}
    best = metric.best(value)
    others = [title for title in groups if title != baseline]
    if best == baseline and len(others) == 1:
        loss, other = abs(value[others[0]] - value[baseline]), _short(others[0])
        return f"{other} is worse by {number(loss)} in {metric.title} than the baseline, {number(value[baseline])}."
    if best == baseline:
        return f"The baseline, {_short(best)}, does best: {metric.title} {number(value[best])}."
    change = f"{value[best] - value[baseline]:+.3f}"
    return f"{_short(best)} does best: {metric.title} {number(value[best])}, {change} against the baseline."


def _short(title: str) -> str:
    """Return a run's title without the beginning of its key."""
    return title.rpartition(" · ")[0]

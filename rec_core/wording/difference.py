"""What differs between groups of runs, in words."""

from __future__ import annotations

import math
from collections.abc import Mapping

from rec_core.evaluation import Metric
from rec_core.replicates import Estimate, Group, Verdict, together
from rec_core.wording.comparison import interval
from rec_core.wording.numbers import number


def headline(groups: Mapping[str, Group], baseline: str | None, metric: Metric, gains: Mapping[str, Estimate]) -> str:
    """Return a headline with the best group, and whether its lead is more than chance.

    ``gains`` are differences from the baseline, of the groups that were measured by ``metric``.
    """
    if baseline is None:
        return "Selections side by side; nothing is trained on them yet."
    value = {title: group.metric(metric.name) for title, group in groups.items()}
    if math.isnan(value[baseline]):
        return f"{metric.title} was not measured in {baseline}; choose another baseline or another metric."
    best, others = metric.best(value), [title for title in gains if title != baseline]
    if not others:
        return f"{baseline} has {metric.title} {number(value[baseline])}; choose another run of the same test set."
    says = dict(zip(others, together([gains[title] for title in others]), strict=True))
    if best == baseline:
        return _baseline_leads(value, baseline, metric, says, gains)
    found, change = f"{metric.title} {number(value[best])}", interval(gains[best])
    if says[best] == "better":
        return f"{best} does best: {found}, {change} against the baseline."
    return f"No run is clearly better than the baseline: the best, {best}, has {found}, {change}."


def _baseline_leads(
    value: Mapping[str, float],
    baseline: str,
    metric: Metric,
    says: Mapping[str, Verdict],
    gains: Mapping[str, Estimate],
) -> str:
    unclear = [title for title, said in says.items() if said == "no clear difference"]
    if len(says) > 1:
        also = f", with no clear difference from {len(unclear)} of the others" if unclear else ""
        seeds = ", one seed" if any(gains[title].count == 1 for title in says) else ""
        return f"The baseline, {baseline}, does best{also}: {metric.title} {number(value[baseline])}{seeds}."
    (other,) = says
    change = f"{interval(gains[other])} in {metric.title}, the baseline has {number(value[baseline])}."
    if unclear:
        return f"There is no clear difference between {other} and the baseline: {change}"
    return f"{other} is worse than the baseline: {change}"

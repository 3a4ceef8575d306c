"""Does tuning carry over, in words."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from rec_core.analysis.evidence import is_not_worse, is_worse
from rec_core.analysis.tuning import Tuned
from rec_core.evaluation import Metric
from rec_core.replicates import Estimate
from rec_core.results import RunResult
from rec_core.specs import ExperimentSpec, Start
from rec_core.sweeps.space import Configuration
from rec_core.sweeps.tuning import Tuning, Way
from rec_core.wording import labels
from rec_core.wording.comparison import how_sure
from rec_core.wording.frontier import beside_full
from rec_core.wording.numbers import counted, number, percent

QUESTION = "Does tuning carry over?"
WAY, TAU, FROM, TO, KEPT, KEPT_FROM, KEPT_TO, COST, CHOSE = (
    "Tuned on",
    "Kendall's τ",
    "τ, 95 % from",
    "τ, 95 % to",
    "Worth on all data",
    "95 % from",
    "95 % to",
    "CPU seconds",
    "Chose",
)
SHARES = (KEPT, KEPT_FROM, KEPT_TO)
_STARTS: Mapping[Start, str] = {"random": "random start", "kept": "SVD start", "sketch": "sketch start"}
HOW = (
    "One symbol per configuration and way of tuning, at what it gets on the validation split there and on all data. "
    "Where tuning carries over, symbols of one kind rise to the right. Large symbols are what each way chooses. "
    "Nothing here looks at the test split; what a choice is worth does."
)


def answer(found: Mapping[Way, Tuned], tuning: Tuning) -> tuple[str, str]:
    """Return what tuning on the part is worth, and what that says beside cheaper ways."""
    part, full = found.get("part"), found.get("full")
    if part is None or full is None or part.kept is None:
        return (
            QUESTION,
            "An answer needs two of the same configurations or more, trained on a part and on all data.",
        )
    spent = percent(part.seconds / full.seconds)
    first = (
        f"Tuning on {labels.choice_title(tuning.base)} finds settings worth {how_sure(part.kept)} of the best ones, "
        f"for {spent} of the time."
    )
    others = " ".join(_beside(way, one) for way, one in found.items() if way != "part")
    return first, f"{_carries(part.kept)} {order(part)} {others}"


def _carries(kept: Estimate) -> str:
    if is_not_worse(kept):
        return "So it carries over."
    if is_worse(kept):
        return "So it does not carry over."
    return "We cannot tell yet whether it carries over. Run more seeds to find out."


def order(one: Tuned) -> str:
    """Return how alike the orders of configurations are."""
    tau = one.order
    if not math.isfinite(tau.value):
        return "Too few configurations differ for an order."
    between = f"{number(tau.low)} to {number(tau.high)}"
    return f"Kendall's τ between the orders of {tau.n} configurations is {number(tau.value)} ({between})."


def _beside(way: Way, one: Tuned) -> str:
    if one.kept is None:
        return ""
    said = {
        "random": "As many random rows choose",
        "few epochs": "All data for as few epochs choose",
        "full": "Tuning on all data itself chooses",
    }
    return f"{said[way]} settings worth {percent(one.kept.mean)}."


def control(best: RunResult | None, metric: Metric) -> str:
    """Return what the best control gives for nothing of what the best configuration reaches on all data."""
    said = beside_full(best, metric)
    return f"Of what the best settings reach {said}" if said else ""


def way_title(way: Way, tuning: Tuning) -> str:
    """Return what was tuned on."""
    base = tuning.base
    return {
        "part": labels.choice_title(base),
        "random": f"Random at {percent(base.ratio)}",
        "few epochs": "All data, few epochs",
        "full": "All data",
    }[way]


def configuration_title(one: Configuration) -> str:
    """Return what a configuration sets, for example "rate 0.003, size 32, start at random, 12 epochs"."""
    parts = [
        f"rate {one.learning_rate:g}" if one.learning_rate is not None else "",
        f"decay {one.weight_decay:g}" if one.weight_decay is not None else "",
        f"size {one.dim}" if one.dim is not None else "",
        _STARTS[one.start] if one.start is not None else "",
        counted(one.negatives, "negative", "negatives") if one.negatives is not None else "",
        f"at most {counted(one.epochs, 'epoch', 'epochs')}" if one.epochs is not None else "",
    ]
    return ", ".join(filter(None, parts))


def table(found: Mapping[Way, Tuned], tuning: Tuning) -> pd.DataFrame:
    """Return one row per way of tuning."""
    return pd.DataFrame(
        [
            {
                WAY: way_title(way, tuning),
                TAU: math.nan if way == "full" else one.order.value,
                FROM: math.nan if way == "full" else one.order.low,
                TO: math.nan if way == "full" else one.order.high,
                KEPT: math.nan if one.kept is None else one.kept.mean,
                KEPT_FROM: math.nan if one.kept is None else one.kept.ends[0],
                KEPT_TO: math.nan if one.kept is None else one.kept.ends[1],
                COST: one.seconds,
                CHOSE: configuration_title(tuning.configurations[one.chosen]),
            }
            for way, one in found.items()
        ]
    )


def called(base: ExperimentSpec) -> str:
    """Return the name of a tuning; another one of the same part takes its place."""
    return f"Tuning · {labels.data_title(base)}, {labels.run_title(base)}"


def about(tuning: Tuning) -> str:
    """Return what a tuning is of."""
    ways = " · ".join(way_title(way, tuning) for way in tuning.ways)
    return f"{counted(len(tuning.configurations), 'configuration', 'configurations')} on each of: {ways}"

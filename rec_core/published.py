"""The figures of the report that Corelens implements, as published.

Source: "Mini Project Report: Coreset Selection for Efficient Recommendation", 2025, Tables 1 to 3. "Select time" there
includes the proxy's training, so it does here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rec_core import specs
from rec_core.data.interactions import Feedback
from rec_core.evaluation.ranking import NDCG, RECALL
from rec_core.evaluation.rating import RMSE
from rec_core.selection import METHODS
from rec_core.specs import ExperimentSpec


@dataclass(frozen=True)
class Published:
    """One row of a table as published: metrics by our names, seconds, and a footnote where it needs one."""

    method: str
    pretrain: bool
    metrics: Mapping[str, float]
    select_s: float
    train_s: float
    footnote: str = ""


@dataclass(frozen=True)
class Table:
    """A table of the report."""

    number: int
    title: str
    feedback: Feedback
    model: str
    metrics: tuple[str, ...]
    rows: tuple[Published, ...]
    footnote: str = ""


_CLUSTERING = (
    "The report's clustering trained for under 1 % of the random coreset's time, which is about 0.16 % of the data "
    "and not the 20 % it names; ours keeps exactly 20 %, so the two figures cannot be compared."
)


def _explicit(method: str, pretrain: bool, rmse: float, select_s: float, train_s: float, note: str = "") -> Published:
    return Published(method, pretrain, {RMSE.name: rmse}, select_s, train_s, note)


def _implicit(
    method: str, pretrain: bool, recall: float, ndcg: float, select_s: float, train_s: float, note: str = ""
) -> Published:
    return Published(method, pretrain, {RECALL.name: recall, NDCG.name: ndcg}, select_s, train_s, note)


TABLES: dict[int, Table] = {
    1: Table(
        1,
        "SimpleMF on explicit feedback",
        "explicit",
        "mf",
        (RMSE.name,),
        (
            _explicit("full", True, 2.685, 0, 414.96),
            _explicit("random", True, 2.815, 0.02, 85.76),
            _explicit("gradient", False, 2.806, 644.70, 84.86),
            _explicit("greedy", False, 2.786, 2.03, 94.51),
        ),
        "Every RMSE of the report's Table 1 is above that of predicting one constant for everything (global mean, "
        "below): SimpleMF without biases, started from N(0, 1), cannot have learnt, and its description does not lead "
        "to its figures. Both are shown as they are; nothing was tuned towards the report.",
    ),
    2: Table(
        2,
        "NCF on explicit feedback",
        "explicit",
        "ncf",
        (RMSE.name,),
        (
            _explicit("full", True, 0.984, 0, 723.42),
            _explicit("random", True, 1.060, 0.02, 146.86),
            _explicit("clustering", True, 1.694, 114.41, 1.17, _CLUSTERING),
            _explicit("gradient", True, 1.332, 794.79, 147.46),
            _explicit("gradient", False, 1.064, 684.87, 146.18),
            _explicit("greedy", True, 1.101, 115.08, 162.71),
            _explicit("greedy", False, 1.110, 2.20, 163.22),
        ),
        "Ours keep the best of 20 epochs by the validation rating: full data's figure is 0.011 below the report's, "
        "those of coresets but clustering are 0.03 to 0.15 below (means over three seeds).",
    ),
    3: Table(
        3,
        "NCF on implicit feedback",
        "implicit",
        "ncf",
        (RECALL.name, NDCG.name),
        (
            _implicit("full", True, 0.582, 0.320, 0, 1049.03),
            _implicit("random", True, 0.441, 0.237, 0.02, 215.61),
            _implicit("clustering", True, 0.165, 0.079, 139.05, 1.68, _CLUSTERING),
            _implicit("gradient", True, 0.104, 0.047, 878.58, 213.84),
            _implicit("gradient", False, 0.330, 0.183, 738.03, 212.88),
            _implicit("greedy", True, 0.449, 0.242, 139.59, 235.81),
            _implicit("greedy", False, 0.449, 0.245, 2.10, 235.88),
        ),
        "The report does not say which epoch it kept. With the best of 20 by the validation rating, as here, all its "
        "figures but clustering's are reproduced within 0.014 (means over three seeds).",
    ),
}


def published(spec: ExperimentSpec) -> Published | None:
    """Return the report's row for this experiment: ML-1M, ratio 0.2, the report's settings; None if it has none."""
    if not _is_reports(spec):
        return None
    for table in TABLES.values():
        if (table.feedback, table.model) == (spec.feedback, spec.model.name):
            for row in table.rows:
                if row.method == spec.method.name and row.pretrain == (spec.pretrain or not _has_proxy(row.method)):
                    return row
    return None


def _is_reports(spec: ExperimentSpec) -> bool:
    reports = specs.preset("report", spec.feedback, spec.model.name)
    same = (reports.split, reports.train, reports.model, reports.proxy) == (
        spec.split,
        spec.train,
        spec.model,
        spec.proxy,
    )
    return same and spec.data.dataset == "ml-1m" and (spec.ratio == reports.ratio or spec.method.name == "full")


def _has_proxy(method: str) -> bool:
    return METHODS[method].needs_proxy

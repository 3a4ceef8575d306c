"""Evaluation: errors of ratings, ranks of held-out items, controls. Every metric is listed here."""

from rec_core.data.interactions import Feedback
from rec_core.evaluation.at_k import AT_K, OFFERED
from rec_core.evaluation.metric import RELEVANT, Metric, Metrics, PerUser, cut
from rec_core.evaluation.ranking import ALL_ITEMS, NDCG, NDCG_ALL, RECALL, RECALL_ALL, SAMPLED, SEVERAL
from rec_core.evaluation.rating import MAE, RMSE
from rec_core.evaluation.registry import Registry

# Of each kind of feedback the first is the one that headlines are about.
METRICS = Registry((RMSE, MAE, RECALL, NDCG, RECALL_ALL, NDCG_ALL, *SEVERAL))


def metrics_of(feedback: Feedback, several: bool = False) -> list[Metric]:
    """Return the metrics of one kind of feedback that tables list, the headline metric first.

    Of users with ``several`` relevant items the ranks among all items are known alone; their metrics are more.
    """
    listed = [metric for metric in METRICS.values() if metric.feedback == feedback]
    if not several or feedback == "explicit":
        return [metric for metric in listed if metric not in SEVERAL]
    return [*SEVERAL, *(metric for metric in listed if metric.part != SAMPLED and metric not in SEVERAL)]


def offered(feedback: Feedback, several: bool = False) -> list[Metric]:
    """Return the metrics that a list offers: those that tables list, then the same at other K, and further kinds."""
    listed = metrics_of(feedback, several)
    parts = [] if feedback == "explicit" else ["_all"] if several else ["", "_all"]
    more = [METRICS[f"{kind}@{k}{part}"] for part in parts for kind in AT_K for k in OFFERED]
    return list(dict.fromkeys([*listed, *more]))


def headline_metric(feedback: Feedback, several: bool = False) -> Metric:
    """Return the metric that headlines are about, unless readers choose another."""
    return metrics_of(feedback, several)[0]


def validation_metric(feedback: Feedback) -> Metric:
    """Return the metric that is followed while training: the first that needs no ranking of all items."""
    return next(metric for metric in metrics_of(feedback) if metric.part != ALL_ITEMS)


def measure(feedback: Feedback, per_user: PerUser) -> Metrics:
    """Return every listed metric of this feedback that can be worked out from ``per_user``."""
    every = metrics_of(feedback, RELEVANT in per_user)
    return {metric.name: metric.value(per_user) for metric in every if metric.part in per_user}


def measure_cut(feedback: Feedback, per_user: PerUser) -> Metrics:
    """Return every metric with histories cut to train rows; {} where that was not measured."""
    alone = cut(per_user)
    return measure(feedback, alone) if alone else {}


__all__ = [
    "METRICS",
    "Metric",
    "Metrics",
    "PerUser",
    "cut",
    "headline_metric",
    "measure",
    "measure_cut",
    "metrics_of",
    "offered",
    "validation_metric",
]

"""Evaluation: errors of ratings, ranks of held-out items, controls. Every metric is listed here."""

from rec_core.data.interactions import Feedback
from rec_core.evaluation.metric import Metric, Metrics, PerUser, cut
from rec_core.evaluation.ranking import ALL_ITEMS, NDCG, NDCG_ALL, RECALL, RECALL_ALL
from rec_core.evaluation.rating import MAE, RMSE

# Of each kind of feedback the first is the one that headlines are about.
METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        RMSE,
        MAE,
        RECALL,
        NDCG,
        RECALL_ALL,
        NDCG_ALL,
    )
}


def metrics_of(feedback: Feedback) -> list[Metric]:
    """Return the metrics of one kind of feedback, the headline metric first."""
    return [metric for metric in METRICS.values() if metric.feedback == feedback]


def headline_metric(feedback: Feedback) -> Metric:
    """Return the metric that headlines are about, unless readers choose another."""
    return metrics_of(feedback)[0]


def validation_metric(feedback: Feedback) -> Metric:
    """Return the metric that is followed while training: the first that needs no ranking of all items."""
    return next(metric for metric in metrics_of(feedback) if metric.part != ALL_ITEMS)


def measure(feedback: Feedback, per_user: PerUser) -> Metrics:
    """Return every metric of this feedback that can be worked out from ``per_user``."""
    return {metric.name: metric.value(per_user) for metric in metrics_of(feedback) if metric.part in per_user}


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
    "validation_metric",
]

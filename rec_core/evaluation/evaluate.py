"""Evaluate a model's scores and the controls on the test split."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import Interactions, Split
from rec_core.evaluation.ranking import Score, all_item_ranks, ranking_metrics, sampled_ranks
from rec_core.evaluation.rating import Metrics, rating_metrics
from rec_core.models import baselines

_RATING_CONTROLS = {
    "global_mean": baselines.global_mean,
    "item_mean": baselines.item_mean,
    "user_item_bias": baselines.user_item_bias,
}


@dataclass(frozen=True)
class Evaluation:
    """Metrics of the model and of each control, and the model's per-user results on the test split.

    ``controls`` maps ``<control>`` (counted on the full train split) and ``<control>_kept`` (on the kept rows
    alone) to metrics. ``per_user`` holds ``error`` (stars), or ``rank`` and ``rank_all``, (n_users,) in user order.
    """

    metrics: Metrics
    controls: dict[str, Metrics]
    per_user: dict[str, NDArray[np.float32]]


def evaluate_ratings(score: Score, split: Split, kept: Interactions) -> Evaluation:
    """Return the errors of predicted stars on ``split.test``; ``kept`` are the rows of the coreset."""
    error = rating_errors(score, split.test)
    return Evaluation(rating_metrics(error), _rating_controls(split, kept), {"error": error})


def evaluate_ranking(
    score: Score,
    split: Split,
    kept: Interactions,
    negatives: NDArray[np.int32],
    report: Callable[[float], None] = lambda fraction: None,
) -> Evaluation:
    """Return the ranks of ``split.test``'s items among the ``negatives`` (n_users x c) and among all items.

    ``report`` hears the fraction done now and then, and may raise to stop.
    """
    rank, rank_all = sampled_ranks(score, split.test, negatives), all_item_ranks(score, split, report)
    metrics = ranking_metrics(rank) | ranking_metrics(rank_all, "_all")
    return Evaluation(metrics, _ranking_controls(split, kept, negatives), {"rank": rank, "rank_all": rank_all})


def rating_errors(score: Score, rows: Interactions) -> NDArray[np.float32]:
    """Return predicted − true rating of each row, (n,)."""
    return (score(rows.user, rows.item[:, None])[:, 0] - rows.rating).astype(np.float32)


def _rating_controls(split: Split, kept: Interactions) -> dict[str, Metrics]:
    test = split.test
    return {
        name + suffix: rating_metrics(predict(rows, test.user, test.item) - test.rating)
        for name, predict in _RATING_CONTROLS.items()
        for suffix, rows in (("", split.train), ("_kept", kept))
    }


def _ranking_controls(split: Split, kept: Interactions, negatives: NDArray[np.int32]) -> dict[str, Metrics]:
    out = {}
    for suffix, rows in (("", split.train), ("_kept", kept)):
        counts = baselines.popularity(rows, split.catalogue.n_items)

        def score(users: NDArray[np.integer], items: NDArray[np.integer], counts: NDArray[np.int64] = counts) -> Any:
            return np.broadcast_to(counts[items], (len(users), items.shape[1]))

        sampled = sampled_ranks(score, split.test, negatives)
        out["most_popular" + suffix] = ranking_metrics(sampled) | ranking_metrics(all_item_ranks(score, split), "_all")
    return out

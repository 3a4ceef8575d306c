"""Evaluate a model's scores and the controls on the test split."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import Interactions, Split
from rec_core.evaluation import Metrics, measure
from rec_core.evaluation.ranking import ALL_ITEMS, SAMPLED, all_item_ranks, sampled_ranks
from rec_core.evaluation.rating import ERROR, rating_errors
from rec_core.models import Score, baselines

RATING_CONTROLS = {
    "global_mean": baselines.global_mean,
    "item_mean": baselines.item_mean,
    "user_item_bias": baselines.user_item_bias,
}
MOST_POPULAR = "most_popular"
KEPT = "_kept"  # ends the name of a control that is counted on the kept rows alone


@dataclass(frozen=True)
class Evaluation:
    """Metrics of the model and of each control, and the model's per-user results on the test split.

    ``controls`` maps ``<control>`` (counted on the full train split) and ``<control>_kept`` (on the kept rows
    alone) to metrics. ``per_user`` holds ``error``, or ``rank`` and ``rank_all``, (n_users,) in user order.
    """

    metrics: Metrics
    controls: dict[str, Metrics]
    per_user: dict[str, NDArray[np.float32]]


def evaluate_ratings(score: Score, split: Split, kept: Interactions) -> Evaluation:
    """Return the errors of predicted ratings on ``split.test``; ``kept`` are the rows of the coreset."""
    per_user = {ERROR: rating_errors(score, split.test)}
    return Evaluation(measure("explicit", per_user), _rating_controls(split, kept), per_user)


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
    per_user = {
        SAMPLED: sampled_ranks(score, split.test, negatives),
        ALL_ITEMS: all_item_ranks(score, split, report),
    }
    return Evaluation(measure("implicit", per_user), _ranking_controls(split, kept, negatives), per_user)


def _rating_controls(split: Split, kept: Interactions) -> dict[str, Metrics]:
    test = split.test
    return {
        name + suffix: measure("explicit", {ERROR: predict(rows, test.user, test.item) - test.rated})
        for name, predict in RATING_CONTROLS.items()
        for suffix, rows in (("", split.train), (KEPT, kept))
    }


def _ranking_controls(split: Split, kept: Interactions, negatives: NDArray[np.int32]) -> dict[str, Metrics]:
    out = {}
    for suffix, rows in (("", split.train), (KEPT, kept)):
        counts = baselines.popularity(rows, split.catalogue.n_items)

        def score(users: NDArray[np.integer], items: NDArray[np.integer], counts: NDArray[np.int64] = counts) -> Any:
            return np.broadcast_to(counts[items], (len(users), items.shape[1]))

        per_user = {SAMPLED: sampled_ranks(score, split.test, negatives), ALL_ITEMS: all_item_ranks(score, split)}
        out[MOST_POPULAR + suffix] = measure("implicit", per_user)
    return out

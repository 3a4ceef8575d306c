"""Evaluate a model's scores and the controls on the test split."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import Interactions, Split
from rec_core.evaluation import Metrics, controls, measure
from rec_core.evaluation.ranking import ALL_ITEMS, SAMPLED, all_item_ranks, sampled_ranks
from rec_core.evaluation.rating import ERROR, rating_errors
from rec_core.evaluation.shown import Shown
from rec_core.models import Score


@dataclass(frozen=True)
class Evaluation:
    """Metrics of the model and of each control (``controls.names``), and the model's results on the test split.

    ``per_user`` holds ``error``, or ``rank`` and ``rank_all``, (n_test,) in the order of the test rows; ``shown`` how
    often each item (n_items,) is among a user's first ten, and nothing for ratings.
    """

    metrics: Metrics
    controls: dict[str, Metrics]
    per_user: dict[str, NDArray[np.float32]]
    shown: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))


def evaluate_ratings(score: Score, split: Split, kept: Interactions) -> Evaluation:
    """Return the errors of predicted ratings on ``split.test``; ``kept`` are the rows of the coreset."""
    per_user = {ERROR: rating_errors(score, split.test)}
    beside = {
        name: measure("explicit", controls.per_user(name, split, kept, None, [ERROR]))
        for name in controls.names("explicit")
    }
    return Evaluation(measure("explicit", per_user), beside, per_user)


def evaluate_ranking(
    score: Score,
    split: Split,
    kept: Interactions,
    negatives: NDArray[np.int32],
    report: Callable[[float], None] = lambda fraction: None,
    among_all: NDArray[np.int64] | None = None,
) -> Evaluation:
    """Return the ranks of ``split.test``'s items among the ``negatives`` (n_users x c) and among all items.

    ``report`` hears the fraction done now and then, and may raise to stop. ``among_all`` are the places of the test
    rows that are ranked among all items, if not all are: ``rank_all`` and ``shown`` are then of these.
    """
    shown = Shown(split.catalogue.n_items)
    some = split if among_all is None else replace(split, test=split.test.take(among_all))
    per_user = {
        SAMPLED: sampled_ranks(score, split.test, negatives),
        ALL_ITEMS: all_item_ranks(score, some, report, shown.look),
    }
    beside = {
        name: measure(
            "implicit",
            {
                **controls.per_user(name, split, kept, negatives, [SAMPLED]),
                **controls.per_user(name, some, kept, negatives, [ALL_ITEMS]),
            },
        )
        for name in controls.names("implicit")
    }
    return Evaluation(measure("implicit", per_user), beside, per_user, shown.counts)

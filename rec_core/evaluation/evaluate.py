"""Evaluate a model's scores and the controls on the test split."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import Interactions, Split
from rec_core.evaluation import Metrics, controls, measure, measure_cut
from rec_core.evaluation.metric import as_cut
from rec_core.evaluation.ranking import ALL_ITEMS, SAMPLED, sampled_ranks
from rec_core.evaluation.rating import ERROR, rating_errors, rows_of_users
from rec_core.evaluation.several import ranked
from rec_core.evaluation.shown import Shown
from rec_core.models import Score


@dataclass(frozen=True)
class Evaluation:
    """Metrics of the model and of each control (``controls.names``), and the model's results on the test split.

    ``per_user`` holds ``error``, or ``rank`` and ``rank_all``, (n_test,) in the order of the test rows; of a split that
    comes with the data ``error`` or ``rank_all`` of all its rows, with their number per user. ``shown`` is how often
    each item (n_items,) is among a user's first ten, and nothing for ratings. Of a model that is served from
    users' histories ``per_user`` holds the same parts once more, histories cut to train rows (``metric.cut``), and
    ``cut_controls`` are the controls with what they say of users cut alike; of other models it is empty.
    """

    metrics: Metrics
    controls: dict[str, Metrics]
    per_user: dict[str, NDArray[Any]]
    shown: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    cut_controls: dict[str, Metrics] = field(default_factory=dict)

    @property
    def cut_metrics(self) -> Metrics:
        """Metrics of the model with histories cut to train rows; {} of a model without histories."""
        return measure_cut("explicit" if ERROR in self.per_user else "implicit", self.per_user)


def evaluate_ratings(score: Score, split: Split, kept: Interactions, alone: Score | None = None) -> Evaluation:
    """Return the errors of predicted ratings on ``split.test``; ``kept`` are the rows of the coreset.

    ``alone`` is the score of a model with histories where these are cut to train rows.
    """
    per_user: dict[str, NDArray[Any]] = {ERROR: rating_errors(score, split.test), **rows_of_users(split)}
    if alone is None:
        return Evaluation(measure("explicit", per_user), _rating_controls(split, kept), per_user)
    both = per_user | as_cut({ERROR: rating_errors(alone, split.test)})
    beside, cut = (_rating_controls(split, kept, rows) for rows in (split.known, (split.train,)))
    return Evaluation(measure("explicit", per_user), beside, both, cut_controls=cut)


def _rating_controls(
    split: Split, kept: Interactions, histories: Sequence[Interactions] | None = None
) -> dict[str, Metrics]:
    return {
        name: measure("explicit", controls.per_user(name, split, kept, None, [ERROR], histories))
        for name in controls.names("explicit")
    }


def evaluate_ranking(
    score: Score,
    split: Split,
    kept: Interactions,
    negatives: NDArray[np.int32],
    report: Callable[[float], None] = lambda fraction: None,
    alone: Score | None = None,
    among_all: NDArray[np.int64] | None = None,
) -> Evaluation:
    """Return the ranks of ``split.test``'s items among the ``negatives`` (n_users x c) and among all items.

    Of a split that comes with the data, with several items a user, it is the latter alone.

    ``report`` hears the fraction done now and then, and may raise to stop. ``alone`` is the score of a model with
    histories where these are cut to train rows; it ranks among the same items. ``among_all`` are the places of the
    tested users that are ranked among all items, if not all are: ``rank_all`` and ``shown`` are then of these.
    """
    shown, half = Shown(split.catalogue.n_items), 1.0 if alone is None else 0.5
    some = split if among_all is None else split.asking(among_all)
    sampled = not split.is_given
    per_user = {
        **({SAMPLED: sampled_ranks(score, split.test, negatives)} if sampled else {}),
        **ranked(score, some, lambda done: report(half * done), shown.look),
    }
    beside = {
        name: measure(
            "implicit",
            {
                **controls.per_user(name, split, kept, negatives, [SAMPLED] if sampled else []),
                **controls.per_user(name, some, kept, negatives, [ALL_ITEMS]),
            },
        )
        for name in controls.names("implicit")
    }
    if alone is None:
        return Evaluation(measure("implicit", per_user), beside, per_user, shown.counts)
    cut = {
        **({SAMPLED: sampled_ranks(alone, split.test, negatives)} if sampled else {}),
        **ranked(alone, some, lambda done: report(half + half * done)),
    }
    return Evaluation(measure("implicit", per_user), beside, per_user | as_cut(cut), shown.counts, beside)

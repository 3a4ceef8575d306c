"""Errors of predicted ratings, in the unit of the ratings."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import Interactions, Split
from rec_core.evaluation.metric import RELEVANT, Metric, summed
from rec_core.models import Score

ERROR = "error"  # predicted − true, of each test row
_OfErrors = Callable[[NDArray[np.float64]], NDArray[np.float64]]
_OfUsers = Callable[[NDArray[np.float64], NDArray[np.int64]], NDArray[np.float64]]


def _each_row_alike(loss: _OfErrors) -> _OfUsers:
    """Return the loss per user, so that the mean over users is the mean over rows: users with more rows count more."""
    return lambda errors, counts: summed(loss(errors), counts) * (len(counts) / len(errors))


RMSE = Metric(
    "rmse",
    "RMSE",
    "explicit",
    ERROR,
    np.square,
    higher_is_better=False,
    of_mean=math.sqrt,
    several=_each_row_alike(np.square),
)
MAE = Metric("mae", "MAE", "explicit", ERROR, np.abs, higher_is_better=False, several=_each_row_alike(np.abs))


def rows_of_users(split: Split) -> dict[str, NDArray[np.int64]]:
    """Return how many test rows each tested user has, of a split that comes with the data; nothing of others."""
    if not split.is_given:
        return {}
    return {RELEVANT: np.bincount(split.test.user, minlength=split.catalogue.n_users)[split.tested]}


def rating_errors(score: Score, rows: Interactions) -> NDArray[np.float32]:
    """Return predicted − true rating of each row, (n,)."""
    return (score(rows.user, rows.item[:, None])[:, 0] - rows.rated).astype(np.float32)

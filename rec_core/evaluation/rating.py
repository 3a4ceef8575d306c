"""Errors of predicted ratings, in the unit of the ratings."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import Interactions
from rec_core.evaluation.metric import Metric
from rec_core.models import Score

ERROR = "error"  # predicted − true, (n_users,)

RMSE = Metric("rmse", "RMSE", "explicit", ERROR, np.square, higher_is_better=False, of_mean=math.sqrt)
MAE = Metric("mae", "MAE", "explicit", ERROR, np.abs, higher_is_better=False)


def rating_errors(score: Score, rows: Interactions) -> NDArray[np.float32]:
    """Return predicted − true rating of each row, (n,)."""
    return (score(rows.user, rows.item[:, None])[:, 0] - rows.rated).astype(np.float32)

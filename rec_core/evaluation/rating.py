"""Errors of predicted ratings, in stars."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Metrics = dict[str, float]


def rating_metrics(errors: NDArray[np.floating]) -> Metrics:
    """Return the root mean squared and the mean absolute error of ``errors`` = predicted − true, (n,).

    >>> rating_metrics(np.array([1.0, -1.0, 2.0, 0.0], dtype=np.float32))
    {'rmse': 1.224744871391589, 'mae': 1.0}
    """
    exact = errors.astype(np.float64)
    return {"rmse": float(np.sqrt(np.mean(exact**2))), "mae": float(np.mean(np.abs(exact)))}

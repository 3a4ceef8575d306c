"""Texts of any length, as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Texts = NDArray[Any]  # of any length each (numpy's StringDType)


def texts(values: Any) -> Texts:
    """Return texts of any length as an array; one long title does not widen the others.

    >>> texts(["a", "Café"]).tolist()
    ['a', 'Café']
    """
    return np.array(values, dtype=np.dtypes.StringDType())

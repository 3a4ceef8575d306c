"""How much of the future a model has seen when it is asked (Ji et al., 2023, A critical study on data leakage)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rec_core.data.interactions import Split


@dataclass(frozen=True)
class Leakage:
    """Which share of test rows has any later train row, and the mean share of train rows that are later than one."""

    tested: float
    later: float


def leakage(split: Split) -> Leakage | None:
    """Return how far train rows reach beyond the test rows that are asked for; None where there are no times."""
    if split.train.time is None or split.test.time is None or not len(split.test):
        return None
    finest = split.train.fine is not None and split.test.fine is not None
    train, test = (part.moment if finest else part.time for part in (split.train, split.test))
    assert train is not None
    assert test is not None
    train = np.sort(train)
    later = len(train) - np.searchsorted(train, test, "right")
    return Leakage(float((later > 0).mean()), float(later.mean()) / len(train))

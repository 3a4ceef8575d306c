"""How much of the catalogue a model shows, and how popular that is: what a selection can move unseen by ranks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rec_core.analysis import columns as col
from rec_core.analysis.coverage import long_tail
from rec_core.data.interactions import Split

Counts = NDArray[np.integer]


@dataclass(frozen=True)
class Variety:
    """Share of the items that anybody is shown, of what is shown that is long tail, and its mean train ratings."""

    covered: float
    tail: float
    popularity: float


def variety(split: Split, shown: Sequence[Counts]) -> Variety | None:
    """Return the variety of what models of several seeds show, averaged; ``shown`` (n_items,) counts of each.

    None where they were not counted, as before there was such a count.
    """
    counted = [counts for counts in shown if len(counts) and counts.sum()]
    if not counted:
        return None
    train = np.bincount(split.train.item, minlength=split.catalogue.n_items)
    tail = long_tail(train)
    every = [
        ((counts > 0).mean(), counts[tail].sum() / counts.sum(), counts @ train / counts.sum()) for counts in counted
    ]
    return Variety(*(float(one) for one in np.mean(every, axis=0)))


def table(split: Split, shown: Mapping[str, Sequence[Counts]]) -> pd.DataFrame:
    """Return one row per group of which it was counted."""
    found = {title: variety(split, counts) for title, counts in shown.items()}
    return pd.DataFrame(
        [
            {
                col.RUN: title,
                col.COVERED: one.covered,
                col.TAIL_SHOWN: one.tail,
                col.POPULARITY_SHOWN: one.popularity,
            }
            for title, one in found.items()
            if one is not None
        ]
    )

"""Take a coreset away: its rows with the ids that the data came with."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rec_core.experiment import Stages


def coreset_frame(stages: Stages) -> pd.DataFrame:
    """Return the kept rows: ids as given, rating and time (seconds since 1970) where there are, and weight."""
    coreset, split = stages.coreset, stages.split
    kept = split.train.take(coreset.rows)
    columns = {
        "user_id": _plain(split.catalogue.user_ids[kept.user]),
        "item_id": _plain(split.catalogue.item_ids[kept.item]),
        "rating": kept.rating,
        "time": kept.time,
        "weight": np.ones(len(kept), np.float32) if coreset.weights is None else coreset.weights,
    }
    return pd.DataFrame({name: values for name, values in columns.items() if values is not None})


def _plain(ids: np.ndarray) -> object:
    """Return ids as a table holds them: numpy's texts of any length are no column of pandas'."""
    return ids.tolist() if ids.dtype.kind == "T" else ids

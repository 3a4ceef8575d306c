"""Take a coreset away: its rows with the ids that the data came with."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rec_core.experiment import Experiment


def coreset_frame(experiment: Experiment) -> pd.DataFrame:
    """Return the kept rows: original user and item ids, rating, time (seconds since 1970) and weight."""
    coreset, split = experiment.coreset, experiment.split
    kept = split.train.take(coreset.rows)
    return pd.DataFrame(
        {
            "user_id": split.catalogue.user_ids[kept.user],
            "item_id": split.catalogue.item_ids[kept.item],
            "rating": kept.rating,
            "time": kept.time,
            "weight": np.ones(len(kept), np.float32) if coreset.weights is None else coreset.weights,
        }
    )

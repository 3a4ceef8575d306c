"""Rows as they are taken away: with the ids that the data came with, and where each stands in the source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rec_core.data.interactions import NANOSECONDS, Catalogue, Interactions, marked
from rec_core.experiment import Stages

TRAIN, VALIDATION, TEST = "train", "validation", "test"
SPLITS = (TRAIN, VALIDATION, TEST)


@dataclass(frozen=True)
class Taken:
    """Rows to take away, with the weight of each and which record of the source it is, from 0: all (n,) or None."""

    rows: Interactions
    place: NDArray[np.int64]
    weights: NDArray[np.float32] | None = None

    def frame(self, catalogue: Catalogue, split: str) -> pd.DataFrame:
        """Return the rows as a table; integer ids are positions in the ``catalogue`` of the filtered data."""
        rows = self.rows
        columns = {
            "row": self.place,
            "user_id": plain(catalogue.user_ids[rows.user]),
            "item_id": plain(catalogue.item_ids[rows.item]),
            "user_idx": rows.user,
            "item_idx": rows.item,
            "rating": rows.rating,
            "time": _times(rows),
            "weight": np.ones(len(rows), np.float32) if self.weights is None else self.weights,
            "split": [split] * len(rows),
        }
        return pd.DataFrame({name: values for name, values in columns.items() if values is not None})


def _times(rows: Interactions) -> NDArray[Any] | None:
    """Return seconds since 1970, with their fractions where the source has some."""
    if rows.time is None or rows.fine is None:
        return rows.time
    return rows.time + rows.fine / NANOSECONDS


def kept(stages: Stages) -> Taken:
    """Return the coreset."""
    coreset = stages.coreset
    return Taken(stages.split.train.take(coreset.rows), stages.places.train[coreset.rows], coreset.weights)


def taken(stages: Stages) -> dict[str, pd.DataFrame]:
    """Return the tables of a bundle: the coreset to train on, and what is held out for validation and test."""
    split, places = stages.split, stages.places
    parts = {
        TRAIN: kept(stages),
        VALIDATION: Taken(split.validation, places.validation),
        TEST: Taken(split.test, places.test),
    }
    return {name: part.frame(split.catalogue, name) for name, part in parts.items()}


def dropped(stages: Stages) -> pd.DataFrame:
    """Return the train rows that the coreset does not keep."""
    train = stages.split.train
    rest = np.flatnonzero(~marked(stages.coreset.rows, len(train)))
    return Taken(train.take(rest), stages.places.train[rest]).frame(stages.split.catalogue, "dropped")


def coreset_frame(stages: Stages) -> pd.DataFrame:
    """Return the kept rows: ids as given, rating and time (seconds since 1970) where there are, and weight."""
    coreset, split = stages.coreset, stages.split
    rows = Taken(split.train.take(coreset.rows), coreset.rows, coreset.weights)  # where they stand is not asked for
    return rows.frame(split.catalogue, TRAIN).drop(columns=["row", "user_idx", "item_idx", "split"])


def plain(ids: NDArray[Any]) -> object:
    """Return ids as a table holds them: numpy's texts of any length are no column of pandas'."""
    return ids.tolist() if ids.dtype.kind == "T" else ids


def present(frame: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    """Return those of ``columns`` that a table has: data may have no ratings, or no times."""
    return [name for name in columns if name in frame]

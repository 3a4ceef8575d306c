"""Rows as they are taken away: with the ids that the data came with, and where each stands in the source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rec_core.data import repeats
from rec_core.data.interactions import NANOSECONDS, Catalogue, Interactions, marked
from rec_core.data.sources import SOURCES
from rec_core.data.sources.table import Table
from rec_core.errors import SelectionError
from rec_core.experiment import Stages
from rec_core.specs import ExperimentSpec

Ratings = NDArray[np.float64]
TRAIN, VALIDATION, TEST = "train", "validation", "test"


@dataclass(frozen=True)
class Taken:
    """Rows to take away, with the weight of each and which record of the source it is, from 0: all (n,) or None.

    ``first`` is the record at which their own file begins, where the source is several files.
    """

    rows: Interactions
    place: NDArray[np.int64]
    weights: NDArray[np.float32] | None = None
    first: int = 0

    def frame(self, catalogue: Catalogue, split: str, rated: Ratings | None = None) -> pd.DataFrame:
        """Return the rows as a table; integer ids are positions in the ``catalogue`` of the filtered data.

        ``rated`` are the ratings of all records of the source, (n_records,), where there are any.
        """
        rows = self.rows
        columns = {
            "row": self.place - self.first,
            "user_id": plain(catalogue.user_ids[rows.user]),
            "item_id": plain(catalogue.item_ids[rows.item]),
            "user_idx": rows.user,
            "item_idx": rows.item,
            "rating": None if rated is None else rated[self.place],
            "time": _times(rows),
            "weight": np.ones(len(rows), np.float32) if self.weights is None else self.weights,
            "split": pd.Series([split] * len(rows), dtype="str"),
        }
        return pd.DataFrame({name: values for name, values in columns.items() if values is not None})


def _times(rows: Interactions) -> NDArray[Any] | None:
    """Return seconds since 1970, with their fractions where the source has some."""
    if rows.time is None or rows.fine is None:
        return rows.time
    return rows.time + rows.fine / NANOSECONDS


def require_rows(spec: ExperimentSpec) -> None:
    """Refuse a method that keeps no rows.

    Raises:
        SelectionError: if it selects others in every epoch.
    """
    if spec.is_dynamic:
        raise SelectionError(
            f"{spec.method.title} selects new rows in every epoch, so there is no coreset to export; choose a method "
            "that keeps its rows, such as Recent or Random."
        )


def kept(stages: Stages) -> Taken:
    """Return the coreset."""
    coreset = stages.coreset
    return Taken(stages.split.train.take(coreset.rows), stages.places.train[coreset.rows], coreset.weights)


def taken(stages: Stages, rated: Ratings | None) -> dict[str, pd.DataFrame]:
    """Return the tables of a bundle: the coreset to train on, and what is held out for validation and test, if any."""
    split, places = stages.split, stages.places
    parts = {TRAIN: kept(stages)}
    first = [0, 0, 0] if stages.dataset.first is None else stages.dataset.first.tolist()
    held_out = {
        VALIDATION: Taken(split.validation, places.validation, first=first[1]),
        TEST: Taken(split.test, places.test, first=first[2]),
    }
    parts |= {} if stages.spec.split.all_rows else held_out
    return {name: part.frame(split.catalogue, name, rated) for name, part in parts.items()}


def dropped(stages: Stages, rated: Ratings | None) -> pd.DataFrame:
    """Return the train rows that the coreset does not keep."""
    train = stages.split.train
    rest = np.flatnonzero(~marked(stages.coreset.rows, len(train)))
    return Taken(train.take(rest), stages.places.train[rest]).frame(stages.split.catalogue, "dropped", rated)


def coreset_frame(stages: Stages) -> pd.DataFrame:
    """Return the kept rows: ids as given, rating and time (seconds since 1970) where there are, and weight."""
    rated, _ = ratings(stages)
    return (
        kept(stages).frame(stages.split.catalogue, TRAIN, rated).drop(columns=["row", "user_idx", "item_idx", "split"])
    )


def ratings(stages: Stages) -> tuple[Ratings | None, str]:
    """Return the ratings of all records of the source as they are there, (n_records,), and a note where they are not.

    Of pairs that were settled by a sum or a mean, the rows that stand for them have that. None where there are none.
    """
    loaded, source = stages.dataset, SOURCES[stages.spec.data.dataset]
    rows, note = loaded.interactions, ""
    place = np.arange(len(rows)) if loaded.places is None else loaded.places
    written: Any = None if rows.rating is None else rows.rating.astype(np.float64)
    if isinstance(source, Table) and written is not None:
        if source.fingerprint(stages.graph.folders) == stages.spec.data.fingerprint:
            written = source.exact_ratings()[place]
        else:
            note = "Ratings are in single precision: the log's file is no longer the one that was read."
    data = replace(loaded, interactions=replace(rows, rating=written, place=place))
    rule = "kept" if stages.spec.split.is_given else stages.spec.data.repeats
    settled = repeats.settle(data, rule)[0].interactions
    if settled.rating is None or settled.place is None:
        return None, note
    found = np.full(int(place.max()) + 1, np.nan)
    found[settled.place] = settled.rating
    return found, note


def plain(ids: NDArray[Any]) -> object:
    """Return ids as a table holds them: numpy's texts of any length are no column of pandas'."""
    return pd.Series(ids.tolist(), dtype="str") if ids.dtype.kind == "T" else ids


def present(frame: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    """Return those of ``columns`` that a table has: data may have no ratings, or no times."""
    return [name for name in columns if name in frame]

"""Rows that can be read and are no interactions by what was said: other events, ratings below a threshold, unrated.

They are counted and said; rows that cannot be read are told apart from them (``rejected``).
"""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from rec_core.data.sources.table.pieces import Piece
from rec_core.data.sources.table.reading import Columns
from rec_core.data.sources.table.values import Mask, as_texts, whole_numbers

SKIPPED = "Skipped"  # begins each sentence about rows
_SHOWN = 5  # events that are named


class Skipped:
    """Which rows to skip, piece by piece, and in the end how many were, by why."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._unrated = np.array([float(value) for value in columns.unrated.split(",") if value], np.float32)
        self._rows = 0
        self._events: Counter[str] = Counter()
        self._values: Counter[float] = Counter()
        self._below = 0

    @property
    def count(self) -> int:
        """How many rows were skipped."""
        return self._events.total() + self._values.total() + self._below

    def of_events(self, piece: Piece) -> Mask:
        """Return which rows of a piece (n,) are of the events that count."""
        self._rows += len(piece.rows)
        if not self._columns.events:
            return np.ones(len(piece.rows), bool)
        distinct = as_texts(whole_numbers(piece.columns[self._columns.event]))[0].dictionary_encode()
        names = [name.strip() for name in distinct.dictionary.to_pylist()]
        code = distinct.indices.to_numpy(zero_copy_only=False)
        counting = np.array([name in self._columns.events for name in names], bool)
        for name, count in zip(names, np.bincount(code, minlength=len(names)).tolist(), strict=True):
            if name not in self._columns.events:
                self._events[name] += count
        return counting[code] if len(names) else np.ones(len(code), bool)

    def by_rating(self, rated: NDArray[np.float32], good: Mask) -> Mask:
        """Return which of the ``good`` rows (n,) have a rating that counts."""
        if len(self._unrated):
            unrated = good & np.isin(rated, self._unrated)
            self._values.update(rated[unrated].tolist())
            good = good & ~unrated
        if self._columns.at_least is not None:
            # Compared as decimals: 0.1 as single precision is more than 0.1.
            below = good & (rated < np.float32(self._columns.at_least))
            self._below += int(np.count_nonzero(below))
            good = good & ~below
        return good

    def notes(self) -> tuple[str, ...]:
        """Return a sentence for each reason that rows were skipped for."""
        found, of = [], f"of {self._rows:,} rows"
        if self._events:
            wanted = " or ".join(self._columns.events)
            named = [f"{name or '(empty)'} {count:,}" for name, count in self._events.most_common(_SHOWN)]
            more = [f"{len(self._events) - _SHOWN:,} others"] if len(self._events) > _SHOWN else []
            skipped = f"{self._events.total():,} {of}"
            found.append(f"{SKIPPED} {skipped}, whose event is not {wanted}: {', '.join([*named, *more])}.")
        if self._values:
            named = [f"{value:g}" for value in sorted(self._values)]
            found.append(
                f"{SKIPPED} {self._values.total():,} {of}, which are not rated ({' or '.join(named)}). To count them "
                "as clicks, choose no rating column."
            )
        if self._below:
            found.append(f"{SKIPPED} {self._below:,} {of}, with a rating below {self._columns.at_least:g}.")
        return tuple(found)

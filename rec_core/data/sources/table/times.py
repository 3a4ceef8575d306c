"""Times of somebody's table: numbers in some unit, or dates; what is neither is marked, and says why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rec_core.data.checks import UNITS, units
from rec_core.data.interactions import NANOSECONDS
from rec_core.data.sources.table.time_forms import are_times_of_day, forms
from rec_core.data.sources.table.values import Mask, as_texts, mask_of, numbers_of

if TYPE_CHECKING:  # loaded when files are read
    import pyarrow as pa

__all__ = ["Times", "are_times_of_day", "forms"]
_MICRO = 1_000_000  # microseconds in a second
_END = 4_102_444_800  # seconds since 1970 at the beginning of 2100


@dataclass
class _Chunk:
    """Some times (n,): numbers, which of them are seconds because they were dates, and nanoseconds of dates."""

    numbers: NDArray[Any]
    dated: Mask
    fine: NDArray[np.int32] | None = None

    def take(self, some: Mask) -> _Chunk:
        """Return those that a mask marks."""
        return _Chunk(self.numbers[some], self.dated[some], None if self.fine is None else self.fine[some])


class Times:
    """Times as they come, piece by piece: numbers in some unit, or dates; and in the end as seconds since 1970."""

    def __init__(self) -> None:
        self._chunks: list[_Chunk] = []

    def add(self, column: pa.Array) -> dict[str, Mask]:
        """Take times (n,); return which of them are none, by why."""
        chunk, why = _moments(column)
        self._chunks.append(chunk)
        return why

    def keep(self, good: Mask) -> None:
        """Forget those of the last times that are not ``good`` (n,)."""
        self._chunks[-1] = self._chunks[-1].take(good)

    def finish(self) -> tuple[NDArray[np.int64], NDArray[np.int32] | None, dict[str, Mask]]:
        """Return seconds since 1970 (n,), the nanoseconds within them (n,), and which cannot be, by why.

        The unit is the one that most have. Nanoseconds are None where all times are whole seconds.
        """
        counted = [chunk.numbers[~chunk.dated & (chunk.numbers != 0)] for chunk in self._chunks]
        common = int(np.argmax(sum(np.bincount(units(numbers), minlength=len(UNITS)) for numbers in counted)))
        n_times = sum(len(chunk.numbers) for chunk in self._chunks)
        seconds, other = (np.empty(n_times, kind) for kind in (np.int64, bool))
        fine: NDArray[np.int32] | None = None
        done = 0
        for chunk in self._chunks:
            some = slice(done, done := done + len(chunk.numbers))
            seconds[some], within, other[some] = _in_seconds(chunk, common)
            if within is not None and within.any():
                fine = np.zeros(n_times, np.int32) if fine is None else fine
                fine[some] = within
        early, late = ~other & (seconds < 0), ~other & (seconds >= _END)
        return (
            seconds,
            fine,
            {
                "another unit than most times of the file": other,
                "before 1970": early,
                "after 2099": late,
            },
        )

    def shown(self, at: int) -> str:
        """Return a number as it stands in the file."""
        for chunk in self._chunks:
            if at < len(chunk.numbers):
                return f"{chunk.numbers[at]}"
            at -= len(chunk.numbers)
        return ""

    def digits(self) -> Sequence[int]:
        """Return how many digits the last number has, and the shortest of the others; nothing where some are dates."""
        if not self._chunks or any(chunk.dated.any() for chunk in self._chunks):
            return ()
        every = [chunk.numbers for chunk in self._chunks if len(chunk.numbers)]
        if sum(map(len, every)) < 2:
            return ()
        last = every[-1][-1]
        others = [int(part.min()) for part in (*every[:-1], every[-1][:-1]) if len(part)]
        return (len(str(int(last))), min(len(str(one)) for one in others)) if last > 0 else ()


def _in_seconds(chunk: _Chunk, common: int) -> tuple[NDArray[np.int64], NDArray[np.int32] | None, Mask]:
    """Return whole seconds (n,), the nanoseconds beyond them or None, and which numbers are of another unit."""
    numbers, dated = chunk.numbers, chunk.dated
    other = ~dated & (numbers != 0) & (units(numbers) != common)
    numbers = np.where(other, 0, numbers) if other.any() else numbers
    per = np.where(dated, 1, UNITS[common]) if dated.any() else UNITS[common]
    with np.errstate(all="ignore"):  # numbers that are no times of ours are told from the others later
        whole = np.floor_divide(numbers, per)
        if np.issubdtype(numbers.dtype, np.integer) and np.all(per == 1):
            return whole.astype(np.int64), chunk.fine, other
        within = np.rint((numbers - whole * per) * (NANOSECONDS / per))
        fine = np.clip(within, 0, NANOSECONDS - 1).astype(np.int32)
        return whole.astype(np.int64), fine if chunk.fine is None else fine + chunk.fine, other


def _moments(column: pa.Array) -> tuple[_Chunk, dict[str, Mask]]:
    """Return times (n,), and which of them are none, by why."""
    import pyarrow as pa

    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        return _of_dates(column)
    numbers, why = numbers_of(column)
    wrong = why.get("not a number")
    dated, fine = np.zeros(len(numbers), bool), None
    if wrong is not None and wrong.any():
        places, moments = _written_dates(column, wrong)
        numbers, fine = numbers.copy(), np.zeros(len(numbers), np.int32)
        numbers[places], fine[places] = moments // _MICRO, moments % _MICRO * (NANOSECONDS // _MICRO)
        dated[places] = True
        why = {"nothing stands there": why["nothing stands there"], "neither a number nor a date": wrong & ~dated}
    finite = np.isfinite(numbers)
    spoilt = ~finite & ~np.logical_or.reduce([*why.values(), np.zeros(len(numbers), bool)])
    numbers = np.where(finite, numbers, 0) if not finite.all() else numbers
    return _Chunk(numbers, dated, fine), why | {"not finite": spoilt}


def _of_dates(column: pa.Array) -> tuple[_Chunk, dict[str, Mask]]:
    """Return times that Arrow knows as such; what it counts is UTC, whatever the zone."""
    import pyarrow as pa
    import pyarrow.compute as pc

    missing = mask_of(column.is_null())
    if not pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("s"), safe=False)
    per = {"s": 1, "ms": 1_000, "us": _MICRO, "ns": NANOSECONDS}[column.type.unit]
    counted = pc.fill_null(column.cast(pa.int64()), 0).to_numpy()
    fine = None if per == 1 else (counted % per * (NANOSECONDS // per)).astype(np.int32)
    return _Chunk(counted // per, np.ones(len(column), bool), fine), {"nothing stands there": missing}


def _written_dates(column: pa.Array, some: Mask) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the places of those of ``some`` texts that are dates, and their microseconds since 1970."""
    import pandas as pd

    said = pd.Series(as_texts(column)[0].to_pylist(), dtype=object).str.strip()[some]
    moments = pd.to_datetime(said, format="ISO8601", utc=True, errors="coerce")
    places = np.flatnonzero(some)[moments.notna().to_numpy()]
    counted = moments.dropna().astype("datetime64[us, UTC]").astype("int64").to_numpy()
    return places.astype(np.int64), np.asarray(counted, np.int64)

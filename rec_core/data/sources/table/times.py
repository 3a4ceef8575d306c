"""Times of somebody's table: numbers in some unit, or dates; what is neither is marked, and says why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rec_core.data.checks import UNITS, units
from rec_core.data.interactions import NANOSECONDS
from rec_core.data.rejected import NOT_TEXT
from rec_core.data.sources.table.formats import COMPACT, parsed
from rec_core.data.sources.table.time_forms import END, EPOCHS, EXCEL, EXCEL_ZERO, ISO, are_times_of_day, forms
from rec_core.data.sources.table.values import Mask, as_texts, mask_of, numbers_of, whole_numbers

if TYPE_CHECKING:  # loaded when files are read
    import pyarrow as pa

__all__ = ["Times", "are_times_of_day", "forms"]
_DAY = 86_400  # seconds
_EXACT, _WHOLE_SECONDS = 8, 5  # decimal places of a day that are exact to a millisecond, and to a second
_MISFITS = 2_000  # texts that are looked at to say how they are written
_NO_DATE = "neither a number nor a date"
_UTC = r"\s?(UTC|GMT)\s*$"
_MICRO = 1_000_000  # microseconds in a second


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
    """Times as they come, piece by piece, and in the end as seconds since 1970.

    Without a ``form``, they are numbers in some unit, which is told in the end, or ISO dates.
    """

    def __init__(self, form: str = "", decimal: str = ".") -> None:
        self._form, self._decimal = form, decimal
        self._chunks: list[_Chunk] = []
        self._places = 0  # decimal places of Excel's days
        self._other: str | None = None  # the form of the first times that do not fit

    def add(self, column: pa.Array) -> dict[str, Mask]:
        """Take times (n,); return which of them are none, by why."""
        chunk, why = self._taken(column)
        self._chunks.append(chunk)
        return {self._named(kind, mask, column): mask for kind, mask in why.items()}

    def _named(self, kind: str, mask: Mask, column: pa.Array) -> str:
        """Return why times are none, with the form that they have instead."""
        if kind not in (_NO_DATE, self._misfit) or not mask.any():
            return kind
        if self._other is None:
            some = as_texts(column.take(np.flatnonzero(mask)[:_MISFITS]))[0].to_pylist()
            self._other = next((form for form in forms(some) if form != self._form), "")
        return f"{kind}: written as {self._other} (--time-format '{self._other}')" if self._other else kind

    @property
    def _misfit(self) -> str:
        return f"not written as {self._form}"

    def _taken(self, column: pa.Array) -> tuple[_Chunk, dict[str, Mask]]:
        import pyarrow as pa

        if not self._form or pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
            return _moments(column, self._decimal)
        if self._form in EPOCHS:
            return _counted(column, self._decimal)
        if self._form == EXCEL:
            self._places = max(self._places, _decimal_places(column, self._decimal))
            chunk, why = _counted(column, self._decimal)
            return _Chunk((chunk.numbers - EXCEL_ZERO) * _DAY, chunk.dated), why
        return _of_texts(column, self._form, self._misfit)

    def keep(self, good: Mask) -> None:
        """Forget those of the last times that are not ``good`` (n,)."""
        self._chunks[-1] = self._chunks[-1].take(good)

    def finish(self) -> tuple[NDArray[np.int64], NDArray[np.int32] | None, dict[str, Mask]]:
        """Return seconds since 1970 (n,), the nanoseconds within them (n,), and which cannot be, by why.

        The unit is the one that most have. Nanoseconds are None where all times are whole seconds.
        """
        common = self._unit()
        n_times = sum(len(chunk.numbers) for chunk in self._chunks)
        seconds, other = (np.empty(n_times, kind) for kind in (np.int64, bool))
        fine: NDArray[np.int32] | None = None
        done = 0
        for chunk in self._chunks:
            some = slice(done, done := done + len(chunk.numbers))
            if self._form == EXCEL:
                chunk = _rounded(chunk, self._places)
            seconds[some], within, other[some] = _in_seconds(chunk, common, told=not self._form)
            if within is not None and within.any():
                fine = np.zeros(n_times, np.int32) if fine is None else fine
                fine[some] = within
        early, late = ~other & (seconds < 0), ~other & (seconds >= END)
        return (
            seconds,
            fine,
            {
                "another unit than most times of the file": other,
                "before 1970": early,
                "after 2099": late,
            },
        )

    def _unit(self) -> int:
        """Return in which of ``UNITS`` numbers are: the one that most have, or the one that was said."""
        if self._form:
            return list(EPOCHS).index(self._form) if self._form in EPOCHS else 0
        counted = [chunk.numbers[~chunk.dated & (chunk.numbers > 0)] for chunk in self._chunks]
        return int(np.argmax(sum(np.bincount(units(numbers), minlength=len(UNITS)) for numbers in counted)))

    def shown(self, at: int) -> str:
        """Return a number as it stands in the file, a date as ISO has it."""
        for chunk in self._chunks:
            if at < len(chunk.numbers):
                number = chunk.numbers[at]
                return f"{np.datetime64(int(number), 's')}" if chunk.dated[at] or self._form == EXCEL else f"{number}"
            at -= len(chunk.numbers)
        return ""

    def digits(self) -> Sequence[int]:
        """Return how many digits the last number has, and the shortest of the others; nothing where some are dates."""
        if not self._chunks or self._form == EXCEL or any(chunk.dated.any() for chunk in self._chunks):
            return ()
        every = [chunk.numbers for chunk in self._chunks if len(chunk.numbers)]
        if sum(map(len, every)) < 2:
            return ()
        last = every[-1][-1]
        others = [int(part.min()) for part in (*every[:-1], every[-1][:-1]) if len(part)]
        return (len(str(int(last))), min(len(str(one)) for one in others)) if last > 0 else ()


def _in_seconds(
    chunk: _Chunk, common: int, told: bool = True
) -> tuple[NDArray[np.int64], NDArray[np.int32] | None, Mask]:
    """Return whole seconds (n,), the nanoseconds beyond them or None, and which numbers are of another unit.

    The unit was ``told`` by the numbers, or said, in which case all of them have it.
    """
    numbers, dated = chunk.numbers, chunk.dated
    other = ~dated & (numbers > 0) & (units(numbers) != common) if told else np.zeros(len(numbers), bool)
    numbers = np.where(other, 0, numbers) if other.any() else numbers
    per = np.where(dated, 1, UNITS[common]) if dated.any() else UNITS[common]
    with np.errstate(all="ignore"):  # numbers that are no times of ours are told from the others later
        whole = np.floor_divide(numbers, per)
        if np.issubdtype(numbers.dtype, np.integer) and np.all(per == 1):
            return whole.astype(np.int64), chunk.fine, other
        within = np.rint((numbers - whole * per) * (NANOSECONDS / per))
        fine = np.clip(within, 0, NANOSECONDS - 1).astype(np.int32)
        return whole.astype(np.int64), fine if chunk.fine is None else fine + chunk.fine, other


def _moments(column: pa.Array, decimal: str) -> tuple[_Chunk, dict[str, Mask]]:
    """Return times (n,), and which of them are none, by why."""
    import pyarrow as pa

    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        return _of_dates(column)
    numbers, why = numbers_of(column, decimal)
    wrong = why.get("not a number")
    dated, fine = np.zeros(len(numbers), bool), None
    if wrong is not None and wrong.any():
        places, moments = _written_dates(column, wrong)
        numbers, fine = numbers.copy(), np.zeros(len(numbers), np.int32)
        numbers[places], fine[places] = moments // _MICRO, moments % _MICRO * (NANOSECONDS // _MICRO)
        dated[places] = True
        why = {"nothing stands there": why["nothing stands there"], _NO_DATE: wrong & ~dated}
    return _finite(_Chunk(numbers, dated, fine), why)


def _finite(chunk: _Chunk, why: dict[str, Mask]) -> tuple[_Chunk, dict[str, Mask]]:
    """Return times of which those that are not finite are 0, and said to be so."""
    numbers = chunk.numbers
    finite = np.isfinite(numbers)
    spoilt = ~finite & ~np.logical_or.reduce([*why.values(), np.zeros(len(numbers), bool)])
    numbers = np.where(finite, numbers, 0) if not finite.all() else numbers
    return _Chunk(numbers, chunk.dated, chunk.fine), why | {"not finite": spoilt}


def _counted(column: pa.Array, decimal: str) -> tuple[_Chunk, dict[str, Mask]]:
    """Return times that are numbers, and which are none, by why."""
    numbers, why = numbers_of(column, decimal)
    return _finite(_Chunk(numbers, np.zeros(len(numbers), bool)), why)


def _of_texts(column: pa.Array, form: str, misfit: str) -> tuple[_Chunk, dict[str, Mask]]:
    """Return times that are written as ``form`` says, all of them, and which are not, by why."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_floating(column.type):  # whole numbers where one was missing
        column = whole_numbers(column)
    text, broken = as_texts(column)
    missing = mask_of(pc.equal(pc.utf8_trim_whitespace(text), "")) & ~broken
    if form == ISO:
        fits, seconds, fine = np.zeros(len(text), bool), np.zeros(len(text), np.int64), np.zeros(len(text), np.int32)
        places, moments = _written_dates(text, ~missing & ~broken)
        fits[places] = True
        seconds[places], fine[places] = moments // _MICRO, moments % _MICRO * (NANOSECONDS // _MICRO)
    else:
        if form in COMPACT:
            text = pc.replace_substring_regex(text, r"\.0*\s*$", "")
        seconds, fine, fits = parsed(text, COMPACT.get(form, form))
    wrong = ~fits & ~missing & ~broken
    numbers = np.where(fits, seconds, 0)
    why = {NOT_TEXT: broken, "nothing stands there": missing, misfit: wrong}
    return _Chunk(numbers, np.ones(len(text), bool), fine if fine.any() else None), why


def _decimal_places(column: pa.Array, decimal: str) -> int:
    """Return how many digits stand behind the decimal sign at most; as many as Excel has where numbers are no text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_floating(column.type):
        return _EXACT
    behind = pc.extract_regex(as_texts(column)[0], rf"{'[.]' if decimal == '.' else ','}(?P<d>[0-9]+)\s*$")
    return int(pc.max(pc.utf8_length(behind.flatten()[0])).as_py() or 0)


def _rounded(chunk: _Chunk, places: int) -> _Chunk:
    """Return seconds as exact as days of so many decimal ``places`` tell them: 5 are 0.9 seconds, 8 a millisecond."""
    numbers = np.round(chunk.numbers, min(max(places - _WHOLE_SECONDS, 0), _EXACT - _WHOLE_SECONDS))
    return _Chunk(numbers, chunk.dated, chunk.fine)


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
    import pyarrow.compute as pc

    text = as_texts(column)[0]
    if pc.any(pc.match_substring_regex(text, _UTC)).as_py():
        text = pc.replace_substring_regex(text, _UTC, "Z")
    said = pd.Series(text.to_pylist(), dtype=object).str.strip()[some]
    moments = pd.to_datetime(said, format="ISO8601", utc=True, errors="coerce")
    places = np.flatnonzero(some)[moments.notna().to_numpy()]
    counted = moments.dropna().astype("datetime64[us, UTC]").astype("int64").to_numpy()
    return places.astype(np.int64), np.asarray(counted, np.int64)

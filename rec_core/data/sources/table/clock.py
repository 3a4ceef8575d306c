"""Times of day in a column of their own, beside one of dates: 22:21, 10:21:44 PM, 2221 or the hour alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import NANOSECONDS
from rec_core.data.sources.table.formats import parsed
from rec_core.data.sources.table.values import Mask, as_texts, mask_of, numbers_of

if TYPE_CHECKING:  # loaded when files are read
    import pyarrow as pa

_DAY = 86_400  # seconds
_WRITTEN = (
    "%H:%M:%S",
    "%H:%M",
    "%I:%M:%S %p",
    "%I:%M %p",
    "%I:%M:%S%p",
    "%I:%M%p",
    "%H:%M:%S%z",
    "%H:%M%z",
    "%H:%M:%S,%f",
)
_WRONG = "no time of day"


class TimesOfDay:
    """Times of day as they come, piece by piece, and in the end as seconds since midnight.

    Numbers are hours (0 to 23), hours and minutes (2221), hours, minutes and seconds (222144), or shares of a day, as
    Excel has them; which of these, all numbers of the column tell together.
    """

    def __init__(self) -> None:
        self._chunks: list[tuple[NDArray[np.int64], NDArray[np.float64]]] = []  # nanoseconds; numbers, or NaN

    def add(self, column: pa.Array) -> dict[str, Mask]:
        """Take times of day (n,); return which of them are none, by why."""
        import pyarrow.compute as pc

        text = pc.utf8_trim_whitespace(as_texts(column)[0])
        missing = mask_of(pc.equal(text, ""))
        numbers, _ = numbers_of(text)
        numbers = numbers.astype(np.float64)
        moments = np.zeros(len(text), np.int64)
        left = ~np.isfinite(numbers) & ~missing
        for pattern in _WRITTEN:
            if not left.any():
                break
            seconds, fine, fits = parsed(pc.binary_join_element_wise("1970-01-01 ", text, ""), f"%Y-%m-%d {pattern}")
            some = left & fits
            moments[some] = seconds[some] * NANOSECONDS + fine[some]
            left &= ~fits
        self._chunks.append((moments % (_DAY * NANOSECONDS), numbers))
        return {"nothing stands there": missing, _WRONG: left}

    def keep(self, good: Mask) -> None:
        """Forget those of the last times that are not ``good`` (n,)."""
        self._chunks[-1] = tuple(part[good] for part in self._chunks[-1])  # type: ignore[assignment]

    def finish(self) -> tuple[NDArray[np.int64], NDArray[np.int32], dict[str, Mask]]:
        """Return seconds since midnight (n,), the nanoseconds within them (n,), and which cannot be, by why."""
        moments = np.concatenate([part for part, _ in self._chunks] or [np.empty(0, np.int64)])
        numbers = np.concatenate([part for _, part in self._chunks] or [np.empty(0)])
        some = np.flatnonzero(np.isfinite(numbers))
        wrong = np.zeros(len(moments), bool)
        if len(some):
            seconds, fits = _of_numbers(numbers[some])
            moments[some], wrong[some] = np.rint(np.where(fits, seconds, 0) * 1e6).astype(np.int64) * 1_000, ~fits
        return moments // NANOSECONDS, (moments % NANOSECONDS).astype(np.int32), {_WRONG: wrong}


def _of_numbers(numbers: NDArray[np.float64]) -> tuple[NDArray[Any], Mask]:
    """Return seconds since midnight (n,), and which numbers are times of day as most of them are."""
    if numbers.max() < 1 and numbers.max() > 0:
        return np.round(numbers * _DAY, 3), numbers >= 0
    whole = (numbers >= 0) & (numbers == np.floor(numbers))
    hours = numbers * 3600, whole & (numbers < 24)
    minutes = numbers // 100 * 3600 + numbers % 100 * 60, whole & (numbers < 2400) & (numbers % 100 < 60)
    hour, rest = numbers // 10_000, numbers % 10_000
    seconds = hour * 3600 + rest // 100 * 60 + rest % 100, whole & (hour < 24) & (rest < 6000) & (rest % 100 < 60)
    return max((hours, minutes, seconds), key=lambda one: int(one[1].sum()))

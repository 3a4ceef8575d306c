"""Numbers of a table that somebody else wrote, checked: which line is wrong, in which column, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rec_core.errors import DataError

if TYPE_CHECKING:  # loaded by whoever read the table
    import pandas as pd

_WHOLE = 2**53  # beyond, a float no longer tells whole numbers apart
UNITS = (1, 1_000, 1_000_000, 1_000_000_000)  # parts of a second that times may count
_LATEST = 1e11  # seconds since 1970, in the year 5138; in milliseconds that is 1973


@dataclass(frozen=True)
class Lines:
    """The lines of a file, which say where a row of its table came from: blank ones are no rows.

    ``contents`` reads them again, for what is rarely asked: kept, they would take as much memory as the table.
    """

    file: str
    contents: Callable[[], bytes]
    last_is_whole: bool  # it ends as a line does
    header: bool = False

    def number(self, row: int) -> int:
        """Return the number, from 1, of the line that holds a row, from 0."""
        wanted = row + 1 + self.header
        for number, line in enumerate(self.contents().splitlines(), start=1):
            wanted -= bool(line.strip())
            if not wanted:
                return number
        return 0

    def refuse(self, row: int, column: str, wrong: str, mend: str) -> DataError:
        """Return what to say of one value."""
        return DataError(f"'{self.file}', line {self.number(row):,}, column '{column}': {wrong}. {mend}")


def whole(values: pd.Series, lines: Lines) -> NDArray[np.int64]:
    """Return ids, (n,): whole numbers, also where they are written as 7.0.

    Raises:
        DataError: naming the first line that holds something else.
    """
    numbers = _numbers(values, lines)
    if numbers.dtype.kind == "i":
        return numbers.astype(np.int64, copy=False)
    wrong = ~((np.abs(numbers) < _WHOLE) & (numbers == np.floor(numbers)))
    if wrong.any():
        row = int(wrong.argmax())
        mend = "Ids are whole numbers below 9,007,199,254,740,992; mend the line and load again."
        raise lines.refuse(row, str(values.name), f"{_shown(values, row)} is not a whole number", mend)
    return numbers.astype(np.int64)


def finite(values: pd.Series, lines: Lines) -> NDArray[np.float32]:
    """Return ratings, (n,): finite numbers.

    Raises:
        DataError: naming the first line that holds something else.
    """
    with np.errstate(over="ignore"):
        numbers = _numbers(values, lines).astype(np.float32)
    if not (good := np.isfinite(numbers)).all():
        row = int(good.argmin())
        mend = "A rating is a number of ordinary size; mend or remove the line and load again."
        raise lines.refuse(row, str(values.name), f"{_shown(values, row)} is no finite number", mend)
    return numbers


def moments(values: pd.Series, lines: Lines) -> tuple[NDArray[np.int64], NDArray[np.int32] | None]:
    """Return times in seconds since 1970, (n,), and the nanoseconds within them (n,), None where all are 0.

    They are seconds or milli-, micro- or nanoseconds, told by their size.

    Raises:
        DataError: naming the first line whose time is no number, or in another unit than most.
    """
    numbers = _numbers(values, lines)
    if not (good := np.isfinite(numbers)).all():
        row = int(good.argmin())
        raise lines.refuse(row, str(values.name), f"{_shown(values, row)} is no finite number", _MEND_TIME)
    known, counted = numbers != 0, units(numbers)
    common = int(np.argmax(np.bincount(counted[known], minlength=len(UNITS))))
    if (other := known & (counted != common)).any():
        row = int(other.argmax())
        wrong = f"{_shown(values, row)} counts another unit than most times of this file"
        raise lines.refuse(row, str(values.name), wrong, _MEND_TIME)
    per = UNITS[common]
    whole = np.floor_divide(numbers, per) if common else np.floor(numbers).astype(numbers.dtype, copy=False)
    if (beyond := np.abs(whole) > _LATEST).any():
        row = int(beyond.argmax())
        raise lines.refuse(row, str(values.name), f"{_shown(values, row)} is no time that can be", _MEND_TIME)
    within = numbers - whole * per if common or numbers.dtype.kind == "f" else np.empty(0)
    fine = np.clip(np.rint(within * (UNITS[-1] // per)), 0, UNITS[-1] - 1).astype(np.int32) if within.any() else None
    return whole.astype(np.int64, copy=False), fine


def units(numbers: NDArray[Any]) -> NDArray[np.uint8]:
    """Return in which of ``UNITS`` each time (n,) is counted, told by its size."""
    size, found = np.abs(numbers), np.zeros(len(numbers), np.uint8)
    for unit in UNITS[:-1]:
        found += size > _LATEST * unit
    return found


_MEND_TIME = "Write all times as seconds since 1970, or all as milliseconds; mend the line and load again."


def nothing_cut_off(time: NDArray[np.int64], column: str, lines: Lines) -> None:
    """Refuse a last line that has no end and whose time has fewer digits than any other: a copy that was interrupted.

    Raises:
        DataError: naming that line.
    """
    if len(time) < 2 or lines.last_is_whole:
        return
    if time[-1] > 0 and len(str(time[-1])) < len(str(time[:-1].min())):
        mend = "Copy or fetch the file again, or remove that line."
        raise lines.refuse(
            len(time) - 1, column, f"{time[-1]} seems cut off in the middle, at the end of the file", mend
        )


def _numbers(values: pd.Series, lines: Lines) -> NDArray[Any]:
    """Return a column as numbers.

    Raises:
        DataError: naming the first line where there is none.
    """
    import pandas as pd

    if values.dtype.kind == "i":
        return values.to_numpy()
    is_number = values.dtype.kind in "fu"
    numbers = (values if is_number else pd.to_numeric(values.astype(str), errors="coerce")).to_numpy(np.float64)
    missing = np.isnan(numbers)
    if missing.any():
        row = int(missing.argmax())
        found = _shown(values, row)
        wrong = "nothing stands there" if found == "" else f"{found} is not a number"
        raise lines.refuse(row, str(values.name), wrong, "The line may be cut off; mend or remove it and load again.")
    return numbers


def _shown(values: pd.Series, row: int) -> str:
    import pandas as pd

    value = values.iloc[row]
    text = "" if pd.isna(value) else f"{value:.15g}" if isinstance(value, float) else str(value)
    return text and f"“{text[:40]}{'…' if len(text) > 40 else ''}”"

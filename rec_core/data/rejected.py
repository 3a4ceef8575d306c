"""What of a file could not be read: where, in which column, why; all of it counted, the first of it listed."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rec_core.data.texts import Texts, texts

NOT_TEXT = "not of the file's encoding"
NAMES_AGAIN = "the names of the columns again"
LISTED = 10_000  # of what could not be read
_SHOWN = 60  # characters of a value
Unreadable = Literal["stop", "left-out"]  # what is done about rows that cannot be read


@dataclass(frozen=True)
class Rejected:
    """Rows that could not be read: how many, and of the first of them (m,) the line, the column, why, and what it says.

    ``kinds`` counts all of them by why. Lines are counted from 1, as editors do; where a file has no lines, they are
    its rows. Where a log has several files, they are those of ``file`` (m,), which is empty otherwise.
    """

    count: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    line: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    column: Texts = field(default_factory=lambda: texts([]))
    wrong: Texts = field(default_factory=lambda: texts([]))
    value: Texts = field(default_factory=lambda: texts([]))
    unit: str = "line"
    file: Texts = field(default_factory=lambda: texts([]))

    @property
    def n_unreadable(self) -> int:
        """How many rows may be lost: not those that are the names of the columns again, which are no rows."""
        return self.count - self.kinds.get(NAMES_AGAIN, 0)

    def refusal(self, title: str, readable: int) -> str:
        """Return what to say where no row may be left out; ``readable`` others can be read."""
        kinds = ", ".join(f"{count:,} × {kind}" for kind, count in self.kinds.items())
        found = f": “{self.value[0]}”" if self.value[0] else ""
        said = (
            f"{title}: {self.count:,} of {self.count + readable:,} {self.unit}s cannot be read ({kinds}); the first is "
        )
        remedy = "Mend the file, or have such rows left out: Unreadable rows, under Advanced (data.unreadable=left-out)"
        if self.count > readable:
            remedy = "Say how fields are separated and which column is what, or name another file"
        return f"{said}{self.place()}{found}. {remedy}."

    def place(self, at: int = 0) -> str:
        """Return where one of those listed stands, for example "line 17, column 'rating'"."""
        column = f", column '{self.column[at]}'" if self.column[at] else ""
        file = f"'{self.file[at]}', " if len(self.file) else ""
        return f"{file}{self.unit} {self.line[at]:,}{column}"


class Rejects:
    """Rows that turn out to be unreadable, gathered while a file is read: each counts once, for what was seen first."""

    def __init__(self) -> None:
        self._kinds: Counter[str] = Counter()
        self._listed: list[tuple[int, str, str, str]] = []
        self._files: list[tuple[int, str]] = []
        self.end = 0

    def of_part(self, begin: int, file: str) -> Rejects:
        """Return what notes rows of a file of several, from 0 in it, which are those from ``begin`` of all."""
        if file:
            self._files.append((begin, file))
        return _OfPart(self, begin)

    def add(self, row: int, column: str, wrong: str, value: str) -> None:
        """Note one row, from 0."""
        self._kinds[wrong] += 1
        if len(self._listed) < LISTED:
            self._listed.append((row, column, wrong, shown(value)))
        self.end = max(self.end, row + 1)

    def listed(self, line_of: Callable[[NDArray[np.int64]], NDArray[np.int64]], unit: str) -> Rejected:
        """Return all of it; ``line_of`` tells the lines of rows."""
        row, column, wrong, value = zip(*sorted(self._listed), strict=True) if self._listed else ((), (), (), ())
        lines = line_of(np.array(row, np.int64)) if row else np.empty(0, np.int64)
        kinds = dict(self._kinds.most_common())
        begins = [begin for begin, _ in self._files]
        files = [self._files[bisect_right(begins, one) - 1][1] for one in row] if begins else []
        return Rejected(
            sum(kinds.values()), kinds, lines, texts(column), texts(wrong), texts(value), unit, texts(files)
        )


class _OfPart(Rejects):
    """Notes rows of one file of several among those of all."""

    def __init__(self, whole: Rejects, begin: int) -> None:
        super().__init__()
        self._whole, self._begin = whole, begin
        self.end = begin

    def add(self, row: int, column: str, wrong: str, value: str) -> None:
        """Note one row, from 0 in the file."""
        self._whole.add(row + self._begin, column, wrong, value)
        self.end = max(self.end, row + self._begin + 1)


def shown(value: str) -> str:
    """Return a value as a list may show it: in one line, cut where it is long."""
    line = " ".join(value.encode("utf-8", "replace").decode().split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"

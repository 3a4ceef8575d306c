"""A data set out of the columns of a table: ids, ratings and times of the rows that can be read, and what cannot be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import Catalogue, Dataset, Interactions
from rec_core.data.rejected import Rejects
from rec_core.data.sources.table import pieces as table
from rec_core.data.sources.table.clock import TimesOfDay
from rec_core.data.sources.table.opening import name_of, opened, tables
from rec_core.data.sources.table.reading import Columns, Layout, Role
from rec_core.data.sources.table.skipping import Skipped
from rec_core.data.sources.table.times import Times
from rec_core.data.sources.table.values import Mask, Numbered, as_texts, ratings
from rec_core.data.texts import Texts, texts
from rec_core.errors import DataError

if TYPE_CHECKING:  # loaded when files are read
    import pyarrow as pa

_DAY = 86_400  # seconds
_CUT = "seems cut off, at the end of the file"


class Rows:
    """The rows of a table as they come, piece by piece."""

    def __init__(self, columns: Columns, layout: Layout, rejects: Rejects) -> None:
        self._columns, self._layout, self._rejects = columns, layout, rejects
        self._user, self._item, self._clock = Numbered(), Numbered(), TimesOfDay()
        self._times = Times(layout.time_format, layout.decimal)
        self._skipped = Skipped(columns)
        self._rated: list[NDArray[np.float32]] = []
        self._places: list[range | NDArray[np.int64]] = []
        self._described = Described()

    def add(self, piece: table.Piece) -> None:
        """Take the rows of a piece; those that cannot be read are noted."""
        wrong: dict[Role, dict[str, Mask]] = {}
        ids: tuple[tuple[Role, Numbered], ...] = ("user", self._user), ("item", self._item)
        for role, numbered in ids:
            wrong[role] = numbered.add(piece.columns[getattr(self._columns, role)])
        rated = None
        if self._columns.rating:
            column = piece.columns[self._columns.rating]
            rated, wrong["rating"] = ratings(column, self._layout.decimal, self._layout.thousands)
        if self._columns.time:
            wrong["time"] = self._times.add(piece.columns[self._columns.time])
        if self._columns.time_of_day:
            wrong["time_of_day"] = self._clock.add(piece.columns[self._columns.time_of_day])
        good = self._note(piece, wrong, self._skipped.of_events(piece))
        if rated is not None:
            good = self._skipped.by_rating(rated, good)
        if not good.all():
            self._user.keep(good)
            self._item.keep(good)
            if self._columns.time:
                self._times.keep(good)
            if self._columns.time_of_day:
                self._clock.keep(good)
        self._places.append(_in_short(piece.rows if good.all() else piece.rows[good]))
        if rated is not None:
            self._rated.append(rated[good])
        self._described.add(self._item, piece, self._columns, good)

    def _note(self, piece: table.Piece, wrong: dict[Role, dict[str, Mask]], counting: Mask) -> Mask:
        """Note the rows in which something is wrong, each for what is seen first; return those that are good, (n,).

        Only rows that are ``counting`` (n,) are looked at.
        """
        good = counting.copy()
        for role, kinds in wrong.items():
            column = getattr(self._columns, role)
            for kind, mask in kinds.items():
                for place in np.flatnonzero(mask & good):
                    self._rejects.add(
                        int(piece.rows[place]), column, kind, _as_shown(piece.columns[column][int(place)])
                    )
                good &= ~mask
        return good

    def finish(self, path: str, described: Described | None) -> Dataset:
        """Return the data set.

        Raises:
            DataError: if no row can be read, or ids have fractions.
        """
        place = _joined(self._places)
        time, fine, good = self._seconds(place, path) if self._columns.time else (None, None, None)
        rated = np.concatenate(self._rated) if self._rated else None
        if good is not None:
            place, rated = np.asarray(place)[good], rated if rated is None else rated[good]
        if not len(place):
            raise self._nothing(path)
        written = self._layout.form != "parquet"
        user_ids, user = self._user.finish(good, written, self._columns.user)
        item_ids, item = self._item.finish(good, written, self._columns.item)
        titles, categories, notes = (described or self._described).of(item_ids)
        notes += self._skipped.notes()
        unit = "row" if self._layout.form == "parquet" else "line"
        rejected = self._rejects.listed(lambda rows: table.lines_of(path, self._layout, rows), unit)
        rows = Interactions(user, item, rated, time, fine=fine)
        catalogue = Catalogue(user_ids, item_ids, titles, categories, notes)
        return Dataset(rows, catalogue, np.asarray(place) if rejected.count or self._skipped.count else None, rejected)

    def _seconds(
        self, place: range | NDArray[np.int64], path: str
    ) -> tuple[NDArray[np.int64], NDArray[np.int32] | None, Mask | None]:
        """Return the times of good rows, in seconds and nanoseconds within them, and which rows these are.

        Nanoseconds are None where all times are whole seconds, the rows where all are good.
        """
        seconds, fine, wrong = self._times.finish()
        if self._columns.time_of_day:
            of_day, within, not_there = self._clock.finish()
            self._require_days(seconds, fine)
            seconds, fine, wrong = seconds + of_day, within if within.any() else None, wrong | not_there
        digits = self._times.digits()
        if digits and digits[0] < digits[1] and not _ends_as_a_line(path, self._layout):
            wrong[_CUT] = np.arange(len(seconds)) == len(seconds) - 1
        good = np.ones(len(seconds), bool)
        for kind, mask in wrong.items():
            for at in np.flatnonzero(mask & good):
                self._rejects.add(int(place[at]), self._columns.time, kind, self._times.shown(int(at)))
            good &= ~mask
        self._times, self._clock = Times(), TimesOfDay()  # they take as much memory as the seconds
        if good.all():
            return seconds, fine, None
        fine = None if fine is None or not fine[good].any() else fine[good]
        return seconds[good], fine, good

    def _require_days(self, seconds: NDArray[np.int64], fine: NDArray[np.int32] | None) -> None:
        """Refuse a time of day beside times that are no whole days."""
        if fine is not None or (seconds % _DAY).any():
            raise DataError(
                f"The column '{self._columns.time}' has times of day of its own: name no column for the time of day "
                f"beside it (--columns time_of_day=), or another one for the date."
            )

    def _nothing(self, path: str) -> DataError:
        rejected = self._rejects.listed(lambda rows: table.lines_of(path, self._layout, rows), "line")
        if self._skipped.count:
            return DataError(f"No row of '{name_of(path)}' is left. {' '.join(self._skipped.notes())}")
        if not rejected.count:
            return DataError(f"'{name_of(path)}' has no rows: name another file.")
        return DataError(
            f"No row of '{name_of(path)}' can be read: {rejected.place()}: {rejected.wrong[0]}. Say which column is "
            "what, or how fields are separated."
        )


class Described:
    """Titles and categories of items, the first of each that is not empty."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, str]] = {}

    def add(self, items: Numbered, piece: table.Piece, columns: Columns, good: Mask) -> None:
        """Take what ``good`` rows of a piece say of the ``items`` that were added last."""
        if not columns.title and not columns.categories:
            return
        said = [_told(piece.columns.get(name), good) for name in (columns.title, columns.categories)]
        title, categories = (part if len(part) else np.full(int(good.sum()), "", object) for part in said)
        ids, code = items.last()
        telling = np.flatnonzero((title != "") | (categories != ""))
        first, where = np.unique(code[telling], return_index=True)
        for one, row in zip(first.tolist(), telling[where].tolist(), strict=True):
            self._known.setdefault(ids[one], (_in_a_line(title[row]), _in_a_line(categories[row])))

    def of(self, item_ids: Any) -> tuple[Texts, Texts, tuple[str, ...]]:
        """Return title and categories of each item, and notes on what is missing; without any, ids stand in."""
        found = [self._known.get(str(one), ("", "")) for one in item_ids.tolist()]
        titles = [title or f"Item {one}" for (title, _), one in zip(found, item_ids.tolist(), strict=True)]
        without = sum(1 for title, _ in found if not title) if self._known else 0
        notes = (f"{without:,} of {len(found):,} items have no title and go by their ids.",) if without else ()
        return texts(titles), texts([_separated(categories) for _, categories in found]), notes


def _in_short(places: NDArray[np.int64]) -> range | NDArray[np.int64]:
    """Return ascending places as a range, where they are one."""
    if len(places) and places[-1] - places[0] + 1 == len(places):
        return range(int(places[0]), int(places[-1]) + 1)
    return places


def _joined(parts: Sequence[range | NDArray[np.int64]]) -> range | NDArray[np.int64]:
    """Return the places of all ``parts``, as a range where they are one: most files can be read from end to end."""
    n_rows, some = sum(map(len, parts)), [part for part in parts if len(part)]
    if not some or some[-1][-1] + 1 == n_rows:
        return range(n_rows)
    return np.concatenate([np.asarray(part) for part in some])


def _separated(categories: str) -> str:
    """Return categories separated by ``|``, also where they were separated otherwise."""
    if "|" in categories:
        return categories
    for sign in (";", ","):
        if sign in categories:
            return "|".join(part.strip() for part in categories.split(sign) if part.strip())
    return categories


def _told(column: pa.Array | None, good: Mask) -> NDArray[Any]:
    """Return a column's texts where rows are ``good``; nothing where there is no column."""
    if column is None:
        return np.empty(0, object)
    return as_texts(column)[0].to_numpy(zero_copy_only=False)[good]


def _in_a_line(text: str) -> str:
    return " ".join(text.split())


def _as_shown(value: Any) -> str:
    plain = value.as_py()
    return plain.decode("utf-8", "replace") if isinstance(plain, bytes) else "" if plain is None else str(plain)


def _ends_as_a_line(path: str, layout: Layout) -> bool:
    if layout.form != "text":
        return True
    with opened(tables(path)[-1]) as stream:
        last = b""
        while block := stream.read(1 << 22):
            last = block
    return last.endswith((b"\n", b"\r", b"\n\0"))

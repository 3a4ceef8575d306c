"""Somebody's own log: a file that is named by its path, with what its columns are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from rec_core.canonical import digest
from rec_core.data.interactions import Dataset
from rec_core.data.rejected import Rejects
from rec_core.data.sources.base import Folders, Source, Words
from rec_core.data.sources.table.assembling import Described, Rows
from rec_core.data.sources.table.forms import OBJECTS
from rec_core.data.sources.table.opening import exists, hash_of, name_of, size_of
from rec_core.data.sources.table.pieces import about_how_many, give_back, pieces
from rec_core.data.sources.table.reading import Columns, Layout, Reading
from rec_core.data.sources.table.several import require_one
from rec_core.data.sources.table.sniffing import seen
from rec_core.data.sources.table.times import Times
from rec_core.data.sources.table.values import Numbered, exact_ratings
from rec_core.errors import DataError
from rec_core.memory import available, gigabytes

_WORDS, _OF_RATINGS = Words(), Words(row="rating", rows="ratings")  # nothing is known of what items are
_QUICK, _PACKED = 120, 4  # megabytes of text that a page may wait for; how many times that packed files hold
_PER_MB = 0.13  # seconds to read and split a megabyte of text, measured on 25 million rows
_PER_ROW = 55  # bytes of memory that a row takes at most, measured on 100 million rows (benchmarks scale)
_LONGEST = 80  # characters of a title
PREFIX = "log-"  # of the names of people's own logs
_MARK = " ("  # begins what tells equal titles apart; no title that was given holds it
_SEEN = 200  # records in which cells that list several values are looked for
_FEWEST = 4  # digits of a name that tell logs apart


@dataclass(frozen=True)
class Table(Source):
    """A file of interactions at ``path``, perhaps with a second one about its items, and how they are read.

    Its name says which file that was and how it was read, so that it is the same on every machine; its title is what
    people call it.
    """

    name: str
    title: str
    path: str
    reading: Reading
    items_path: str = ""
    words: Words = _WORDS
    download_mb: float = 0.0

    @classmethod
    def of(cls, path: str, reading: Reading, title: str = "", items_path: str = "") -> Table:
        """Return the log at ``path``, read so.

        Raises:
            DataError: if no column names users, or items.
        """
        for what, column in (("users", reading.columns.user), ("items", reading.columns.item)):
            if not column:
                raise DataError(f"'{name_of(path)}': no column is said to name {what}; say which one does.")
        mark = _mark(path, items_path, reading)
        return cls.called(f"{PREFIX}{mark[:12]}", titled(title or _plain(path, reading)), path, reading, items_path)

    @classmethod
    def called(cls, name: str, title: str, path: str, reading: Reading, items_path: str) -> Table:
        """Return the log of this name, which ``of`` gave it once."""
        return cls(name, title, path, reading, items_path, _OF_RATINGS if reading.columns.rating else _WORDS)

    @property
    def is_titled(self) -> bool:
        """Whether it is called otherwise than its file, or than its database."""
        return self.given_title != titled(_plain(self.path, self.reading))

    @property
    def origin(self) -> str:
        """Where it comes from, to be shown: the path of its file, or the database and the query."""
        queried = self.reading.queried
        return f"{queried.address}: {queried.query}" if queried.query else self.path

    @property
    def given_title(self) -> str:
        """The title as it was given, without what tells it from the same title of another log."""
        return self.title.partition(_MARK)[0]

    @property
    def seconds(self) -> float:
        """About how long it takes to read and split the log; 0 where a page may wait for it."""
        size, packed = size_of(self.path)
        megabytes = size / 1e6 * (_PACKED if packed else 1)
        return 0.0 if megabytes < _QUICK else _PER_MB * megabytes

    @property
    def has_order(self) -> bool:
        """Whether it is known which of a user's rows came first."""
        return bool(self.reading.columns.time) or self.reading.columns.in_order

    def locate(self, folders: Folders) -> Path | None:
        """Return the file or the folder of files, or None; it may lie on another machine, too."""
        return Path(self.path) if exists(self.path) else None

    def is_here(self, folders: Folders) -> bool:
        """Say whether the file is where it was."""
        return exists(self.path)

    def is_offered(self, folders: Folders) -> bool:
        """Say yes: where the file has gone, that is said where it is chosen."""
        return True

    def require(self, folders: Folders) -> None:
        """Refuse a log whose file has gone.

        Raises:
            DataError: naming what is missing.
        """
        if not exists(self.path) and self.reading.queried.query:
            raise DataError(
                f"What the query of {self.title} returned is no longer kept. Ask the database again: if it returns the "
                "same rows, the log's runs are found again."
            )
        if not exists(self.path):
            raise DataError(
                f"The file of {self.title} is no longer at its place, which the page Data names. Put it there again, "
                "or add it from where it is now. Its runs are found again by its contents."
            )

    def fingerprint(self, folders: Folders) -> str:
        """Return what tells this file, read so, from others."""
        mark = _mark(self.path, self.items_path, self.reading)
        # Before, rows were ordered by whole seconds: what was made so of finer times is not used again.
        if self.reading.columns.time and _has_fine_times(hash_of(self.path), self.path, self.reading):
            mark = digest([mark, "ordered by times finer than seconds"])
        return mark[:16]

    def note(self, fingerprint: str) -> str:
        """Return nothing: a log is what it is."""
        return ""

    def load(self, folders: Folders, progress: Any = False) -> Dataset:
        """Return the rows that can be read, in file order, and what cannot be.

        Raises:
            DataError: one sentence, if the file cannot be read as it is said to be.
        """
        self.require(folders)
        self._require_memory()
        reading = self.reading
        described = _described(self.items_path, reading) if self.items_path else None
        rejects = Rejects()
        rows = Rows(reading.columns, reading.layout, rejects)
        names = _names(self.path, reading.layout, reading.columns)
        size = max(size_of(self.path)[0], 1)

        def told(n_bytes: int) -> None:
            if callable(progress):
                progress(min(n_bytes / size, 1.0))

        for piece in pieces(self.path, reading.layout, names, list(reading.columns.named.values()), rejects, told):
            rows.add(piece)
        dataset = rows.finish(self.path, described)
        give_back()
        return dataset

    def exact_ratings(self) -> NDArray[np.float64]:
        """Return the rating of each record in double precision, (n_records,); NaN for records without the fields.

        Experiments compute with single precision, which tells whole numbers above 2²⁴ and most decimals apart from
        others and not from their neighbours.

        Raises:
            DataError: one sentence, if the file cannot be read.
        """
        layout, column = self.reading.layout, self.reading.columns.rating
        names = _names(self.path, layout, self.reading.columns)
        read = [
            (piece.rows, exact_ratings(piece.columns[column], layout.decimal, layout.thousands))
            for piece in pieces(self.path, layout, names, [column], Rejects())
        ]
        found = np.full(max((int(rows[-1]) + 1 for rows, _ in read if len(rows)), default=0), np.nan)
        for rows, numbers in read:
            found[rows] = numbers
        give_back()
        return found

    def _require_memory(self) -> None:
        """Refuse a log that takes more memory than is free; what is killed for that cannot say why."""
        rows, free = about_how_many(self.path, self.reading.layout), available()
        if rows * _PER_ROW > free:
            raise DataError(
                f"{self.title} holds about {rows / 1e6:,.1f} million rows, which take {gigabytes(rows * _PER_ROW)} of "
                f"memory to be read and split, and {gigabytes(free)} are free. Close what else runs here, or name a "
                "part of the log, such as its latest months."
            )


def titled(text: str) -> str:
    """Return a title without the signs that Markdown, HTML or a figure would act upon.

    >>> titled("![our](http://x) <b>*shop*</b> 1_2.csv")
    'our http: x b shop b 1_2.csv'
    """
    return " ".join(re.sub(r"[^\w\s.,:;'’()-]|[()]", " ", text).split())[:_LONGEST] or "A log"


def told_apart(logs: Sequence[Table], others: Iterable[str] = ()) -> list[Table]:
    """Return logs whose titles differ from each other and from ``others``, however their letters are written.

    Equal titles have the file's folder added, or the beginning of the log's name where folders do not tell them apart.
    """
    taken = {title.casefold() for title in others}
    alike: dict[str, list[Table]] = {}
    for log in logs:
        alike.setdefault(log.title.casefold(), []).append(log)
    marks = {
        log.name: mark
        for title, group in alike.items()
        if len(group) > 1 or title in taken
        for log, mark in zip(group, _marks(group), strict=True)
    }
    return [replace(log, title=f"{log.title}{_MARK}{marks[log.name]})") if log.name in marks else log for log in logs]


def _plain(path: str, reading: Reading) -> str:
    """Return the title of a log that was given none: its file's name, or its database's with the query."""
    queried = reading.queried
    database = unquote(queried.address.partition("?")[0].rpartition("/")[2])
    return f"{database}, {queried.query}" if queried.query else name_of(path)


def _marks(logs: Sequence[Table]) -> list[str]:
    """Return a few signs per log that no other of them has."""
    folders = [titled(name_of(log.path.rstrip("/").rpartition("/")[0])) for log in logs]
    if len({folder.casefold() for folder in folders}) == len(folders):
        return folders
    names = [log.name.removeprefix(PREFIX) for log in logs]
    return next(cut for n in count(_FEWEST) if len(set(cut := [name[:n] for name in names])) == len(set(names)))


def _names(path: str, layout: Layout, columns: Columns) -> list[str]:
    """Return the names of a file's columns, those that are wanted among them."""
    names, records = seen(path, layout)
    if layout.form not in OBJECTS and (missing := [name for name in columns.named.values() if name not in names]):
        raise DataError(f"'{name_of(path)}' has no column '{missing[0]}'; it has {', '.join(names)}.")
    for column in {columns.user, columns.item} & set(names):
        require_one(column, [record[names.index(column)] for record in records[:_SEEN]], name_of(path))
    return names


def _described(path: str, reading: Reading) -> Described:
    """Return what a file about items says of them; lines of it that cannot be read name nothing."""
    columns, found = reading.items, Described()
    items = Numbered()
    names = _names(path, reading.items_layout, columns)
    for piece in pieces(path, reading.items_layout, names, list(columns.named.values()), Rejects()):
        good = ~np.logical_or.reduce([*items.add(piece.columns[columns.item]).values()])
        items.keep(good)
        found.add(items, piece, columns, good)
    return found


@lru_cache(maxsize=256)
def _has_fine_times(contents: str, path: str, reading: Reading) -> bool:
    """Return True if the times at the beginning of a file (of some ``contents``) are finer than seconds."""
    columns, times = reading.columns, Times(reading.layout.time_format, reading.layout.decimal)
    try:
        names = _names(path, reading.layout, columns)
        piece = next(pieces(path, reading.layout, names, [columns.time], Rejects()), None)
    except DataError:  # reading says so
        return False
    if piece is None:
        return False
    wrong = times.add(piece.columns[columns.time])
    times.keep(~np.logical_or.reduce([*wrong.values(), np.zeros(len(piece.rows), bool)]))
    return times.finish()[1] is not None


def _mark(path: str, items_path: str, reading: Reading) -> str:
    """Return 64 hex digits that say which bytes are read, and how."""
    # What a query returned has the hash of its rows: its file's bytes differ by who wrote it. Its name does not say by
    # which address the database was reached.
    hashes = [reading.queried.returned or hash_of(path), hash_of(items_path) if items_path else ""]
    said = reading.model_dump(exclude_defaults=True, exclude={"queried": {"address"}})
    return digest({"files": hashes, "reading": said})

"""A table in several files: the parts in a folder or an archive, and the columns that the names of folders hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote

from rec_core.data.sources.table.opening import PARQUET, Inside, name_of, opened, tables
from rec_core.data.sources.table.reading import Layout
from rec_core.errors import DataError

_HEAD = 1 << 16  # bytes of a part that are looked at
_MISSING = "__HIVE_DEFAULT_PARTITION__"  # what Hive and Spark write for no value
_BLANK = b" \t\r\n\0\xff\xfe\xef\xbb\xbf"
_SPREAD = 20  # parts that a sample is taken from
_SAMPLED = 2_000  # records
_ALIKE = 0.5  # of the fields of JSON objects that two parts share at least
_NUMBER = re.compile(r"[+-]?\d+([.,]\d*)?")
Rows = tuple[list[str], list[list[str]]]  # names of columns, and records
Begins = Callable[[bytes, Layout], Rows]  # what a part that begins so has: text, its first record as names and record


@dataclass(frozen=True)
class Part:
    """A file of a table, how it is read, the ``names`` of its columns, and what its folders' names say beside them.

    Its ``label`` is its place in the folder or archive; "" where the table is one file.
    """

    path: str
    layout: Layout
    names: list[str]
    keys: dict[str, str | None]
    label: str = ""


def is_one(path: str) -> bool:
    """Return True if a path stands for one file."""
    return tables(path) == [path]


def first_of(path: str) -> str:
    """Return the part of a table that shows best how all are written: the first with two lines, or else with any."""
    found = tables(path)
    if len(found) == 1:
        return found[0]
    some = ""
    for part in found:
        start = _head(part)
        if start.startswith(PARQUET) or len(start.strip(_BLANK).splitlines()) > 1:
            return part
        some = some or (part if start.strip(_BLANK) else "")
    return some or found[0]


def with_keys(path: str, names: list[str], read: Callable[[str], Rows]) -> Rows | None:
    """Return names and records of parts spread over a table whose folders' names hold columns, with these columns.

    None if they hold none that the files, whose columns have these ``names``, do not.
    """
    found = tables(path)
    keys = [key for key in _keys(path, found) if key not in names]
    if not keys:
        return None
    step = max(len(found) // _SPREAD, 1)
    records: list[list[str]] = []
    for part in found[::step]:
        if not _head(part).strip(_BLANK):
            continue
        own, rows = read(part)
        if own != names:
            continue
        said = keys_of(path, part)
        values = [said.get(key) or "" for key in keys]
        records += [[*row, *values] for row in rows[: _SAMPLED // _SPREAD]]
    return [*names, *keys], records


def keys_of(path: str, part: str) -> dict[str, str | None]:
    """Return what the names of folders between a table's path and a part of it say.

    >>> keys_of("/data/log", "/data/log/dt=2019-06-01/country=C%C3%B4te/part-0.csv")
    {'dt': '2019-06-01', 'country': 'Côte'}
    """
    pairs = (folder.partition("=") for folder in PurePosixPath(part).relative_to(path).parts[:-1])
    return {
        unquote(key): None if value == _MISSING else unquote(value) for key, equals, value in pairs if equals and key
    }


def _keys(path: str, found: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(key for part in found if part != path for key in keys_of(path, part)))


def parts_of(path: str, layout: Layout, names: list[str], begins: Begins) -> list[Part]:
    """Return the parts of a table that hold anything, whose files have columns of these ``names``.

    Raises:
        DataError: if they are parts of different tables, naming two.
    """
    found = tables(path)
    keys = [key for key in _keys(path, found) if key not in names]
    first = _label(path, first_of(path))
    parts = []
    for part in found:
        read = layout
        if layout.form != "parquet":
            start = _head(part)
            if not start.strip(_BLANK):
                continue
            like = _like(start, layout, names, begins)
            if like is None:
                raise _different(path, first, part)
            read = like
        said = keys_of(path, part)
        parts.append(Part(part, read, names, {key: said.get(key) for key in keys}, _label(path, part)))
    return parts


def _like(start: bytes, layout: Layout, names: Sequence[str], begins: Begins) -> Layout | None:
    """Return how a part that begins so is read: perhaps it has no line of names; None if it is of another table."""
    if b"\0" in start and not layout.encoding.startswith("utf-16"):
        return None
    try:
        found, records = begins(start, layout)
    except DataError:
        return None
    if layout.form != "text":
        shared = len(set(found) & set(names))
        return layout if shared >= _ALIKE * min(len(found), len(names)) else None
    widths = [len(record) for record in records]
    if max(set(widths), key=widths.count, default=0) != len(names):
        return None
    if layout.header and found == list(names):
        return layout
    return None if _is_named(records) else layout.model_copy(update={"header": False})


def _is_named(records: Sequence[Sequence[str]]) -> bool:
    """Return True if the first record names columns: it has no number where all others have one."""
    columns = list(zip(*records, strict=False))
    return len(records) > 1 and any(
        not _NUMBER.fullmatch(first.strip()) and all(_NUMBER.fullmatch(value.strip()) for value in others)
        for first, *others in columns
    )


def _different(path: str, first: str, part: str) -> DataError:
    remedy = "Name one file, or a folder that holds the parts of one table alone."
    if isinstance(part, Inside):
        remedy = "Unpack it, and name the file that is meant."
    return DataError(
        f"'{name_of(path)}' holds different tables: '{first}' and '{_label(path, part)}' do not have the same columns. "
        f"{remedy}"
    )


def _label(path: str, part: str) -> str:
    label = str(PurePosixPath(part).relative_to(path))
    return label if len(label) <= 80 else f"…{label[-79:]}"


def _head(part: str) -> bytes:
    with opened(part) as stream:
        return stream.read(_HEAD)

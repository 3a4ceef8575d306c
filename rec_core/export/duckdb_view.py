"""How DuckDB reads a log as Corelens does: all columns as text, with names, encoding and unit of time said.

Nothing is left to DuckDB's guesses, which look at the first rows only and take ids with leading zeros for numbers. What
has another form further down ends in an error of DuckDB's, never in other rows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rec_core.data.checks import UNITS, units
from rec_core.data.sources.table import Table, sniff
from rec_core.data.sources.table.opening import exists, name_of, parts, start_of
from rec_core.data.sources.table.records import header_lines

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_OFFSET = r"(Z|[+-]\d\d(:?\d\d)?)$"
_DATE = re.compile(rf"\d{{4}}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{{1,9}})?)?({_OFFSET})?)?")
_ENCODINGS = ("utf-8", "latin-1", "utf-16")  # that DuckDB reads without an extension
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"


def recipe(source: Table, rejected: int) -> list[str]:
    """Return the lines that make ``interactions`` of a log's file in DuckDB, or that say why there are none."""
    if why := _why_not(source, rejected):
        return [f"There is no recipe for DuckDB: {why}."]
    lines = view(source, name_of(source.path)).splitlines()
    return ["In DuckDB (the view has times in nanoseconds since 1970):", *lines]


def view(source: Table, path: str) -> str:
    """Return the statement that makes ``interactions`` of a log whose file is at ``path`` for DuckDB."""
    columns = source.reading.columns
    named = [f"{_name(columns.user)} AS user_id", f"{_name(columns.item)} AS item_id"]
    if columns.time:
        named.append(f"{_moment(source)} AS time")
    read = {"text": _text, "json": _json, "parquet": _parquet}[source.reading.layout.form](source, path)
    selected = ",\n  ".join(named)
    return f"CREATE VIEW interactions AS SELECT row_number() OVER () - 1 AS row,\n  {selected}\n  FROM {read};"


def _why_not(source: Table, rejected: int) -> str:
    layout = source.reading.layout
    if not exists(source.path):
        return "the file is no longer where it was"
    if rejected:
        rows = "1 row" if rejected == 1 else f"{rejected:,} rows"
        return f"{rows} of the file cannot be read, and DuckDB would not skip the same ones"
    if layout.form != "parquet" and layout.encoding not in (_ENCODINGS if layout.form == "text" else ("utf-8",)):
        return "it does not read the encoding of this file; convert the file to UTF-8 and export again"
    if _packing(source) == _ZIP:
        return "it does not read zip files; unpack the file and export again"
    if any(not _NUMBER.fullmatch(text) and not _DATE.fullmatch(text) for text in _times(source)):
        return "it does not read the dates of this file; write them as 2026-01-31 12:00:00 and export again"
    return ""


def _text(source: Table, path: str) -> str:
    layout = source.reading.layout
    names = sniff(source.path, layout).names
    typed = ", ".join(f"{_quoted(name)}: 'VARCHAR'" for name in names)
    skipped = header_lines(start_of(source.path), layout)
    quote = '"' if layout.quoted else ""
    packed = ", compression = 'gzip'" if _packing(source) == _GZIP else ""
    return (
        f"read_csv({_quoted(path)}, auto_detect = false, header = false, skip = {skipped},\n"
        f"    delim = {_quoted(layout.separator)}, quote = '{quote}', escape = '{quote}', "
        f"encoding = '{layout.encoding}'{packed},\n    columns = {{{typed}}})"
    )


def _json(source: Table, path: str) -> str:
    typed = ", ".join(f"{_quoted(name)}: 'VARCHAR'" for name in source.reading.columns.named.values())
    packed = ", compression = 'gzip'" if _packing(source) == _GZIP else ""
    return f"read_json({_quoted(path)}, format = 'newline_delimited'{packed},\n    columns = {{{typed}}})"


def _parquet(source: Table, path: str) -> str:
    return f"read_parquet({_quoted(path if parts(source.path) == [source.path] else path + '/**/*.parquet')})"


def _moment(source: Table) -> str:
    """Return a time as nanoseconds since 1970: of a number in the file's unit, or of a date, in UTC."""
    text = f"trim(CAST({_name(source.reading.columns.time)} AS VARCHAR))"
    seen = _times(source)
    numbers = [value for value in seen if _NUMBER.fullmatch(value)]
    date = (
        f"CASE WHEN regexp_matches({text}, ':.*{_OFFSET}') THEN epoch_ns(CAST({text} AS TIMESTAMPTZ))\n"
        f"    ELSE epoch_ns(CAST({text} AS TIMESTAMP_NS)) END"
    )
    if not numbers:
        return date
    comma = source.reading.layout.decimal == "," and source.reading.layout.form == "text"
    plain = f"replace({text}, ',', '.')" if comma else text
    places = 9 - 3 * _unit(numbers)
    number = f"CAST(CAST({plain} AS DECIMAL(28, {places})) * {10**places} AS BIGINT)"
    if len(numbers) == len(seen):
        return number
    return f"CASE WHEN regexp_matches({text}, '^[0-9]{{4}}-') THEN {date} ELSE {number} END"


def _unit(numbers: Sequence[str]) -> int:
    """Return in which of ``UNITS`` times count, as reading the file tells it: 0 for seconds."""
    known = np.array([float(text) for text in numbers if float(text)])
    return int(np.argmax(np.bincount(units(known), minlength=len(UNITS))))


def _times(source: Table) -> list[str]:
    """Return the times of the first rows as they are written; a comma in them is a point."""
    found, column = sniff(source.path, source.reading.layout), source.reading.columns.time
    if not column:
        return []
    place = found.names.index(column)
    comma = source.reading.layout.decimal == ","
    texts = (record[place].strip() for record in found.records)
    return [text.replace(",", ".") if comma else text for text in texts if text]


def _packing(source: Table) -> bytes:
    """Return the signature of the file where it is packed, b"" otherwise."""
    if not Path(source.path).is_file():
        return b""
    with Path(source.path).open("rb") as file:
        start = file.read(4)
    return next((sign for sign in (_GZIP, _ZIP) if start.startswith(sign)), b"")


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"

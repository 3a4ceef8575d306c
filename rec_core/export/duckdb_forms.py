"""How DuckDB makes a table of text that is none: nested JSON, lines of a user and all items, blocks under an item."""

from __future__ import annotations

from collections.abc import Sequence

from rec_core.data.sources.table import Table, sniff
from rec_core.data.sources.table.folders import first_of
from rec_core.data.sources.table.opening import start_of
from rec_core.export.duckdb_sql import NoRecipeError, named, quoted

_ABOVE = r"^\w[\w.-]{0,63}:[ \t]*$"  # the id above a block


def objects(source: Table, places: str, how: str, wanted: Sequence[str]) -> str:
    """Return the table of the ``wanted`` fields of JSON objects, which nested ones have by paths."""
    form = "newline_delimited"
    if str(source.reading.layout.form) == "values":
        start = start_of(first_of(source.path)).lstrip(b"\xef\xbb\xbf \t\r\n")
        form = "array" if start.startswith(b"[") else "unstructured"
    fields = ",\n    ".join(f"{_found(name)} AS {named(name)}" for name in wanted)
    return f"(SELECT {fields}\n    FROM read_json_objects({places}, format = '{form}'{how})) AS t"


def _found(name: str) -> str:
    if '"' in name or "\\" in name:
        raise NoRecipeError("it does not find fields with quotation marks in their names; rename them")
    whole = f"json ->> {quoted(_path([name]))}"
    if "." not in name:
        return f"({whole})"
    return f"coalesce({whole}, json ->> {quoted(_path(name.split('.')))})"


def _path(parts: Sequence[str]) -> str:
    return "$" + "".join(f'."{part}"' for part in parts)


def lists(places: str, how: str) -> str:
    """Return the table of lines that hold a user and all items of that user."""
    split = r"string_split_regex(trim(line, e' \t\r'), '[ \t]+')"
    return (
        f'(SELECT fields[1] AS "user", unnest(fields[2:]) AS "item" FROM\n    (SELECT {split} AS fields '
        f"FROM {_lines(places, how)})) AS t"
    )


def blocks(source: Table, places: str, how: str) -> str:
    """Return the table of lines below an item's id, with that id as their first field."""
    names = sniff(source.path, source.reading.layout).names
    separator = quoted(source.reading.layout.separator)
    fields = ", ".join(f"split_part(line, {separator}, {at}) AS {named(name)}" for at, name in enumerate(names[1:], 1))
    above = f"regexp_matches(line, '{_ABOVE}')"
    numbered = f"(SELECT row_number() OVER () AS number, rtrim(line, e'\\r') AS line FROM {_lines(places, how)})"
    last = f"last_value(CASE WHEN {above} THEN rtrim(line, e': \\t') END IGNORE NULLS) OVER (ORDER BY number)"
    told = f"(SELECT number, line, {last} AS above FROM {numbered})"
    return (
        f"(SELECT above AS {named(names[0])}, {fields} FROM\n    {told}\n"
        f"    WHERE NOT {above} AND trim(line) <> '' ORDER BY number) AS t"
    )


def _lines(places: str, how: str) -> str:
    one_field = "delim = e'\\x01', quote = '', escape = ''"
    return (
        f"read_csv({places}, auto_detect = false, header = false, strict_mode = false, {one_field}{how},\n"
        "    columns = {'line': 'VARCHAR'})"
    )

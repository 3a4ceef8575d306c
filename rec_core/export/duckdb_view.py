"""How DuckDB reads a log as Corelens does: all columns as text, with names, encoding and unit of time said.

Nothing is left to DuckDB's guesses, which look at the first rows only and take ids with leading zeros for numbers. What
has another form further down ends in an error of DuckDB's, never in other rows. Where DuckDB is installed, the recipe
is tried on export: one that makes other rows is not written.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from rec_core.data.interactions import Dataset
from rec_core.data.sources.table import Columns, Table
from rec_core.data.sources.table.opening import name_of
from rec_core.export import duckdb_check
from rec_core.export.duckdb_files import Copy, copy_of, identified, read
from rec_core.export.duckdb_sql import NoRecipeError, named, quoted
from rec_core.export.duckdb_times import moment

_OTHER = (
    "Or let Corelens read the file: `export --method full --all-rows` writes coreset.parquet with row, user_id,",
    "item_id and time of every row that counts; name that file, or a view of it, interactions.",
)
_NUMBER = r"(?i)^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?$"


def recipe(source: Table, dataset: Dataset) -> list[str]:
    """Return the lines that make ``interactions`` of a log's file in DuckDB, or that say why there are none."""
    try:
        copy = copy_of(source)
        statement = view(source, name_of(source.path) if copy is None else copy.name, dataset, copy)
        tried = _tried(source, dataset, copy)
    except NoRecipeError as error:
        return [f"There is no recipe for DuckDB: {error}.", *_OTHER]
    first = ["First make the copy that DuckDB reads:", f"  {copy.command}"] if copy else []
    return [*first, "In DuckDB (the view has times in nanoseconds since 1970):", *statement.splitlines(), *tried]


def view(source: Table, path: str, dataset: Dataset, copy: Copy | None = None) -> str:
    """Return the statement that makes ``interactions`` of a log whose file, or its ``copy``, is at ``path`` for DuckDB.

    Raises:
        NoRecipeError: if there is none.
    """
    columns = source.reading.columns
    fields = [f"{identified(source, columns.user)} AS user_id", f"{identified(source, columns.item)} AS item_id"]
    conditions = _conditions(source, dataset)
    if columns.time:
        time = moment(source)
        fields.append(f"{f'TRY({time})' if dataset.rejected.count else time} AS time")
    if conditions:
        fields += [f"{expression} AS {name}" for name, expression in _judged(source.reading.columns).items()]
    selected = ",\n  ".join(fields)
    rows = f"SELECT row_number() OVER () - 1 AS row,\n  {selected}\n  FROM {read(source, path, copy is not None)}"
    if not conditions:
        return f"CREATE VIEW interactions AS {rows};"
    kept = f"row, user_id, item_id{', time' if columns.time else ''}"
    return f"CREATE VIEW interactions AS SELECT {kept} FROM ({rows}) AS r\n  WHERE {' AND '.join(conditions)};"


def _judged(columns: Columns) -> dict[str, str]:
    """Return what rows are kept or skipped by, beside ids and times: name → expression."""
    rating = {"rating": f"trim(CAST({named(columns.rating)} AS VARCHAR))"} if columns.rating else {}
    return rating | ({"event": f"trim(CAST({named(columns.event)} AS VARCHAR))"} if columns.events else {})


def _conditions(source: Table, dataset: Dataset) -> list[str]:
    """Return which rows are read: not those that lack something, where there are such, nor those that are skipped."""
    layout, columns, found = source.reading.layout, source.reading.columns, []
    if dataset.rejected.count:
        found = [r"regexp_matches(user_id, '\S')", r"regexp_matches(item_id, '\S')"]
        found += ["time IS NOT NULL"] if columns.time else []
    plain = f"replace(rating, {quoted(layout.thousands)}, '')" if layout.thousands else "rating"
    plain = f"replace({plain}, ',', '.')" if layout.decimal == "," else plain
    if columns.rating and dataset.rejected.count:
        found.append(f"regexp_matches({plain}, '{_NUMBER}')")
    number = f"CAST({plain} AS FLOAT)"
    if columns.events:
        found.append(f"event IN ({', '.join(map(quoted, columns.events))})")
    if columns.unrated:
        found.append(f"{number} NOT IN ({', '.join(f'CAST({one} AS FLOAT)' for one in columns.unrated.split(','))})")
    if columns.at_least is not None:
        found.append(f"{number} >= CAST({columns.at_least!r} AS FLOAT)")
    return found


def _tried(source: Table, dataset: Dataset, copy: Copy | None) -> list[str]:
    """Try the recipe on the file; return a line about that.

    Raises:
        NoRecipeError: if DuckDB makes other rows.
    """
    version, rejected = duckdb_check.version(), dataset.rejected.count
    rows = "1 row" if rejected == 1 else f"{rejected:,} rows"
    skips = f"{rows} of the file cannot be read, and DuckDB would not skip the same ones"
    if not version:
        if rejected:
            raise NoRecipeError(skips)
        return ["DuckDB is not installed where this was exported, so the view was not tried."]
    with tempfile.TemporaryDirectory() as folder:
        path = source.path if copy is None else str(copy.make(source, Path(folder)))
        other = duckdb_check.difference(view(source, path, dataset, copy), dataset)
    if other:
        raise NoRecipeError(skips if rejected else f"{other}")
    return [f"Tried on export: DuckDB {version} reads the same {len(dataset.interactions):,} rows."]

"""How a database that a query was asked of makes ``interactions``: the query itself, with its rows numbered."""

from __future__ import annotations

import re

from rec_core.data.interactions import Dataset
from rec_core.data.sources.table import Table
from rec_core.data.sources.table.opening import opened
from rec_core.errors import DataError

_SORTS = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,9})?)?)?")  # as texts sort, so do these times
_OTHER = (
    "Or let Corelens ask it: `export --method full --all-rows` writes coreset.parquet with row, user_id, item_id and",
    "time of every row that counts; name that file, or a view of it, interactions.",
)
_ROWS = 1 << 17  # that are looked at at a time


def recipe(source: Table, dataset: Dataset) -> list[str]:
    """Return the lines that make ``interactions`` of what a query returns, or that say why there are none."""
    queried = source.reading.queried
    asked = ["The log is what this query returned:", *(f"  {line}" for line in queried.query.splitlines())]
    if why := _why_not(source, dataset):
        return [f"There is no recipe for its database: {why}.", *_OTHER, *asked]
    columns = source.reading.columns
    fields = [f"{_named(columns.user)} AS user_id", f"{_named(columns.item)} AS item_id"]
    fields += [f"{_named(columns.time)} AS time"] if columns.time else []
    selected = ",\n  ".join(fields)
    statement = (
        f"CREATE TEMPORARY VIEW interactions AS SELECT row_number() OVER () - 1 AS row,\n  {selected}\n"
        f"  FROM (\n{queried.query}\n) AS log;"
    )
    return [f"In the database ({queried.address}):", *statement.splitlines()]


def _why_not(source: Table, dataset: Dataset) -> str:
    columns = source.reading.columns
    if source.reading.queried.address.startswith("sqlite:"):
        return "the rule needs functions that SQLite lacks (greatest, concat)"
    if dataset.rejected.count:
        rows = "1 row" if dataset.rejected.count == 1 else f"{dataset.rejected.count:,} rows"
        return f"{rows} that the query returns cannot be read; leave such rows out in the query and export again"
    if columns.is_choosy:
        return "rows are skipped on reading; skip them in the query and export again"
    if columns.time and not _sorts(source.path, columns.time):
        return "its times are texts that do not sort as times; turn them into times in the query and export again"
    return ""


def _sorts(path: str, column: str) -> bool:
    """Return True if a column's values sort as times do: numbers, times, or texts of one length from year to second."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with opened(path) as raw:
            file = pq.ParquetFile(raw)
            if not pa.types.is_string(file.schema_arrow.field(column).type):
                return True
            lengths = set()
            for batch in file.iter_batches(_ROWS, columns=[column]):
                texts = set(batch.column(0).to_pylist())
                if not all(text is not None and _SORTS.fullmatch(text) for text in texts):
                    return False
                lengths |= set(map(len, texts))
    except DataError:  # what was returned is no longer kept
        return False
    return len(lengths) == 1


def _named(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'

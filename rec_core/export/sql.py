"""The rule by which rows were kept, as portable SQL: it makes the same rows where the log lies.

It reads one table, ``interactions``: row (the record's place in the source, from 0), user_id, item_id and, where there
are times, time (whole seconds since 1970). Repeats, filter and split come first, as the experiment has them.
"""

from __future__ import annotations

from collections.abc import Iterator

from rec_core.data import filtering, repeats
from rec_core.data.sources import SOURCES
from rec_core.data.sources.table import Table
from rec_core.data.sources.table.opening import name_of
from rec_core.experiment import Stages
from rec_core.randomness import generator
from rec_core.selection import budget

NAME = "coreset.sql"
_BY_LOT = "what NumPy's generator draws, SQL cannot draw again"
_DRAW = f"{_BY_LOT}; have rows drawn by a hash (method.draw=hash)"
_MORE = "the method looks at more than users, items and times"


def coreset_sql(stages: Stages) -> tuple[str, str]:
    """Return the query, "" where there is none, and why there is none."""
    spec, ids = stages.spec, _literals(stages)
    if spec.keeps_everything or spec.is_dynamic:
        return "", "There is no coreset.sql: every row is kept, or others in every epoch."
    if not spec.split.by_date and "random" in (spec.split.test, spec.split.validation_rule):
        return "", f"There is no coreset.sql: {_BY_LOT}; hold out the last and the next to last rating, or by date."
    if any("\\" in text for text in ids):
        return "", "There is no coreset.sql: an id has a backslash, which dialects of SQL read differently."
    candidates = stages.candidates
    count = budget(spec.ratio, len(candidates.train))
    rule = spec.method.sql(candidates, count, generator(spec.seed, "selection"), ids)
    if not rule:
        by_lot = "draw" in type(spec.method).model_fields
        return "", f"There is no coreset.sql: {_DRAW if by_lot else _MORE}."
    named = ",\n".join(f"{name} AS (\n{query}\n)" for name, query in _steps(stages))
    return f"{_head(stages)}WITH\n{named}\n{rule};\n", ""


def _literals(stages: Stages) -> list[str]:
    ids = stages.split.catalogue.user_ids.tolist()
    return [str(one) if isinstance(one, int) else "'" + one.replace("'", "''") + "'" for one in ids]


def _steps(stages: Stages) -> Iterator[tuple[str, str]]:
    """Yield the tables that lead to ``train``: name and query."""
    spec, timed = stages.spec, stages.split.train.time is not None
    columns = f"row, user_id, item_id, {'time' if timed else '0 AS time'}"
    yield "log", f"SELECT {columns} FROM interactions"
    before = "log"
    newest = "time DESC, row DESC"
    if spec.data.repeats != "kept":
        first = "time, row" if spec.data.repeats == "first" else newest
        again = f"SELECT *, row_number() OVER (PARTITION BY user_id, item_id ORDER BY {first}) AS again FROM {before}"
        yield "settled", f"SELECT row, user_id, item_id, time FROM ({again}) AS r WHERE again = 1"
        before = "settled"
    for number in range(1, _rounds(stages) + 1):
        counts = "count(*) OVER (PARTITION BY user_id) AS of_user, count(*) OVER (PARTITION BY item_id) AS of_item"
        least = spec.data.min_interactions
        yield (
            f"filtered_{number}",
            f"SELECT row, user_id, item_id, time FROM (SELECT *, {counts} FROM {before}) AS r "
            f"WHERE of_user >= {least} AND of_item >= {least}",
        )
        before = f"filtered_{number}"
    if spec.split.by_date:
        yield "learnt", f"SELECT * FROM {before} WHERE time < {_date(stages)}"
    else:
        back = f"SELECT *, row_number() OVER (PARTITION BY user_id ORDER BY {newest}) AS back FROM {before}"
        yield "learnt", f"SELECT row, user_id, item_id, time FROM ({back}) AS r WHERE back > 2"
    yield (
        "train",
        "SELECT row, row_number() OVER (ORDER BY row) - 1 AS place, user_id, item_id, time, "
        "count(*) OVER (PARTITION BY item_id) AS wanted FROM learnt",
    )


def _rounds(stages: Stages) -> int:
    """Return how often the filter has to be applied until nothing changes."""
    spec = stages.spec
    settled, _ = repeats.settle(stages.dataset, spec.data.repeats)
    return filtering.rounds(settled, spec.data.min_interactions)


def _date(stages: Stages) -> int:
    """Return a time that parts train rows from all later ones."""
    time = stages.split.train.time
    assert time is not None
    return int(time.max()) + 1


def _head(stages: Stages) -> str:
    """Return what stands above the query: what it needs, and for a log how DuckDB makes that of its file."""
    source = SOURCES[stages.spec.data.dataset]
    lines = [
        f"{len(stages.coreset.rows)} of {len(stages.split.train)} train rows of {source.title}, made by Corelens.",
        "It reads a table or view interactions(row, user_id, item_id, time): the record's place in the source, from",
        "0, the ids as they are there, and whole seconds since 1970 (no column time where there are no times).",
    ]
    if isinstance(source, Table) and not stages.dataset.rejected.count:
        lines += ["", "In DuckDB:", *source_sql(source, name_of(source.path)).splitlines()]
    return "".join(f"-- {line}\n" if line else "--\n" for line in lines)


def source_sql(source: Table, path: str) -> str:
    """Return how DuckDB makes ``interactions`` of a log's file at ``path``, all of whose rows can be read."""
    layout, columns = source.reading.layout, source.reading.columns

    def column(name: str) -> str:
        return '"' + name.replace('"', '""') + '"'

    named = [f"{column(columns.user)} AS user_id", f"{column(columns.item)} AS item_id"]
    if columns.time:
        named.append(f"CAST({column(columns.time)} AS BIGINT) AS time")
    quoted, separator = (text.replace("'", "''") for text in (path, layout.separator))
    read = f"read_parquet('{quoted}')"
    if layout.form == "text":
        read = f"read_csv('{quoted}', delim = '{separator}', header = {str(layout.header).lower()}, quote = '\"')"
    elif layout.form == "json":
        read = f"read_json('{quoted}', format = 'newline_delimited')"
    return f"CREATE VIEW interactions AS SELECT row_number() OVER () - 1 AS row,\n  {', '.join(named)}\n  FROM {read};"

"""The rule by which rows were selected, as portable SQL: run on any day, it selects what Corelens would select then.

It reads one table, ``interactions``: row (the record's place in the source, from 0), user_id, item_id and, where there
are times, time (anything that sorts as time does). Repeats, filter and split come first, as the experiment has them.
Nothing in it is counted on the day of export: budget, dates and quotas are steps over the rows that are there.
"""

from __future__ import annotations

from collections.abc import Iterator

from rec_core.data import filtering, repeats
from rec_core.data.sources import SOURCES
from rec_core.data.sources.table import Table
from rec_core.experiment import Stages
from rec_core.export import duckdb_view
from rec_core.randomness import generator
from rec_core.selection.base import budget_sql
from rec_core.specs import ExperimentSpec
from rec_core.wording.labels import ALL_ROWS

NAME = "coreset.sql"
_BY_LOT = "what NumPy's generator draws, SQL cannot draw again"
_DRAW = f"{_BY_LOT}; draw by a hash (method.draw=hash)"
_MORE = "the method looks at more than users, items and times"
_SPARE = 3  # rounds of the filter beyond those of today: a grown log may take more
_TOO_FEW = "On this log the filter takes more rounds than this file has: export coreset.sql again. Interactions left: "


def coreset_sql(stages: Stages) -> tuple[str, str]:
    """Return the query, "" where there is none, and why there is none."""
    spec = stages.spec
    if spec.keeps_everything or spec.is_dynamic:
        return "", "There is no coreset.sql: every row is kept, or others in every epoch."
    rules = not (spec.split.by_date or spec.split.all_rows or spec.split.is_given)
    if rules and "random" in (spec.split.test, spec.split.validation_rule):
        return "", f"There is no coreset.sql: {_BY_LOT}; hold out the last and the next to last rating, or by date."
    rule = spec.method.sql(generator(spec.seed, "selection"))
    if not rule:
        by_lot = "draw" in type(spec.method).model_fields
        return "", f"There is no coreset.sql: {_DRAW if by_lot else _MORE}."
    steps = dict(_steps(stages)) | {"budget": budget_sql(spec.ratio)} | rule
    named = ",\n".join(f"{name} AS (\n{query}\n)" for name, query in steps.items())
    return f"{_head(stages)}WITH\n{named}\nSELECT row FROM {next(reversed(steps))};\n", ""


def _steps(stages: Stages) -> Iterator[tuple[str, str]]:
    """Yield the tables that lead to ``train``: name and query."""
    spec, timed = stages.spec, stages.split.train.time is not None
    columns = f"row, user_id, item_id, {'time' if timed else '0 AS time'}"
    yield "log", f"SELECT {columns} FROM interactions"
    if spec.split.is_given:
        yield "learnt", "SELECT row, user_id, item_id, time FROM log"
    else:
        yield from _until_learnt(stages, "log")
    yield (
        "train",
        "SELECT row, row_number() OVER (ORDER BY row) - 1 AS place, user_id, item_id, time, "
        "count(*) OVER (PARTITION BY item_id) AS wanted FROM learnt",
    )


def _until_learnt(stages: Stages, before: str) -> Iterator[tuple[str, str]]:
    """Yield what is done about repeats, filter and held-out rows."""
    spec = stages.spec
    newest = "time DESC, row DESC"
    if spec.data.repeats != "kept":
        first = "time, row" if spec.data.repeats == "first" else newest
        again = f"SELECT *, row_number() OVER (PARTITION BY user_id, item_id ORDER BY {first}) AS again FROM {before}"
        yield "settled", f"SELECT row, user_id, item_id, time FROM ({again}) AS r WHERE again = 1"
        before = "settled"
    for name, query in _filtered(spec, before, _rounds(stages) + _SPARE):
        yield name, query
        before = name
    yield from _learnt(spec, before, newest)


def _filtered(spec: ExperimentSpec, before: str, rounds: int) -> Iterator[tuple[str, str]]:
    """Yield the rounds of the filter; the last finds nothing to drop, or ends the query with a sentence."""
    counts = "count(*) OVER (PARTITION BY user_id) AS of_user, count(*) OVER (PARTITION BY item_id) AS of_item"
    least = spec.data.min_interactions
    stays = f"of_user >= {least} AND of_item >= {least}"
    for number in range(1, rounds + 2):
        name = f"filtered_{number}" if number <= rounds else "filtered"
        if number > rounds:  # a text that is no number is an error that every database shows
            stays = f"CASE WHEN {stays} THEN 1 ELSE CAST(concat('{_TOO_FEW}', of_user) AS INTEGER) END = 1"
        counted = f"SELECT *, {counts} FROM {before}"
        yield name, f"SELECT row, user_id, item_id, time FROM ({counted}) AS r WHERE {stays}"
        before = name


def _learnt(spec: ExperimentSpec, before: str, newest: str) -> Iterator[tuple[str, str]]:
    """Yield the steps that leave the held-out rows away, if any are; the last is called ``learnt``."""
    if spec.split.all_rows:
        yield "learnt", f"SELECT row, user_id, item_id, time FROM {before}"
        return
    if spec.split.by_date:
        ordered = f"SELECT time, row_number() OVER (ORDER BY time) AS rank FROM {before}"
        before_date = 1 - 2 * spec.split.held_out  # as ``splits.global_time`` has it, to the last digit
        yield "cut", f"SELECT CAST(floor({before_date!r}E0 * count(*)) AS BIGINT) + 1 AS rank FROM {before}"
        yield "date", f"SELECT time AS begins FROM ({ordered}) AS r JOIN cut ON r.rank = cut.rank"
        yield "learnt", f"SELECT row, user_id, item_id, time FROM {before} CROSS JOIN date WHERE time < begins"
    else:
        back = f"SELECT *, row_number() OVER (PARTITION BY user_id ORDER BY {newest}) AS back FROM {before}"
        yield "learnt", f"SELECT row, user_id, item_id, time FROM ({back}) AS r WHERE back > 2"


def _rounds(stages: Stages) -> int:
    """Return how often the filter has to be applied until nothing changes."""
    spec = stages.spec
    settled, _ = repeats.settle(stages.dataset, spec.data.repeats)
    return filtering.rounds(settled, spec.data.min_interactions)


def _head(stages: Stages) -> str:
    """Return the comment above the query: what it does, what it needs, and how DuckDB makes that of a log's file."""
    spec, source = stages.spec, SOURCES[stages.spec.data.dataset]
    which = "rows" if spec.split.all_rows else "train rows"
    lines = [
        f"Select {len(stages.coreset.rows)} of {len(stages.split.train)} {which} of {source.title}.",
        "",
        "This is a rule: run it on a later log, and it selects what Corelens selects from that log with the same",
        "settings. Filter, dates, budget and quotas are counted when it runs.",
        _held_out(spec),
        "",
        "It reads a table or view interactions(row, user_id, item_id, time): the record's place in the source, from",
        "0; the ids as they are there; and the time, in any type that sorts as time does (no column time where there",
        "are no times). New records get higher places than old ones.",
    ]
    if isinstance(source, Table):
        lines += ["", *duckdb_view.recipe(source, stages.dataset.of_train_file)]
    return "".join(f"-- {line}\n" if line else "--\n" for line in lines)


def _held_out(spec: ExperimentSpec) -> str:
    if spec.split.all_rows:
        return f"{ALL_ROWS}."
    if spec.split.is_given:
        return "It reads the train file of a split alone, every row of it; nothing is filtered or held out of that."
    if spec.split.by_date:
        return "Held-out rows are not selected: those after the first of the two dates, which move with the log."
    return "Held-out rows are not selected: each user's two newest, as in the experiment."

"""The report's tables: its published figures, the runs that stand beside them, and why the two differ."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean

import pandas as pd

from rec_core import specs
from rec_core.analysis.evidence import Read, of_results
from rec_core.canonical import Json
from rec_core.evaluation import METRICS, Metric
from rec_core.evaluation.controls import KEPT
from rec_core.published import EVERYWHERE, TABLES, Cause, Published, Table
from rec_core.replicates import over_seeds
from rec_core.results import CHOOSING, RunResult
from rec_core.specs import ExperimentSpec
from rec_core.wording import labels
from rec_core.wording.numbers import counted, small

DATASET = "ml-1m"  # what the report's figures are of
QUESTION = "Do the report's tables come out?"
METHOD, AGAINST, ROWS, SEEDS = "Method", "Against the report", "Rows", "Seeds"
INTERVALS = (
    "± is half the 95 % interval: of metrics over users and seeds, or over users alone where a star marks one seed; of "
    "seconds over seeds."
)
AS_A_SEED = "as a further seed"
ALONE = "*"  # one seed, whose interval is over users alone
_MARK = "†"
_ROUNDED = 0.0005  # the report's figures have three decimals


def wanted(table: Table, seeds: int, base: Mapping[str, Json]) -> list[list[ExperimentSpec]]:
    """Return the runs of each row, for seeds 0 … ``seeds`` - 1; ``base`` holds further settings, at least the data."""
    return [
        [
            specs.preset(
                "report",
                table.feedback,
                table.model,
                **{**base, "method": {"name": row.method}, "pretrain": row.pretrain, "seed": seed},
            )
            for seed in range(seeds)
        ]
        for row in table.rows
    ]


def build(table: Table, results: Sequence[Sequence[RunResult]], read: Read) -> pd.DataFrame:
    """Return the table as text cells, with the results of each row; one without any has the report's figures alone.

    Intervals of metrics are those of every page, from what ``read`` says each user got; those of seconds are over
    seeds. Below are the controls that were measured beside full data.
    """
    lines = [_line(table, row, found, read) for row, found in zip(table.rows, results, strict=True)]
    return pd.DataFrame(lines + (_control_lines(table, results[0][0]) if results[0] else [])).fillna("")


def _line(table: Table, row: Published, results: Sequence[RunResult], read: Read) -> dict[str, str]:
    line = {METHOD: labels.method_title(row.method, row.pretrain) + (f" {_MARK}" if row.cause else "")}
    for metric in table.metrics:
        line[METRICS[metric].title] = _metric(METRICS[metric], results, read)
        line[f"{METRICS[metric].title} (report)"] = f"{row.metrics[metric]:.3f}"
    line[AGAINST] = _against(table, row, results)
    times = {
        "Select s": ([result.cost(CHOOSING) for result in results], row.select_s),
        "Train s": ([result.cost(("train",)) for result in results], row.train_s),
        "Total s": ([result.cost() for result in results], row.select_s + row.train_s),
    }
    for name, (ours, theirs) in times.items():
        line[name] = _mean(ours, 2)
        line[f"{name} (report)"] = f"{theirs:.2f}"
    return line | {ROWS: f"{results[0].n_selected:,}" if results else "", SEEDS: str(len(results) or "")}


def _control_lines(table: Table, result: RunResult) -> list[dict[str, str]]:
    return [
        {METHOD: f"Control: {small(labels.control_title(name))}"}
        | {METRICS[metric].title: f"{result.control(name, METRICS[metric]):.3f}" for metric in table.metrics}
        for name in result.controls
        if not name.endswith(KEPT)
    ]


def _metric(metric: Metric, results: Sequence[RunResult], read: Read) -> str:
    """Return the mean over seeds with half the width of its 95 % interval over users and seeds, as far as it is known.

    Of one seed the interval is over users alone, and marked.
    """
    if not results:
        return ""
    mean = f"{fmean(result.value(metric) for result in results):.3f}"
    found = of_results(results, metric, read)
    if found is None or found.freedom <= 0:
        return mean
    return f"{mean} ± {found.half:.3f}{'' if len(results) > 1 else ALONE}"


def _mean(values: Sequence[float], places: int) -> str:
    """Return the mean, with the half width of its 95 % interval (Student's t) where there is more than one value."""
    if not values:
        return ""
    found = over_seeds(values)
    mean = f"{found.mean:.{places}f}"
    return mean if len(values) == 1 else f"{mean} ± {found.half:.{places}f}"


def _against(table: Table, row: Published, results: Sequence[RunResult]) -> str:
    """Return whether the report's figures are what one more seed of ours would give, or how far ours are from them.

    One more draw lies within √(n + 1) half widths of the interval of the mean of n, with 95 % (prediction interval of a
    normal). The further away one of two metrics is told.
    """
    if not results:
        return ""
    far: dict[str, tuple[float, float]] = {}
    for metric in table.metrics:
        found = over_seeds([result.value(METRICS[metric]) for result in results])
        room = found.half * math.sqrt(found.count + 1) + _ROUNDED
        far[metric] = found.mean - row.metrics[metric], room
    if len(results) > 1 and all(abs(apart) <= room for apart, room in far.values()):
        return AS_A_SEED
    apart, _ = max(far.values(), key=lambda one: abs(one[0]) / one[1])
    return f"{abs(apart):.3f} {'higher' if apart > 0 else 'lower'}"


def answer(results: Mapping[int, Sequence[Sequence[RunResult]]]) -> tuple[str, str]:
    """Return how many rows of the report come out, and what else there is to say; ``results`` are by table and row."""
    rows = [(table, *row) for number, table in TABLES.items() for row in zip(table.rows, results[number], strict=True)]
    judged = [_against(table, row, found) for table, row, found in rows if len(found) > 1]
    if not judged:
        some = any(found for _, _, found in rows)
        return QUESTION, "Two seeds or more say that." if some else "None of its rows was run here yet."
    same, left = sum(said == AS_A_SEED for said in judged), len(rows) - len(judged)
    of = f"the {len(judged)} rows that were run" if left else f"{len(judged)} rows"
    more = f" {counted(left, 'row is', 'rows are')} not run yet." if left else ""
    return (
        f"The report's figures come out on {same} of {of}.",
        "There a further seed of ours could be as far from the others (95 %). Below each table stands why its other "
        f"rows differ, what of that was checked, and what is not known.{more}",
    )


def title(table: Table) -> str:
    """Return what a table is called."""
    return f"Table {table.number}. {table.title}"


def causes(table: Table) -> list[tuple[str, Cause]]:
    """Return why rows differ, each cause once, with the mark of its rows: none where it is that of all others."""
    own = dict.fromkeys(row.cause for row in table.rows if row.cause is not None)
    return [*((_MARK, cause) for cause in own), ("", table.cause)]


def footnotes(table: Table) -> list[str]:
    """Return its causes, those of all tables and what intervals count, as lines of text."""
    every = (*causes(table), *(("", one) for one in EVERYWHERE))
    return [*(f"{mark} {cause}".strip() for mark, cause in every), INTERVALS]

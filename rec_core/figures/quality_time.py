"""Quality of runs against the time they took, with the controls that cost nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from rec_core.analysis import columns as col
from rec_core.analysis import comparison
from rec_core.analysis.comparison import Compared, Intervals, half
from rec_core.figures.exhibit import Exhibit
from rec_core.figures.style import across, lay_out, mark
from rec_core.wording import labels
from rec_core.wording.comparison import named
from rec_core.wording.numbers import duration, number, percent

_HOW = (
    "One symbol per method, open where its proxy was not pretrained; the star is full data, and the chosen run is "
    "larger. Bars are 95 % intervals over users and seeds; of one seed, over users alone. Dotted lines are controls "
    "that need no training: what is on the wrong side of one was not worth training. Time is the CPU time of "
    "pretraining, selecting and training together."
)


def quality_against_time(runs: Sequence[Compared], chosen: str, caption: str, intervals: Intervals) -> Exhibit:
    """Return one point per group, the baseline as a star and each control as a line; ``chosen`` (a key) is larger."""
    metric = runs[0].metric
    columns = ["method", "ratio", metric.name, col.HALF, "total_s", "quality_kept", col.KEPT_HALF, "seed", "settings"]
    return Exhibit(
        name="quality-time",
        title="Quality against time",
        figure=_figure(runs, chosen, intervals),
        alt=f"{metric.title} of each run against its total time, controls as lines; the table holds the same numbers.",
        table=named(comparison.table(runs, chosen, intervals))[columns],
        how=_HOW,
        caption=caption,
        shares=("ratio", "quality_kept", col.KEPT_HALF),
    )


def _figure(runs: Sequence[Compared], chosen: str, intervals: Intervals) -> go.Figure:
    figure = go.Figure()
    for title in dict.fromkeys(_series(run) for run in runs):
        _add_series(figure, title, [run for run in runs if _series(run) == title], intervals, chosen)
    lay_out(figure, 420 + 16 * max(0, len(figure.data) - 4))
    across_all(figure, runs, intervals)
    seconds_axis(figure, [run.seconds for run in runs])
    return figure


def across_all(figure: go.Figure, runs: Sequence[Compared], intervals: Intervals, alone: bool = False) -> None:
    """Draw the controls on all rows across a figure of ``runs``, and name its axis of quality.

    ``alone`` draws those that hold train rows alone, beside models that do not all have histories.
    """
    metric = runs[0].metric
    controls = {labels.control_title(name): value for name, value in _controls(runs, alone).items()}
    halves = [0.0 if math.isnan(within := half(intervals.value(run))) else within for run in runs]
    ends = [run.value + sign * half for run, half in zip(runs, halves, strict=True) for sign in (-1, 1)]
    across(figure, controls, ends)
    figure.update_yaxes(title=f"{metric.title} ({metric.direction})", nticks=8)


def seconds_axis(figure: go.Figure, seconds: Sequence[float]) -> None:
    """Make the other axis one of seconds, on a log scale."""
    ticks = _ticks(seconds)
    title = "CPU seconds (log scale): pretrain + select + train"
    figure.update_xaxes(title=title, type="log", tickvals=ticks, tickangle=0)


def _ticks(seconds: Sequence[float]) -> list[float]:
    """Return round numbers of seconds; more of them where all runs take about as long."""
    steps = (1, 2, 5) if max(seconds) > 8 * min(seconds) else (1, 1.5, 2, 3, 4, 5, 7)
    return [step * 10.0**e for e in range(-2, 5) for step in steps]


def _series(run: Compared) -> str:
    return labels.method_title(run.spec.method.name, run.spec.pretrain)


def _controls(runs: Sequence[Compared], alone: bool) -> dict[str, float]:
    """Return the controls counted on the full train split; they are the same for runs of one split and model."""
    result = runs[0].group.results[0]
    known = comparison.on_train_rows(result) if alone else result.known_controls
    return comparison.free_controls(known, runs[0].metric)


def _add_series(figure: go.Figure, title: str, runs: Sequence[Compared], intervals: Intervals, chosen: str) -> None:
    look = mark(runs[0].spec.method.name, runs[0].spec.pretrain)
    size = [20 if chosen in run.group.keys else 13 for run in runs]
    figure.add_scatter(
        name=title, mode="markers", **points(runs, intervals, look.colour, [look.symbol] * len(runs), size)
    )


def points(
    runs: Sequence[Compared], intervals: Intervals, colour: str, symbol: Sequence[str], size: Sequence[int]
) -> dict[str, Any]:
    """Return groups as points of a scatter: quality against time, with intervals, and what is said of each."""
    halves = [half(intervals.value(run)) for run in runs]
    return {
        "x": [run.seconds for run in runs],
        "y": [run.value for run in runs],
        "marker": {
            "color": colour,
            "symbol": list(symbol),
            "size": list(size),
            "line": {"width": 2, "color": colour},
            "opacity": 1,
        },
        "error_y": {
            "type": "data",
            "array": halves,
            "color": colour,
            "thickness": 2,
            "visible": not all(map(math.isnan, halves)),
        },
        "customdata": [run.group.key for run in runs],
        "hovertext": [_hover(run, within) for run, within in zip(runs, halves, strict=True)],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }


def _hover(run: Compared, within: float) -> str:
    kept = "" if run.quality_kept is None else f"<br>keeps {percent(run.quality_kept)} of full data"
    sure = "" if math.isnan(within) else f" ± {number(within)}"
    seeds, rows = labels.seed_list(list(run.group.by_seed)), number(run.group.results[0].n_selected)
    return (
        f"<b>{labels.run_title(run.spec)}</b>, seed {seeds}, {labels.settings_title(run.spec).lower()}"
        f"<br>{run.metric.title} {number(run.value)}{sure}{kept}"
        f"<br>{rows} rows, {number(run.group.epochs)} epochs, {duration(run.seconds)} of CPU time"
    )

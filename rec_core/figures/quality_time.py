"""Quality of runs against the time they took, with the controls that cost nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from rec_core.analysis import comparison
from rec_core.analysis.comparison import Compared
from rec_core.evaluation import Metric
from rec_core.figures.exhibit import Exhibit
from rec_core.figures.style import across, lay_out, mark
from rec_core.wording import labels
from rec_core.wording.comparison import named
from rec_core.wording.numbers import duration, number, percent

_HOW = (
    "One symbol per method, open where its proxy was not pretrained; the star is full data, and the chosen run is "
    "larger. Bars are 95 % intervals over seeds, where there are several. Dotted lines are controls that need no "
    "training: what is on the wrong side of one was not worth training. Time is the CPU time of pretraining, selecting "
    "and training together."
)


def quality_against_time(runs: Sequence[Compared], chosen: str, caption: str) -> Exhibit:
    """Return one point per group, the baseline as a star and each control as a line; ``chosen`` (a key) is larger."""
    metric = runs[0].metric
    columns = ["method", "ratio", metric.name, "total_s", "quality_kept", "seed", "settings"]
    return Exhibit(
        name="quality-time",
        title="Quality against time",
        figure=_figure(runs, chosen),
        alt=f"{metric.title} of each run against its total time, controls as lines; the table holds the same numbers.",
        table=named(comparison.table(runs, chosen))[columns],
        how=_HOW,
        caption=caption,
        shares=("ratio", "quality_kept"),
    )


def _figure(runs: Sequence[Compared], chosen: str) -> go.Figure:
    figure = go.Figure()
    metric = runs[0].metric
    for title in dict.fromkeys(_series(run) for run in runs):
        _add_series(figure, title, [run for run in runs if _series(run) == title], metric, chosen)
    lay_out(figure, 420 + 16 * max(0, len(figure.data) - 4))
    across_all(figure, runs)
    seconds_axis(figure, [run.seconds for run in runs])
    return figure


def across_all(figure: go.Figure, runs: Sequence[Compared]) -> None:
    """Draw the controls on all rows across a figure of ``runs``, and name its axis of quality."""
    metric = runs[0].metric
    controls = {labels.control_title(name): value for name, value in _controls(runs).items()}
    halves = [run.group.estimate(metric.name).half for run in runs]
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


def _controls(runs: Sequence[Compared]) -> dict[str, float]:
    """Return the controls counted on the full train split; they are the same for runs of one split."""
    return comparison.free_controls(runs[0].group.results[0].known_controls, runs[0].metric)


def _add_series(figure: go.Figure, title: str, runs: Sequence[Compared], metric: Metric, chosen: str) -> None:
    look = mark(runs[0].spec.method.name, runs[0].spec.pretrain)
    size = [20 if chosen in run.group.keys else 13 for run in runs]
    figure.add_scatter(name=title, mode="markers", **points(runs, metric, look.colour, [look.symbol] * len(runs), size))


def points(
    runs: Sequence[Compared], metric: Metric, colour: str, symbol: Sequence[str], size: Sequence[int]
) -> dict[str, Any]:
    """Return groups as points of a scatter: quality against time, bars over seeds, and what is said of each."""
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
            "array": [run.group.estimate(metric.name).half for run in runs],
            "color": colour,
            "thickness": 2,
            "visible": any(len(run.group.results) > 1 for run in runs),
        },
        "customdata": [run.group.key for run in runs],
        "hovertext": [_hover(run, metric) for run in runs],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }


def _hover(run: Compared, metric: Metric) -> str:
    kept = "" if run.quality_kept is None else f"<br>keeps {percent(run.quality_kept)} of full data"
    half = run.group.estimate(metric.name).half
    sure = f" ± {number(half)}" if half else ""
    seeds, rows = labels.seed_list(list(run.group.by_seed)), number(run.group.results[0].n_selected)
    return (
        f"<b>{labels.run_title(run.spec)}</b>, seed {seeds}, {labels.settings_title(run.spec).lower()}"
        f"<br>{metric.title} {number(run.value)}{sure}{kept}"
        f"<br>{rows} rows, {number(run.group.epochs)} epochs, {duration(run.seconds)} of CPU time"
    )

"""Quality of runs against the time they took, with the controls that cost nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from rec_core.analysis import columns as col
from rec_core.analysis import comparison
from rec_core.analysis.comparison import Compared, Intervals, half
from rec_core.figures.exhibit import Exhibit
from rec_core.figures.style import across, distinct, lay_out, log_ticks, mark
from rec_core.selection import Mark
from rec_core.wording import labels
from rec_core.wording.comparison import named
from rec_core.wording.numbers import duration, number, percent

_LABELLED = 60  # points up to which each is labelled; of more, the hover text says it
_SIDES = ("middle right", "middle left", "top right", "bottom right")  # beside the bar of its interval, not on it
_AWAY = ((0.05, 0.0), (-0.05, 0.0), (0.04, 0.06), (0.04, -0.06))  # of a label from its point, as shares of the figure
_WIDE, _HIGH, _SOONEST = 0.04, 0.05, 1e-3  # of a label, as shares of the figure; seconds that a log axis begins at
_HOW = (
    "A point is labelled with the share of the rows that was kept. One symbol per method, open where its proxy was not "
    "pretrained; the star is full data, and the chosen run is larger. Bars are 95 % intervals over users and seeds; of "
    "one seed, over users alone. Dotted lines are controls that need no training: what is on the wrong side of one was "
    "not worth training. Time is the CPU time of pretraining, selecting and training together."
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
    places = label_places(runs)
    series = {title: [run for run in runs if _series(run) == title] for title in dict.fromkeys(map(_series, runs))}
    looks = distinct(mark(some[0].spec.method.name, some[0].spec.pretrain) for some in series.values())
    for (title, some), look in zip(series.items(), looks, strict=True):
        _add_series(figure, title, some, intervals, chosen, look, places)
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
    ticks = log_ticks(max(min(seconds), _SOONEST) / 2, 2 * max(seconds))
    title = "CPU seconds (log scale): pretrain + select + train"
    figure.update_xaxes(
        title=title, type="log", tickvals=ticks, ticktext=[f"{tick:,.10g}" for tick in ticks], tickangle=0
    )


def _series(run: Compared) -> str:
    return labels.method_title(run.spec.method.name, run.spec.pretrain)


def _controls(runs: Sequence[Compared], alone: bool) -> dict[str, float]:
    """Return the controls counted on the full train split; they are the same for runs of one split and model."""
    metric = runs[0].metric
    return comparison.free_controls(runs[0].group.results[0].controls_with(metric, cut=alone), metric)


def _add_series(
    figure: go.Figure,
    title: str,
    runs: Sequence[Compared],
    intervals: Intervals,
    chosen: str,
    look: Mark,
    places: Mapping[str, str],
) -> None:
    size = [20 if chosen in run.group.keys else 13 for run in runs]
    figure.add_scatter(
        name=title,
        mode="markers+text",
        text=["" if run.is_baseline or run.group.key not in places else percent(run.spec.ratio) for run in runs],
        textposition=[places.get(run.group.key, _SIDES[0]) for run in runs],
        textfont={"size": 11},
        cliponaxis=False,
        **points(runs, intervals, look.colour, [look.symbol] * len(runs), size),
    )


def label_places(runs: Sequence[Compared]) -> dict[str, str]:
    """Return beside which side of its point each group's ratio stands, by key; without those that find no room."""
    if len(runs) > _LABELLED:
        return {}
    along = np.log10([max(run.seconds, _SOONEST) for run in runs])
    width, height = max(float(np.ptp(along)), 0.3), max(run.value for run in runs) - min(run.value for run in runs) or 1
    points = [(x / width, run.value / height) for x, run in zip(along, runs, strict=True)]
    taken, found = list(points), dict[str, str]()
    for run, (x, y) in zip(runs, points, strict=True):
        for side, (right, up) in zip(_SIDES, _AWAY, strict=True):
            place = x + right, y + up
            if not any(abs(place[0] - a) < _WIDE and abs(place[1] - b) < _HIGH for a, b in taken):
                found[run.group.key] = side
                taken.append(place)
                break
    return found


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

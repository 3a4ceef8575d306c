"""Quality against the share of rows that is kept, and against what that costs: from a table, measured now or before."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.colors import hex_to_rgb

from rec_core.analysis import columns as col
from rec_core.analysis.frontier import pareto
from rec_core.evaluation import METRICS, Metric
from rec_core.figures.exhibit import Exhibit
from rec_core.figures.quality_time import seconds_axis
from rec_core.figures.style import GREY, across, distinct, dots, lay_out, mark
from rec_core.selection import Mark
from rec_core.wording import labels
from rec_core.wording.numbers import duration, number, percent, plain_label

_SEEDS = 3  # from which on a band is drawn
_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)  # per cent
_HOW = (
    "One line per way to keep rows; its band is the 95 % interval over users and seeds, from three seeds on. Dotted "
    "lines are training on all rows, with a band in grey, and controls that need no training: a subset below one of "
    "those was not worth training on. The axis of rows is logarithmic. What was not measured is not drawn; lines join "
    "what was."
)
_HOW_COST = (
    "One symbol per part of the data. The line is the Pareto front: nothing beside it is both better and cheaper. Cost "
    "is the CPU time of pretraining, selecting and training together."
)


def quality_against_ratio(table: pd.DataFrame, controls: Mapping[str, float], caption: str, among: str = "") -> Exhibit:
    """Return one line per way to keep rows, of one model; ``table`` is ``wording.frontier.named``'s.

    ``controls`` (title → value) are drawn across, as full data are; ``among`` says of which users, if not of all.
    """
    metric = METRICS[table[col.METRIC].iloc[0]]
    return Exhibit(
        name="frontier",
        title="Quality against the share of rows kept",
        figure=_by_ratio(table, controls, metric, among),
        alt=f"{metric.title} by the share of rows kept, a line per method; the table holds the same numbers.",
        table=table.drop(columns=[col.METHOD, col.PRETRAIN]),
        how=_HOW,
        caption=caption,
        shares=(col.RATIO, col.SHARE_KEPT, col.KEPT_FROM, col.KEPT_TO, col.KEPT_AT_LEAST),
    )


def quality_against_cost(table: pd.DataFrame, caption: str, among: str = "") -> Exhibit:
    """Return one point per part of the data, and the Pareto front; ``among`` as above."""
    metric = METRICS[table[col.METRIC].iloc[0]]
    shown = table.assign(**{col.TOTAL_S: table[col.CHOOSING_S] + table[col.TRAIN_S]})
    return Exhibit(
        name="frontier-cost",
        title="Quality against cost",
        figure=_by_cost(shown, metric, among),
        alt=f"{metric.title} of every part against its CPU time, with the Pareto front; the table holds the numbers.",
        table=shown[[col.LINE, col.RATIO, col.VALUE, col.HALF, col.TOTAL_S]],
        how=_HOW_COST,
        caption=caption,
        shares=(col.RATIO,),
    )


def _marks(table: pd.DataFrame) -> dict[str, Mark]:
    """Return the mark of each line."""
    first = table.drop_duplicates(col.LINE)
    methods = zip(first[col.METHOD], first[col.PRETRAIN], strict=True)
    own = [mark(method, bool(pretrain)) for method, pretrain in methods]
    return dict(zip(first[col.LINE], distinct(own), strict=True))


def _by_ratio(table: pd.DataFrame, controls: Mapping[str, float], metric: Metric, among: str) -> go.Figure:
    figure, whole = go.Figure(), table[table[col.METHOD] == "full"]
    for title, look in _marks(table).items():
        line = table[(table[col.LINE] == title) & (table[col.METHOD] != "full")]
        if not line.empty:
            _add_line(figure, title, line, look, metric)
    lay_out(figure, 480 + 16 * max(0, len(figure.data) // 2 - 4))
    full = {title: float(value) for title, value in zip(whole[col.LINE], whole[col.VALUE], strict=True)}
    sure = _banded(table)
    ends = [*(sure[col.VALUE] - sure[col.HALF]), *(sure[col.VALUE] + sure[col.HALF])]
    across(figure, {**full, **controls}, [*table[col.VALUE], *ends])
    for _, row in sure[sure[col.METHOD] == "full"].iterrows():
        within = float(row[col.HALF])
        figure.add_hrect(row[col.VALUE] - within, row[col.VALUE] + within, fillcolor=GREY, opacity=0.15, line_width=0)
    least = 100 * float(table[col.RATIO].min())
    figure.update_yaxes(title=_axis(metric, among), nticks=8)
    figure.update_xaxes(
        title="% of the rows kept (log scale)",
        type="log",
        tickvals=_TICKS,
        ticktext=[f"{tick:g}" for tick in _TICKS],
        tickangle=0,
        range=[float(np.log10(least)) - 0.08, 2.08],
    )
    return figure


def _banded(table: pd.DataFrame) -> pd.DataFrame:
    """Return the points that have a band: of one seed it leaves seeds out, of two it is wider than any figure."""
    return table[(table[col.SEEDS] >= _SEEDS) & table[col.HALF].notna()]


def _add_line(figure: go.Figure, title: str, line: pd.DataFrame, look: Mark, metric: Metric) -> None:
    x, y = 100 * line[col.RATIO], line[col.VALUE]
    sure = _banded(line)
    if len(sure) > 1:
        along, value, half = 100 * sure[col.RATIO], sure[col.VALUE], sure[col.HALF]
        red, green, blue = hex_to_rgb(look.colour)
        figure.add_scatter(
            x=[*along, *along[::-1]],
            y=[*(value + half), *(value - half)[::-1]],
            mode="lines",
            fill="toself",
            fillcolor=f"rgba({red}, {green}, {blue}, 0.18)",
            line={"width": 0},
            hoverinfo="skip",
            showlegend=False,
            legendgroup=title,
        )
    figure.add_scatter(
        name=title,
        legendgroup=title,
        x=x,
        y=y,
        mode="lines+markers",
        line={"color": look.colour, "width": 2},
        marker=dots(look, 9),
        hovertext=[_hover(title, row, metric) for _, row in line.iterrows()],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _by_cost(table: pd.DataFrame, metric: Metric, among: str) -> go.Figure:
    figure = go.Figure()
    gain = [metric.gain(value, 0.0) for value in table[col.VALUE]]
    front = table.iloc[pareto(list(table[col.TOTAL_S]), gain)]
    figure.add_scatter(
        name="Pareto front",
        x=front[col.TOTAL_S],
        y=front[col.VALUE],
        mode="lines",
        line={"color": GREY, "width": 1.5, "shape": "hv"},
        hoverinfo="skip",
    )
    for title, look in _marks(table).items():
        points = table[table[col.LINE] == title]
        figure.add_scatter(
            name=title,
            x=points[col.TOTAL_S],
            y=points[col.VALUE],
            mode="markers",
            marker=dots(look, 10),
            hovertext=[_hover(title, row, metric) for _, row in points.iterrows()],
            hovertemplate="%{hovertext}<extra></extra>",
        )
    lay_out(figure, 420 + 16 * max(0, len(figure.data) - 4))
    figure.update_yaxes(title=_axis(metric, among), nticks=8)
    seconds_axis(figure, list(table[col.TOTAL_S]))
    return figure


def _axis(metric: Metric, among: str) -> str:
    return f"{metric.title} ({metric.direction})" + (f"<br>{plain_label(among)}" if among else "")


def _hover(title: str, row: pd.Series, metric: Metric) -> str:
    sure = f" ± {number(row[col.HALF])}" if row[col.HALF] == row[col.HALF] else ""
    kept = ""
    if row[col.METHOD] != "full" and row[col.SHARE_KEPT] == row[col.SHARE_KEPT]:
        between = f" ({percent(row[col.KEPT_FROM])} to {percent(row[col.KEPT_TO])})"
        between = between if row[col.KEPT_FROM] == row[col.KEPT_FROM] else ""
        kept = f"<br>keeps {percent(row[col.SHARE_KEPT])}{between} of full data"
    seconds = row[col.CHOOSING_S] + row[col.TRAIN_S]
    return (
        f"<b>{title} at {percent(row[col.RATIO])}</b>, {labels.seeds(int(row[col.SEEDS]))}"
        f"<br>{metric.title} {number(row[col.VALUE])}{sure}{kept}"
        f"<br>{number(row[col.RATINGS])} rows, {duration(seconds)} of CPU time"
    )

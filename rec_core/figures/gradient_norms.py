"""Figures of Q1: how gradient norms are distributed, what they go with, and how quality depends on which are kept."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from rec_core.analysis import columns as col
from rec_core.analysis.gradient_norms import Against, Norms, edges, histogram, left_of
from rec_core.data.sources import Words
from rec_core.evaluation import Metric
from rec_core.figures.exhibit import Exhibit
from rec_core.figures.style import GREY, across, counts_axis, lay_out, log_ticks, mark
from rec_core.results import RunResult
from rec_core.selection import Mark
from rec_core.wording.columns import titled
from rec_core.wording.numbers import capital, number

_FORMULA = (
    r"\left\|\frac{\partial L}{\partial u}\right\|=\left|\frac{\partial L}{\partial\hat y}\right|\cdot\|v\|,\qquad"
    r"\frac{\partial L}{\partial\hat y}=2(\hat y-r)\ \text{(ratings)},\quad\sigma(\hat y)-1\ \text{(clicks)}"
)
_GAP = 0.12  # between two panels, as a share of the height
_SOURCE = "GraNd: Paul, Ganguli and Dziugaite, 2021, arXiv 2107.07075; the report's Algorithm 2."


def against_titles(words: Words) -> dict[Against, str]:
    """Return what norms can be held against."""
    return {"rating": "Rating", "popularity": f"Popularity of the {words.item}", "activity": "Activity of the user"}


def _axis(against: Against, words: Words) -> str:
    return {
        "rating": f"Rating, in {words.units}",
        "popularity": f"{capital(words.rows)} of the {words.item} (log scale)",
        "activity": f"{capital(words.rows)} of the user (log scale)",
    }[against]


def distribution(panels: Mapping[str, Norms], look: Mark, caption: str, words: Words) -> Exhibit:
    """Return a histogram per proxy (title → norms), kept on dropped, on one logarithmic axis, with its cuts."""
    bounds = edges([norms.values for norms in panels.values()])
    bins = {title: histogram(norms, bounds) for title, norms in panels.items()}
    left = {title: left_of(norms, bins[title]) for title, norms in panels.items()}
    axes = dict(zip(panels, ("y", *(f"y{number}" for number in range(2, len(panels) + 1))), strict=True))
    height = (1 - _GAP * (len(panels) - 1)) / len(panels)
    tops = {title: 1 - place * (height + _GAP) for place, title in enumerate(panels)}
    ticks = log_ticks(float(bounds[0]), float(bounds[-1]))
    cuts = [(cut, axes[title]) for title, norms in panels.items() for cut in norms.cuts]
    # All at once: plotly checks a figure for each part that is added to one, and this follows a slider.
    figure = go.Figure(
        {
            "data": [bar for title in panels for bar in _bars(bins[title], look, axes[title], axes[title] == "y")],
            "layout": {
                "barmode": "stack",
                "bargap": 0,
                "xaxis": {
                    "type": "log",
                    "title": "Gradient norm (log scale)",
                    "anchor": list(axes.values())[-1],
                    "tickvals": ticks,
                    "ticktext": [f"{tick:g}" for tick in ticks],
                },
                **{
                    axis.replace("y", "yaxis"): {
                        "domain": [max(0.0, tops[title] - height), tops[title]],
                        "title": capital(words.rows),
                        "rangemode": "tozero",
                    }
                    for title, axis in axes.items()
                },
                "shapes": [_cut_line(cut, axis, look) for cut, axis in cuts],
                "annotations": [
                    *(_panel_title(title, tops[title]) for title in panels),
                    *(_cut_name(cut, axis, look, float(bounds[0])) for cut, axis in cuts),
                ],
            },
        }
    )
    lay_out(figure, 270 + 170 * len(panels), keep_zoom="gradient-norms", titled=True)
    tables = [
        titled(frame.rename(columns={col.FROM: "Norm from"}), words).assign(Proxy=title)
        for title, frame in bins.items()
    ]
    return Exhibit(
        name="gradient-norms",
        title="How gradient norms are distributed",
        figure=figure,
        alt=f"Histogram of gradient norms, kept and dropped {words.rows}, for: {', '.join(panels)}.",
        table=pd.concat(tables, ignore_index=True),
        how=f"Each bar counts {words.rows} by how hard they pull on their user's embedding: to the left those that "
        "the proxy predicts well, to the right those that surprise it. Coloured is what is kept. Dashed lines mark the "
        "cut where a method keeps exactly one side or a window. Both proxies share the axis; the coreset is the same "
        "in both.",
        caption=f"{caption}{_to_the_left(left, float(bounds[0]))}",
        formula=_FORMULA,
        source=_SOURCE,
    )


def _bars(frame: pd.DataFrame, look: Mark, axis: str, in_legend: bool) -> list[dict[str, Any]]:
    middle = ((frame[col.FROM] * frame[col.TO]) ** 0.5).to_numpy()
    return [
        {
            "type": "bar",
            "x": middle,
            "y": frame[column].to_numpy(),
            "width": (frame[col.TO] - frame[col.FROM]).to_numpy(),
            "yaxis": axis,
            "name": name,
            "legendgroup": name,
            "showlegend": in_legend,
            "marker": {"color": colour, "line": {"width": 0}},
            "hovertemplate": f"norm about %{{x:.3g}}: %{{y:,}} rows<extra>{name}</extra>",
        }
        for column, name, colour in ((col.KEPT, "Kept", look.colour), (col.DROPPED, "Dropped", GREY))
    ]


def _panel_title(title: str, top: float) -> dict[str, Any]:
    place = {"x": 0, "xref": "paper", "xanchor": "left", "y": top, "yref": "paper", "yanchor": "bottom"}
    return {**place, "text": title, "showarrow": False, "font": {"size": 16}}


def _cut_line(cut: float, axis: str, look: Mark) -> dict[str, Any]:
    line = {"dash": "dash", "width": 1.5, "color": look.colour}
    return {"type": "line", "x0": cut, "x1": cut, "y0": 0, "y1": 1, "yref": f"{axis} domain", "line": line}


def _cut_name(cut: float, axis: str, look: Mark, first: float) -> dict[str, Any]:
    # An annotation takes the logarithm on a logarithmic axis, a line does not.
    place = {"x": math.log10(max(cut, first)), "xanchor": "left", "y": 0.99, "yref": f"{axis} domain", "yanchor": "top"}
    return {**place, "text": f" cut at {number(cut)}", "showarrow": False, "font": {"size": 12}}


def _to_the_left(counts: Mapping[str, int], first: float) -> str:
    """Return how many rows an axis from ``first`` on does not reach, panel by panel; "" if it reaches all."""
    said = ", ".join(f"{number(count)} ({title.lower()})" for title, count in counts.items() if count)
    return said and f" Norms below {number(first)}, to the left of the axis: {said}."


def relation(frame: pd.DataFrame, against: Against, caption: str, words: Words) -> Exhibit:
    """Return the median norm with its quartiles over ratings, popularity or activity, and the share kept beside it."""
    axis, of = _axis(against, words), against_titles(words)[against].lower()
    value = axis.removesuffix(" (log scale)") + ("" if against == "rating" else ", from")
    edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    traces: list[dict[str, Any]] = [
        {"y": frame[col.UPPER_QUARTILE], "showlegend": False, **edge},
        {
            "y": frame[col.LOWER_QUARTILE],
            "fill": "tonexty",
            "fillcolor": "rgba(138,143,152,0.25)",
            "name": "Quartiles",
            **edge,
        },
        {
            "y": frame[col.MEDIAN_NORM],
            "mode": "lines+markers",
            "name": "Median norm",
            "marker": {"symbol": "circle", "size": 7},
            "line": {"color": "#0072b2"},
            "customdata": frame[col.RATINGS],
            "hovertemplate": "median norm %{y:.3g} of %{customdata:,}<extra></extra>",
        },
        {
            "y": frame[col.SHARE_KEPT],
            "yaxis": "y2",
            "mode": "lines+markers",
            "name": "Share kept (right)",
            "line": {"color": "#d55e00", "dash": "dot"},
            "marker": {"symbol": "diamond", "size": 8},
            "hovertemplate": "%{y:.1%} kept<extra></extra>",
        },
    ]
    right = {"title": "Share kept", "tickformat": ".0%", "rangemode": "tozero", "showgrid": False, "tickmode": "auto"}
    figure = go.Figure(
        {
            "data": [{"type": "scatter", "x": frame[col.VALUE], **trace} for trace in traces],
            "layout": {
                "xaxis": {"title": axis} if against == "rating" else counts_axis(*_ends(frame[col.VALUE]), title=axis),
                "yaxis": {"title": "Gradient norm", "rangemode": "tozero"},
                "yaxis2": {**right, "anchor": "x", "overlaying": "y", "side": "right"},
            },
        }
    )
    lay_out(figure, 380, keep_zoom=f"relation-{against}")
    return Exhibit(
        name=f"norm-by-{against}",
        title=f"Gradient norm by {of}",
        figure=figure,
        alt=f"Median gradient norm and share kept by {of}; the table holds the same numbers.",
        table=titled(frame.rename(columns={col.VALUE: value}), words),
        how=f"The blue line is the median norm of {words.rows} by {of}, the grey band its quartiles; the dotted line "
        f"is the share of those {words.rows} that is kept. Where both rise together, the method goes where the proxy "
        "is surprised.",
        caption=caption,
        formula=_FORMULA,
        source=_SOURCE,
        shares=("Share kept",),
    )


def _ends(values: pd.Series) -> tuple[float, float]:
    return float(values.min()), float(values.max())


def sweep(results: Mapping[float, RunResult], lines: Mapping[str, float], metric: Metric, caption: str) -> Exhibit:
    """Return quality over the window's position (0 easiest, 1 hardest); ``lines`` are drawn across, by name."""
    name, look = metric.title, mark("window")
    places = sorted(results)
    values = [results[place].value(metric) for place in places]
    figure = go.Figure()
    figure.add_scatter(
        x=places,
        y=values,
        mode="lines+markers",
        name="Window of the same size",
        line={"color": look.colour, "width": 2.5},
        marker={"size": 11, "symbol": look.symbol},
        hovertemplate="position %{x:.2g}: " + name + " %{y:.3f}<extra></extra>",
    )
    lay_out(figure, 400)
    across(figure, lines, values)
    figure.update_xaxes(
        title="Position of the window: 0 the easiest rows, 1 the hardest (Gradient)", range=[-0.05, 1.05]
    )
    figure.update_yaxes(title=f"{name} ({metric.direction})", nticks=8)
    return Exhibit(
        name="window-sweep",
        title="Quality by which rows are kept",
        figure=figure,
        alt=f"{name} over the position of the window, with {', '.join(lines) or 'no lines'}.",
        table=pd.DataFrame({"Position": places, name: values}),
        how="Rows are sorted from easy to hard for the proxy. Each point trains the same model on equally many of "
        "them, taken from another place of that order; the right end is the gradient method. Grey lines need no "
        "selection.",
        caption=caption,
        source="The report's gradient method is one end of this line. Compare Zheng et al., 2023, arXiv 2210.15809.",
    )

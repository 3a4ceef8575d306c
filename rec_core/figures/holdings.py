"""Figures of a data set, before anything runs: how unevenly rows are spread, and when they were made."""

from __future__ import annotations

import plotly.graph_objects as go

from rec_core.analysis import columns as col
from rec_core.analysis.holdings import Holdings, concentration, inequality, over_time
from rec_core.data.interactions import Interactions
from rec_core.data.sources import Words
from rec_core.figures.exhibit import Exhibit
from rec_core.figures.style import GREY, lay_out
from rec_core.wording.columns import titled
from rec_core.wording.numbers import capital, number, percent

_COLOURS = {col.USERS: "#0072b2", col.ITEMS: "#d55e00"}
_EVENLY = "If all had as many"


def spread(holdings: Holdings, caption: str, words: Words) -> Exhibit:
    """Return which share of the rows the most active users and the most popular items hold."""
    frame, (of_users, of_items) = concentration(holdings), inequality(holdings)
    names = {col.USERS: "Users", col.ITEMS: capital(words.items)}
    figure = go.Figure()
    shares = frame[col.SHARE_OF_THEM]
    for column, name in names.items():
        figure.add_scatter(
            x=shares,
            y=frame[column],
            name=name,
            mode="lines",
            line={"color": _COLOURS[column], "width": 2.5, "dash": "solid" if column == col.USERS else "dash"},
            hovertemplate="The first %{x:.1%}: %{y:.1%}<extra>" + name + "</extra>",
        )
    figure.add_scatter(
        x=shares,
        y=shares,
        name=_EVENLY,
        mode="lines",
        line={"color": GREY, "width": 1.5, "dash": "dot"},
        hoverinfo="skip",
    )
    lay_out(figure, 380)
    ticks = [0.001, 0.01, 0.1, 1.0]
    figure.update_xaxes(
        title="Share of them, those with most rows first (log scale)",
        type="log",
        range=[-3.02, 0.04],
        tickvals=ticks,
        ticktext=[percent(tick) for tick in ticks],
    )
    figure.update_yaxes(title="Share of all rows", tickformat=".0%", rangemode="tozero")
    return Exhibit(
        name="spread",
        title="How rows are spread",
        figure=figure,
        alt=f"Share of all rows held by the most active users and by the most popular {words.items}; Gini "
        f"{of_users:.2f} and {of_items:.2f}.",
        table=titled(frame, words),
        how=f"A line says which share of all rows the most active users hold, or the most popular {words.items}. The "
        "further above the dotted line, the more a few of them hold, and the less a model learns of the others. "
        f"Gini of users {of_users:.2f}, of {words.items} {of_items:.2f} (0 is equal).",
        caption=caption,
        shares=(*names.values(), "Share of them"),
    )


def timeline(rows: Interactions, caption: str, words: Words) -> Exhibit:
    """Return how many rows each part of the time holds."""
    frame = over_time(rows)
    figure = go.Figure(
        go.Bar(
            x=frame[col.BEGINS],
            y=frame[col.ROWS],
            marker={"color": _COLOURS[col.USERS]},
            hovertemplate="From %{x|%d %b %Y}: %{y:,} rows<extra></extra>",
        )
    )
    lay_out(figure, 300)
    figure.update_layout(showlegend=False, bargap=0.08)
    figure.update_yaxes(title="Rows", rangemode="tozero")
    most = int(frame[col.ROWS].max())
    return Exhibit(
        name="timeline",
        title="When rows were made",
        figure=figure,
        alt=f"Rows over time in {len(frame)} equal parts, at most {number(most)} in one.",
        table=titled(frame, words),
        how="Each bar is an equal part of the time between the first and the last row. Times are UTC; those without a "
        "zone are taken as such.",
        caption=caption,
    )

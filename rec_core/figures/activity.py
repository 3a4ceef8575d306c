"""Figures of Q3: the user-activity distribution of a coreset against all data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from rec_core.analysis.activity import Activity, by_activity, edges
from rec_core.figures.style import GREY, Mark

View = Literal["ratings", "users"]


def distribution(activities: Mapping[str, tuple[Activity, Mark]], cumulative: bool = False) -> go.Figure:
    """Return who the ratings come from: shares of ratings over the user's activity, all data and each coreset.

    ``activities`` maps the coreset's title to its activity and mark; all share the same full data.
    """
    figure = go.Figure()
    some = next(iter(activities.values()))[0]
    bounds = edges(some)
    frame = by_activity(some, bounds)
    _step(figure, bounds, frame["share_of_ratings"].to_numpy(), "All data", GREY, cumulative, filled=True)
    for title, (activity, mark) in activities.items():
        share = by_activity(activity, bounds)["share_of_kept"].to_numpy()
        _step(figure, bounds, share, title, mark.colour, cumulative, filled=False)
    _layout(figure, "Ratings of the user, in all data", "Share of ratings", cumulative)
    return figure


def per_user(activities: Mapping[str, tuple[Activity, Mark]], cumulative: bool = False) -> go.Figure:
    """Return the report's Figure 1: shares of users over how many ratings they have, in all data and in each coreset.

    Users with nothing kept are not drawn; their number belongs in the caption.
    """
    figure = go.Figure()
    some = next(iter(activities.values()))[0]
    bounds = np.geomspace(0.5, some.full.max() + 0.5, 30)
    _step(figure, bounds, _shares(some.full, bounds), "All data", GREY, cumulative, filled=True)
    for title, (activity, mark) in activities.items():
        shares = _shares(activity.kept[activity.kept > 0], bounds)
        _step(figure, bounds, shares, title, mark.colour, cumulative, filled=False)
    _layout(figure, "Ratings per user", "Share of users", cumulative)
    return figure


def _shares(counts: NDArray[np.integer], bounds: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.histogram(counts, bounds)[0] / len(counts)


def _step(
    figure: go.Figure,
    bounds: NDArray[np.float64],
    shares: NDArray[np.float64],
    name: str,
    colour: str,
    cumulative: bool,
    filled: bool,
) -> None:
    heights = np.cumsum(shares) if cumulative else shares
    low, high = np.ceil(bounds[:-1]).astype(int), np.floor(bounds[1:]).astype(int)
    figure.add_scatter(
        x=bounds,
        y=np.append(heights, heights[-1]),
        name=name,
        mode="lines",
        line={"shape": "hv", "color": colour, "width": 1.5 if filled else 2.5},
        fill="tozeroy" if filled and not cumulative else None,
        customdata=np.column_stack([np.append(low, low[-1]), np.append(high, high[-1])]),
        hovertemplate="%{customdata[0]:,} to %{customdata[1]:,} ratings: %{y:.1%}<extra>%{fullData.name}</extra>",
    )


def _layout(figure: go.Figure, x: str, y: str, cumulative: bool) -> None:
    figure.update_layout(
        height=420,
        margin={"l": 10, "r": 10, "t": 40, "b": 10},
        showlegend=True,
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0},
        uirevision="activity",  # zoom stays while the ratio moves
    )
    figure.update_xaxes(
        title=x + " (log scale)", type="log", tickvals=[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]
    )
    title = f"{y}, cumulative" if cumulative else y
    figure.update_yaxes(title=title, tickformat=".0%", rangemode="tozero")

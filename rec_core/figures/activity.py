"""Figures of Q3: the user-activity distribution of coresets against all data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from rec_core.analysis import columns as col
from rec_core.analysis.activity import Activity, by_activity, edges, of_all
from rec_core.analysis.statistics import whole_bins
from rec_core.data.sources import Words
from rec_core.figures.exhibit import Exhibit
from rec_core.figures.style import GREY, apart_from_each_other, counts_axis, lay_out
from rec_core.selection import Mark
from rec_core.wording.labels import ALL_DATA
from rec_core.wording.numbers import capital

View = Literal["ratings", "users"]
Marked = Mapping[str, tuple[Activity, Mark]]

_HOW: Mapping[View, str] = {
    "ratings": "Users are sorted from light to heavy by their {rows} in all data. Each step is the share of "
    "{rows} that comes from users in that range: grey for all data, coloured for what is kept. Where a coloured line "
    "is above the grey area on the right, heavy users are preferred. A random coreset follows the grey area at any "
    "ratio.",
    "users": "How many {rows} users have, in all data (grey) and in what is kept (coloured); users with nothing "
    "kept are not drawn. It moves to the left as the ratio falls, whoever is preferred; the other view does not.",
}
_SOURCES: Mapping[View, str] = {
    "ratings": "Activity weighted by {rows}, so that the answer does not depend on the ratio.",
    "users": "The report's Figure 1.",
}


def views(words: Words) -> dict[View, str]:
    """Return what the views are called."""
    return {"ratings": f"Where {words.rows} come from", "users": f"{capital(words.rows)} per user"}


def distribution(
    activities: Marked, view: View, caption: str, words: Words, *, cumulative: bool = False, log_shares: bool = False
) -> Exhibit:
    """Return shares over user activity, of all data and of each coreset.

    ``activities`` maps a coreset's title to its activity and mark; all share the same full data. ``view`` is
    ``ratings`` (who the ratings come from) or ``users`` (how many ratings users have).
    """
    activities = apart_from_each_other(activities)
    some = next(iter(activities.values()))[0]
    bounds = edges(some) if view == "ratings" else _per_user_edges(some)
    shares = {
        title: _shares(activity, bounds, view)
        for title, activity in {ALL_DATA: of_all(some), **{t: a for t, (a, _) in activities.items()}}.items()
    }
    figure = go.Figure()
    _step(figure, bounds, shares[ALL_DATA], ALL_DATA, GREY, cumulative, filled=not (cumulative or log_shares))
    for title, (_, mark) in activities.items():
        dash = "dash" if mark.symbol.endswith("-open") else "solid"  # as an open symbol: not pretrained
        _step(figure, bounds, shares[title], title, mark.colour, cumulative, filled=False, dash=dash)
    of = words.rows if view == "ratings" else "users"
    lay_out(figure, 420, keep_zoom=f"activity-{view}-{log_shares}")
    rows = capital(words.rows)
    x = f"{rows} of the user, in all data (log scale)" if view == "ratings" else f"{rows} per user (log scale)"
    figure.update_xaxes(counts_axis(max(bounds[0], 1), bounds[-1], title=x))
    y = f"Share of {of}{', cumulative' if cumulative else ''}{' (log scale)' if log_shares else ''}"
    figure.update_yaxes(title=y, tickformat=".1%" if log_shares else ".0%", type="log" if log_shares else "linear")
    if not log_shares:
        figure.update_yaxes(rangemode="tozero")
    table = pd.DataFrame({f"{rows} from": _low(bounds), "to": _high(bounds), **shares})
    if view == "ratings":
        counts = by_activity(some, bounds)
        table.insert(2, "Users", counts[col.USERS])
    return Exhibit(
        name=f"activity-{view}",
        title=views(words)[view],
        figure=figure,
        alt=f"Share of {of} by user activity: all data, {', '.join(activities)}. The table holds the same numbers.",
        table=table,
        how=_HOW[view].format(rows=words.rows),
        caption=caption,
        formula=""
        if view == "users"
        else r"\mathrm{KS}=\max_a\left|F_{\mathrm{kept}}(a)-F_{\mathrm{all}}(a)\right|\qquad"
        r"\mathrm{EMD}=\int\left|F_{\mathrm{kept}}(a)-F_{\mathrm{all}}(a)\right|da",
        source=_SOURCES[view].format(rows=words.rows),
        shares=tuple(shares),
    )


def _per_user_edges(activity: Activity) -> NDArray[np.float64]:
    """Return bin edges between whole numbers, so that no bin is empty by construction."""
    return whole_bins(1, int(activity.full.max()), 30)


def _shares(activity: Activity, bounds: NDArray[np.float64], view: View) -> NDArray[np.float64]:
    if view == "ratings":
        return by_activity(activity, bounds)[col.SHARE_OF_KEPT].to_numpy()
    some = activity.kept[activity.kept > 0]
    return np.histogram(some, bounds)[0] / len(some)


def _low(bounds: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.ceil(bounds[:-1]).astype(np.int64)


def _high(bounds: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.floor(bounds[1:]).astype(np.int64)


def _step(
    figure: go.Figure,
    bounds: NDArray[np.float64],
    shares: NDArray[np.float64],
    name: str,
    colour: str,
    cumulative: bool,
    filled: bool,
    dash: str = "solid",
) -> None:
    heights = np.cumsum(shares) if cumulative else shares
    low, high = _low(bounds), _high(bounds)
    figure.add_scatter(
        x=bounds,
        y=np.append(heights, heights[-1]),
        name=name,
        mode="lines",
        line={"shape": "hv", "color": colour, "dash": dash, "width": 1.5 if name == ALL_DATA else 2.5},
        fill="tozeroy" if filled else None,
        customdata=np.column_stack([np.append(low, low[-1]), np.append(high, high[-1])]),
        hovertemplate="%{customdata[0]:,} to %{customdata[1]:,}: %{y:.1%}<extra>%{fullData.name}</extra>",
    )

"""Shares of all data as bars, and of what is compared with it as symbols."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from rec_core.figures.style import GREY, categories_axis, dots, lay_out, wrapped
from rec_core.selection import Mark

_ROW = 26  # pixels


def shares(
    frame: pd.DataFrame, names: str, everything: tuple[str, str], marks: Mapping[str, tuple[str, Mark]]
) -> go.Figure:
    """Return one line per row of ``frame``: a grey bar for ``everything``, and a symbol for each column in ``marks``.

    ``names`` is the column that says what a row is; ``everything`` is a column and its title, ``marks`` maps a column
    to its title and mark.
    """
    labels = [wrapped(text) for text in frame[names]]
    figure = go.Figure()
    hover = "%{y}: %{x:.1%}<extra>%{fullData.name}</extra>"
    figure.add_bar(
        x=frame[everything[0]],
        y=labels,
        name=everything[1],
        orientation="h",
        marker={"color": GREY},
        opacity=0.45,
        hovertemplate=hover,
    )
    for column, (title, mark) in marks.items():
        figure.add_scatter(
            x=frame[column], y=labels, name=title, mode="markers", marker=dots(mark, 12), hovertemplate=hover
        )
    lay_out(figure, 130 + _ROW * len(frame))
    figure.update_xaxes(title="Share of rows", tickformat=".0%", rangemode="tozero")
    figure.update_yaxes(categories_axis(labels))
    return figure

"""One colour and one symbol per method, everywhere: the Okabe-Ito palette (Okabe and Ito, 2008), safe for colour-blind
readers; symbols say the same without colour.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import plotly.graph_objects as go

from rec_core.selection import METHODS, Mark
from rec_core.wording.numbers import plain_label

# Pixels: the toolbar, a line of text, a letter and a symbol of the legend, the axis, the narrowest chart of a page.
_TOOLBAR, _LINE, _LETTER, _SYMBOL, _AXIS, _NARROW = 34, 20, 6.6, 46, 60, 440
_TITLE = 30  # a subplot's
GREY = METHODS["full"].mark.colour
KEPT = METHODS["gradient"].mark.colour


def mark(method: str, pretrain: bool = True) -> Mark:
    """Return the mark of a method; an open symbol stands for a proxy that was not pretrained."""
    own = METHODS[method].mark
    return own if pretrain else Mark(own.colour, f"{own.symbol}-open")


def dots(mark: Mark, size: int) -> dict[str, Any]:
    """Return plotly's marker for a mark; the line makes open symbols visible."""
    return {"symbol": mark.symbol, "size": size, "color": mark.colour, "line": {"width": 2, "color": mark.colour}}


_SPARE = [
    Mark(colour, symbol)
    for colour, symbol in zip(
        ("#56b4e9", "#f0e442", "#009e73", "#0072b2", "#cc79a7", "#e69f00"),
        ("hexagon", "cross", "hourglass", "bowtie", "triangle-down", "x"),
        strict=True,
    )
]


def distinct(marks: Sequence[Mark]) -> list[Mark]:
    """Return the marks with every repetition replaced by one that is not among them."""
    taken: list[Mark] = []
    for one in marks:
        taken.append(one if one not in taken else next(spare for spare in _SPARE if spare not in (*taken, *marks)))
    return taken


def config(name: str, lasso: bool = False) -> dict[str, Any]:
    """Return plotly's settings for the figure called ``name``: no logo, no upload button, SVG from the toolbar."""
    return {
        "displaylogo": False,
        "showSendToCloud": False,
        "toImageButtonOptions": {"format": "svg", "filename": f"corelens-{name}"},
        "modeBarButtonsToRemove": ["autoScale2d"] if lasso else ["select2d", "lasso2d", "autoScale2d"],
    }


def lay_out(figure: go.Figure, height: int, keep_zoom: str = "", titled: bool = False) -> None:
    """Give ``figure`` the house's margins and legend; zoom stays as long as ``keep_zoom`` does.

    On top is room for the toolbar, below it for the legend as it wraps in a narrow window, and for subplots' titles
    where the figure is ``titled``.
    """
    top = _TOOLBAR + _LINE * _lines_of_legend(figure) + _TITLE * titled
    figure.update_layout(
        height=height,
        margin={"l": 10, "r": 10, "t": top, "b": 10},
        showlegend=True,
        legend={"orientation": "h", "yref": "container", "yanchor": "top", "y": 1 - _TOOLBAR / height, "x": 0},
        uirevision=keep_zoom or None,
    )


def _lines_of_legend(figure: go.Figure) -> int:
    names = dict.fromkeys(trace.name for trace in figure.data if trace.name and trace.showlegend is not False)
    wide = [_SYMBOL + _LETTER * len(name) for name in names]
    lines, used = 1, 0.0
    for width in wide:
        lines, used = (lines + 1, width) if used and used + width > _NARROW else (lines, used + width)
    return lines


def across(figure: go.Figure, at: Mapping[str, float], values: Sequence[float]) -> None:
    """Draw a dotted line across ``figure`` at each of ``at`` (title → y), its title to the right, none over another.

    ``values`` are the y of what else is drawn. Call it after ``lay_out``.
    """
    every = [*at.values(), *values]
    if not every:
        return
    low, high = min(every), max(every)
    room = 0.08 * ((high - low) or abs(high) or 1.0)
    low, high = low - room, high + room
    plot = figure.layout.height - figure.layout.margin.t - _AXIS
    places = apart(list(at.values()), _LINE * (high - low) / plot, high)
    line = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "line": {"color": GREY, "width": 1, "dash": "dot"}}
    name = {"xref": "paper", "x": 1.005, "xanchor": "left", "showarrow": False, "font": {"size": 11, "color": GREY}}
    figure.update_layout(
        margin_r=10 + int(_LETTER * max(map(len, at), default=0)),
        shapes=[{**line, "y0": y, "y1": y} for y in at.values()],
        annotations=[{**name, "y": y, "text": plain_label(title)} for title, y in zip(at, places, strict=True)],
    )
    figure.update_yaxes(range=[low, high])


def apart(values: Sequence[float], gap: float, top: float) -> list[float]:
    """Return places in the order of ``values``, each near its value, at least ``gap`` apart, none above ``top``.

    >>> apart([2.0, 1.0, 1.1], 0.5, 9.0)
    [2.0, 1.0, 1.5]
    """
    order = sorted(range(len(values)), key=values.__getitem__)
    places = list(values)
    for lower, upper in pairwise(order):
        places[upper] = max(places[upper], places[lower] + gap)
    limit = top
    for place in reversed(order):
        places[place] = min(places[place], limit)
        limit = places[place] - gap
    return places


def enlarge(figure: go.Figure, size: int = 18, height: int = 620) -> go.Figure:
    """Return a copy in large type, for slides; a page's theme sets each of these sizes by itself."""
    large = go.Figure(figure)
    large.update_layout(height=height, font={"size": size}, legend={"font": {"size": size}})
    large.update_xaxes(tickfont={"size": size - 2}, title={"font": {"size": size}})
    large.update_yaxes(tickfont={"size": size - 2}, title={"font": {"size": size}})
    large.update_annotations(font={"size": size - 2})
    return large


def wrapped(text: str, width: int = 26) -> str:
    """Return text that a figure shows as it is, in lines of at most so many letters.

    >>> wrapped("Users left out by Greedy & co", 12)
    'Users left<br>out by<br>Greedy &amp; co'
    """
    return "<br>".join(plain_label(line) for line in textwrap.wrap(text, width)) or plain_label(text)


def categories_axis(names: Sequence[str], **more: Any) -> dict[str, Any]:
    """Return an axis of ``names``, the first on top, with room for symbols on the first and the last line."""
    return {"type": "category", "range": [len(names) - 0.4, -0.6], "automargin": True, **more}


def counts_axis(**more: Any) -> dict[str, Any]:
    """Return a logarithmic axis for counts, with ticks that people read."""
    ticks = [n * 10**e for e in range(7) for n in (1, 2, 5)]
    return {"type": "log", "tickvals": ticks, "ticktext": [f"{t:,}" for t in ticks], **more}

"""One colour and one symbol per method, everywhere: the Okabe-Ito palette (Okabe and Ito, 2008), safe for colour-blind
readers; symbols say the same without colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from rec_core.selection import METHODS, Mark

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


def lay_out(figure: go.Figure, height: int, keep_zoom: str = "") -> None:
    """Give ``figure`` the house's margins and legend; zoom stays as long as ``keep_zoom`` does."""
    figure.update_layout(
        height=height,
        margin={"l": 10, "r": 10, "t": 40, "b": 10},
        showlegend=True,
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0},
        uirevision=keep_zoom or None,
    )


def enlarge(figure: go.Figure, size: int = 18, height: int = 620) -> go.Figure:
    """Return a copy in large type, for slides; a page's theme sets each of these sizes by itself."""
    large = go.Figure(figure)
    large.update_layout(height=height, font={"size": size}, legend={"font": {"size": size}})
    large.update_xaxes(tickfont={"size": size - 2}, title={"font": {"size": size}})
    large.update_yaxes(tickfont={"size": size - 2}, title={"font": {"size": size}})
    large.update_annotations(font={"size": size - 2})
    return large


def categories_axis(names: Sequence[str], **more: Any) -> dict[str, Any]:
    """Return an axis of ``names``, the first on top, with room for symbols on the first and the last line."""
    return {"type": "category", "range": [len(names) - 0.4, -0.6], "automargin": True, **more}


def counts_axis(**more: Any) -> dict[str, Any]:
    """Return a logarithmic axis for counts, with ticks that people read."""
    ticks = [n * 10**e for e in range(7) for n in (1, 2, 5)]
    return {"type": "log", "tickvals": ticks, "ticktext": [f"{t:,}" for t in ticks], **more}

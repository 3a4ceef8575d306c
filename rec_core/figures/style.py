"""One colour and one symbol per method: the Okabe-Ito palette (Okabe and Ito, 2008), safe for colour-blind readers;
symbols say the same without colour. Where two series of a figure would share a colour, the later one takes another.

Every colour has a contrast of at least 3:1 (WCAG 2.2, 1.4.11) with the background of both themes: light ones are darker
than in the palette.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, TypeVar

import plotly.graph_objects as go

from rec_core.selection import METHODS, Mark
from rec_core.wording.numbers import plain_label

# Pixels: the toolbar, a line of text, a letter and a symbol of the legend, the axis, the narrowest chart of a page.
_TOOLBAR, _LINE, _LETTER, _SYMBOL, _AXIS, _NARROW = 34, 20, 6.6, 46, 60, 440
_TITLE = 30  # a subplot's
GREY = METHODS["full"].mark.colour
KEPT = METHODS["gradient"].mark.colour
BACKGROUNDS = ("#ffffff", "#11161d")  # of the two themes, light and dark
_CONTRAST = 3.02  # at least 3, also once a channel is rounded
# Scaled down, orange comes close to vermilion and sky blue to grey: these are the darker ones furthest from the others.
_DARKER = {"#56b4e9": "#189ce4", "#e69f00": "#8f6b00"}
_OPEN = "-open"
T = TypeVar("T")


def luminance(colour: str) -> float:
    """Return the relative luminance of ``#rrggbb``, 0 to 1 (WCAG 2.2)."""
    return sum(weight * channel for weight, channel in zip((0.2126, 0.7152, 0.0722), _linear(colour), strict=True))


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21 (WCAG 2.2).

    >>> contrast("#ffffff", "#000000")
    21.0
    """
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return round((light + 0.05) / (dark + 0.05), 6)


@cache
def readable(colour: str) -> str:
    """Return the colour, made as much darker or lighter as it takes to stand out on both backgrounds.

    >>> readable("#0072b2"), readable("#e69f00")
    ('#0072b2', '#8f6b00')
    """
    colour = _DARKER.get(colour, colour)
    light, dark = (luminance(background) + 0.05 for background in BACKGROUNDS)
    most, least = light / _CONTRAST - 0.05, dark * _CONTRAST - 0.05
    now, linear = luminance(colour), _linear(colour)
    if now > most:
        linear = [channel * most / now for channel in linear]
    elif now < least:
        linear = [channel + (1 - channel) * (least - now) / (1 - now) for channel in linear]
    else:
        return colour
    return "#" + "".join(f"{round(255 * _encoded(channel)):02x}" for channel in linear)


def _linear(colour: str) -> list[float]:
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]


def _encoded(linear: float) -> float:
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055


def mark(method: str, pretrain: bool = True) -> Mark:
    """Return the mark of a method; an open symbol stands for a proxy that was not pretrained."""
    own = METHODS[method].mark
    return Mark(readable(own.colour), own.symbol if pretrain else own.symbol + _OPEN)


def dots(mark: Mark, size: int) -> dict[str, Any]:
    """Return plotly's marker for a mark; the line makes open symbols visible."""
    return {"symbol": mark.symbol, "size": size, "color": mark.colour, "line": {"width": 2, "color": mark.colour}}


_COLOURS = tuple(map(readable, ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c48d8")))
_SYMBOLS = ("circle", "square", "diamond", "cross", "x", "triangle-up", "pentagon", "hexagon", "star-diamond", "bowtie")


def distinct(marks: Iterable[Mark]) -> list[Mark]:
    """Return the marks of the series of one figure, so that no two of them look alike.

    Each keeps its own where it can. One whose colour is taken takes another, as long as there are any, and one whose
    symbol is taken another symbol. A method with and without a pretrained proxy keeps its colour: filled and open.
    """
    wanted, taken = list(marks), list[Mark]()
    for one in wanted:
        symbol, symbols = one.symbol, [other.symbol for other in taken]
        if symbol in symbols:
            every = (*_SYMBOLS, *(name + _OPEN for name in _SYMBOLS))
            symbol = _first(every, [*symbols, *(other.symbol for other in wanted)])
        look = Mark(one.colour, symbol)
        others = [other.colour for other in taken if not _are_twins(look, other)]
        taken.append(Mark(_free(one.colour, others, wanted), symbol))
    return taken


def _free(colour: str, taken: Sequence[str], wanted: Sequence[Mark]) -> str:
    """Return the colour if it is not ``taken``; else one of the palette, best one that no other series wants."""
    if colour not in taken:
        return colour
    left = [one for one in _COLOURS if one not in taken]
    return _first(left, [mark.colour for mark in wanted]) if left else colour


def _first(names: Sequence[str], taken: Sequence[str]) -> str:
    """Return the first name that is not taken; where all are, the one that was taken least."""
    return min(names, key=taken.count)


def _are_twins(one: Mark, other: Mark) -> bool:
    """Return True if two marks are of one method, with and without a pretrained proxy."""
    same = one.symbol.removesuffix(_OPEN) == other.symbol.removesuffix(_OPEN)
    return same and one.symbol != other.symbol and one.colour == other.colour


def apart_from_each_other(series: Mapping[str, tuple[T, Mark]]) -> dict[str, tuple[T, Mark]]:
    """Return the series of one figure, by title, with marks that do not look alike."""
    marks = distinct(mark for _, mark in series.values())
    return {title: (what, mark) for (title, (what, _)), mark in zip(series.items(), marks, strict=True)}


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
    name = {"xref": "paper", "x": 1.005, "xanchor": "left", "showarrow": False, "font": {"size": 11}}
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


def counts_axis(low: float = 1, high: float = 1e7, **more: Any) -> dict[str, Any]:
    """Return a logarithmic axis for counts between two, with ticks that people read."""
    ticks = [tick for tick in log_ticks(max(low, 1), high) if tick >= 10 or tick.is_integer()]
    return {"type": "log", "tickvals": ticks, "ticktext": [f"{tick:,.10g}" for tick in ticks], **more}


_STEPS = ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 4, 5, 7))
_FEWEST_TICKS, _MOST_TICKS = 5, 10


def log_ticks(low: float, high: float) -> list[float]:
    """Return round numbers from ``low`` to ``high`` for a logarithmic axis: five to ten where that can be.

    >>> log_ticks(0.13, 0.6), log_ticks(1, 3000), log_ticks(0.18, 0.43)
    ([0.15, 0.2, 0.3, 0.4, 0.5], [1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0], [0.2, 0.25, 0.3, 0.35, 0.4])
    """
    if not 0 < low < high < math.inf:
        return [low]
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    found: list[float] = []
    for steps in _STEPS:
        finer = [float(f"{step}e{exponent}") for exponent in exponents for step in steps]
        found = [tick for tick in finer if low * (1 - 1e-9) <= tick <= high * (1 + 1e-9)]
        if len(found) >= _FEWEST_TICKS:
            return found[:: max(1, math.ceil(len(found) / _MOST_TICKS))]
    return _even_ticks(low, high)


def _even_ticks(low: float, high: float) -> list[float]:
    """Return round numbers at even steps, for an axis too short for a logarithm's."""
    exponent = math.floor(math.log10(high - low))
    sizes = (float(f"{unit}e{power}") for power in (exponent, exponent - 1) for unit in (5, 2, 1))
    for size in sizes:
        first, last = math.ceil(low / size - 1e-9), math.floor(high / size + 1e-9)
        if last - first + 1 >= _FEWEST_TICKS:
            break
    return [float(f"{number * size:.10g}") for number in range(first, last + 1)]

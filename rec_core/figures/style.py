"""One colour and one symbol per method, everywhere: the Okabe-Ito palette (Okabe and Ito, 2008), safe for colour-blind
readers; symbols say the same without colour.
"""

from __future__ import annotations

from dataclasses import dataclass

GREY = "#8a8f98"
KEPT = "#d55e00"
_COLOURS = {
    "full": GREY,
    "random": "#0072b2",
    "clustering": "#009e73",
    "gradient": "#d55e00",
    "greedy": "#cc79a7",
}
_SYMBOLS = {
    "full": "star",
    "random": "circle",
    "clustering": "square",
    "gradient": "diamond",
    "greedy": "triangle-up",
}


@dataclass(frozen=True)
class Mark:
    """How a method is drawn; an open symbol stands for a proxy that was not pretrained."""

    colour: str
    symbol: str


def mark(method: str, pretrain: bool = True) -> Mark:
    """Return the mark of a method."""
    symbol = _SYMBOLS.get(method, "hexagon")
    return Mark(_COLOURS.get(method, "#56b4e9"), symbol if pretrain else f"{symbol}-open")


# Passed to every chart: no logo, no upload button, SVG from the toolbar.
CONFIG = {
    "displaylogo": False,
    "showSendToCloud": False,
    "toImageButtonOptions": {"format": "svg", "filename": "corelens"},
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
}

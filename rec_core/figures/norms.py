"""Figures of Q5: two norms against each other, with their distributions at the margins."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from rec_core.analysis.norms import Pairs
from rec_core.analysis.statistics import Correlation
from rec_core.figures.exhibit import Exhibit
from rec_core.figures.style import GREY, lay_out

_SMALLEST_P = 1e-100  # below, the sampling assumptions behind p matter more than its digits
_FORMULAS = (
    r"r=\frac{\sum(x-\bar x)(y-\bar y)}{\sqrt{\sum(x-\bar x)^2\sum(y-\bar y)^2}},\quad"
    r"\rho=r(\text{ranks}),\quad\tau_b=\frac{C-D}{\sqrt{(C+D+T_x)(C+D+T_y)}}"
)


def scatter(pairs: Pairs, colour: str, caption: str) -> Exhibit:
    """Return a scatter of the pairs, kept and dropped, with a histogram of each axis at its margin."""
    figure = make_subplots(
        2,
        2,
        shared_xaxes="columns",
        shared_yaxes="rows",
        column_widths=[0.82, 0.18],
        row_heights=[0.2, 0.8],
        horizontal_spacing=0.02,
        vertical_spacing=0.03,
    )
    parts = [("Dropped", ~pairs.kept, GREY, "x", 6), ("Kept", pairs.kept, colour, "circle", 6)]
    # The fewer lie on top, where they can be seen.
    for name, which, tone, symbol, size in sorted(parts, key=lambda part: -np.count_nonzero(part[1])):
        x, y = pairs.x[which], pairs.y[which]
        if not len(x):
            continue
        figure.add_scattergl(
            x=x,
            y=y,
            mode="markers",
            name=name,
            legendgroup=name,
            row=2,
            col=1,
            marker={"color": tone, "symbol": symbol, "size": size, "opacity": 0.55},
            hovertemplate="%{x:.3g}, %{y:.3g}<extra>" + name + "</extra>",
        )
        for position, axis, values in (((1, 1), "x", x), ((2, 2), "y", y)):
            _margin(figure, position, axis, values, pairs, name, tone)
    lay_out(figure, 520)
    figure.update_layout(barmode="overlay", bargap=0)
    figure.update_xaxes(title=pairs.x_title, row=2, col=1)
    figure.update_yaxes(title=pairs.y_title, row=2, col=1)
    figure.update_xaxes(showticklabels=False, row=2, col=2)
    figure.update_yaxes(showticklabels=False, row=1, col=1)
    return Exhibit(
        name="norms",
        title=f"{pairs.y_title} against {pairs.x_title}",
        figure=figure,
        alt=f"Scatter of {pairs.y_title} against {pairs.x_title} for {len(pairs.x):,} {pairs.of}, with histograms.",
        table=pd.DataFrame({pairs.x_title: pairs.x, pairs.y_title: pairs.y, "Kept": pairs.kept}),
        how="A point is one of the things compared; coloured dots are kept, grey crosses dropped. At the margins is "
        "how each axis is distributed. A narrow rising band means that both norms agree, a round cloud that they do "
        "not.",
        caption=caption,
        formula=_FORMULAS,
        source="The report's Figures 2 and 3. Intervals: percentile bootstrap over pairs, 200 resamples (Efron, 1979).",
    )


def _margin(
    figure: go.Figure, position: tuple[int, int], axis: str, values: np.ndarray, pairs: Pairs, name: str, colour: str
) -> None:
    every = pairs.x if axis == "x" else pairs.y
    low, high = float(every.min()), float(every.max())
    # Where all are the same, one bar as wide as a tenth of them.
    counts, bounds = np.histogram(
        values.astype(np.float64), bins=40, range=(low, max(high, low + 0.1 * abs(low) + 1e-9))
    )
    middle, step = (bounds[:-1] + bounds[1:]) / 2, bounds[1] - bounds[0]
    bars = {"x": middle, "y": counts} if axis == "x" else {"x": counts, "y": middle, "orientation": "h"}
    figure.add_bar(
        **bars,
        width=step,
        name=name,
        legendgroup=name,
        showlegend=False,
        opacity=0.6,
        marker={"color": colour, "line": {"width": 0}},
        hoverinfo="skip",
        row=position[0],
        col=position[1],
    )


def correlation_table(found: list[Correlation]) -> pd.DataFrame:
    """Return one row per coefficient: value, interval, p and n."""
    rows = [(c.name, c.value, c.low, c.high, _p(c.p), c.n) for c in found]
    return pd.DataFrame(rows, columns=["Coefficient", "Value", "95 % from", "to", "p", "n"])


def _p(value: float) -> str:
    if np.isnan(value):
        return "–"
    return f"{value:.2g}" if value > _SMALLEST_P else f"below {_SMALLEST_P:.0e}"

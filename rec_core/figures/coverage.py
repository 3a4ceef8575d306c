"""Figures of Q2: how much of users, films, genres and ratings a coreset reaches."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from rec_core.analysis import coverage
from rec_core.analysis.coverage import Coverage, Shares
from rec_core.figures import bars
from rec_core.figures.exhibit import Exhibit
from rec_core.figures.style import Mark, categories_axis, dots, lay_out

Marked = Mapping[str, tuple[Coverage, Mark]]


def reach(coverages: Marked, at_least: int, caption: str) -> Exhibit:
    """Return the share of users, films, … with at least so many kept rows, a symbol per coreset."""
    figure = go.Figure()
    parts = list(next(iter(coverages.values()))[0])
    for title, (covered, mark) in coverages.items():
        figure.add_scatter(
            x=[covered[part].share(at_least) for part in parts],
            y=parts,
            name=title,
            mode="markers",
            marker=dots(mark, 15),
            cliponaxis=False,
            hovertemplate="%{x:.1%} of %{y}<extra>" + title + "</extra>",
        )
    lay_out(figure, 330)
    figure.update_xaxes(title=f"Share with at least {at_least} kept", tickformat=".0%", range=[-0.02, 1.02])
    figure.update_yaxes(categories_axis(parts))
    return Exhibit(
        name="coverage",
        title="What is reached",
        figure=figure,
        alt=f"Share of {', '.join(parts).lower()} with at least {at_least} kept ratings, for {', '.join(coverages)}.",
        table=coverage.table({title: c for title, (c, _) in coverages.items()}),
        how="A symbol is the share of users, films and so on that keep at least as many ratings as chosen above; "
        "further right is more. Long-tail films are all but the most popular fifth. The table adds, for each, how far "
        "the kept distribution is from that of all data (KL, 0 is the same) and how unequal it is (Gini, 0 is equal).",
        caption=caption,
        formula=r"\mathrm{KL}=\sum_i p_i\ln\frac{p_i}{q_i},\quad p=\text{share of kept},\ q=\text{share of all}",
        source="Coverage: Q2 of the report. Long tail: Abdollahpouri, Burke and Mobasher, 2017.",
        shares=tuple(f"With {k} or more" for k in coverage.AT_LEAST),
    )


def shares(coverages: Marked, name: Shares, caption: str) -> Exhibit:
    """Return the share of each genre (or rating value) in all data and in each coreset."""
    frame = coverage.shares({title: c for title, (c, _) in coverages.items()}, name)
    return Exhibit(
        name=f"shares-{name.lower().replace(' ', '-')}",
        title=f"Shares of {name.lower()}",
        figure=bars.shares(frame, name, "All data", {title: mark for title, (_, mark) in coverages.items()}),
        alt=f"Share of ratings by {name.lower()}: all data as bars, {', '.join(coverages)} as symbols.",
        table=frame,
        how="Grey bars are all data, symbols what is kept. A symbol beyond its bar: the method prefers it. A rating "
        "counts for every genre of its film."
        if name == "Genres"
        else "Grey bars are all data, symbols what is kept. A symbol beyond its bar: the method prefers that rating.",
        caption=caption,
        shares=("All data", *coverages),
    )

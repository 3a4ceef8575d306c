"""Figures of Compare: overlap, training curves, slices."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from rec_core.analysis import columns as col
from rec_core.analysis.overlap import By
from rec_core.data.sources import Words
from rec_core.evaluation import Metric
from rec_core.figures.exhibit import Exhibit
from rec_core.figures.style import categories_axis, dots, lay_out, wrapped
from rec_core.replicates import Group
from rec_core.selection import Mark
from rec_core.stages.train import validation_column
from rec_core.wording.columns import titled
from rec_core.wording.numbers import capital, plain_label
from rec_core.wording.slices import slice_title

Marks = Mapping[str, Mark]


def overlap_titles(words: Words) -> dict[By, str]:
    """Return by what selections are compared."""
    return {"ratings": capital(words.rows), "users": "Users", "items": capital(words.items)}


def overlap(frame: pd.DataFrame, titles: list[str], by: By, caption: str, words: Words) -> Exhibit:
    """Return the Jaccard index of each pair of selections as a matrix, with that of chance below it."""
    place, of = {title: i for i, title in enumerate(titles)}, overlap_titles(words)[by].lower()
    values, text = np.eye(len(titles)), np.full((len(titles), len(titles)), "", dtype=object)
    for a, b, value, chance in frame[[col.ONE, col.OTHER, col.JACCARD, col.BY_CHANCE]].itertuples(index=False):
        for i, j in ((place[a], place[b]), (place[b], place[a])):
            values[i, j], text[i, j] = value, f"{value:.2f}<br>chance {chance:.2f}"
    short = [str(i + 1) for i in range(len(titles))]
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=short,
            y=short,
            customdata=[[f"{plain_label(a)}<br>{plain_label(b)}" for b in titles] for a in titles],
            text=text,
            texttemplate="%{text}",
            zmin=0,
            zmax=1,
            colorscale=[(0.0, "#e6f1f8"), (1.0, "#0072b2")],
            colorbar={"title": {"text": "Jaccard"}, "thickness": 10},
            hovertemplate="%{customdata}<br>%{z:.3f}<extra></extra>",
        )
    )
    lay_out(figure, 150 + 62 * len(titles))
    figure.update_layout(showlegend=False)
    figure.update_yaxes(autorange="reversed", type="category")
    figure.update_xaxes(side="top", type="category")
    return Exhibit(
        name=f"overlap-{of}",
        title=f"Overlap by {of}",
        figure=figure,
        alt=f"Jaccard index by {of} of every pair of: {', '.join(titles)}.",
        table=titled(frame, words),
        how=f"Each cell is the share of {of} that two selections have in common, of those that either has: 1 the "
        "same, 0 nothing in common. Below it is what two random selections of the same sizes would have.",
        caption=f"{', '.join(f'{number} = {title}' for number, title in zip(short, titles, strict=True))}. {caption}",
        formula=r"J(A,B)=\frac{|A\cap B|}{|A\cup B|}",
        source="Jaccard, 1901.",
    )


def curves(groups: Mapping[str, Group], marks: Marks, column: str, title: str, caption: str) -> Exhibit:
    """Return a line per group over epochs, and a band between its seeds.

    ``column`` is a column of the history, and ``title`` what it is called.
    """
    figure = go.Figure()
    dashes = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
    for dash, (name, group) in zip(dashes, groups.items(), strict=False):
        by_epoch = _by_epoch(group, column)
        if len(group.results) > 1:
            _add_band(figure, by_epoch, marks[name], name)
        figure.add_scatter(
            x=by_epoch.index,
            y=by_epoch["mean"],
            name=name,
            legendgroup=name,
            mode="lines+markers",
            line={"color": marks[name].colour, "dash": dash},
            marker={"symbol": marks[name].symbol, "size": 7},
            hovertemplate=f"epoch %{{x}}: %{{y:.4f}}<extra>{name}</extra>",
        )
    lay_out(figure, 420)
    figure.update_xaxes(title="Epoch", rangemode="tozero")
    figure.update_yaxes(title=title, nticks=8)
    table = pd.concat(
        [
            pd.DataFrame(result.history).assign(Run=name, Seed=seed)
            for name, group in groups.items()
            for seed, result in group.by_seed.items()
        ]
    )
    validated = [c for c in table.columns.astype(str) if c.startswith("validation")]
    return Exhibit(
        name="training-curves",
        title="Training curves",
        figure=figure,
        alt=f"{title} by epoch for {', '.join(groups)}.",
        table=table[["Run", "Seed", "epoch", "loss", *validated, "seconds"]],
        how="One line per run: of several seeds the mean of those that trained so long, in a band from the lowest to "
        "the highest. A validation line that turns while the train loss still falls is overfitting; an epoch of a "
        "coreset has fewer steps than one of all data.",
        caption=caption,
    )


def _by_epoch(group: Group, column: str) -> pd.DataFrame:
    """Return mean, lowest and highest value over seeds by epoch."""
    rows = [(row["epoch"], row.get(column)) for result in group.results for row in result.history]
    return pd.DataFrame(rows, columns=["epoch", "value"]).groupby("epoch")["value"].agg(["mean", "min", "max"])


def _add_band(figure: go.Figure, by_epoch: pd.DataFrame, look: Mark, name: str) -> None:
    around = pd.concat([by_epoch["max"], by_epoch["min"][::-1]])
    figure.add_scatter(
        x=around.index,
        y=around,
        fill="toself",
        fillcolor=look.colour,
        opacity=0.2,
        line={"width": 0},
        mode="lines",
        legendgroup=name,
        showlegend=False,
        hoverinfo="skip",
    )


def history_titles(metric: Metric) -> dict[str, str]:
    """Return the columns of a history that can be drawn, with what they are called."""
    return {validation_column(metric.name): f"Validation {metric.title}", "loss": "Train loss"}


def by_slice(frame: pd.DataFrame, marks: Marks, metric: Metric, caption: str, words: Words) -> Exhibit:
    """Return the metric by slice, a symbol per run."""
    figure = go.Figure()
    name, titles = metric.title, [slice_title(part, words) for part in frame[col.SLICE]]
    lines = [wrapped(title, 34) for title in titles]
    for title in [column for column in frame.columns.astype(str) if column in marks]:
        figure.add_scatter(
            x=frame[title],
            y=lines,
            name=title,
            mode="markers",
            marker=dots(marks[title], 12),
            customdata=frame[col.USERS],
            hovertemplate=f"%{{y}}, %{{customdata:,}} users: {name} %{{x:.3f}}<extra>{title}</extra>",
        )
    lay_out(figure, 190 + len(lines) * (12 + 14 * (1 + max(line.count("<br>") for line in lines))))
    figure.update_xaxes(title=f"{name} ({metric.direction})")
    figure.update_yaxes(categories_axis(lines))
    return Exhibit(
        name="slices",
        title=f"{name} by slice",
        figure=figure,
        alt=f"{name} of each run by slice of users and {words.items}; the table holds the same numbers.",
        table=titled(frame.assign(**{col.SLICE: titles}), words),
        how=f"Each line is a slice of the test users: by their activity, by the {words.item} that was held out, and "
        "those whom a run keeps nothing of. All runs are measured on the same users. Where symbols lie apart, a "
        "coreset costs that slice more. Slices of fewer than 20 users are left out; all users are "
        "there, however few.",
        caption=caption,
    )

"""Figures of Q2: how much of users, items, genres and ratings a coreset reaches."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from rec_core.analysis import columns as col
from rec_core.analysis import coverage
from rec_core.analysis.coverage import Coverage, Shares
from rec_core.data.sources import Words
from rec_core.figures import bars
from rec_core.figures.exhibit import Exhibit
from rec_core.figures.style import apart_from_each_other, categories_axis, dots, lay_out
from rec_core.selection import Mark
from rec_core.wording.columns import title as title_of
from rec_core.wording.columns import titled
from rec_core.wording.coverage import part_titles
from rec_core.wording.labels import ALL_DATA

Marked = Mapping[str, tuple[Coverage, Mark]]


def reach(coverages: Marked, at_least: int, caption: str, words: Words) -> Exhibit:
    """Return the share of users, items, … with at least so many kept rows, a symbol per coreset."""
    coverages, figure = apart_from_each_other(coverages), go.Figure()
    parts = list(next(iter(coverages.values()))[0])
    titles = part_titles(words)
    names = [titles[part] for part in parts]
    table = coverage.table({title: c for title, (c, _) in coverages.items()})
    for title, (covered, mark) in coverages.items():
        figure.add_scatter(
            x=[covered[part].share(at_least) for part in parts],
            y=names,
            name=title,
            mode="markers",
            marker=dots(mark, 15),
            cliponaxis=False,
            hovertemplate="%{x:.1%} of %{y}<extra>" + title + "</extra>",
        )
    lay_out(figure, 330)
    figure.update_xaxes(title=f"Share with at least {at_least} kept", tickformat=".0%", range=[-0.02, 1.02])
    figure.update_yaxes(categories_axis(names))
    return Exhibit(
        name="coverage",
        title="What is reached",
        figure=figure,
        alt=f"Share of {', '.join(names).lower()} with at least {at_least} kept {words.rows}: {', '.join(coverages)}.",
        table=titled(table.assign(**{col.OF: table[col.OF].map(titles)}), words),
        how=f"A symbol is the share of users, {words.items} and so on that keep at least as many {words.rows} as "
        f"chosen above; further right is more. Long-tail {words.items} are all but the most popular fifth. The table "
        "adds, for each, how far the kept distribution is from that of all data (KL, 0 is the same) and how unequal it "
        "is (Gini, 0 is equal).",
        caption=caption,
        formula=r"\mathrm{KL}=\sum_i p_i\ln\frac{p_i}{q_i},\quad p=\text{share of kept},\ q=\text{share of all}",
        source="Coverage: Q2 of the report. Long tail: Abdollahpouri, Burke and Mobasher, 2017.",
        shares=tuple(title_of(col.at_least(k), words) for k in coverage.AT_LEAST),
    )


def shares(coverages: Marked, name: Shares, caption: str, words: Words) -> Exhibit:
    """Return the share of each genre (or rating value) in all data and in each coreset."""
    coverages = apart_from_each_other(coverages)
    frame = coverage.shares({title: c for title, (c, _) in coverages.items()}, name)
    title = part_titles(words)[name].lower()
    marks = {choice: (choice, mark) for choice, (_, mark) in coverages.items()}
    return Exhibit(
        name=f"shares-{title.replace(' ', '-')}",
        title=f"Shares of {title}",
        figure=bars.shares(frame, col.OF, (col.ALL, ALL_DATA), marks),
        alt=f"Share of {words.rows} by {title}: all data as bars, {', '.join(coverages)} as symbols.",
        table=titled(frame.rename(columns={col.OF: part_titles(words)[name]}), words),
        how="Grey bars are all data, symbols what is kept. A symbol beyond its bar: the method prefers it. A "
        f"{words.row} counts for every {words.kind} of its {words.item}."
        if name == "genres"
        else "Grey bars are all data, symbols what is kept. A symbol beyond its bar: the method prefers that rating.",
        caption=caption,
        shares=(ALL_DATA, *coverages),
    )

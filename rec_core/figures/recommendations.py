"""The figure of One user: two lists of recommendations, with lines between the items that both have."""

from __future__ import annotations

import textwrap

import pandas as pd
import plotly.graph_objects as go

from rec_core.analysis.recommend import TopList
from rec_core.data.sources import Words
from rec_core.data.texts import Texts
from rec_core.figures.exhibit import Exhibit
from rec_core.figures.style import GREY, KEPT, lay_out
from rec_core.wording.numbers import capital, plain_label

_WIDEST = 26  # characters in a line of a list's name
_LONGEST = 32  # characters of a title beside the figure; all of it is in the hover and in the table


def side_by_side(
    titles: Texts,
    first: TopList,
    second: TopList,
    names: tuple[str, str],
    held_out: int | None,
    caption: str,
    words: Words,
) -> Exhibit:
    """Return both lists, best on top; the held-out item is marked wherever it appears."""
    figure = go.Figure()
    left, right = first.items.tolist(), second.items.tolist()
    for item in set(left) & set(right):
        figure.add_scatter(
            x=[0, 1],
            y=[left.index(item) + 1, right.index(item) + 1],
            mode="lines",
            hoverinfo="skip",
            line={"color": KEPT if item == held_out else GREY, "width": 3 if item == held_out else 1.5},
            showlegend=False,
        )
    for x, items, side in ((0, left, "middle left"), (1, right, "middle right")):
        shared = [item in left and item in right for item in items]
        figure.add_scatter(
            x=[x] * len(items),
            y=list(range(1, len(items) + 1)),
            mode="markers+text",
            text=[_label(str(titles[item]), item == held_out) for item in items],
            textposition=side,
            textfont={"size": 12},
            customdata=[plain_label(str(titles[item])) for item in items],
            marker={
                "size": 11,
                "color": [
                    KEPT if item == held_out else "#0072b2" if both else GREY
                    for item, both in zip(items, shared, strict=True)
                ],
                "symbol": [
                    "star" if item == held_out else "circle" if both else "circle-open"
                    for item, both in zip(items, shared, strict=True)
                ],
            },
            hovertemplate="%{y}. %{customdata}<extra></extra>",
            showlegend=False,
            cliponaxis=False,
        )
    lay_out(figure, 440)
    figure.update_layout(
        annotations=[
            {"x": x, "y": 0.4, "text": _heading(name), "showarrow": False, "xanchor": anchor, "yanchor": "bottom"}
            for x, name, anchor in ((0, names[0], "right"), (1, names[1], "left"))
        ]
    )
    figure.update_xaxes(range=[-2.1, 3.1], visible=False, fixedrange=True)
    figure.update_yaxes(range=[len(left) + 0.6, -1.4], visible=False, fixedrange=True)
    ranks = range(1, len(left) + 1)
    return Exhibit(
        name="recommendations",
        title="What they would see",
        figure=figure,
        alt=f"The ten best {words.items} of {names[0]} and of {names[1]}; the table lists both.",
        table=pd.DataFrame({"Rank": ranks, names[0]: titles[left].tolist(), names[1]: titles[right].tolist()}),
        how=f"Best on top. Lines join {words.items} that both lists have; full dots are shared, open ones are in one "
        f"list only. A star is the {words.item} that was held out for the test. {capital(words.items)} that the user "
        "is known to have are left out of both.",
        caption=caption,
    )


def _heading(name: str) -> str:
    lines = textwrap.wrap(name, _WIDEST) or [""]
    return "<br>".join(f"<b>{plain_label(line)}</b>" for line in lines)


def _label(title: str, held_out: bool) -> str:
    short = title if len(title) <= _LONGEST else f"{title[: _LONGEST - 1]}…"
    return f"<b>{plain_label(short)}</b>" if held_out else plain_label(short)

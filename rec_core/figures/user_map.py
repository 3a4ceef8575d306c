"""Figures of Q4: users in two dimensions, coloured by how much of their history is kept.

The report's Figures 4 and 5.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from rec_core.analysis import columns as col
from rec_core.analysis.groups import KeptHistories, users_table
from rec_core.data.interactions import Split
from rec_core.data.sources import Words
from rec_core.figures import bars
from rec_core.figures.exhibit import Exhibit
from rec_core.figures.style import GREY, KEPT, lay_out
from rec_core.projection import UserMap
from rec_core.selection import Mark
from rec_core.wording.columns import titled
from rec_core.wording.numbers import capital

_HOW = (
    "A dot is a user; users whose embeddings are alike lie close to each other. Grey crosses keep nothing; colour "
    "says how much of a user's history is kept: orange as much as on average, blue less, red more. The places "
    "belong to the embeddings and stay the same for every method and ratio. Draw a lasso around users, or click "
    "one (choose above which), to see who they are; double-click to let go."
)
_SERVED = (
    "Of users who keep nothing, green says that the item held out for their test is among the first ten of all: they "
    "are served all the same."
)
Drag = Literal["lasso", "pan"]
DRAGS: dict[Drag, str] = {"lasso": "With a lasso", "pan": "By a click"}
_FEW = 500  # dropped users whose crosses are outlined, so that they are found among thousands of dots
_SOURCES = {
    "UMAP": "UMAP: McInnes, Healy and Melville, 2018, arXiv 1802.03426; 15 neighbours, smallest distance 0.1. The "
    "report's Figures 4 and 5. Distances between far groups mean little.",
    "PCA": "The first two principal components; distances are true along two directions only.",
}


def user_map(
    name: str,
    title: str,
    projection: str,
    places: UserMap,
    history: KeptHistories,
    split: Split,
    caption: str,
    words: Words,
    highlighted: NDArray[np.integer] | None = None,
    drag: Drag = "lasso",
    rank: NDArray[np.floating] | None = None,
) -> Exhibit:
    """Return the users on the map. ``highlighted`` users (positions in the catalogue) stand out if given.

    ``rank`` (n_users,) is that of each user's held-out item among all, nan where there is none: it colours users who
    keep nothing by how well they are served all the same.

    ``drag`` is what dragging does: a lasso around users, or moving the map, so that a click chooses one.

    Each dot's ``customdata`` is the user's position in the catalogue and their original id.
    """
    some = history.kept[places.users] > 0
    figure = go.Figure()
    dots: dict[str, object] = {
        "color": history.share[places.users][some],
        "colorscale": _scale(history),
        "cmin": 0,
        "cmax": 1,
        "size": 6,
        "opacity": 0.85,
        "colorbar": {"title": {"text": "Kept"}, "tickformat": ".0%", "thickness": 10, "len": 0.8},
    }
    crosses: dict[str, object] = {"color": GREY, "symbol": "x", "size": 5}
    if np.count_nonzero(~some) <= _FEW:
        crosses |= {"color": "#c9ced6", "size": 7, "line": {"color": "#3a3f47", "width": 0.8}}
    if rank is not None and not some.all():
        crosses |= _by_rank(rank[places.users][~some], split.catalogue.n_items)
    for which, marker in ((~some, crosses), (some, dots)):  # who is kept lies on top
        _dots(figure, places, which, history, split, highlighted, marker)
    lay_out(figure, 460, keep_zoom=f"{name}-{projection}")
    figure.update_layout(dragmode=drag, showlegend=False)
    figure.update_xaxes(showticklabels=False, zeroline=False, showgrid=False)
    figure.update_yaxes(showticklabels=False, zeroline=False, showgrid=False)
    table = users_table(split, history, places.users)
    return Exhibit(
        name=name,
        title=title,
        figure=figure,
        alt=f"{projection} of {len(places.users):,} users, {title}: {int(some.sum()):,} keep something, "
        f"{int((~some).sum()):,} nothing. The table lists them.",
        table=titled(table, words).assign(x=places.places[:, 0], y=places.places[:, 1]),
        how=_HOW if rank is None else f"{_HOW} {_SERVED}",
        caption=caption,
        source=_SOURCES[projection],
        shares=("Share kept",),
    )


def _by_rank(rank: NDArray[np.floating], n_items: int) -> dict[str, object]:
    """Return how crosses are coloured by ranks, on a log scale: green among the first ten, grey far behind."""
    worst = max(np.log10(n_items), 1.1)
    ten = 1 / worst
    ticks = [tick for tick in (1, 10, 100, 1_000, 10_000, 100_000) if tick <= n_items]
    return {
        "color": np.nan_to_num(np.log10(np.maximum(rank, 1)), nan=worst),
        "colorscale": [(0.0, "#00734f"), (ten, "#009e73"), (min(1.5 * ten, 0.99), "#b5b9c1"), (1.0, GREY)],
        "cmin": 0,
        "cmax": worst,
        "colorbar": {
            "title": {"text": "Rank, nothing kept"},
            "orientation": "h",
            "tickvals": np.log10(ticks).tolist(),
            "ticktext": [f"{tick:,}" for tick in ticks],
            "thickness": 10,
            "len": 0.6,
            "y": -0.02,
            "yanchor": "top",
        },
    }


def _scale(history: KeptHistories) -> list[tuple[float, str]]:
    """Return colours of Okabe and Ito: orange for what the average history keeps, sky blue below, vermillion above."""
    fair = min(max(float(history.kept.sum() / history.full.sum()), 0.01), 0.98)
    return [(0.0, "#56b4e9"), (fair, "#e69f00"), (min(3 * fair, 0.99), "#d55e00"), (1.0, "#d55e00")]


def _dots(
    figure: go.Figure,
    places: UserMap,
    which: NDArray[np.bool_],
    history: KeptHistories,
    split: Split,
    highlighted: NDArray[np.integer] | None,
    marker: dict[str, object],
) -> None:
    users = places.users[which]
    figure.add_scattergl(
        x=places.places[which, 0],
        y=places.places[which, 1],
        mode="markers",
        marker=marker,
        selectedpoints=None if highlighted is None else np.flatnonzero(np.isin(users, highlighted)),
        unselected={"marker": {"opacity": 0.12}},
        customdata=_facts(users, history, split),
        hovertemplate="user %{customdata[1]}: %{customdata[3]:,} of %{customdata[2]:,} kept<extra></extra>",
    )


def _facts(users: NDArray[np.integer], history: KeptHistories, split: Split) -> NDArray[Any]:
    """Return what a dot knows of its user: position, original id, ratings, kept ratings."""
    ids = split.catalogue.user_ids[users]
    columns = [users, ids if ids.dtype.kind == "i" else ids.astype(object), history.full[users], history.kept[users]]
    return np.column_stack(columns)


def tastes(frame: pd.DataFrame, caption: str, words: Words) -> Exhibit:
    """Return the genres of a group against everyone's; ``frame`` is ``groups.genres``."""
    return Exhibit(
        name="group-genres",
        title=f"{capital(words.kinds)} of the group",
        figure=bars.shares(frame, col.GENRE, (col.EVERYONE, "Everyone"), {col.THEY: ("They", Mark(KEPT, "diamond"))}),
        alt=f"Share of {words.rows} by {words.kind}: everyone as bars, the chosen users as symbols.",
        table=titled(frame, words),
        how="Grey bars are everyone, diamonds the users you chose, sorted by what they prefer most.",
        caption=caption,
        shares=("They", "Everyone"),
    )

"""Who the users are that were chosen on the map."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.ui import cards, exhibits, map_view, nav, state
from rec_core.analysis import columns as col
from rec_core.analysis import groups
from rec_core.analysis.groups import KeptHistories
from rec_core.data.interactions import Split
from rec_core.figures.user_map import tastes
from rec_core.wording.columns import title, titled
from rec_core.wording.groups import favourites_help
from rec_core.wording.numbers import capital, number, percent

_SHARE = st.column_config.NumberColumn(format="percent")


def show(split: Split, history: KeptHistories, users: NDArray[np.int64]) -> None:
    """Draw number, activity, kept share, genres, favourites and the list of ``users`` (positions)."""
    if not len(users):
        st.caption("Choose users on a map to see who they are.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(f"{number(len(users))} {'user' if len(users) == 1 else 'users'} chosen", anchor=False)
        st.button("Clear selection", icon=":material/close:", on_click=map_view.let_go)
    cards.numbers(
        {
            "Users": (number(len(users)), f"of {number(len(history.full))}", ""),
            f"Median {state.words().rows}": (
                number(float(np.median(history.full[users]))),
                f"{number(float(np.median(history.full)))} for everyone",
                "Of a user, in train.",
            ),
            "Kept": (
                percent(history.kept[users].sum() / history.full[users].sum()),
                f"{percent(history.kept.sum() / history.full.sum())} for everyone",
                f"Share of their {state.words().rows} that is kept.",
            ),
            "With nothing kept": (
                number(int((history.kept[users] == 0).sum())),
                f"{number(int((history.kept == 0).sum()))} of everyone",
                "",
            ),
        }
    )
    if len(users) == 1:
        nav.link("one_user", "What would they see?", user=str(split.catalogue.user_ids[users[0]]))
    _tastes(split, users)
    table = titled(groups.users_table(split, history, users), state.words())
    config = {title(col.SHARE_KEPT, state.words()): _SHARE}
    cards.table(table, height=240, alt="The chosen users.", column_config=config)
    cards.csv(table, "chosen-users", f"Download these {number(len(users))} users")


def _tastes(split: Split, users: NDArray[np.int64]) -> None:
    words = state.words()
    shares = {title(name, words): _SHARE for name in (col.THEY, col.EVERYONE)}
    with st.grid(2, min_column_width=380):
        with st.container():
            preferred = groups.genres(split, users)
            if len(preferred):
                exhibits.show(tastes(preferred, f"{number(len(users))} chosen users.", words))
        with st.container():
            st.markdown(f"**Favourite {words.items}**", help=favourites_help(groups.liked_from(split), words))
            cards.table(
                titled(groups.favourites(split, users), words),
                alt=f"{capital(words.items)} that more of the chosen users like than of everyone.",
                column_config=shares,
            )

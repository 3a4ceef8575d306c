"""How a reader finds a user: by id, or by what makes them interesting."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.ui import net, state
from rec_core.analysis import groups
from rec_core.data.interactions import Split
from rec_core.wording.numbers import plain_markdown

_KEY = "user"
_OF = "_user_of"  # the data that the chosen user belongs to


def choose(split: Split, rows: NDArray[np.integer]) -> int | None:
    """Draw the search and a few suggestions; return the user's position, or None after saying that there is none."""
    history = groups.histories(split, rows)
    ids, of = split.catalogue.user_ids, state.spec().data.dataset
    if st.session_state.setdefault(_OF, of) != of or _KEY not in st.session_state:
        # An id of other data is nobody here, or somebody else.
        st.session_state[_OF], st.session_state[_KEY] = of, str(ids[_suggestions(history)["One who keeps least"]])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        typed = st.text_input("User id", key=_KEY, type="search", bind="query-params", width=220)
        for label, user in _suggestions(history).items():
            st.button(label, key=f"user-{label}", on_click=_pick, args=(str(ids[user]),))
    found = np.flatnonzero(ids.astype(np.dtypes.StringDType()) == (typed or "").strip())
    if len(found):
        return int(found[0])
    st.info(
        f"There is no user “{plain_markdown(typed or '')}” in this data; ids go from {ids[0]} to {ids[-1]}. Or "
        "choose one on the User map."
    )
    return None


def _suggestions(history: groups.KeptHistories) -> dict[str, int]:
    """Return users worth a look: the heaviest, one with an ordinary history, one who loses most."""
    order = np.argsort(history.full, kind="stable")
    least = np.lexsort((-history.full, history.share))
    return {
        "One who keeps least": int(least[0]),
        "A typical one": int(order[len(order) // 2]),
        "The most active": int(order[-1]),
    }


@net.callback
def _pick(user: str) -> None:
    st.session_state[_KEY] = user

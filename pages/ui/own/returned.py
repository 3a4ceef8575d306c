"""Which query returned the rows of a file, for as long as a visitor looks at the card."""

from __future__ import annotations

import streamlit as st

from rec_core.data.sources.table import Queried

Typed = tuple[str, str]  # an address and a query
_RETURNED, _ASKED = "_own_returned", "_own_asked"


def keep(typed: Typed, path: str, queried: Queried) -> None:
    """Remember that the file at ``path`` holds what a query returned, which was asked for as it was ``typed``."""
    st.session_state[_RETURNED] = {path: queried}
    st.session_state[_ASKED] = typed, path


def to(typed: Typed) -> str:
    """Return the path of the file with what was returned to what is ``typed``; "" where that was not asked last."""
    asked, path = st.session_state.get(_ASKED, (("", ""), ""))
    return path if asked == typed else ""


def of(path: str) -> Queried:
    """Return the query whose rows a file holds; an empty one for any other file."""
    found: Queried = st.session_state.get(_RETURNED, {}).get(path, Queried())
    return found


def forget() -> None:
    """Forget what was asked last: its rows are taken, or asked for anew."""
    st.session_state.pop(_ASKED, None)
    st.session_state.pop(_RETURNED, None)

"""What the card's reader chose, which a reload, another page, and a lost connection leave as it is.

Streamlit forgets a control that is not drawn, and everything with a reload. So values are kept twice: in the session,
and as a draft in the home folder, whose mark is in the address.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from cache.drafts import Drafts
from cache.home import home
from pages.ui import access

_VALUES, _MARK, _DRAWN = "_own_draft", "_own_draft_mark", "_own_drawn"
_IN_ADDRESS = "draft"


def begin() -> None:
    """Take up what was chosen before; called before the card is drawn."""
    st.session_state[_DRAWN] = []
    if _VALUES not in st.session_state:
        mark = st.query_params.get(_IN_ADDRESS, "")
        st.session_state[_VALUES] = _drafts().get(mark, access.visitor().owner)
        st.session_state[_MARK] = mark if st.session_state[_VALUES] else ""


def key(name: str) -> str:
    """Return a control's key, ``own-`` and a name, and have it begin with what was chosen before."""
    of = f"own-{name}"
    st.session_state[_DRAWN].append(of)
    if of not in st.session_state and of in st.session_state[_VALUES]:
        st.session_state[of] = st.session_state[_VALUES][of]
    return of


def note(name: str, value: str) -> None:
    """Keep a value that no control holds."""
    st.session_state[f"own-{name}"] = value
    st.session_state.setdefault(_DRAWN, []).append(f"own-{name}")


def noted(name: str) -> str:
    """Return such a value, "" where there is none."""
    return str(st.session_state[_VALUES].get(f"own-{name}", ""))


def end() -> None:
    """Keep what is chosen now; called after the card is drawn, also where it ends in an error."""
    before: dict[str, Any] = st.session_state[_VALUES]
    chosen = {of: st.session_state[of] for of in st.session_state[_DRAWN] if of in st.session_state}
    values = {of: value for of, value in (before | chosen).items() if value is not None}
    if values == before:
        return
    st.session_state[_VALUES] = values
    if not any(values.values()) or not _is_known():
        return
    st.session_state[_MARK] = st.session_state[_MARK] or Drafts.new()
    _drafts().keep(st.session_state[_MARK], access.visitor().owner, values)
    st.query_params[_IN_ADDRESS] = st.session_state[_MARK]


def clear() -> None:
    """Forget it: the log is taken."""
    _drafts().drop(st.session_state.get(_MARK, ""))
    for of in st.session_state.get(_VALUES, {}):
        st.session_state.pop(of, None)
    st.session_state[_VALUES], st.session_state[_MARK] = {}, ""
    st.query_params.pop(_IN_ADDRESS, None)


def _is_known() -> bool:
    """Return True if the visitor can be told from others: nobody's draft is everybody's."""
    return access.visitor().owner != "nobody"


def _drafts() -> Drafts:
    return Drafts(home() / "drafts")

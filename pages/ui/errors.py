"""How a page says what is wrong: the sentence as it is, whatever a file that it quotes may hold."""

from __future__ import annotations

import streamlit as st

from rec_core.wording.numbers import plain_markdown

_PROBLEM = "_problem"


def show(error: object) -> None:
    """Draw an error, or a sentence that says it."""
    st.error(plain_markdown(str(error)))


def complain(text: str) -> None:
    """Have ``text`` shown above the page at the next run of the script."""
    st.session_state[_PROBLEM] = text


def problem() -> str:
    """Return the error of the last request, once."""
    return str(st.session_state.pop(_PROBLEM, ""))

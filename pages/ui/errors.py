"""How a page says what is wrong: the sentence as it is, whatever a file that it quotes may hold."""

from __future__ import annotations

import streamlit as st

from rec_core.wording.numbers import plain_markdown


def show(error: object) -> None:
    """Draw an error, or a sentence that says it."""
    st.error(plain_markdown(str(error)))

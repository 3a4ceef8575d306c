"""The card for somebody's own log: the ways to bring one, and the list of those that were brought."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.ui import controls, errors, state
from pages.ui.own import draft, file, listed, query, split
from rec_core.errors import CorelensError

# Where a log comes from, and what draws the way in. A new way is one line here.
WAYS: dict[str, Callable[[], None]] = {
    "A file or a folder": file.show,
    "A database": query.show,
    "A split: train, validation, test": split.show,
}


def show() -> None:
    """Draw the card that takes a log, open until there is one, and the list of those that were taken."""
    with st.expander("A log of your own", expanded=not state.logs().listed(), icon=":material/add:"):
        draft.begin()
        try:
            WAYS[_way()]()
        except CorelensError as error:
            errors.show(error)
        draft.end()
        listed.show()


def _way() -> str:
    """Let the reader choose where the log comes from, where there is a choice."""
    first = next(iter(WAYS))
    if len(WAYS) == 1:
        return first
    return controls.segments("Where it is", {way: way for way in WAYS}, "own-way", first)

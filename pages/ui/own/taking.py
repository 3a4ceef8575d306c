"""The end of the card: what to call a log, who may use it, and the button that takes it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.ui import net, state
from rec_core.data.sources.table import Reading, Table
from rec_core.errors import CorelensError

_FOR_ALL = "Everybody who opens this app may use it"


def ask(path: str, reading: Reading, of: str, items_path: str = "", missing: str = "") -> None:
    """Draw the end of the card for the log at ``path``; the button is disabled, and says why, where something is
    ``missing``. ``of`` ends the controls' keys.
    """
    title = st.text_input("What to call it", key=f"own-title-{of}", placeholder=Path(path).name)
    only_you = "Without this, you alone see it. Only you can change it."
    shared = st.checkbox(_FOR_ALL, key=f"own-shared-{of}", help=only_you)
    args = [path, reading, title.strip(), items_path, shared]
    label = missing or "Use this log"
    st.button(label, key="own-use", type="primary", disabled=bool(missing), on_click=_use, args=args)


@net.callback
def _use(path: str, reading: Reading, title: str, items_path: str, shared: bool) -> None:
    """Take a log, choose it, and close the card."""
    try:
        log = Table.of(path, reading, title, items_path)
        state.logs().keep(log, shared)
    except CorelensError as error:
        state.complain(str(error))
        return
    st.session_state["data"] = log.name
    st.session_state["own-path"] = ""

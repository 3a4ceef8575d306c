"""The end of the card: what to call a log, who may use it, and the button that takes it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.ui import net, state
from pages.ui.own import draft, returned
from rec_core.data.sources.table import Brought, Reading, Table
from rec_core.errors import CorelensError

PATHS = {"own-train": "Train file", "own-validation": "Validation file, if any", "own-test": "Test file"}
_FOR_ALL = "Everybody who opens this app may use it"


def ask(
    path: str,
    reading: Reading,
    of: str,
    items_path: str = "",
    missing: str = "",
    held_out: tuple[str, str] | None = None,
) -> None:
    """Draw the end of the card for the log at ``path``; the button is disabled, and says why, where something is
    ``missing``. ``of`` ends the controls' keys, and ``held_out`` are the other files of a split.
    """
    file = Path(path)
    placeholder = file.name if held_out is None else file.parent.name
    title = st.text_input("What to call it", key=draft.key(f"title-{of}"), placeholder=placeholder)
    only_you = "Without this, you alone see it. Only you can change it."
    shared = st.checkbox(_FOR_ALL, key=draft.key(f"shared-{of}"), help=only_you)
    args = [path, reading, title.strip(), items_path, shared, held_out]
    label = missing or ("Use this log" if held_out is None else "Use this split")
    st.button(label, key="own-use", type="primary", disabled=bool(missing), on_click=_use, args=args)


@net.callback
def _use(
    path: str, reading: Reading, title: str, items_path: str, shared: bool, held_out: tuple[str, str] | None
) -> None:
    """Take a log, choose it, and close the card."""
    try:
        if held_out is None:
            log = Table.of(path, reading.model_copy(update={"queried": returned.of(path)}), title, items_path)
        else:
            log = Brought.of_files(path, *held_out, reading=reading, title=title, items_path=items_path)
        state.logs().keep(log, shared)
    except CorelensError as error:
        state.complain(str(error))
        return
    returned.forget()
    draft.clear()
    st.session_state["data"] = log.name
    for key in PATHS if held_out else ():
        st.session_state[key] = ""

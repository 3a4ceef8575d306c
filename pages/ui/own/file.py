"""A log in a file: named by its path or sent, shown over twenty rows, taken as its columns are said."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from cache.home import uploads_limit
from pages.ui import access, state
from pages.ui.access import allowed
from pages.ui.own import columns, layout, looking, taking
from rec_core.data.sources.table import ROLES, Reading

_SENT = "_file_sent"
_OPEN_THE_LINK = (
    "If you started this app, open the link that the terminal printed at the start: it shows your logs and reads your "
    "files by their paths. Without it, paths lead to the folder CORELENS_DATA."
)


def show() -> None:
    """Draw the fields that name a file, and below them how it is read."""
    st.markdown(
        "CSV with any separator, JSON lines, Parquet (a file or a folder), RecBole's .inter; gzip or zip of one of "
        "them. It stays where it is, and nothing in it is changed."
    )
    if access.is_without_link():
        st.caption(_OPEN_THE_LINK)
    if path := _named():
        _take(path)


def _named() -> str:
    """Return the path of the log that the reader names or sends, "" until then."""
    typed = st.text_input("Path", key="own-path", placeholder="/data/interactions.csv").strip()
    sent = st.file_uploader("Or send a small file", key="own-file")
    if typed:
        return allowed(typed)
    return "" if sent is None else _sent(sent)


def _sent(file: UploadedFile) -> str:
    """Return where a file is kept that was sent; it is looked at once, and again only if it is gone."""
    known: tuple[str, str] = st.session_state.get(_SENT, ("", ""))
    if known[0] != file.file_id or not Path(known[1]).exists():
        known = file.file_id, _kept(file.name, file.getvalue())
        st.session_state[_SENT] = known
    return known[1]


def _kept(name: str, contents: bytes) -> str:
    """Keep a file that was sent, and return where."""
    logs = state.logs()
    return str(logs.uploads.keep(logs.owner, name, contents, uploads_limit(), logs.files()))


def _take(path: str) -> None:
    """Show how a log is read, let the reader say otherwise, and take it."""
    of = looking.key_of(path)
    found = looking.sniffed(path, layout.choose(path, of))
    said = columns.choose(found, "own", of)
    in_order = not said.time and st.checkbox(
        "Lines are in order of time, at least those of each user", key=f"own-in-order-{of}"
    )
    columns.rows(found, "The first rows of the file.", f"own-rows-{of}")
    reading = {"layout": found.layout, "columns": said.model_copy(update={"in_order": in_order})}
    items_path, reading = columns.of_items(reading, of)
    missing = [ROLES[role].lower() for role in ("user", "item") if not getattr(said, role)]
    why = f"Say which column is the {' and the '.join(missing)}" if missing else ""
    taking.ask(path, Reading(**reading), of, items_path, why)

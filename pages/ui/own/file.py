"""A log in a file: named by its path or sent, shown over twenty rows, taken as its columns are said."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from cache.home import uploads_limit
from pages.ui import access, errors, net, state
from pages.ui.access import allowed
from pages.ui.own import columns, draft, layout, looking, questions, said, taking
from rec_core.data.sources.table import ROLES, Layout, Reading, Sniffed
from rec_core.data.sources.table.answering import Said
from rec_core.data.sources.table.summing import WasRead, at_first_sight
from rec_core.errors import DataError
from rec_core.wording import log_read
from rec_core.wording.numbers import plain_markdown

_SENT = "_file_sent"
_OPEN_THE_LINK = (
    "If you started this app, open the link that the terminal printed at the start: it shows your logs and reads your "
    "files by their paths. Without it, paths lead to the folder CORELENS_DATA."
)
_LAYOUT = [name for name in Layout.model_fields if name not in layout.OF_VALUES]


def show() -> None:
    """Draw the fields that name a file, and below them how it is read."""
    st.markdown(log_read.READS)
    if access.is_without_link():
        st.caption(_OPEN_THE_LINK)
    if path := _named():
        take(path)


def _named() -> str:
    """Return the path of the log that the reader names or sends, "" until then."""
    typed = st.text_input("Path", key=draft.key("path"), placeholder="/data/interactions.csv").strip()
    sent = st.file_uploader("Or send a small file", key="own-file")
    if typed:
        return allowed(typed)
    return _before() if sent is None else _sent(sent)


def _before() -> str:
    """Return where a file is kept that was sent before the page was loaded anew, "" where there is none."""
    path = draft.noted("sent")
    if st.session_state.pop(_SENT, None) is not None or not path or not Path(path).exists():
        draft.note("sent", "")  # it was taken off the list, or has gone
        return ""
    draft.note("sent", path)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"The file that you sent: {plain_markdown(Path(path).name)}")
        st.button("Remove it", key="forget-sent", on_click=_forget_sent)
    return path


@net.callback
def _forget_sent() -> None:
    draft.clear()


def _sent(file: UploadedFile) -> str:
    """Return where a file is kept that was sent; it is looked at once, and again only if it is gone."""
    known: tuple[str, str] = st.session_state.get(_SENT, ("", ""))
    if known[0] != file.file_id or not Path(known[1]).exists():
        known = file.file_id, _kept(file.name, file.getvalue())
        st.session_state[_SENT] = known
    draft.note("sent", known[1])
    return known[1]


def _kept(name: str, contents: bytes) -> str:
    """Keep a file that was sent, and return where."""
    logs = state.logs()
    return str(logs.uploads.keep(logs.owner, name, contents, uploads_limit(), logs.files()))


def take(path: str, held_out: tuple[str, str] | None = None) -> None:
    """Show how a log is read, ask what its file leaves open, let the reader say otherwise, and take it.

    ``held_out`` are the paths of the validation and the test file of a split, of which ``path`` is the train file.
    """
    of, place = looking.key_of(path), st.container()
    asking = questions.Asking(place, of)
    known = _of_its_layout(path, of, asking)
    known, found = asking.settle(lambda one: looking.answered(path, one), known)
    known = replace(known, roles={**known.roles, **columns.choose(found, "", of)})
    known = _further(path, of, known)
    known, found = asking.settle(lambda one: looking.answered(path, one), known)
    items_path, items_layout, items = columns.of_items(of)
    reading = Reading(layout=found.layout, columns=found.columns, items_layout=items_layout, items=items)
    columns.rows(found, "The first rows of the file.", f"own-rows-{of}")
    missing = [ROLES[role].lower() for role in ("user", "item") if not getattr(found.columns, role)]
    why_not = f"Say which column is the {' and the '.join(missing)}" if missing else questions.why_not(found)
    _say(path, reading, items_path, found, bool(why_not))
    taking.ask(path, reading, of, items_path, why_not, held_out)


def _of_its_layout(path: str, of: str, asking: questions.Asking) -> Said:
    """Return what is said of how the file is written: answers to questions first, then what controls say."""
    known = Said()
    with suppress(DataError):  # the controls below may mend it
        known, _ = asking.settle(lambda one: looking.answered(path, one), known, _LAYOUT)
    changed = layout.choose(path, of, dict(known.layout))
    return replace(known, layout={**known.layout, **changed})


def _further(path: str, of: str, known: Said) -> Said:
    """Return what is said, with how numbers and times are written and which rows count."""
    with st.expander("Advanced: numbers, times, and which rows count"):
        found = looking.answered(path, known)
        known = replace(known, roles={**known.roles, **columns.choose(found, "", of, columns.others())})
        found = looking.answered(path, known)
        values = layout.of_values(found.layout, looking.key_of(path, of, found.layout.model_dump_json()))
        return Said({**known.layout, **values}, known.roles, {**known.columns, **columns.counting(found, of)})


def _say(path: str, reading: Reading, items_path: str, found: Sniffed, is_open: bool) -> None:
    """Say what is read; of a small file all rows are looked at, once nothing is open."""
    read: WasRead | None = None
    if not is_open:
        try:
            read = looking.whole(path, reading, items_path)
        except DataError as error:
            errors.show(error)
    said.show(reading, read or at_first_sight(found))
    if read is None and not is_open:
        st.caption("Rows and days are counted when you use the log.")

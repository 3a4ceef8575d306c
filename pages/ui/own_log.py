"""Somebody's own log: named by its path or sent as a file, shown over twenty rows, taken as its columns are said."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from cache.home import uploads_limit
from pages.ui import access, cards, errors, net, state
from pages.ui.access import allowed
from rec_core.canonical import digest
from rec_core.data.sources.table import ROLES, Columns, Layout, Reading, Sniffed, Table, layout_of, sniff
from rec_core.data.sources.table.opening import version_of
from rec_core.data.sources.table.reading import DECIMALS, ENCODINGS, Role
from rec_core.errors import CorelensError, DataError
from rec_core.specs import checked
from rec_core.wording.numbers import plain_markdown

_SHOWN = 20  # rows
_NONE = "–"
_SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", "::": "two colons", " ": "space"}
_SENT = "_file_sent"
_OPEN_THE_LINK = (
    "If you started this app, open the link that the terminal printed at the start: it shows your logs and reads your "
    "files by their paths. Without it, paths lead to the folder CORELENS_DATA."
)
_FOR_ALL = "Everybody who opens this app may use it"
_ITEM_ROLES: tuple[Role, ...] = ("item", "title", "categories")


def show() -> None:
    """Draw the card that takes a log, open until there is one, and the list of those that were taken."""
    listed = state.logs().listed()
    with st.expander("A log of your own", expanded=not listed, icon=":material/add:"):
        st.markdown(
            "CSV with any separator, JSON lines, Parquet (a file or a folder), RecBole's .inter; gzip or zip of one of "
            "them. It stays where it is, and nothing in it is changed."
        )
        if access.is_without_link():
            st.caption(_OPEN_THE_LINK)
        try:
            path = _named()
            if path:
                _take(path)
        except CorelensError as error:
            errors.show(error)
        _listed()


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
    of = _of(path)
    found = _sniffed(path, version_of(path), _layout(path, of))
    columns = _roles(found, "own", of)
    in_order = not columns.time and st.checkbox(
        "Lines are in order of time, at least those of each user", key=f"own-in-order-{of}"
    )
    records = pd.DataFrame(found.records[:_SHOWN], columns=found.names)
    cards.table(records, alt="The first rows of the file.", key=f"own-rows-{of}", height=240)
    reading = {"layout": found.layout, "columns": columns.model_copy(update={"in_order": in_order})}
    items_path, reading = _items(reading, of)
    title = st.text_input("What to call it", key=f"own-title-{of}", placeholder=Path(path).name)
    only_you = "Without this, you alone see it. Only you can change it."
    shared = st.checkbox(_FOR_ALL, key=f"own-shared-{of}", help=only_you)
    missing = [ROLES[role].lower() for role in ("user", "item") if not getattr(columns, role)]
    label = "Use this log" if not missing else f"Say which column is the {' and the '.join(missing)}"
    args = [path, Reading(**reading), title.strip(), items_path, shared]
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


@st.cache_resource(max_entries=20, show_spinner="Looking at the file")
def _guessed(path: str, mark: str, separator: str = "") -> Layout:
    return layout_of(path, separator)


@st.cache_resource(max_entries=20, show_spinner="Looking at the file")
def _sniffed(path: str, mark: str, layout: Layout | None, of_items: bool = False) -> Sniffed:
    return sniff(path, layout, of_items)


def _of(*what: str) -> str:
    """Return the end of the keys of the controls that are about a file: another file, or version of it, has others.

    Streamlit keeps what was chosen by key, and a default is not looked at again.
    """
    path, *more = what
    return digest([path, version_of(path), *more])[:12]


def _layout(path: str, of: str) -> Layout:
    """Show the guessed layout, let the reader change it, and return the one to read the file with."""
    layout = _guessed(path, version_of(path))
    if layout.form != "text":
        st.caption({"json": "Read as JSON lines.", "parquet": "Read as Parquet."}[layout.form])
        return layout
    with st.expander(f"Read as {_said(layout)}"):
        options = list(dict.fromkeys([layout.separator, *_SEPARATORS]))
        separator = st.selectbox(
            "Separator",
            options,
            format_func=lambda sign: _SEPARATORS.get(sign, sign),
            key=f"own-separator-{of}",
            accept_new_options=True,
        )
        checked(Layout, {"separator": separator})
        layout = _guessed(path, version_of(path), separator)
        encodings, encoded = list(ENCODINGS), f"own-encoding-{of}"
        encoding = st.selectbox(
            "Encoding", encodings, encodings.index(layout.encoding), ENCODINGS.__getitem__, key=encoded
        )
        of = _of(path, separator)  # what is guessed below depends on the separator too
        header = st.checkbox("The first line names the columns", layout.header, key=f"own-header-{of}")
        quoted = st.checkbox("Quotation marks enclose fields", layout.quoted, key=f"own-quotes-{of}")
        signs, sign = list(DECIMALS), f"own-sign-{of}"
        decimal = st.selectbox("Decimal sign", signs, signs.index(layout.decimal), DECIMALS.__getitem__, key=sign)
    said = {"encoding": encoding, "header": header, "quoted": quoted, "decimal": decimal}
    return checked(Layout, layout.model_dump() | said)


def _said(layout: Layout) -> str:
    header = "the first line names the columns" if layout.header else "no line of names"
    sign = _SEPARATORS.get(layout.separator, layout.separator)
    return f"{ENCODINGS[layout.encoding]} text, fields separated by {plain_markdown(sign)}, {header}"


def _roles(found: Sniffed, key: str, of: str, roles: tuple[Role, ...] = tuple(ROLES)) -> Columns:
    """Let the reader choose the column of each role; the guess is the default."""
    options = [_NONE, *found.names]
    guessed = found.columns.named
    of = digest([of, found.layout.model_dump()])[:12]  # another layout has other columns, and other guesses
    chosen: dict[str, str] = {}
    with st.grid(len(roles), min_column_width=130):
        for role in roles:
            name = st.selectbox(
                ROLES[role],
                options,
                options.index(guessed.get(role, _NONE)),
                key=f"{key}-{role}-{of}",
            )
            if name and name != _NONE:
                chosen[role] = name
    return checked(Columns, chosen)


def _items(reading: dict[str, Any], of: str) -> tuple[str, dict[str, Any]]:
    """Let the reader name a second file about the items ``of`` the first; return its path and how both are read."""
    with st.expander("Titles and categories of items, from a second file"):
        typed = st.text_input("Path of that file", key=f"own-items-{of}", placeholder="/data/items.csv").strip()
        if not typed:
            return "", reading
        path = allowed(typed)
        of = _of(path, of)
        found = _sniffed(path, version_of(path), None, of_items=True)
        columns = _roles(found, "own-items", of, _ITEM_ROLES)
        records = pd.DataFrame(found.records[:_SHOWN], columns=found.names)
        cards.table(records, alt="The first rows of the second file.", key=f"own-item-rows-{of}", height=240)
        if not columns.item:
            raise DataError("The second file needs a column that names items: say which one does.")
    return path, reading | {"items_layout": found.layout, "items": columns}


def _listed() -> None:
    """List the visitor's logs, each to be renamed, shared or removed, those removed, and what others share."""
    logs = state.logs()
    for log in logs.listed():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain_markdown(log.title)}** · {plain_markdown(log.path)}", width="stretch")
            st.button("Show", key=f"show-{log.name}", on_click=_take_up, args=[log.name])
            with st.popover("Rename"):
                title = st.text_input("What to call it", log.given_title, key=f"title-{log.name}")
                st.button("Rename", key=f"rename-{log.name}", on_click=_rename, args=[log.name, title])
            _share_button(log.name, logs.is_shared(log.name))
            st.button("Remove", key=f"remove-{log.name}", on_click=_do, args=[logs.remove, log.name])
    for log in reversed(logs.removed()):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"Removed: {plain_markdown(log.title)}. Its file and its runs are where they were.")
            st.button("Bring back", key=f"back-{log.name}", on_click=_do, args=[logs.bring_back, log.name])
            st.button("Forget", key=f"forget-{log.name}", on_click=_do, args=[logs.forget, log.name])
    for log in logs.of_others():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain_markdown(log.title)}** · shared by somebody else", width="stretch")
            st.button("Show", key=f"show-{log.name}", on_click=_take_up, args=[log.name])


def _share_button(name: str, shared: bool) -> None:
    """Draw the button that lets everybody use a log, or its owner alone again."""
    label, said = ("Stop sharing", "Everybody may use it.") if shared else ("Share", "You alone may use it.")
    st.button(label, key=f"share-{name}", on_click=_share, args=[name, not shared], help=said)


@net.callback
def _share(name: str, shared: bool) -> None:
    _do(partial(state.logs().share, shared=shared), name)


@net.callback
def _take_up(name: str) -> None:
    st.session_state["data"] = name


@net.callback
def _rename(name: str, title: str) -> None:
    if title.strip():
        _do(state.logs().rename, name, title.strip())


@net.callback
def _do(change: Callable[..., None], *of: str) -> None:
    """Change the list of logs; where it cannot be written, say so above the page."""
    try:
        change(*of)
    except CorelensError as error:
        state.complain(str(error))

"""What a file seems to be, looked at once per version of it and of what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from cache.home import folders
from rec_core.canonical import digest
from rec_core.data.sources.table import Layout, Reading, Sniffed, Table, layout_of
from rec_core.data.sources.table.answering import Said
from rec_core.data.sources.table.answering import answered as _answer
from rec_core.data.sources.table.opening import size_of, version_of
from rec_core.data.sources.table.summing import WasRead, summed

T = TypeVar("T")
_AT_ONCE = 20_000_000  # bytes of a file that is read whole while a page waits
_PACKED = 4  # times that a packed file holds


def guessed(path: str, separator: str = "") -> Layout:
    """Return how a file seems to be written; a ``separator`` that is known is not guessed."""
    return _kept(f"layout {separator}", path, version_of(path), lambda: layout_of(path, separator))


def answered(path: str, said: Said, of_items: bool = False) -> Sniffed:
    """Return how a file is read: as it looks, but for what is said of it; its questions are those still open."""
    what = digest({"layout": said.layout, "roles": said.roles, "columns": said.columns, "of items": of_items})
    return _kept(what, path, version_of(path), lambda: _answer(path, said, of_items))


def whole(path: str, reading: Reading, items_path: str) -> WasRead | None:
    """Return what is read of a file so; None where that takes longer than a page may.

    Raises:
        DataError: one sentence, if it cannot be read so.
    """
    size, packed = size_of(path)
    if size * (_PACKED if packed else 1) > _AT_ONCE:
        return None
    log = Table.of(path, reading, "", items_path)
    return _kept(f"whole {log.name}", path, version_of(path), lambda: summed(log, log.load(folders())))


def key_of(path: str, *more: str) -> str:
    """Return the end of the keys of the controls that are about a file: another file, or version of it, has others.

    Streamlit keeps what was chosen by key, and a default is not looked at again.
    """
    return digest([path, version_of(path), *more])[:12]


@st.cache_resource(max_entries=60, show_spinner="Looking at the file")
def _kept(what: str, path: str, version: str, _look: Callable[[], T]) -> T:
    """Return what ``_look`` finds, which is kept by the other arguments."""
    return _look()

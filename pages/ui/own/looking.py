"""What a file seems to be, looked at once per version of it."""

from __future__ import annotations

import streamlit as st

from rec_core.canonical import digest
from rec_core.data.sources.table import Layout, Sniffed, layout_of, sniff
from rec_core.data.sources.table.opening import version_of


def guessed(path: str, separator: str = "") -> Layout:
    """Return how a file seems to be written; a ``separator`` that is known is not guessed."""
    return _guessed(path, version_of(path), separator)


def sniffed(path: str, layout: Layout | None = None, of_items: bool = False) -> Sniffed:
    """Return what a file's columns are, if it is written as ``layout`` says, or as it seems to be."""
    return _sniffed(path, version_of(path), layout, of_items)


def key_of(path: str, *more: str) -> str:
    """Return the end of the keys of the controls that are about a file: another file, or version of it, has others.

    Streamlit keeps what was chosen by key, and a default is not looked at again.
    """
    return digest([path, version_of(path), *more])[:12]


@st.cache_resource(max_entries=20, show_spinner="Looking at the file")
def _guessed(path: str, mark: str, separator: str) -> Layout:
    return layout_of(path, separator)


@st.cache_resource(max_entries=20, show_spinner="Looking at the file")
def _sniffed(path: str, mark: str, layout: Layout | None, of_items: bool) -> Sniffed:
    return sniff(path, layout, of_items)

"""The logs that were taken: each can be shown, renamed, shared and removed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from pages.ui import net, state
from pages.ui.own import query
from rec_core.errors import CorelensError
from rec_core.wording.numbers import plain_markdown


def show() -> None:
    """List the visitor's logs, each to be renamed, shared or removed, those removed, and what others share."""
    logs = state.logs()
    for log in logs.listed():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain_markdown(log.title)}** · {plain_markdown(log.origin)}", width="stretch")
            st.button("Show", key=f"show-{log.name}", on_click=_take_up, args=[log.name])
            with st.popover("Rename"):
                title = st.text_input("What to call it", log.given_title, key=f"title-{log.name}")
                st.button("Rename", key=f"rename-{log.name}", on_click=_rename, args=[log.name, title])
            query.again(log)
            _share_button(log.name, logs.is_shared(log.name))
            st.button("Remove", key=f"remove-{log.name}", on_click=_do, args=[logs.remove, log.name])
    usable = logs.usable()
    for log in reversed(logs.removed()):
        with st.container(horizontal=True, vertical_alignment="center"):
            runs = "Its runs stay listed." if log.name in usable else "It has no runs."
            st.caption(f"Removed: {plain_markdown(log.title)}. Its file is unchanged. {runs}")
            if log.name in usable:
                st.button("Show", key=f"show-{log.name}", on_click=_take_up, args=[log.name])
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

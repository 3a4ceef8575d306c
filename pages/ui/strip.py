"""The strip above every page: what is chosen, the button that runs it, and what is running; nothing on slides."""

from __future__ import annotations

import streamlit as st

from pages.ui import nav, panel, state
from rec_core.errors import CorelensError, DataError
from rec_core.training import kernels
from rec_core.wording import labels
from rec_core.wording.numbers import duration

_ROOM = """<style>
.stMainBlockContainer { padding-top: 4.25rem; }
.st-key-strip { border-bottom: 1px solid rgba(128, 128, 128, 0.25); padding-bottom: 0.5rem; }
</style>"""


def show() -> None:
    """Draw the strip; it follows what runs by itself."""
    if nav.presents():
        return
    st.html(_ROOM)
    with st.container(key="strip"):
        if text := state.problem():
            st.error(text)
        try:
            _chosen()
            panel.show()
            if why := kernels.why_slow():
                st.caption(why)
        except CorelensError as error:
            st.error(str(error))


def _chosen() -> None:
    spec = state.spec()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{labels.run_title(spec)}** · {labels.data_title(spec)}", width="content")
        if not state.data_is_here():
            st.button(f"Download {state.source().title}", on_click=_download, type="primary")
            return
        job = state.jobs().job(spec)
        if job.state == "done":
            st.page_link(nav.page("results"), label="Show result", icon=":material/check_circle:", width="content")
            return
        label = {"waiting": "Waiting", "running": "Running", "new": "Run"}.get(job.state, "Run again")
        busy = job.state in ("waiting", "running")
        try:
            expected = state.expected()
            about = f"{'up to' if expected.at_most else 'about'} {duration(expected.seconds)}"
        except CorelensError:  # the page says what is wrong with the data
            return
        st.button(
            label if busy else f"{label} · {about}",
            key="run",
            on_click=state.ask,
            args=(spec,),
            disabled=busy,
            type="primary" if state.finished().runs else "secondary",  # a first start offers the comparison first
            help="Selects, trains and evaluates in the background; pages stay usable.",
        )
        if job.state == "cancelled":
            st.caption(job.message, width="content")


def _download() -> None:
    try:
        with st.spinner(f"Downloading {state.source().title}"):
            state.source().fetch(state.jobs().folders)
    except DataError as error:
        state.complain(str(error))

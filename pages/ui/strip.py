"""The strip above every page: what is chosen, the button that runs it, and what is running; nothing on slides."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cache.jobs import ACTIVE, Job
from pages.ui import cards, errors, nav, net, panel, state
from rec_core.errors import CorelensError, DataError
from rec_core.training import kernels
from rec_core.wording import labels

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
        if text := errors.problem():
            errors.show(text)
        with net.below():
            _chosen()
            panel.show()
            if why := kernels.why_slow():
                st.caption(why)


def _chosen() -> None:
    spec = state.spec()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{labels.run_title(spec)}** · {labels.data_title(spec)}", width="content")
        if not state.data_is_here():
            if state.source().download_mb:
                st.button(f"Download {state.source().title}", on_click=_download, type="primary")
            return
        jobs = [state.jobs().job(one) for one in state.seeded(spec)]
        if all(job.state == "done" for job in jobs):
            st.page_link(nav.page("results"), label="Show result", icon=":material/check_circle:", width="content")
            return
        missing = [job for job in jobs if job.state not in ("done", *ACTIVE)]
        wanted = [job.spec for job in missing]
        try:
            label = f"{_label(missing, len(jobs))} · {cards.about(wanted)}" if missing else _busy(jobs)
        except CorelensError:  # the page says what is wrong with the data
            return
        st.button(
            label,
            key="run",
            on_click=state.ask,
            args=wanted,
            disabled=not missing,
            type="primary" if state.finished().runs else "secondary",  # a first start offers the comparison first
            help="Selects, trains and evaluates in the background; pages stay usable.",
        )
        if cancelled := next((job.message for job in missing if job.state == "cancelled"), ""):
            st.caption(cancelled, width="content")


def _busy(jobs: Sequence[Job]) -> str:
    return "Running" if any(job.state == "running" for job in jobs) else "Waiting"


def _label(missing: Sequence[Job], count: int) -> str:
    """Return what the button says that asks for the missing ones of ``count`` seeds."""
    if count == 1:
        return "Run" if missing[0].state == "new" else "Run again"
    more = "seed" if len(missing) == 1 else "seeds"
    return f"Run {count} seeds" if len(missing) == count else f"Run {len(missing)} more {more}"


@net.callback
def _download() -> None:
    try:
        with st.spinner(f"Downloading {state.source().title}"):
            state.source().fetch(state.jobs().folders)
    except DataError as error:
        state.complain(str(error))

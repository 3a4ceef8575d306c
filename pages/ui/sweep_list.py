"""The sweeps that were asked for: how each stands, and what can be done with it."""

from __future__ import annotations

import streamlit as st

from cache.sweeps import Standing
from pages.ui import cards, sweeps
from rec_core.sweeps import Cells
from rec_core.wording.numbers import plain_markdown

_MOST = 8  # that are shown


def show(kind: type[Cells]) -> None:
    """Draw one line per sweep of a kind, the newest first."""
    listed = [
        sweep for sweep in sweeps.here().all() if isinstance(sweep.asked, kind) and sweeps.is_visible(sweep.asked)
    ]
    if not listed:
        return
    st.subheader("Sweeps", anchor=False)
    for sweep in listed[:_MOST]:
        _line(sweeps.here().standing(sweep))
    if len(listed) > _MOST:
        st.caption(f"And {len(listed) - _MOST} older ones; forget some to see them.")


def _line(standing: Standing) -> None:
    sweep = standing.sweep
    done, every = standing.count("done"), len(standing.jobs)
    with st.container(border=True), st.container(horizontal=True, vertical_alignment="center"):
        text = f"**{plain_markdown(sweep.name)}** · {done} of {every} · {_how(standing)}"
        st.progress(done / max(every, 1), text=text, width="stretch")
        if sweep.paused:
            _button("Go on", "resume", sweep.name, ":material/play_arrow:")
        elif standing.failed:
            _button("Retry what failed", "resume", sweep.name, ":material/replay:")
        elif not standing.is_over:
            _button("Pause", "pause", sweep.name, ":material/pause:")
        _button("Forget", "forget", sweep.name, ":material/close:", "Its finished runs stay.")


def _button(label: str, what: str, name: str, icon: str, text: str = "") -> None:
    st.button(label, key=f"{what}-{name}", on_click=sweeps.tell, args=(what, name), icon=icon, help=text or None)


def _how(standing: Standing) -> str:
    """Return in a few words how a sweep stands."""
    if standing.is_over:
        return "done"
    failed = len(standing.failed)
    wrong = f", {failed} failed: {_why(standing)}" if failed else ""
    if standing.sweep.paused:
        return f"{plain_markdown(standing.sweep.paused)}"
    if standing.is_stuck:
        return wrong.removeprefix(", ")
    going = standing.count("running")
    return f"{cards.about(standing.missing)} left, {going} running{wrong}"


def _why(standing: Standing) -> str:
    return plain_markdown(next((job.message for job in standing.failed), ""))

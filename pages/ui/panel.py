"""What is running: progress, time left, a Cancel button; followed once a second while there is anything to follow."""

from __future__ import annotations

import streamlit as st

from cache.jobs import Job
from pages.ui import state
from rec_core.wording import labels
from rec_core.wording.numbers import duration

_SEEN = "_active_jobs"


def show() -> None:
    """Draw the panel; it polls by itself only while jobs run or wait."""
    active = state.jobs().active()
    st.session_state[_SEEN] = _look(active)
    st.fragment(_follow, run_every="1s" if active else None)()


def _follow() -> None:
    active = state.jobs().active()
    if _look(active) != st.session_state.get(_SEEN):
        st.rerun()  # something started, ended or was cancelled: every page may have news
    for job in active:
        if job.state == "running":
            _running(job)
    waiting = [job for job in active if job.state == "waiting"]
    if waiting:
        names = ", ".join(_title(job) for job in waiting[:3])
        more = f" and {len(waiting) - 3} more" if len(waiting) > 3 else ""
        doing = "Waiting" if len(waiting) < len(active) else "Starting the workers for"
        st.caption(f"{doing}: {names}{more}")
        st.button("Cancel what waits", key="cancel-waiting", on_click=_cancel, args=([job.key for job in waiting],))


def _running(job: Job) -> None:
    progress = job.progress
    if progress is None:
        st.progress(0.0, text=f"**{_title(job)}** · starting")
    else:
        epoch = f", epoch {progress.epoch} of {progress.epochs}" if progress.epochs else ""
        left = f" · {duration(progress.seconds_left)} left" if progress.seconds_left is not None else ""
        st.progress(min(progress.fraction, 1.0), text=f"**{_title(job)}** · {progress.stage.lower()}{epoch}{left}")
    st.button("Cancel", key=f"cancel-{job.key}", on_click=_cancel, args=([job.key],), icon=":material/close:")


def _cancel(keys: list[str]) -> None:
    for key in keys:
        state.jobs().cancel(key)


def _title(job: Job) -> str:
    """Return what a job makes, and of which data unless they are the chosen ones."""
    kinds = {"run": labels.run_title(job.spec), "prepare": "Proxy"}
    title, data = kinds.get(job.kind, "User map"), labels.data_title(job.spec)
    return title if data == labels.data_title(state.spec()) else f"{title} ({data})"


def _look(active: list[Job]) -> set[tuple[str, str]]:
    return {(job.key, job.state) for job in active}

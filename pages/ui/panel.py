"""What is running and what went wrong: one bar per job, Cancel, and a word at the end; followed once a second."""

from __future__ import annotations

import streamlit as st

from cache.jobs import Job
from pages.ui import state
from rec_core.wording import labels
from rec_core.wording.numbers import duration, plain_markdown

_SEEN = "_active_jobs"
_MOST = 3  # jobs that went wrong and are shown; the next follow when these are dismissed


def show() -> None:
    """Draw the panel; it polls by itself only while jobs run or wait."""
    active = state.jobs().active()
    _toast(st.session_state.get(_SEEN, {}), active)
    st.session_state[_SEEN] = {job.key: job for job in active}
    st.fragment(_follow, run_every="1s" if active else None)()
    failed = state.jobs().failed()
    for job in failed[:_MOST]:
        _failed(job)
    if len(failed) > _MOST:
        st.caption(f"And {len(failed) - _MOST} more went wrong.")


def _toast(before: dict[str, Job], active: list[Job]) -> None:
    """Say which jobs have ended well since the last look; what went wrong is listed."""
    for key in before.keys() - {job.key for job in active}:
        if state.jobs().job(before[key].spec, before[key].kind).state == "done":
            st.toast(f"{_title(before[key])} is finished.", icon=":material/check_circle:")


def _follow() -> None:
    active = state.jobs().active()
    if _look(active) != _look(list(st.session_state.get(_SEEN, {}).values())):
        st.rerun()  # something started, ended or was cancelled: every page may have news
    for job in active:
        if job.state == "running":
            _running(job)
    if waiting := [job for job in active if job.state == "waiting"]:
        _waiting(waiting)


def _running(job: Job) -> None:
    """Draw one bar for the whole job."""
    done, left, doing = 0.0, None, "starting"
    if (progress := job.progress) is not None:
        done, left = state.whole(job, progress)
        doing = progress.stage.lower() + (f", epoch {progress.epoch} of {progress.epochs}" if progress.epochs else "")
    rest = "" if left is None else f" · about {duration(left)} left"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(min(done, 1.0), text=f"**{_title(job)}** · {doing}{rest}", width="stretch")
        st.button("Cancel", key=f"cancel-{job.key}", on_click=_cancel, args=([job.key],), icon=":material/close:")


def _waiting(jobs: list[Job]) -> None:
    names = ", ".join(_title(job) for job in jobs[:3]) + (f" and {len(jobs) - 3} more" if len(jobs) > 3 else "")
    why = next((job.message for job in jobs if job.message), "")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"Waiting: {names}. {why}", width="stretch")
        st.button("Cancel what waits", key="cancel-waiting", on_click=_cancel, args=([job.key for job in jobs],))


def _failed(job: Job) -> None:
    """Say what went wrong with a job, whichever is chosen, until it is read."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.warning(f"**{_title(job)}** · {plain_markdown(job.message)}", width="stretch")
        st.button("Dismiss", key=f"dismiss-{job.key}", on_click=state.dismiss, args=(job.key,))


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

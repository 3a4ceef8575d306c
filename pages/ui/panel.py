"""What is running and what went wrong: one bar per job, Cancel, and a word at the end; followed once a second."""

from __future__ import annotations

import time

import streamlit as st

from cache.jobs import Job
from pages.ui import access, estimates, net, state, sweeps
from rec_core.replicates import group_key
from rec_core.sweeps import Cells
from rec_core.wording import labels
from rec_core.wording.numbers import about, capital, plain_markdown

_SEEN, _SWEEPS = "_active_jobs", "_seen_sweeps"
_STOPS_WITHIN = 1.0  # seconds that a job which was cancelled usually takes at most
_OF_OTHERS = "a log of somebody else"
_MOST = 3  # jobs that went wrong and are shown; the next follow when these are dismissed


def show() -> None:
    """Draw the panel; it polls by itself only while jobs run or wait."""
    active, standing = state.jobs().active(), _sweeps()
    if not _going(standing):  # of which there may be hundreds of runs
        _toast(st.session_state.get(_SEEN, {}), active)
    st.session_state[_SEEN], st.session_state[_SWEEPS] = {job.key: job for job in active}, standing
    net.fragment(_follow, run_every="1s" if active or _going(standing) else None)()
    failed: dict[str, list[Job]] = {}
    for job in filter(_is_visible, state.jobs().failed()):
        failed.setdefault(job.message, []).append(job)
    for jobs in list(failed.values())[:_MOST]:
        _failed(jobs)
    if len(failed) > _MOST:
        st.caption(f"And {len(failed) - _MOST} more went wrong.")


def _toast(before: dict[str, Job], active: list[Job]) -> None:
    """Say what has ended well since the last look, of several seeds the last; what went wrong is listed."""
    going = {_group(job) for job in active}
    ended = {
        _group(before[key]): before[key]
        for key in before.keys() - {job.key for job in active}
        if state.jobs().job(before[key].spec, before[key].kind).state == "done"
    }
    for group, job in ended.items():
        if group not in going:
            st.toast(f"{_title(job)} is finished.", icon=":material/check_circle:")


def _group(job: Job) -> str:
    """Return what jobs have in common that are shown as one: runs that differ in nothing but the seed."""
    return group_key(job.spec) if job.kind == "run" else job.key


def _follow() -> None:
    active = state.jobs().active()
    seen = _look(list(st.session_state.get(_SEEN, {}).values())), st.session_state.get(_SWEEPS)
    if (_look(active), _sweeps()) != seen:
        st.rerun()  # something started, ended or was cancelled: every page may have news
    groups: dict[str, list[Job]] = {}
    for job in active:
        groups.setdefault(_group(job), []).append(job)
    _total(active)
    waiting = [jobs for jobs in groups.values() if all(job.state == "waiting" for job in jobs)]
    for jobs in groups.values():
        if jobs not in waiting:
            _running(jobs)
    if waiting:
        _waiting(waiting)


def _total(active: list[Job]) -> None:
    """Draw one bar over all runs that are going, those of their sweeps included, where there are several."""
    name, runs = _batch([job for job in active if job.kind == "run"])
    if len({_group(job) for job in runs}) < 2:
        return  # one run, or seeds of one, which have a bar of their own
    share, left = estimates.left_of(runs)
    done = sum(job.state == "done" for job in runs)
    failed = sum(job.state in ("failed", "cancelled", "interrupted") for job in runs)
    without = f", {failed} without a result" if failed else ""
    text = f"**{name}** · {done} of {len(runs)} runs done{without} · {about(left)} left"
    st.progress(min(share, 1.0), text=text, width="stretch")


def _batch(active: list[Job]) -> tuple[str, list[Job]]:
    """Return all runs that are waited for together, with a name for them."""
    going = [one for one in sweeps.here().all() if one.goes_on and isinstance(one.asked, Cells)]
    planned = {job.key: job for sweep in going for job in sweeps.here().standing(sweep).jobs}
    others = {job.key: job for job in state.jobs().batch(active) if job.key not in planned} if active else {}
    is_one = len(going) == 1 and not others and sweeps.is_visible(going[0].asked)
    name = plain_markdown(going[0].name) if is_one else "All runs"
    return name, [*planned.values(), *others.values()]


def _running(jobs: list[Job]) -> None:
    """Draw one bar for jobs that are shown as one, those of them that are done included."""
    job = next(job for job in jobs if job.state == "running")
    every = state.jobs().asked_with(job) if job.kind == "run" else jobs
    share, left = (0.0, None) if len(every) == 1 else estimates.left_of(every)
    doing = "starting"
    if (progress := job.progress) is not None:
        if len(every) == 1:
            share, left = estimates.whole(job, progress)
        doing = progress.stage.lower() + (f", epoch {progress.epoch} of {progress.epochs}" if progress.epochs else "")
    if len(every) > 1:
        doing = f"{sum(one.state == 'done' for one in every)} of {len(every)} seeds done, {doing}"
    rest = "" if left is None else f" · {about(left)} left"
    keys = [one.key for one in jobs]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(min(share, 1.0), text=f"**{_title(job)}** · {doing}{rest}", width="stretch")
        st.button("Cancel", key=f"cancel-{job.key}", on_click=_cancel, args=(keys,), icon=":material/close:")


def _waiting(groups: list[list[Job]]) -> None:
    titles = [_title(jobs[0]) + (f" ({labels.seeds(len(jobs))})" if len(jobs) > 1 else "") for jobs in groups]
    names = ", ".join(titles[:3]) + (f" and {len(titles) - 3} more" if len(titles) > 3 else "")
    jobs = [job for group in groups for job in group]
    why = next((job.message for job in jobs if job.message), "")
    if why and state.jobs().are_starting:
        st.status(f"{why} {capital(about(estimates.start()))}.".strip(), state="running")
        why = ""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"Waiting: {names}. {why}".strip(), width="stretch")
        st.button("Cancel what waits", key="cancel-waiting", on_click=_cancel, args=([job.key for job in jobs],))


def _failed(jobs: list[Job]) -> None:
    """Say once what went wrong with jobs in the same way, whichever is chosen, until it is read."""
    first, more = jobs[0], f" and {len(jobs) - 1} more" if len(jobs) > 1 else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.warning(f"**{_title(first)}**{more} · {plain_markdown(first.message)}", width="stretch")
        st.button("Dismiss", key=f"dismiss-{first.key}", on_click=_dismiss, args=([job.key for job in jobs],))


@net.callback
def _dismiss(keys: list[str]) -> None:
    for key in keys:
        state.dismiss(key)


def _sweeps() -> dict[str, tuple[str, bool]]:
    """Return how sweeps stand: name → why it is paused, and whether it is over."""
    return {sweep.name: (sweep.paused, bool(sweep.ended)) for sweep in sweeps.here().all()}


def _going(standing: dict[str, tuple[str, bool]]) -> bool:
    return any(not (paused or over) for paused, over in standing.values())


@net.callback
def _cancel(keys: list[str]) -> None:
    """Stop jobs, and wait a moment for that: the page is then drawn with what came of it, not a second later."""
    for key in keys:
        state.jobs().cancel(key)
    end = time.monotonic() + _STOPS_WITHIN
    while time.monotonic() < end and any(job.key in keys for job in state.jobs().active()):
        time.sleep(0.05)


_TITLES = {
    "prepare": "Proxy",
    "split": "The data",
    "screen": "The screen",
    "pack": "The bundle",
    "pack-model": "The bundle with the model",
}


def _is_visible(job: Job) -> bool:
    """Return True if a job is about data that the visitor may see."""
    return access.may_use(job.spec.data.dataset)


def _title(job: Job) -> str:
    """Return what a job makes, and of which data unless they are the chosen ones."""
    title = labels.run_title(job.spec) if job.kind == "run" else _TITLES.get(job.kind, "User map")
    data = labels.data_title(job.spec) if _is_visible(job) else _OF_OTHERS
    return title if data == labels.data_title(state.spec()) else f"{title} ({data})"


def _look(active: list[Job]) -> set[tuple[str, str]]:
    return {(job.key, job.state) for job in active}

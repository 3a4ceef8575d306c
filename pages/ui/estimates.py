"""How long what is asked for will take on this machine as busy as it is, and how far it is."""

from __future__ import annotations

import time
from collections.abc import Sequence

from cache.jobs import Job
from pages.ui import state
from rec_core.estimate import (
    Estimate,
    Rates,
    map_seconds,
    of_view,
    parts,
    prepared_seconds,
    rates_here,
    relative,
    screen_seconds,
    start_seconds,
    together,
    total,
)
from rec_core.estimate import whole as estimated
from rec_core.experiment import View
from rec_core.pace import blended, slowdown
from rec_core.progress import Progress
from rec_core.specs import ExperimentSpec
from rec_core.stages import PROXY, SPLIT
from rec_core.stages.screen import recency_can_help
from rec_core.training import kernels

_LATELY, _RUNS = 300.0, 3  # seconds within which runs were asked for, and of how many, whose pace says how busy it is


def expected(*wanted: ExperimentSpec) -> Estimate:
    """Return how long runs will take on this machine, from the click.

    The workers share them, and one proxy serves all that need it.
    """
    found = together(wanted, state.view, _rates(), state.jobs().workers)
    return Estimate(start() + _pace(len(wanted)) * found.seconds, found.at_most)


def whole(job: Job, progress: Progress) -> tuple[float, float | None]:
    """Return the share done of a job and the seconds left, all its steps together."""
    one = state.view(job.spec)
    if job.kind != "run" or not one.has(SPLIT):
        return progress.fraction, progress.seconds_left
    catalogue = one.split.catalogue
    pairs = catalogue.n_users * catalogue.n_items
    ready = one.proxy_is_ready and PROXY.doing not in job.steps  # unless this job made it
    return estimated(parts(one.spec, len(one.split.train), pairs, _rates(), ready), progress, _pace())


def left_of(runs: Sequence[Job]) -> tuple[float, float]:
    """Return the share done of many runs, and about how many seconds are left until all are done."""
    takes = _each(runs)
    going = []
    for job in runs:
        if job.state == "running":
            share, left = whole(job, job.progress) if job.progress else (0.0, None)
            going.append((share, (1 - share) * takes[job.key] if left is None else left))
    done = [takes[job.key] for job in runs if job.state == "done"]
    waiting = [takes[job.key] for job in runs if job.state in ("waiting", "new")]
    share, left = total(done, going, waiting, state.jobs().workers)
    return share, left + (start() if waiting and not going else 0.0)


def _each(runs: Sequence[Job]) -> dict[str, float]:
    """Return each run's expected seconds by key: the first run on the same data is estimated, the others are scaled."""
    pace, rates, scale = _pace(), _rates(), dict[str, float]()
    takes = {}
    for job in runs:
        data = job.spec.data.model_dump_json()
        if data not in scale:
            view = state.view(job.spec)
            scale[data] = of_view(view, rates).seconds / relative(job.spec, rates) if view.has(SPLIT) else 1.0
        takes[job.key] = pace * scale[data] * relative(job.spec, rates)
    return takes


def expected_reading(seconds: float) -> float:
    """Return the seconds until data are read and split here that take so many ``seconds`` on a free machine."""
    return start() + _pace(1) * seconds


def expected_preparation(of: ExperimentSpec | None = None) -> float:
    """Return how long pretraining a spec's proxy (the chosen one's) will take, in seconds."""
    return start() + _pace(1) * prepared_seconds(state.view(of), _rates())


def expected_screen(of: View) -> float:
    """Return how long a screen will take, in seconds."""
    ready = recency_can_help(of.spec) or of.spec.model.is_served or of.can(PROXY)
    catalogue, waits = of.split.catalogue, 0.0 if ready else prepared_seconds(of, _rates())
    takes = waits + screen_seconds(len(of.split.train), catalogue.n_users * catalogue.n_items)
    return start() + _pace(1) * takes


def expected_map(of: View) -> float:
    """Return how long a UMAP of the users will take at most, in seconds."""
    return start() + _pace(1) * map_seconds(of.split.catalogue.n_users)


def start() -> float:
    """Return the seconds until a worker is ready."""
    jobs = state.jobs()
    has_workers = jobs.has_workers and not jobs.are_starting
    pace, compiling = slowdown(0 if jobs.has_workers else jobs.workers), kernels.compiling_for()
    return pace * start_seconds(has_workers, None if compiling is None else compiling / pace)


def _pace(wanted: int = 0) -> float:
    """Return the seconds that pass per CPU second of work when so many further runs are asked for."""
    jobs = state.jobs()
    return blended(slowdown(max(0, min(wanted, jobs.workers) - jobs.running)), _measured())


def _measured() -> list[tuple[float, float]]:
    """Return the CPU seconds and the seconds by the clock that the last runs trained, if that was lately."""
    since, by_key = time.time() - _LATELY, state.finished().by_key
    lately = [one.key for one in state.jobs().ledger.lately(4 * _RUNS) if one.asked_at > since]
    runs = [by_key[key] for key in lately if key in by_key][:_RUNS]
    return [(run.cpu_seconds["train"], run.seconds["train"]) for run in runs if "train" in run.cpu_seconds]


def _rates() -> Rates:
    return rates_here(state.finished().rates)

"""How long what is asked for will take on this machine, and how far it is."""

from __future__ import annotations

from collections.abc import Sequence

from cache.jobs import Job
from pages.ui import state
from rec_core.estimate import (
    STARTING,
    Estimate,
    Rates,
    map_seconds,
    of_view,
    parts,
    preparation,
    rates_here,
    screen_seconds,
    together,
)
from rec_core.estimate import whole as estimated
from rec_core.experiment import View
from rec_core.progress import Progress
from rec_core.specs import ExperimentSpec
from rec_core.stages import PROXY, SPLIT
from rec_core.stages.screen import recency_can_help


def expected(*wanted: ExperimentSpec) -> Estimate:
    """Return how long runs will take on this machine, from the click.

    The workers share them, and one proxy serves all that need it.
    """
    found = together(wanted, state.view, _rates(), state.jobs().workers)
    return Estimate(_start() + found.seconds, found.at_most)


def whole(job: Job, progress: Progress) -> tuple[float, float | None]:
    """Return the share done of a job and the seconds left, all its steps together."""
    one = state.view(job.spec)
    if job.kind != "run" or not one.has(SPLIT):
        return progress.fraction, progress.seconds_left
    catalogue = one.split.catalogue
    pairs = catalogue.n_users * catalogue.n_items
    ready = one.proxy_is_ready and PROXY.doing not in job.steps  # unless this job made it
    return estimated(parts(one.spec, len(one.split.train), pairs, _rates(), ready), progress)


def left_of(jobs_of: Sequence[Job]) -> tuple[float, float | None]:
    """Return the share done of runs that were asked for together, and about how many seconds are left of them."""
    running = [whole(job, job.progress) if job.progress else (0.0, None) for job in jobs_of if job.state == "running"]
    waiting = [job for job in jobs_of if job.state == "waiting"]
    done = sum(job.state == "done" for job in jobs_of) + sum(share for share, _ in running)
    lefts = [left for _, left in running if left is not None]
    if not lefts:
        return done / len(jobs_of), None
    more = sum(of_view(state.view(job.spec), _rates()).seconds for job in waiting) / state.jobs().workers
    return done / len(jobs_of), max(lefts) + more


def expected_preparation(of: ExperimentSpec | None = None) -> float:
    """Return how long pretraining a spec's proxy (the chosen one's) will take, in seconds."""
    return _start() + preparation(state.view(of), _rates())


def expected_screen(of: View) -> float:
    """Return how long a screen will take, in seconds."""
    ready = recency_can_help(of.spec) or of.spec.model.is_served or of.can(PROXY)
    catalogue, waits = of.split.catalogue, 0.0 if ready else preparation(of, _rates())
    return _start() + waits + screen_seconds(len(of.split.train), catalogue.n_users * catalogue.n_items)


def expected_map(of: View) -> float:
    """Return how long a UMAP of the users will take at most, in seconds."""
    return _start() + map_seconds(of.split.catalogue.n_users)


def _start() -> float:
    """Return how long it takes until there are workers."""
    return 0.0 if state.jobs().has_workers else STARTING


def _rates() -> Rates:
    return rates_here(state.finished().rates)

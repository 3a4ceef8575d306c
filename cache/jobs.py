"""Runs as jobs outside the app: asked for once, followed from anywhere, stopped on request.

How a job stands is derived, not stored: in the store it is done; left an outcome there, it failed or was cancelled;
known to the scheduler it is running or waiting. A job in the queue (``cache.queue``) that no scheduler knows lost its
scheduler or its worker: the next look hands it over again. Asked for and none of these, it was interrupted.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cache import private
from cache.home import open_store
from cache.kinds import KINDS, STAGES, Kind
from cache.launcher import JobState, Launcher, Local
from cache.ledger import Asked, Ledger
from cache.outcomes import BEGAN, CANCELLED, FAILED, Outcome, clear_outcome, load_outcome, progress_topic, save_outcome
from cache.queue import Queue, Queued
from cache.restore import restore
from rec_core.analysis.finished import Finished
from rec_core.data.sources import Folders
from rec_core.errors import CorelensError
from rec_core.experiment import stored_result
from rec_core.progress import Progress
from rec_core.replicates import group_key
from rec_core.results import RunResult
from rec_core.specs import ExperimentSpec
from rec_core.stages import RUN, controls
from rec_core.training.kernels import compiling_for

State = Literal["new", "waiting", "running", "done", "failed", "cancelled", "interrupted"]
ACTIVE: tuple[State, ...] = ("waiting", "running")
LOST = (
    "There is no result in the store: it was removed or damaged, or an older version of Corelens stopped before it was "
    "finished. Run it again; steps that are still in the store are not computed again."
)
_LATELY = 30  # jobs that are looked at for what went wrong
_LOOK_EVERY = 2  # seconds between two looks for controls of runs that have none: there may be thousands
_TOGETHER = 5  # seconds within which one click asks for several runs
LATE = "The scheduler has not answered yet; it is asked again."
AGAIN = "The scheduler or a worker stopped; this starts again by itself."


@dataclass(frozen=True)
class Job:
    """One job as it stands: ``message`` says why it has no result, ``progress`` how far it is while it runs.

    ``steps`` are what it has been doing so far. ``is_given_up`` says that it was begun too often to begin by itself.
    """

    key: str
    kind: Kind
    spec: ExperimentSpec
    state: State
    message: str = ""
    progress: Progress | None = None
    steps: frozenset[str] = frozenset()
    is_given_up: bool = False


@dataclass(frozen=True)
class _Look:
    """One look at all jobs: what the schedulers say, what is in the queue, and what somebody asked for."""

    states: Mapping[str, JobState]
    queue: Mapping[str, Queued]
    was_asked: Callable[[str], bool]


class Jobs:
    """The jobs of one home folder; every process that opens the folder sees the same.

    Specs name the copy of their data (``stages.resolve``), as whoever chose them saw it.
    """

    def __init__(self, home: Path, folders: Folders, launcher: Launcher | None = None) -> None:
        private.tighten(home)
        self.store = open_store(home)
        self.ledger = Ledger(home)
        self._queue = Queue(self.ledger)
        self.folders = folders
        self._home = home
        self._results: dict[str, RunResult] = {}
        self._lost: list[Asked] = []  # runs of a list that cannot be written
        self._finished = Finished()
        self._looked = 0.0  # when controls were last looked for
        self._launcher = launcher or Local(home)

    @property
    def workers(self) -> int:
        """How many jobs run at a time."""
        return self._launcher.workers

    @property
    def has_workers(self) -> bool:
        """Whether workers are there, so that a job need not wait until they are started."""
        return self._launcher.has_workers

    @property
    def running(self) -> int:
        """How many workers are busy."""
        return sum(state == "running" for state in self._launcher.states().values())

    @property
    def are_starting(self) -> bool:
        """Whether jobs wait for workers that are being started."""
        return "starting" in self._launcher.states().values()

    def ask(self, spec: ExperimentSpec, kind: Kind = "run", with_controls: bool = True) -> str:
        """Ask for a job and return its key; one that is done, runs or waits already is left as it is.

        A run has its controls measured beside it, once no run waits, unless it is one of many.
        """
        key = STAGES[kind].key(spec)
        restore(self.ledger, self.store)
        is_whole = self.is_whole(key, kind)
        if not is_whole:  # first: what was asked for and is in no queue has lost its result
            self._results.pop(key, None)
            self._enqueue(key, kind, spec)
        self.ledger.ask(key, kind, spec)
        if not is_whole:
            self._hand_over(key, kind, spec, later=False)
        if kind == "run" and with_controls:
            self.measure(spec)
        return key

    def measure(self, spec: ExperimentSpec, later: bool = True) -> None:
        """Have the controls beside a run measured, where they are not; if ``later``, once no run waits any more."""
        for kind in _controls(spec):
            key = STAGES[kind].key(spec)
            if not self.store.has(key):
                self._enqueue(key, kind, spec, later)
                self._hand_over(key, kind, spec, later)

    def measures(self, spec: ExperimentSpec) -> bool:
        """Say whether controls beside a run are being measured, or wait for that."""
        states = self._launcher.states()
        keys = [STAGES[kind].key(spec) for kind in _controls(spec)]
        going = any(key in states and not self.store.has(key) for key in keys)
        if not going:
            self._looked = 0.0  # what came of it is to be seen at once
        return going

    def _enqueue(self, key: str, kind: Kind, spec: ExperimentSpec, later: bool = False) -> None:
        if key not in self._look().states:
            clear_outcome(self.store, key)
            self._queue.put(key, kind, spec, later)

    def _hand_over(self, key: str, kind: Kind, spec: ExperimentSpec, later: bool) -> None:
        arguments = (kind, json.dumps(spec.model_dump()), str(self._home), str(self.folders.local or ""))
        self._launcher.submit(key, _execute, *arguments, later=later)

    def tend(self) -> None:
        """Hand over again what lost its scheduler or its worker. Every look does; call this where nobody looks."""
        self._look()

    def _look(self, was_asked: Callable[[str], bool] = lambda key: True) -> _Look:
        """Look at all jobs once, and hand over again what no scheduler knows any more."""
        queue = self._queue.jobs()  # first: a job enters it before a scheduler knows it
        states = self._launcher.states()
        # A worker's death may be noted a moment after its job was handed over again.
        idle = ("waiting", "starting")
        too_often = [key for key, job in queue.items() if job.is_given_up and states.get(key) in idle]
        lost = [job for key, job in queue.items() if key not in states and not self._launcher.is_late]
        for key in too_often:
            self._launcher.cancel(key)
        for job in lost:
            self._begin_again(job)
        return _Look(self._launcher.states() if lost or too_often else states, queue, was_asked)

    def _begin_again(self, job: Queued) -> None:
        """Hand over a job that no scheduler knows, unless it ended or was given up."""
        if job.is_given_up or job.key in self._launcher.failures():
            return
        if self.store.has(job.key) or load_outcome(self.store, job.key) or self._told(job.key):
            with contextlib.suppress(CorelensError):  # on a disk that cannot be written, it stays in the queue
                self._queue.remove(job.key)
            return
        if job.has_begun:
            self._queue.hand_over(job.key)
        self._hand_over(job.key, job.kind, job.spec, job.later)

    def is_whole(self, key: str, kind: Kind) -> bool:
        """Say whether a job's result is there with all it names; a result that lost a part is forgotten."""
        result = stored_result(key, self.store) if kind == "run" else None
        if result is None or all(map(self.store.has, result.stage_keys.values())):
            return self.store.has(key)
        self.store.remove(key)
        return False

    def job(self, spec: ExperimentSpec, kind: Kind = "run") -> Job:
        """Return how the job of this spec stands."""
        key = STAGES[kind].key(spec)
        return self._job(key, kind, spec, self._look(self.ledger.has))

    def runs(self, wanted: Iterable[ExperimentSpec]) -> list[Job]:
        """Return how the runs of many specs stand, with one look at the scheduler and one at the list."""
        asked = {one.key for one in self.ledger.asked("run")}
        look = self._look(asked.__contains__)
        return [self._job(RUN.key(spec), "run", spec, look) for spec in wanted]

    def active(self) -> list[Job]:
        """Return the jobs that run or wait, the oldest first."""
        look = self._look()
        if not look.states:
            return []
        asked = [asked for kind in KINDS for asked in self.ledger.asked(kind)]
        jobs = [self._job(a.key, a.kind, a.spec, look) for a in asked if a.key in look.states or a.key in look.queue]
        # A worker still puts things in order after it stored the result: what is done does not run.
        return sorted((job for job in jobs if job.state in ACTIVE), key=lambda job: job.state != "running")

    def batch(self, active: Iterable[Job]) -> list[Job]:
        """Return the runs that were asked for since the oldest of ``active`` was, those that are over too."""
        going, asked = {job.key for job in active}, self.ledger.asked("run")
        first = next((place for place, one in enumerate(asked) if one.key in going), len(asked))
        return self.runs(one.spec for one in asked[first:])

    def asked_with(self, job: Job) -> list[Job]:
        """Return the runs that were asked for together with one and differ in nothing but the seed, itself too."""
        look, wanted = self._look(), group_key(job.spec)
        alike = [one for one in self.ledger.lately(_LATELY) if one.kind == "run" and group_key(one.spec) == wanted]
        when = next((one.asked_at for one in alike if one.key == job.key), 0.0)
        together = [one for one in alike if abs(one.asked_at - when) < _TOGETHER]
        return [self._job(one.key, "run", one.spec, look) for one in together] or [job]

    def failed(self) -> list[Job]:
        """Return the jobs that ended without a result, the newest first; of those that were asked for lately."""
        look = self._look()
        asked = [one for one in self.ledger.lately(_LATELY) if one.key not in self._results]
        jobs = [self._job(one.key, one.kind, one.spec, look) for one in asked]
        return [job for job in jobs if job.state in ("failed", "interrupted")]

    def dismiss(self, key: str) -> None:
        """Forget that a job was asked for: its reader knows how it ended."""
        self._queue.remove(key)
        clear_outcome(self.store, key)
        self.ledger.forget(key)

    def finished(self) -> Finished:
        """Return the finished runs that were asked for; what was worked out of them is kept until there are others."""
        runs = tuple(self._runs())
        if runs != self._finished.runs:
            self._finished = Finished(runs)
        return self._finished

    def _runs(self) -> list[tuple[ExperimentSpec, RunResult]]:
        """Return each with its spec and its controls. A result is read once: its key names it."""
        self._lost = restore(self.ledger, self.store) or self._lost
        asked = self.ledger.asked("run") or self._lost
        for one in asked:
            if one.key not in self._results and (found := stored_result(one.key, self.store)) is not None:
                self._results[one.key] = found
        if time.monotonic() - self._looked > _LOOK_EVERY:
            self._looked = time.monotonic()
            self._add_controls([one for one in asked if one.key in self._results])
        return [(one.spec, self._results[one.key]) for one in asked if one.key in self._results]

    def _add_controls(self, asked: Iterable[Asked]) -> None:
        """Add to results what was measured beside them since they were read."""
        for one in asked:
            if not controls.are_in(self._results[one.key], one.spec) and controls.there(one.spec, self.store):
                self._results[one.key] = controls.added(self._results[one.key], one.spec, self.store)

    def cancel(self, key: str) -> None:
        """Stop a job that runs or waits, and what is measured beside it alone."""
        going = [job for job in self.active() if job.kind == "run"]
        self._stop(key)
        needed = {STAGES[kind].key(job.spec) for job in going if job.key != key for kind in _controls(job.spec)}
        for spec in [job.spec for job in going if job.key == key]:
            for beside in {STAGES[kind].key(spec) for kind in _controls(spec)} - needed:
                self._stop(beside)

    def _stop(self, key: str) -> None:
        """Stop a job for good: it leaves the queue first, so that nobody hands it over again."""
        was_queued = key in self._queue.jobs()
        self._queue.remove(key)
        if self._launcher.cancel(key) or was_queued:
            with contextlib.suppress(OSError):  # on a full disk it looks interrupted, which it is
                save_outcome(self.store, key, CANCELLED)

    def close(self) -> None:
        """Let go of the scheduler; jobs go on."""
        self._launcher.close()

    def _job(self, key: str, kind: Kind, spec: ExperimentSpec, look: _Look) -> Job:
        if self.store.has(key):
            return Job(key, kind, spec, "done")
        if look.states.get(key) == "running":
            queued = look.queue.get(key)  # an older version's job is in no queue
            told = self._progress(key) if queued is None or queued.has_begun else []
            steps = frozenset(str(one["stage"]) for one in told)
            return Job(key, kind, spec, "running", progress=_progress(told[-1]) if told else None, steps=steps)
        if key in look.states:
            return Job(key, kind, spec, "waiting", self._why_it_waits(look.states[key], look.queue.get(key)))
        if not look.was_asked(key):
            return Job(key, kind, spec, "new")
        return self._ended(key, kind, spec, look.queue.get(key))

    def _why_it_waits(self, state: JobState, queued: Queued | None) -> str:
        again = AGAIN if queued is not None and queued.began else ""
        starting = _starting(self.workers) if state == "starting" else ""
        return " ".join(filter(None, [again, starting]))

    def _ended(self, key: str, kind: Kind, spec: ExperimentSpec, queued: Queued | None) -> Job:
        """Return the state of a job that was asked for, has no result, and is unknown to every scheduler."""
        if (outcome := load_outcome(self.store, key) or self._told(key)) is not None:
            return Job(key, kind, spec, outcome.state, outcome.message)
        if (why := self._launcher.failures().get(key)) is not None:
            return Job(key, kind, spec, "failed", why)
        if queued is not None and queued.is_given_up:
            return Job(key, kind, spec, "interrupted", queued.why, is_given_up=True)
        if queued is not None or self._launcher.is_late:
            return Job(key, kind, spec, "waiting", LATE if self._launcher.is_late else AGAIN)
        return Job(key, kind, spec, "interrupted", LOST)

    def _progress(self, key: str) -> list[Mapping[str, Any]]:
        """Return the progress that a job reported since its last start."""
        told: list[Mapping[str, Any]] = []
        for one in self._launcher.events(progress_topic(key)):
            if BEGAN in one:
                told = []
            elif FAILED not in one:
                told.append(one)
        return told

    def _told(self, key: str) -> Outcome | None:
        """Return what a job said last, where it could not write down how it ended: the disk is full."""
        said = self._launcher.events(progress_topic(key))
        return Outcome("failed", str(said[-1][FAILED])) if said and FAILED in said[-1] else None


def _starting(workers: int) -> str:
    """Return the message that is shown while no worker is ready."""
    processes = "a worker process" if workers == 1 else f"{workers} worker processes"
    compiling = (
        "" if compiling_for() is None else " Training code is compiled for this machine first; this happens once."
    )
    return f"Starting {processes}. This takes longer on a busy machine.{compiling}"


def _controls(spec: ExperimentSpec) -> list[Kind]:
    wanted = controls.stages(spec)
    return [kind for kind in KINDS if STAGES[kind] in wanted]


def _progress(told: Mapping[str, Any]) -> Progress:
    """Return what a worker told; one of another version may tell more."""
    return Progress(**{name: value for name, value in told.items() if name in Progress.__dataclass_fields__})


def _execute(key: str, kind: Kind, spec: str, home: str, local_data: str) -> None:
    # Imported by the worker only: it brings the training code, which the app must not load.
    from cache.worker import execute

    execute(key, kind, spec, home, local_data)

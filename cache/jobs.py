"""Runs as jobs outside the app: asked for once, followed from anywhere, stopped on request.

How a job stands is derived, not stored: in the store it is done; left an outcome there, it failed or was cancelled;
known to the scheduler it is running or waiting; asked for and none of these, it was interrupted.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cache import private
from cache.home import open_store
from cache.kinds import KINDS, STAGES, Kind
from cache.launcher import JobState, Launcher, Local
from cache.ledger import Asked, Ledger
from cache.outcomes import CANCELLED, FAILED, Outcome, clear_outcome, load_outcome, progress_topic, save_outcome
from cache.restore import restore
from rec_core.analysis.finished import Finished
from rec_core.data.sources import Folders
from rec_core.experiment import stored_result
from rec_core.progress import Progress
from rec_core.replicates import group_key
from rec_core.results import RunResult
from rec_core.specs import ExperimentSpec
from rec_core.stages import RUN, controls

State = Literal["new", "waiting", "running", "done", "failed", "cancelled", "interrupted"]
ACTIVE: tuple[State, ...] = ("waiting", "running")
INTERRUPTED = (
    "The worker stopped before this was finished (killed, out of memory, machine restarted), or the result's file was "
    "damaged. Finished steps are kept: run again; if it stops again, choose a smaller embedding size or batch size."
)
_LATELY = 30  # jobs that are looked at for what went wrong
_LOOK_EVERY = 2  # seconds between two looks for controls of runs that have none: there may be thousands
_TOGETHER = 5  # seconds within which one click asks for several runs
STARTING = "Starting the workers, which may take a while on a busy machine."
LATE = "The scheduler has not answered yet; it is asked again."


@dataclass(frozen=True)
class Job:
    """One job as it stands: ``message`` says why it has no result, ``progress`` how far it is while it runs.

    ``steps`` are what it has been doing so far.
    """

    key: str
    kind: Kind
    spec: ExperimentSpec
    state: State
    message: str = ""
    progress: Progress | None = None
    steps: frozenset[str] = frozenset()


class Jobs:
    """The jobs of one home folder; every process that opens the folder sees the same.

    Specs name the copy of their data (``stages.resolve``), as whoever chose them saw it.
    """

    def __init__(self, home: Path, folders: Folders, launcher: Launcher | None = None) -> None:
        private.tighten(home)
        self.store = open_store(home)
        self.ledger = Ledger(home)
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

    def ask(self, spec: ExperimentSpec, kind: Kind = "run", with_controls: bool = True) -> str:
        """Ask for a job and return its key; one that is done, runs or waits already is left as it is.

        A run has its controls measured beside it, once no run waits, unless it is one of many.
        """
        key = STAGES[kind].key(spec)
        restore(self.ledger, self.store)
        self.ledger.ask(key, kind, spec)
        if not self.is_whole(key, kind):
            self._results.pop(key, None)
            clear_outcome(self.store, key)
            self._submit(key, kind, spec)
        if kind == "run" and with_controls:
            self.measure(spec)
        return key

    def measure(self, spec: ExperimentSpec, later: bool = True) -> None:
        """Have the controls beside a run measured, where they are not; if ``later``, once no run waits any more."""
        for kind in _controls(spec):
            if not self.store.has(STAGES[kind].key(spec)):
                self._submit(STAGES[kind].key(spec), kind, spec, later)

    def measures(self, spec: ExperimentSpec) -> bool:
        """Say whether controls beside a run are being measured, or wait for that."""
        states = self._launcher.states()
        keys = [STAGES[kind].key(spec) for kind in _controls(spec)]
        going = any(key in states and not self.store.has(key) for key in keys)
        if not going:
            self._looked = 0.0  # what came of it is to be seen at once
        return going

    def _submit(self, key: str, kind: Kind, spec: ExperimentSpec, later: bool = False) -> None:
        arguments = (kind, json.dumps(spec.model_dump()), str(self._home), str(self.folders.local or ""))
        self._launcher.submit(key, _execute, *arguments, later=later)

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
        return self._job(key, kind, spec, self._launcher.states(), self.ledger.has(key))

    def runs(self, wanted: Iterable[ExperimentSpec]) -> list[Job]:
        """Return how the runs of many specs stand, with one look at the scheduler and one at the list."""
        states, asked = self._launcher.states(), {one.key for one in self.ledger.asked("run")}
        keyed = [(RUN.key(spec), spec) for spec in wanted]
        return [self._job(key, "run", spec, states, key in asked) for key, spec in keyed]

    def active(self) -> list[Job]:
        """Return the jobs that run or wait, the oldest first."""
        states = self._launcher.states()
        if not states:
            return []
        asked = [asked for kind in KINDS for asked in self.ledger.asked(kind)]
        jobs = [self._job(a.key, a.kind, a.spec, states, True) for a in asked if a.key in states]
        # A worker still puts things in order after it stored the result: what is done does not run.
        return sorted((job for job in jobs if job.state in ACTIVE), key=lambda job: job.state != "running")

    def asked_with(self, job: Job) -> list[Job]:
        """Return the runs that were asked for together with one and differ in nothing but the seed, itself too."""
        states, wanted = self._launcher.states(), group_key(job.spec)
        alike = [one for one in self.ledger.lately(_LATELY) if one.kind == "run" and group_key(one.spec) == wanted]
        when = next((one.asked_at for one in alike if one.key == job.key), 0.0)
        together = [one for one in alike if abs(one.asked_at - when) < _TOGETHER]
        return [self._job(one.key, "run", one.spec, states, True) for one in together] or [job]

    def failed(self) -> list[Job]:
        """Return the jobs that ended without a result, the newest first; of those that were asked for lately."""
        states = self._launcher.states()
        asked = [one for one in self.ledger.lately(_LATELY) if one.key not in self._results]
        jobs = [self._job(one.key, one.kind, one.spec, states, True) for one in asked]
        return [job for job in jobs if job.state in ("failed", "interrupted")]

    def dismiss(self, key: str) -> None:
        """Forget that a job was asked for: its reader knows how it ended."""
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
        if self._launcher.cancel(key):
            with contextlib.suppress(OSError):  # on a full disk it looks interrupted, which it is
                save_outcome(self.store, key, CANCELLED)
        needed = {STAGES[kind].key(job.spec) for job in going if job.key != key for kind in _controls(job.spec)}
        for spec in [job.spec for job in going if job.key == key]:
            for beside in {STAGES[kind].key(spec) for kind in _controls(spec)} - needed:
                self._launcher.cancel(beside)

    def close(self) -> None:
        """Let go of the scheduler; jobs go on."""
        self._launcher.close()

    def _job(self, key: str, kind: Kind, spec: ExperimentSpec, states: Mapping[str, JobState], was_asked: bool) -> Job:
        if self.store.has(key):
            return Job(key, kind, spec, "done")
        if states.get(key) == "running":
            told = [one for one in self._launcher.events(progress_topic(key)) if FAILED not in one]
            steps = frozenset(str(one["stage"]) for one in told)
            return Job(key, kind, spec, "running", progress=_progress(told[-1]) if told else None, steps=steps)
        if key in states:
            return Job(key, kind, spec, "waiting", STARTING if states[key] == "starting" else "")
        if not was_asked:
            return Job(key, kind, spec, "new")
        if (outcome := load_outcome(self.store, key) or self._told(key)) is not None:
            return Job(key, kind, spec, outcome.state, outcome.message)
        if (why := self._launcher.failures().get(key)) is not None:
            return Job(key, kind, spec, "failed", why)
        if self._launcher.is_late:
            return Job(key, kind, spec, "waiting", LATE)
        return Job(key, kind, spec, "interrupted", INTERRUPTED)

    def _told(self, key: str) -> Outcome | None:
        """Return what a job said last, where it could not write down how it ended: the disk is full."""
        said = self._launcher.events(progress_topic(key))
        return Outcome("failed", str(said[-1][FAILED])) if said and FAILED in said[-1] else None


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

"""Scheduler and workers on this machine: processes that outlive the app and end by themselves when idle."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cache.launcher import tls
from cache.launcher.base import JobState
from cache.launcher.processes import Processes, living
from cache.launcher.talk import Talk
from rec_core.errors import CorelensError, reason

if TYPE_CHECKING:  # Dask takes half a second to load, and a page without jobs has nothing to ask it
    from cache.launcher.scheduler import Scheduler

_ROOT = Path(__file__).resolve().parents[2]
_IDLE = 600  # seconds without a job after which scheduler and workers end
_PATIENCE = 1.0  # seconds that a page waits until Dask is loaded
_TRY_EVERY = 0.1  # seconds between two tries to hand a job over
_TEND_EVERY = 2  # seconds between two looks whether workers are missing
Job = tuple[Callable[..., None], tuple[str, ...], bool]  # the function, its arguments, whether it is for later


class Local:
    """The ``Launcher`` of one home folder, found again by any process through scheduler files.

    After an update there may be schedulers of older code: their jobs are found, followed and cancelled like others, and
    what they finish is a result of their version. New jobs go to this version's.
    """

    def __init__(self, home: Path, workers: int | None = None, idle: int = _IDLE) -> None:
        self._folder = home / "jobs"
        self.workers = workers or min(4, os.cpu_count() or 1)
        self._processes = Processes(self._folder, _code_version(), self.workers, idle)
        self._schedulers: dict[Path, Scheduler] = {}
        self._lock = threading.Lock()
        self._undelivered: dict[str, Job] = {}
        self._to_cancel: set[str] = set()
        self._failures: dict[str, str] = {}
        self._courier: threading.Thread | None = None
        self._tended = 0.0
        self._closed = False
        self._loader, self._has_dask = Talk(), False

    def submit(self, key: str, function: Callable[..., None], *args: str, later: bool = False) -> None:
        """Run ``function(key, *args)`` on a worker, once, however often the key is submitted while it runs.

        Where the scheduler answers it has the job when this returns; otherwise it gets it as soon as it does.
        """
        if key in self.states():
            return
        self._failures.pop(key, None)
        self._to_cancel.discard(key)
        if not (self._is_up and self._can_talk() and self._own.submit(key, function, *args, later=later)):
            with self._lock:
                self._undelivered[key] = (function, args, later)
        self._keep_trying()

    def states(self) -> dict[str, JobState]:
        """Return how every job stands that is not over; empty where no scheduler runs."""
        found: dict[str, JobState] = {}
        for scheduler in self._all():
            found |= scheduler.states()
        with self._lock:
            found = {**dict.fromkeys(self._undelivered, "starting"), **found}
        if starting := [key for key, state in found.items() if state == "starting"]:
            self._tend(starting)
        elif found:  # workers are there
            self._processes.count_anew()
        return found

    def failures(self) -> dict[str, str]:
        """Return why jobs could not be started, by key."""
        return dict(self._failures)

    @property
    def has_workers(self) -> bool:
        """Whether workers run; they may be starting still."""
        return self._processes.has_workers

    @property
    def is_late(self) -> bool:
        """Whether a scheduler runs that has not answered lately."""
        schedulers = self._all()
        return any(scheduler.is_late for scheduler in schedulers) or bool(not self._has_dask and self._running())

    def events(self, topic: str) -> Sequence[Any]:
        """Return the messages of a topic, the oldest first."""
        return [message for scheduler in self._all() for message in scheduler.events(topic)]

    def cancel(self, key: str) -> bool:
        """Stop a job, a running one within a fifth of a second; return whether it was still waiting."""
        with self._lock:
            if self._undelivered.pop(key, None) is not None:
                self._to_cancel.add(key)  # the courier may be handing it over just now
                return True
        holders = [scheduler for scheduler in self._all() if key in scheduler.states()]
        answers = [scheduler.cancel(key) for scheduler in holders]
        if None in answers:  # not heard yet; the courier says it again
            self._to_cancel.add(key)
            self._keep_trying()
        return True in answers

    def close(self) -> None:
        """Let go of the schedulers; jobs go on."""
        self._closed = True
        for scheduler in self._schedulers.values():
            scheduler.close()

    @property
    def _is_up(self) -> bool:
        return self._runs(self._processes.file)

    @property
    def _own(self) -> Scheduler:
        return self._scheduler(self._processes.file)

    def _all(self) -> list[Scheduler]:
        """Return the schedulers of all versions that run or did so lately, this one's last."""
        files = self._running()
        return [self._scheduler(file) for file in files] if files and self._can_talk() else []

    def _running(self) -> list[Path]:
        """Return the files of the schedulers that run or did so lately."""
        others = set(self._folder.glob("scheduler-*.json")) - {self._processes.file}
        files = [*sorted(others), self._processes.file]
        return [file for file in files if file in self._schedulers or self._runs(file)]

    def _can_talk(self) -> bool:
        """Load Dask, which takes seconds on a busy machine; return whether it is loaded, after a second at most."""
        if not self._has_dask and not self._loader.is_busy:
            with contextlib.suppress(TimeoutError):
                self._loader.ask(_load_dask, _PATIENCE)
                self._has_dask = True
        return self._has_dask

    def _runs(self, file: Path) -> bool:
        known = self._schedulers.get(file)
        return (known.address() if known else _address(file)) is not None

    def _scheduler(self, file: Path) -> Scheduler:
        from cache.launcher.scheduler import Scheduler

        if file not in self._schedulers:
            self._schedulers[file] = Scheduler(partial(_address, file), partial(tls.security, self._folder))
        return self._schedulers[file]

    def _tend(self, starting: Iterable[str]) -> None:
        """Start workers where jobs wait and none is left, now and then; give up where they always end again."""
        if time.monotonic() - self._tended < _TEND_EVERY or not self._is_up:
            return
        self._tended = time.monotonic()
        try:
            self._processes.start_what_is_missing()
        except (CorelensError, OSError) as error:
            self._failures |= dict.fromkeys(starting, _why(error))
            self._to_cancel |= set(starting)
            self._keep_trying()

    def _keep_trying(self) -> None:
        with self._lock:
            busy = self._courier is not None and self._courier.is_alive()
            if not busy and (self._undelivered or self._to_cancel):
                self._courier = threading.Thread(target=self._deliver, daemon=True)
                self._courier.start()

    def _deliver(self) -> None:
        """Hand over what is undelivered and say what was not heard, as soon as the scheduler is there."""
        while not self._closed and self._has_errands():
            try:
                self._run_errands()
            except (CorelensError, OSError) as error:
                self._give_up(_why(error))
            time.sleep(_TRY_EVERY)

    def _has_errands(self) -> bool:
        with self._lock:
            if not self._undelivered and not self._to_cancel:
                self._courier = None
                return False
        return True

    def _run_errands(self) -> None:
        if self._undelivered:
            self._processes.start_what_is_missing()
        for key in list(self._to_cancel):
            answers = [scheduler.cancel(key) for scheduler in self._all() if scheduler.address() is not None]
            if None not in answers:
                self._to_cancel.discard(key)
        if not self._is_up:
            return
        for key, (function, args, later) in list(self._undelivered.items()):
            # Those that were cancelled meanwhile are not.
            if key in self._undelivered and self._own.submit(key, function, *args, later=later, patiently=True):
                with self._lock:
                    self._undelivered.pop(key, None)

    def _give_up(self, why: str) -> None:
        with self._lock:
            self._failures |= dict.fromkeys(self._undelivered, why)
            self._undelivered.clear()


def _load_dask() -> None:
    import cache.launcher.scheduler  # noqa: F401


def _why(error: CorelensError | OSError) -> str:
    if isinstance(error, CorelensError):
        return str(error)
    return f"The workers could not be started ({reason(error)}). Mend that, then run again."


def _address(file: Path) -> str | None:
    """Return where the scheduler of a file listens; None if its process is gone.

    Nothing is asked of it: a connection that only looks would be one more line in its log, every second.
    """
    if living(file.with_suffix(".pid"), file) is None:
        return None
    try:
        address = str(json.loads(file.read_text())["address"])
    except (OSError, ValueError, KeyError):  # it has not written it down yet
        return None
    return address if address.startswith("tls://") else None  # an older version let anybody in


@cache
def _code_version() -> str:
    sources = sorted(p for package in ("rec_core", "cache") for p in (_ROOT / package).rglob("*.py"))
    return hashlib.sha256(b"".join(p.read_bytes() for p in sources)).hexdigest()[:12]

"""The local Dask scheduler and workers: processes of their own that outlive the app and end by themselves when idle.

Checked against distributed 2026.8.0, whose private ``dask._task_spec.Task`` and ``Client._run_on_scheduler`` are used
here and nowhere else; a test fails when an upgrade changes them.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import json
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from dask._task_spec import Task
from distributed import Client, Event
from distributed.client import ClosedClientError
from distributed.comm.core import CommClosedError

from rec_core.errors import CorelensError

# A scheduler that ended because it was idle is no news; the client would print a traceback about it.
logging.getLogger("distributed.client").setLevel(logging.CRITICAL)

_ROOT = Path(__file__).resolve().parents[1]
_IDLE = 600  # seconds without a job after which scheduler and workers end
_PATIENCE = 30  # seconds to wait for a process to start, or for a scheduler that is gone
_ANSWER = 3  # seconds that a question to the scheduler may take
# Dask has its workers give freed memory back at once, and training then spends most of its time on page faults: it took
# 2.5 times as long. Keeping up to 256 MB, and reusing blocks of up to 32 MB (the most glibc allows), ends that.
_MEMORY = {"MALLOC_TRIM_THRESHOLD_": 256 << 20, "MALLOC_MMAP_THRESHOLD_": 32 << 20}
# What calls raise when the scheduler has died under the client, or hangs (a closed client loses its attributes).
_GONE = (CommClosedError, ClosedClientError, OSError, TimeoutError, AttributeError)


class Cluster:
    """The scheduler of one home folder, found again by any process through its scheduler file."""

    def __init__(self, home: Path, workers: int | None = None, idle: int = _IDLE) -> None:
        self._home = home / "jobs"
        self.workers = workers or min(4, os.cpu_count() or 1)
        self._idle = idle
        self._client: Client | None = None
        self._lock = threading.RLock()

    def submit(self, key: str, function: Callable[..., None], *args: str) -> None:
        """Run ``function(key, *args)`` on a worker, once, however often the key is submitted while it runs.

        Raises:
            CorelensError: if the worker processes cannot be started or do not take the job.
        """
        with self._lock:
            self._start()
            client = self._connect()
            if client is None:
                raise _no_workers(self._home)
            try:
                Event(f"cancel-{key}", client=client).clear()
                # A data producer waits on the scheduler, not on a worker, so that a dying worker takes one job along.
                task = Task(key, function, key, *args, _data_producer=True)
                (future,) = client.get({key: task}, [key], sync=False)
                _ask(client, _keep, key=key)
                future.release()
            except _GONE as error:
                self._drop()
                raise _no_workers(self._home) from error

    def states(self) -> dict[str, str]:
        """Return ``running`` or ``waiting`` for every job that is not over; empty where no scheduler runs."""
        answer = self._question(_states)
        return answer if isinstance(answer, dict) else {}

    def events(self, topic: str) -> Sequence[Any]:
        """Return the messages of a topic, the oldest first."""
        with self._lock:
            client = self._connect()
            if client is None:
                return ()
            try:
                return [m for _, m in client.sync(_events, client, topic, callback_timeout=_ANSWER) or ()]
            except _GONE:
                self._drop()
                return ()

    def cancel(self, key: str) -> bool:
        """Stop a job: a waiting one at once, a running one when it next looks, within a fifth of a second.

        Return whether it was taken from the queue, so that no worker will ever hear of it.
        """
        with self._lock:
            client = self._connect()
            if client is None:
                return False
            try:
                Event(f"cancel-{key}", client=client).set()
                return bool(_ask(client, _cancel_waiting, key=key))
            except _GONE:
                self._drop()
                return False

    def close(self) -> None:
        """Let go of the scheduler; jobs go on."""
        with self._lock:
            self._drop()

    def _question(self, function: Callable[..., Any], **arguments: Any) -> Any:
        with self._lock:
            client = self._connect()
            if client is None:
                return None
            try:
                return _ask(client, function, **arguments)
            except _GONE:
                self._drop()
                return None

    def _connect(self) -> Client | None:
        address = self._address()
        if self._client is not None and (self._client.status != "running" or address is None):
            self._drop()
        if self._client is None and address is not None:
            with contextlib.suppress(*_GONE):
                self._client = Client(address, timeout=_ANSWER, set_as_default=False)
        return self._client

    def _drop(self) -> None:
        if self._client is not None:
            with contextlib.suppress(*_GONE):
                self._client.close(timeout=1)
            self._client = None

    @property
    def _file(self) -> Path:
        # Named by the code's version: after an update, new workers are started rather than old code used.
        return self._home / f"scheduler-{_code_version()}.json"

    def _address(self) -> str | None:
        try:
            address = str(json.loads(self._file.read_text())["address"])
            host, port = address.removeprefix("tcp://").rsplit(":", 1)
            socket.create_connection((host, int(port)), timeout=1).close()
        except (OSError, ValueError, KeyError):  # absent, half written, or nobody listens
            return None
        return address

    def _start(self) -> None:
        if self._address():
            return
        self._home.mkdir(parents=True, exist_ok=True)
        with _locked(self._home / "lock"):
            if not self._address():
                self._launch()

    def _launch(self) -> None:
        self._file.unlink(missing_ok=True)
        local = ["--no-dashboard", "--dashboard-address", "127.0.0.1:0", "--host", "127.0.0.1"]
        scheduler = self._spawn("scheduler", *local, "--port", "0", "--idle-timeout", f"{self._idle}s")
        workers = ["--nworkers", str(self.workers), "--nthreads", "1", "--memory-limit", "0"]
        # Loading torch before the first job keeps its seconds out of the job, which then can be cancelled at once.
        more = ["--death-timeout", str(_PATIENCE), "--preload", "cache.worker"]
        self._spawn("worker", *local, *workers, *more, "--local-directory", str(self._home / "scratch"))
        end = time.monotonic() + _PATIENCE
        while not self._address():
            if time.monotonic() > end or scheduler.poll() is not None:
                raise _no_workers(self._home)
            time.sleep(0.02)

    def _spawn(self, role: str, *options: str) -> subprocess.Popen[bytes]:
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")])),
            "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0",  # a job whose worker died is for the user to repeat
            "DASK_DISTRIBUTED__SCHEDULER__WORKER_SATURATION": "1.0",
            "DASK_DISTRIBUTED__SCHEDULER__NO_WORKERS_TIMEOUT": f"{_PATIENCE}s",
            "DASK_DISTRIBUTED__NANNY__PRE_SPAWN_ENVIRON": repr(_MEMORY),
        }
        module = f"distributed.cli.dask_{role}"
        command = [sys.executable, "-m", module, "--scheduler-file", str(self._file), *options]
        with (self._home / f"{role}.log").open("ab") as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=environment,
                cwd=self._home,
            )


def cancel_flag(key: str) -> Callable[[], bool]:
    """Return, inside a job, a function that says whether someone asked to stop it; any thread may call it."""
    event = Event(f"cancel-{key}")
    event.is_set()  # finds the worker's client, which only the job's own thread can
    return lambda: bool(event.is_set())


def _no_workers(home: Path) -> CorelensError:
    return CorelensError(
        f"The worker processes could not be started; nothing is lost. See '{home.name}/scheduler.log' in the folder "
        "CORELENS_HOME, then run again."
    )


def _ask(client: Client, function: Callable[..., Any], **arguments: Any) -> Any:
    return client.sync(client._run_on_scheduler, function, **arguments, callback_timeout=_ANSWER)


async def _events(client: Any, topic: str) -> Any:
    return await client.scheduler.events(topic=topic)


async def _keep(dask_scheduler: Any, key: str) -> None:
    """Keep the job when its client goes; answers once the scheduler knows it (sending is batched)."""
    end = time.monotonic() + _ANSWER - 1
    while key not in dask_scheduler.tasks and time.monotonic() < end:
        await asyncio.sleep(0.002)
    task = dask_scheduler.tasks.get(key)
    if task is not None and task.state not in ("memory", "erred"):  # a finished one would be held for ever
        dask_scheduler.client_desires_keys([key], "fire-and-forget")


def _states(dask_scheduler: Any) -> dict[str, str]:
    names = {"processing": "running", "queued": "waiting", "waiting": "waiting", "no-worker": "waiting"}
    return {key: names[task.state] for key, task in dask_scheduler.tasks.items() if task.state in names}


def _cancel_waiting(dask_scheduler: Any, key: str) -> bool:
    task = dask_scheduler.tasks.get(key)
    if task is None or task.state == "processing":
        return False
    for client in list(task.who_wants or ()):
        dask_scheduler.client_releases_keys([key], client.client_key)
    return True


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as file:  # the kernel drops the lock when the process dies
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@cache
def _code_version() -> str:
    sources = sorted(p for package in ("rec_core", "cache") for p in (_ROOT / package).rglob("*.py"))
    return hashlib.sha256(b"".join(p.read_bytes() for p in sources)).hexdigest()[:12]

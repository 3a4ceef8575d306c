"""Scheduler and workers on this machine: processes that outlive the app and end by themselves when idle."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from filelock import FileLock

from cache.launcher.scheduler import Scheduler
from rec_core.errors import CorelensError

_ROOT = Path(__file__).resolve().parents[2]
_IDLE = 600  # seconds without a job after which scheduler and workers end
_PATIENCE = 30  # seconds to wait for a process to start, or for a scheduler that is gone
# Dask has its workers give freed memory back at once, and training then spends most of its time on page faults: it took
# 2.5 times as long. Keeping up to 256 MB, and reusing blocks of up to 32 MB (the most glibc allows), ends that.
_MEMORY = {"MALLOC_TRIM_THRESHOLD_": 256 << 20, "MALLOC_MMAP_THRESHOLD_": 32 << 20}


class Local:
    """The ``Launcher`` of one home folder, found again by any process through its scheduler file."""

    def __init__(self, home: Path, workers: int | None = None, idle: int = _IDLE) -> None:
        self._home = home / "jobs"
        self.workers = workers or min(4, os.cpu_count() or 1)
        self._idle = idle
        self._scheduler = Scheduler(self._address)
        self._starting = threading.Lock()

    def submit(self, key: str, function: Callable[..., None], *args: str) -> None:
        """Run ``function(key, *args)`` on a worker, once, however often the key is submitted while it runs.

        Raises:
            CorelensError: if the worker processes cannot be started or do not take the job.
        """
        with self._starting:
            self._start()
        if not self._scheduler.submit(key, function, *args):
            raise _no_workers(self._home)

    def states(self) -> dict[str, str]:
        """Return ``running`` or ``waiting`` for every job that is not over; empty where no scheduler runs."""
        return self._scheduler.states()

    def events(self, topic: str) -> Sequence[Any]:
        """Return the messages of a topic, the oldest first."""
        return self._scheduler.events(topic)

    def cancel(self, key: str) -> bool:
        """Stop a job, a running one within a fifth of a second; return whether it was still waiting."""
        return self._scheduler.cancel(key)

    def close(self) -> None:
        """Let go of the scheduler; jobs go on."""
        self._scheduler.close()

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
        with FileLock(self._home / "lock"):  # the kernel drops it when the process dies
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


def _no_workers(home: Path) -> CorelensError:
    return CorelensError(
        f"The worker processes could not be started; nothing is lost. See '{home.name}/scheduler.log' in the folder "
        "CORELENS_HOME, then run again."
    )


@cache
def _code_version() -> str:
    sources = sorted(p for package in ("rec_core", "cache") for p in (_ROOT / package).rglob("*.py"))
    return hashlib.sha256(b"".join(p.read_bytes() for p in sources)).hexdigest()[:12]

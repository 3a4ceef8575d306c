"""The scheduler and the command that keeps workers, as processes: started where they are missing, found by their ids.

How long they take to start is nobody's business: on a busy machine, loading torch can take minutes.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
from filelock import FileLock

from cache.launcher import tls
from rec_core.errors import CorelensError

_ROOT = Path(__file__).resolve().parents[2]
_LONG = "3600s"  # ends what lost its other half for good, and nothing that is only late
_TRIES, _TRIES_OF_KILLED = 3, 30  # starts of a process that ends again at once, by itself or because it is killed
_KILLED = "worker-killed"  # names the process that kept a worker which a signal ended
_LOG_BYTES = 1 << 20  # from which a log begins anew
# Dask has its workers give freed memory back at once, and training then spends most of its time on page faults: it took
# 2.5 times as long. Keeping up to 256 MB, and reusing blocks of up to 32 MB (the most glibc allows), ends that.
_MEMORY = {"MALLOC_TRIM_THRESHOLD_": 256 << 20, "MALLOC_MMAP_THRESHOLD_": 32 << 20}


class Processes:
    """Scheduler and workers of one version of the code in one folder."""

    def __init__(self, folder: Path, version: str, workers: int, idle: int) -> None:
        self._folder, self._version, self._workers, self._idle = folder, version, workers, idle
        self._tries = {"scheduler": 0, "worker": 0}
        self._started: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def file(self) -> Path:
        """The file in which the scheduler writes down its address."""
        return self._folder / f"scheduler-{self._version}.json"

    @property
    def has_workers(self) -> bool:
        """Whether the command that keeps workers runs."""
        return self._runs("worker")

    def start_what_is_missing(self) -> None:
        """Start scheduler and workers where they are not running; wait for neither.

        Raises:
            CorelensError: if one of them ended right after it was started, several times; with what it said last.
        """
        if all(map(self._runs, self._tries)):
            return
        tls.private_folder(self._folder)
        with FileLock(self._folder / "lock"):  # the kernel drops it when the process dies
            if not self._runs("scheduler"):
                self.file.unlink(missing_ok=True)
                self._end_workers()
                self._start("scheduler", "--port", "0", "--idle-timeout", f"{self._idle}s")
            if not self._runs("worker"):
                workers = ["--nworkers", str(self._workers), "--nthreads", "1", "--memory-limit", "0"]
                # Loading torch before the first job keeps its seconds out of it, so that it can be cancelled at once.
                more = ["--death-timeout", _LONG, "--preload", "cache.worker", "--preload-nanny", "cache.nanny"]
                self._start("worker", *workers, *more, "--local-directory", str(self._folder / "scratch"))

    def count_anew(self) -> None:
        """Begin to count tries anew: both answer, or what kept them from it is to be mended."""
        self._tries = dict.fromkeys(self._tries, 0)

    def _runs(self, role: str) -> bool:
        """Say whether the process that was started last still runs, whoever started it."""
        return living(self._id_file(role), self.file) is not None

    def _end_workers(self) -> None:
        """End workers whose scheduler is gone: they would wait for it for an hour, and none would work for the next."""
        command = living(self._id_file("worker"), self.file)
        if command is None:
            return
        with contextlib.suppress(psutil.Error):
            # The command first: it would take the end of its workers for their own fault.
            for process in (command, *command.children(recursive=True)):
                process.kill()

    def _start(self, role: str, *options: str) -> None:
        if self._tries[role] >= (_TRIES_OF_KILLED if self._was_killed(role) else _TRIES):
            self.count_anew()  # whoever asks again has mended something
            raise CorelensError(
                f"The {'workers' if role == 'worker' else role} could not be started: “{self._last_words(role)}”. "
                f"Nothing is lost; more is in jobs/{role}.log of the folder CORELENS_HOME. Mend that, then run again."
            )
        self._tries[role] += 1
        local = ["--no-dashboard", "--dashboard-address", "127.0.0.1:0", "--host", "127.0.0.1"]
        command = [sys.executable, "-m", f"distributed.cli.dask_{role}", "--scheduler-file", str(self.file)]
        log = self._folder / f"{role}.log"
        with contextlib.suppress(OSError):
            if log.stat().st_size > _LOG_BYTES:
                log.replace(log.with_suffix(".log.1"))
        with log.open("ab") as out:
            started = subprocess.Popen(
                [*command, *local, *tls.options(self._folder), *options],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                umask=0o077,  # what they write is their owner's alone
                env=_environment(),
                cwd=self._folder,
            )
        self._id_file(role).write_text(json.dumps({"pid": started.pid}))
        self._started[role] = started

    def _was_killed(self, role: str) -> bool:
        """Say whether somebody ended the process that was started here last, which says nothing about the next."""
        last = self._started.get(role)
        if last is None:
            return False
        by_signal = last.poll() in (-signal.SIGKILL, -signal.SIGTERM)
        return by_signal or (role == "worker" and _killed(self._folder) == last.pid)

    def _id_file(self, role: str) -> Path:
        return self._folder / f"{role}-{self._version}.pid"

    def _last_words(self, role: str) -> str:
        try:
            lines = (self._folder / f"{role}.log").read_text(errors="replace").strip().splitlines()
        except OSError:
            return "nothing"
        return lines[-1].strip()[:200] if lines else "nothing"


def note_killed(folder: Path) -> None:
    """Note that a signal ended a worker of this process, which may end for that reason too."""
    with contextlib.suppress(OSError):
        (folder / _KILLED).write_text(str(os.getpid()))


def _killed(folder: Path) -> int:
    """Return the process whose worker was ended by a signal last; 0 if none was."""
    with contextlib.suppress(OSError, ValueError):
        return int((folder / _KILLED).read_text())
    return 0


def living(id_file: Path, scheduler_file: Path) -> psutil.Process | None:
    """Return the process that a file names, if it still runs: its command names the scheduler file, as no other's does.

    When it began says less: clocks are put right while processes run.
    """
    try:
        process = psutil.Process(json.loads(id_file.read_text())["pid"])
        same = str(scheduler_file) in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return None
    return process if same else None


def _environment() -> dict[str, str]:
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")])),
        "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0",  # a job whose worker died is for the user to repeat
        "DASK_DISTRIBUTED__SCHEDULER__WORKER_SATURATION": "1.0",
        "DASK_DISTRIBUTED__SCHEDULER__NO_WORKERS_TIMEOUT": "None",
        "DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": _LONG,
        "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": _LONG,
        "DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP": _LONG,
        "DASK_DISTRIBUTED__NANNY__PRE_SPAWN_ENVIRON": repr(_MEMORY),
        "DASK_LOGGING__DISTRIBUTED": "warning",  # every client that comes and goes is no news
    }

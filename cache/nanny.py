"""What the command that keeps workers does when one dies: it notes why, with the job that the worker had begun.

An entry point: it knows the queue. It runs in the folder ``jobs`` of its home.
"""

from __future__ import annotations

import contextlib
import signal
from pathlib import Path
from typing import Any

from cache.launcher import inside, processes

_VMSTAT = Path("/proc/vmstat")


def dask_setup(nanny: Any) -> None:
    """Dask calls this for every worker that is to be kept, before it is started."""
    inside.on_death(nanny, _Deaths(Path.cwd()).note)


class _Deaths:
    """Notes the deaths of workers; it knows how often the system ended a process for lack of memory until now."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._lacked_memory = folder, lacked_memory()

    def note(self, worker: str, code: int) -> None:
        """Note that a worker died, with its exit code or minus its signal."""
        from cache.ledger import Ledger  # workers start sooner without it
        from cache.queue import OUT_OF_MEMORY, Queue
        from rec_core.errors import CorelensError

        if code < 0:
            processes.note_killed(self._folder)
        before, self._lacked_memory = self._lacked_memory, lacked_memory()
        of_memory = code == -signal.SIGKILL and self._lacked_memory > before
        how = f"killed by signal {-code}" if code < 0 else f"ended with status {code}"
        with contextlib.suppress(CorelensError):
            Queue(Ledger(self._folder.parent)).died(worker, OUT_OF_MEMORY if of_memory else how)


def lacked_memory() -> int:
    """Return the number of processes that this machine ended for lack of memory since it started; 0 if unknown."""
    with contextlib.suppress(OSError, ValueError):
        lines = _VMSTAT.read_text().splitlines()
        return int(next((line.split()[1] for line in lines if line.startswith("oom_kill ")), 0))
    return 0

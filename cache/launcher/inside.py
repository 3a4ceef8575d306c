"""What a job can do where it runs: tell how far it is, hear that it shall stop. And how a worker's death is heard."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable
from typing import Any

from distributed import Event, get_worker


def cancel_name(key: str) -> str:
    """Return the name of the event that is set to stop a job."""
    return f"cancel-{key}"


def cancel_flag(key: str) -> Callable[[], bool]:
    """Return a function that says whether someone asked to stop the job; any thread may call it."""
    event = Event(cancel_name(key))
    event.is_set()  # finds the worker's client, which only the job's own thread can
    return lambda: bool(event.is_set())


def teller(topic: str) -> Callable[[dict[str, Any]], None]:
    """Return a function that tells whoever follows ``topic``; call this in the job's own thread."""
    worker = get_worker()
    return lambda message: worker.log_event(topic, message)


def this_worker() -> str:
    """Return the name of this worker process, as its nanny calls it: the ids of both processes."""
    return f"{os.getppid()}/{os.getpid()}"


_DEATH = re.compile(r"Worker process (\d+) (?:was killed by signal (\d+)|exited with status (\d+))")
_ENDING = ("closing", "closed", "closing_gracefully", "failed")  # states of what keeps workers: they shall end
_keepers: list[Any] = []


def on_death(nanny: Any, hear: Callable[[str, int], None]) -> None:
    """Have ``hear`` called with a worker's name and exit code (minus the signal) when one dies that should not.

    Dask tells nobody but its log, at a level that is hidden; a test on real processes fails when its words change.
    """
    _keepers.append(nanny)
    if len(_keepers) > 1:  # one process keeps several workers
        return

    def look(record: logging.LogRecord) -> bool:
        if found := _DEATH.match(record.getMessage()):
            pid, signal, status = (int(group or 0) for group in found.groups())
            if not any(one.pid == pid and one.status.name in _ENDING for one in _keepers):
                hear(f"{os.getpid()}/{pid}", status or -signal)
        return record.levelno >= logging.WARNING or found is not None

    log = logging.getLogger("distributed.nanny")
    log.setLevel(logging.INFO)
    log.addFilter(look)

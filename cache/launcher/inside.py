"""What a job can do where it runs: tell how far it is, and hear that it shall stop."""

from __future__ import annotations

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

"""What runs jobs, whatever it is: a job is a function with a key, and runs once however often it is submitted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol

# Its worker runs it, it waits for one, or for workers that are starting.
JobState = Literal["running", "waiting", "starting"]


class Launcher(Protocol):
    """Processes that run jobs, found again by any process that opens the same home folder.

    No call waits for what may take long: processes that start, a scheduler that is late. It is tried again meanwhile.
    """

    @property
    def workers(self) -> int:
        """How many jobs run at a time."""

    @property
    def has_workers(self) -> bool:
        """Whether workers run, so that a job need not wait for their start."""

    @property
    def is_late(self) -> bool:
        """Whether a scheduler runs that has not answered lately: what is known of jobs may be old, or nothing."""

    def submit(self, key: str, function: Callable[..., None], *args: str, later: bool = False) -> None:
        """Run ``function(key, *args)`` in a worker, once, however often the key is submitted while it runs.

        What is for ``later`` starts once nothing else waits for a worker.
        """

    def states(self) -> dict[str, JobState]:
        """Return how every job stands that is not over; empty where nothing runs."""

    def failures(self) -> dict[str, str]:
        """Return why jobs could not be started, by key."""

    def events(self, topic: str) -> Sequence[Any]:
        """Return what jobs told about a topic (``inside.tell``), the oldest first."""

    def cancel(self, key: str) -> bool:
        """Stop a job; return whether it was still waiting, so that no worker will ever hear of it."""

    def close(self) -> None:
        """Let go; jobs go on."""

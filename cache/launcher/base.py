"""What runs jobs, whatever it is: a job is a function with a key, and runs once however often it is submitted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol


class Launcher(Protocol):
    """Processes that run jobs, found again by any process that opens the same home folder."""

    @property
    def workers(self) -> int:
        """How many jobs run at a time."""

    def submit(self, key: str, function: Callable[..., None], *args: str) -> None:
        """Run ``function(key, *args)`` in a worker, once, however often the key is submitted while it runs.

        Raises:
            CorelensError: if the workers cannot be started or do not take the job.
        """

    def states(self) -> dict[str, str]:
        """Return ``running`` or ``waiting`` for every job that is not over; empty where nothing runs."""

    def events(self, topic: str) -> Sequence[Any]:
        """Return what jobs told about a topic (``inside.tell``), the oldest first."""

    def cancel(self, key: str) -> bool:
        """Stop a job; return whether it was still waiting, so that no worker will ever hear of it."""

    def close(self) -> None:
        """Let go; jobs go on."""

"""A launcher for tests of what is derived from one, without a scheduler."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from cache.launcher import JobState


class Busy:
    """A launcher whose worker is still busy with whatever it was given."""

    workers = 1
    is_late = False
    has_workers = True

    def __init__(self) -> None:
        self._given: dict[str, JobState] = {}
        self.told: list[Any] = []

    def submit(self, key: str, function: Callable[..., None], *args: str, later: bool = False) -> None:
        self._given[key] = "running"

    def states(self) -> dict[str, JobState]:
        return self._given

    def failures(self) -> dict[str, str]:
        return {}

    def events(self, topic: str) -> Sequence[Any]:
        return self.told

    def cancel(self, key: str) -> bool:
        return self._given.get(key) == "waiting" and self._given.pop(key) == "waiting"

    def close(self) -> None:
        pass

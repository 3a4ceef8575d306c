"""Where the results of stages are remembered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from rec_core.canonical import Json


@dataclass(frozen=True, eq=False)
class Artifact:
    """What a store keeps: named arrays and one JSON document. ``stage`` says what made it."""

    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    meta: dict[str, Json] = field(default_factory=dict)
    stage: str = ""


class StageStore(Protocol):
    """Where stages are remembered. A result that is absent or damaged is a miss, never an error."""

    def get(self, key: str) -> Artifact | None:
        """Return what was put under ``key``, or None."""

    def put(self, key: str, artifact: Artifact) -> None:
        """Remember ``artifact`` under ``key``, whole or not at all."""

    def has(self, key: str) -> bool:
        """Say whether something was put under ``key``, at a glance: ``get`` may still find it damaged."""


class MemoryStore:
    """A store that lasts as long as the process."""

    def __init__(self) -> None:
        self._kept: dict[str, Artifact] = {}

    def get(self, key: str) -> Artifact | None:
        """Return what was put under ``key``, or None."""
        return self._kept.get(key)

    def put(self, key: str, artifact: Artifact) -> None:
        """Remember ``artifact`` under ``key``."""
        self._kept[key] = artifact

    def has(self, key: str) -> bool:
        """Say whether something was put under ``key``."""
        return key in self._kept

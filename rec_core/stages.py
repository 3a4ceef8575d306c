"""What a stage hands on, how it is named, and where it may be remembered.

A stage's result is a frozen dataclass of arrays and plain values. Its key is the SHA-256 of the canonical
JSON of everything that determines it, its own version included, so that what two runs share is computed once.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from typing import Any, Protocol, TypeVar, get_type_hints

import numpy as np

from rec_core.errors import CorelensError

# A version goes up whenever the same inputs would give another result; old results are then misses.
VERSIONS: Mapping[str, int] = {
    "load": 1,
    "split": 1,
    "negatives": 1,
    "proxy": 1,
    "score": 1,
    "map": 1,
    "select": 1,
    "train": 1,
    "evaluate": 1,
    "run": 1,
}

_SECONDS = "computed in seconds"  # beside the value's own fields, none of which has a space in its name
Json = Any  # what json.dumps takes; a recursive alias adds nothing a reader needs
T = TypeVar("T")


@dataclass(frozen=True)
class Artifact:
    """What a store keeps: named arrays and one JSON document."""

    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    meta: dict[str, Json] = field(default_factory=dict)


class StageStore(Protocol):
    """Where stages are remembered. A result that is absent or damaged is a miss, never an error."""

    def get(self, key: str) -> Artifact | None:
        """Return what was put under ``key``, or None."""

    def put(self, key: str, artifact: Artifact) -> None:
        """Remember ``artifact`` under ``key``, whole or not at all."""

    def has(self, key: str) -> bool:
        """Say whether ``get`` would find something."""


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


def canonical_json(value: Json) -> str:
    """Return the one way to write ``value`` as JSON: sorted keys, no spaces, no NaN.

    >>> canonical_json({"b": 1, "a": [True, None]})
    '{"a":[true,null],"b":1}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def digest(value: Json) -> str:
    """Return the SHA-256 (64 hex digits) of the canonical JSON of ``value``."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def stage_key(stage: str, inputs: Mapping[str, Json]) -> str:
    """Return the key of ``stage`` for these inputs; equal inputs give equal keys."""
    return digest({"stage": stage, "version": VERSIONS[stage], "inputs": dict(inputs)})


def pack(value: Any) -> Artifact:
    """Turn a dataclass of arrays, plain values, dicts of either and nested dataclasses into an artifact."""
    artifact = Artifact()
    _pack(value, "", artifact)
    return artifact


def _pack(value: Any, path: str, into: Artifact) -> None:
    if isinstance(value, np.ndarray):
        into.arrays[path] = value
    elif is_dataclass(value) and not isinstance(value, type):
        for f in fields(value):
            _pack(getattr(value, f.name), f"{path}.{f.name}" if path else f.name, into)
    elif isinstance(value, dict) and any(isinstance(v, np.ndarray) for v in value.values()):
        for name, v in value.items():
            _pack(v, f"{path}.{name}", into)
    else:
        into.meta[path] = value


def unpack(cls: type[T], artifact: Artifact, path: str = "") -> T:
    """Build the dataclass ``cls`` from an artifact that ``pack`` made of one.

    Raises:
        KeyError: if the artifact was made of something else.
    """
    hints = _hints(cls)  # type: ignore[arg-type]
    values = {f.name: _unpack(hints[f.name], artifact, f"{path}{f.name}") for f in fields(cls)}  # type: ignore[arg-type]
    return cls(**values)


@cache
def _hints(cls: type) -> dict[str, Any]:
    """Return the types of a dataclass's fields; working them out takes longer than unpacking."""
    return get_type_hints(cls)


def _unpack(hint: Any, artifact: Artifact, path: str) -> Any:
    if path in artifact.arrays:
        return artifact.arrays[path]
    if isinstance(hint, type) and is_dataclass(hint):
        return unpack(hint, artifact, f"{path}.")
    nested = {name.removeprefix(f"{path}."): a for name, a in artifact.arrays.items() if name.startswith(f"{path}.")}
    return nested or artifact.meta[path]


@dataclass(frozen=True)
class Remembered:
    """A stage's value with its key and the seconds that computing it took, also where it came from a store."""

    value: Any
    key: str
    seconds: float
    from_store: bool


def remember(
    store: StageStore, stage: str, inputs: Mapping[str, Json], cls: type[T], compute: Callable[[], T]
) -> Remembered:
    """Return the stage's value from ``store``, or compute it, put it there and return it."""
    key = stage_key(stage, inputs)
    found = store.get(key)
    if found is not None:
        return Remembered(unpack(cls, found), key, float(found.meta[_SECONDS]), from_store=True)
    begin = time.perf_counter()
    value = compute()
    seconds = time.perf_counter() - begin
    packed = pack(value)
    packed.meta[_SECONDS] = seconds
    try:
        store.put(key, packed)
    except OSError as error:
        raise CorelensError(
            f"The result of the step '{stage}' could not be saved ({error.strerror or error}); "
            "free some disk space or choose another folder with CORELENS_HOME, then run again."
        ) from error
    return Remembered(value, key, seconds, from_store=False)

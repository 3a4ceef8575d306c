"""A stage's result as named arrays and one JSON document, and back.

A result is a frozen dataclass of arrays, plain values, dicts of either and nested dataclasses. Texts of any length are
kept as the bytes of UTF-8 and where each text ends.
"""

from __future__ import annotations

import math
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from itertools import pairwise
from typing import Any, TypeVar, get_origin, get_type_hints

import numpy as np

from rec_core.canonical import Json
from rec_core.stages.store import Artifact

T = TypeVar("T")
_BYTES, _ENDS = " bytes", " ends"  # no field's name has a space in it


def pack(value: Any, stage: str = "") -> Artifact:
    """Turn a result of ``stage`` into an artifact."""
    artifact = Artifact(stage=stage)
    _pack(value, "", artifact)
    return artifact


def _pack(value: Any, path: str, into: Artifact) -> None:
    if isinstance(value, np.ndarray):
        if value.dtype.kind == "T":
            raw = [text.encode() for text in value.tolist()]
            into.arrays[path + _BYTES] = np.frombuffer(b"".join(raw), np.uint8)
            into.arrays[path + _ENDS] = np.cumsum([len(text) for text in raw], dtype=np.int64)
        else:
            into.arrays[path] = value
    elif is_dataclass(value) and not isinstance(value, type):
        for f in (f for f in fields(value) if f.metadata.get("stored", True)):
            _pack(getattr(value, f.name), f"{path}.{f.name}" if path else f.name, into)
    elif isinstance(value, dict) and any(isinstance(v, np.ndarray) for v in value.values()):
        for name, v in value.items():
            _pack(v, f"{path}.{name}", into)
    else:
        into.meta[path] = value


def is_finite(artifact: Artifact) -> bool:
    """Say whether every number of an artifact is finite."""
    arrays = [array for array in artifact.arrays.values() if array.dtype.kind == "f"]
    return all(np.isfinite(array).all() for array in arrays) and _is_finite(artifact.meta)


def _is_finite(value: Json) -> bool:
    if isinstance(value, dict | list | tuple):
        return all(map(_is_finite, value.values() if isinstance(value, dict) else value))
    return not isinstance(value, float) or math.isfinite(value)


def unpack(cls: type[T], artifact: Artifact, path: str = "") -> T:
    """Build the dataclass ``cls`` from an artifact that ``pack`` made of one; an older one may lack what has a default.

    Raises:
        KeyError: if the artifact was made of something else.
    """
    hints, values = _hints(cls), {}  # type: ignore[arg-type]
    for f in (f for f in fields(cls) if f.metadata.get("stored", True)):  # type: ignore[arg-type]
        try:
            values[f.name] = _unpack(hints[f.name], artifact, f"{path}{f.name}")
        except KeyError:
            if f.default is MISSING and f.default_factory is MISSING:
                raise
    return cls(**values)


def unpacked(cls: type[T], artifact: Artifact | None) -> T | None:
    """Return the dataclass ``cls`` from an artifact; None if there is none, or it holds something else."""
    try:
        return None if artifact is None else unpack(cls, artifact)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError):
        return None


@cache
def _hints(cls: type) -> dict[str, Any]:
    """Return the types of a dataclass's fields; working them out takes longer than unpacking."""
    return get_type_hints(cls)


def _unpack(hint: Any, artifact: Artifact, path: str) -> Any:
    if path + _ENDS in artifact.arrays:
        return _texts(artifact.arrays[path + _BYTES].tobytes(), artifact.arrays[path + _ENDS])
    if path in artifact.arrays:
        array = artifact.arrays[path]
        return array.astype(np.dtypes.StringDType()) if array.dtype.kind == "U" else array  # 0.1.0's fixed width
    if isinstance(hint, type) and is_dataclass(hint):
        return unpack(hint, artifact, f"{path}.")
    nested = {name.removeprefix(f"{path}."): a for name, a in artifact.arrays.items() if name.startswith(f"{path}.")}
    if nested:
        return nested
    return tuple(artifact.meta[path]) if get_origin(hint) is tuple else artifact.meta[path]


def _texts(raw: bytes, ends: np.ndarray) -> np.ndarray:
    bounds = [0, *ends.tolist()]
    parts = [raw[begin:end].decode() for begin, end in pairwise(bounds)]
    return np.array(parts, dtype=np.dtypes.StringDType())

"""Keep a store within its limit: what is needed least goes first, what killed writers left goes always.

In this order, and within each the least recently used first: selections and scores of a slider that no run used;
other results that no run used; the parts of finished runs, and maps; the parts of pinned ones. The results of runs and
how jobs ended are small and stay; so does what was used within the hour, which may be part of a run that is being made.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cache import objects as one_object
from rec_core.stages import PROXY_MAP, RUN, SCORE, SELECT

_ABANDONED = 3600  # seconds after which a folder that a writer was busy with has no writer any more
_IN_USE = 3600  # seconds for which an object stays after it was used


@dataclass(frozen=True)
class _Object:
    """One object: its folder, what made it, its size, when it was last used, and for a run the keys of its parts."""

    place: Path
    stage: str
    size: int
    used: float
    has_arrays: bool
    parts: tuple[str, ...] = field(default=())


def tidy(objects: Path, limit: int | None, pinned: Collection[str]) -> list[str]:
    """Sweep what was abandoned, and remove objects until they take at most ``limit`` bytes; return the removed keys."""
    _sweep(objects)
    if limit is None:
        return []
    found = list(_objects(objects))
    total = sum(one.size for one in found)
    removed = []
    for one in _least_needed_first(found, pinned):
        if total <= limit:
            break
        one_object.discard(one.place)
        total -= one.size
        removed.append(one.place.name)
    return removed


def touch(place: Path) -> None:
    """Remember in its manifest's time that an object was used, now and then; failing does no harm."""
    manifest = place / one_object.MANIFEST
    with contextlib.suppress(OSError):
        if time.time() - manifest.stat().st_mtime > _IN_USE / 4:
            os.utime(manifest)


def _least_needed_first(found: list[_Object], pinned: Collection[str]) -> list[_Object]:
    of_runs = {part for one in found for part in one.parts}
    of_pinned = {part for one in found if one.place.name in pinned for part in one.parts}

    def rank(one: _Object) -> int:
        key = one.place.name
        if key in of_runs or one.stage == PROXY_MAP.name:
            return 3 if key in of_pinned else 2
        return 0 if one.stage in (SELECT.name, SCORE.name) else 1

    may_go = [one for one in found if one.has_arrays and time.time() - one.used > _IN_USE]
    return sorted(may_go, key=lambda one: (rank(one), one.used))


def _objects(objects: Path) -> Iterator[_Object]:
    for manifest in objects.glob(f"*/*/{one_object.MANIFEST}"):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            body, used = json.loads(manifest.read_bytes())["body"], manifest.stat().st_mtime
            size = sum(file.stat().st_size for file in manifest.parent.iterdir())
            stage = body.get("stage", "")  # 0.1.0 did not write it down
            is_run = stage == RUN.name or "stage_keys" in body["meta"]
            parts = tuple(body["meta"]["stage_keys"].values()) if is_run else ()
            yield _Object(manifest.parent, stage, size, used, bool(body["files"]), parts)


def _sweep(objects: Path) -> None:
    for folder in (place for name in (one_object.NEW, one_object.OLD) for place in objects.glob(f"*/{name}*")):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime > _ABANDONED:
                shutil.rmtree(folder, ignore_errors=True)

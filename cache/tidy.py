"""Keep a store within its limit: what is needed least goes first, what killed writers left goes always.

In this order, and within each the least recently used first: selections and scores of a slider that no run used;
other results that no run used; the parts of finished runs; the parts of pinned ones. The results of runs themselves are
small and stay.
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

from rec_core.stages import RUN, SCORE, SELECT

NEW, OLD = "new-", "old-"  # begin the names of folders that a writer is busy with
_ABANDONED = 3600  # seconds after which such a folder has no writer any more
_DAY = 86_400


@dataclass(frozen=True)
class _Object:
    """One object: its folder, what made it, its size, when it was last read, and for a run the keys of its parts."""

    place: Path
    stage: str
    size: int
    used: float
    parts: tuple[str, ...] = field(default=())


def tidy(objects: Path, limit: int | None, pinned: Collection[str]) -> list[str]:
    """Sweep what was abandoned, and remove objects until they take at most ``limit`` bytes; return the removed keys."""
    _sweep(objects)
    found = list(_objects(objects))
    total = sum(one.size for one in found)
    if limit is None or total <= limit:
        return []
    removed = []
    for one in _least_needed_first(found, pinned):
        if total <= limit:
            break
        shutil.rmtree(one.place, ignore_errors=True)
        total -= one.size
        removed.append(one.place.name)
    return removed


def touch(manifest: Path) -> None:
    """Remember in a manifest's time that its object was read; once a day is enough, and failing does not matter."""
    with contextlib.suppress(OSError):
        if time.time() - manifest.stat().st_mtime > _DAY:
            os.utime(manifest)


def _least_needed_first(found: list[_Object], pinned: Collection[str]) -> list[_Object]:
    of_runs = {part for one in found for part in one.parts}
    of_pinned = {part for one in found if one.place.name in pinned for part in one.parts}

    def rank(one: _Object) -> int:
        key = one.place.name
        if key in of_runs:
            return 3 if key in of_pinned else 2
        return 0 if one.stage in (SELECT.name, SCORE.name) else 1

    return sorted((one for one in found if not one.parts), key=lambda one: (rank(one), one.used))


def _objects(objects: Path) -> Iterator[_Object]:
    for manifest in objects.glob("*/*/manifest.json"):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            body, stat = json.loads(manifest.read_bytes())["body"], manifest.stat()
            size = sum(file.stat().st_size for file in manifest.parent.iterdir())
            stage = body.get("stage", "")
            is_run = stage == RUN.name or "stage_keys" in body["meta"]
            parts = tuple(body["meta"]["stage_keys"].values()) if is_run else ()
            yield _Object(manifest.parent, stage, size, stat.st_mtime, parts)


def _sweep(objects: Path) -> None:
    for folder in (place for name in (NEW, OLD) for place in objects.glob(f"*/{name}*")):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime > _ABANDONED:
                shutil.rmtree(folder, ignore_errors=True)

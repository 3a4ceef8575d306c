"""Results as content-addressed files: written whole or not at all, verified when first read (``cache.objects``).

    objects/ab/ab12…/manifest.json   file names with their SHA-256 and size, and the JSON document
    objects/ab/ab12…/0.npy, 1.npy …  the arrays

An object that is missing, torn or altered is a miss: it will be computed again, never trusted and never a crash.
"""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

from cache import objects, tidy
from rec_core.errors import CorelensError
from rec_core.stages import Artifact

_GROWTH = 64  # the store is tidied each time it has grown by this part of its limit
_MOST_MAPPED = 256  # mapped arrays that are kept open; each takes a file descriptor


class DiskStore:
    """A ``StageStore`` in a folder, safe for many processes at once.

    Read objects stay in memory up to ``memory_bytes``; keys name contents, so they cannot go stale. Their arrays
    are read-only, and large ones are mapped. Beyond ``limit`` bytes on disk what is needed least goes (``cache.tidy``);
    ``pinned()`` are the keys of runs that go last.
    """

    def __init__(
        self,
        folder: Path,
        memory_bytes: int = 512 << 20,
        limit: int | None = None,
        pinned: Callable[[], Collection[str]] = frozenset,
    ) -> None:
        self._objects = folder / "objects"
        self._memory = _Memory(memory_bytes)
        self._limit, self._pinned, self._grown = limit, pinned, 0

    def get(self, key: str, fresh: bool = False) -> Artifact | None:
        """Return what was put under ``key``, or None if it is absent or does not verify.

        ``fresh`` reads the disk even where the object is in memory, for the few keys whose contents may change.
        """
        found = None if fresh else self._memory.get(key)
        if found is None:
            found = objects.read(self._place(key))
            if found is not None:
                self._memory.put(key, found)
        if found is not None:
            tidy.touch(self._place(key))
        return found

    def has(self, key: str) -> bool:
        """Say whether something whole seems to lie under ``key``, by its manifest and what was read before."""
        return objects.is_whole(self._place(key))

    def put(self, key: str, artifact: Artifact) -> None:
        """Write ``artifact`` under ``key``; a damaged object there is replaced, and the last writer wins.

        Raises:
            OSError: if the folder cannot be written; nothing is left behind then.
        """
        self._grown += objects.write(self._place(key), artifact)
        self._memory.drop(key)
        if self._limit is not None and self._grown > self._limit / _GROWTH:
            self.tidy()

    def size(self, keys: Iterable[str]) -> int:
        """Return how many bytes lie under ``keys``."""
        return sum(objects.size(self._place(key)) for key in set(keys))

    def remove(self, key: str) -> None:
        """Forget what lies under ``key``, if anything."""
        self._memory.drop(key)
        objects.discard(self._place(key))

    def made(self, stage: str) -> Iterator[tuple[str, float]]:
        """Yield key and time (Unix seconds) of every object that ``stage`` made, as far as its manifest can be read."""
        for place in self._objects.glob(f"*/*/{objects.MANIFEST}"):
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
                if objects.read_manifest(place.parent).get("stage") == stage:
                    yield place.parent.name, place.stat().st_mtime

    def tidy(self) -> None:
        """Keep to the limit, and sweep what killed writers left; nothing goes while it is unknown what is pinned."""
        self._grown = 0
        with contextlib.suppress(CorelensError):
            for key in tidy.tidy(self._objects, self._limit, self._pinned()):
                self._memory.drop(key)

    def _place(self, key: str) -> Path:
        return self._objects / key[:2] / key


class _Memory:
    """The most recently used artifacts, up to a number of bytes and of mapped arrays, which take no memory."""

    def __init__(self, limit: int) -> None:
        self._limit, self._bytes, self._mapped = limit, 0, 0
        self._kept: OrderedDict[str, Artifact] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> Artifact | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: str, artifact: Artifact) -> None:
        with self._lock:
            self._drop(key)
            self._kept[key] = artifact
            self._count(artifact, 1)
            while self._bytes > self._limit or (self._mapped > _MOST_MAPPED and len(self._kept) > 1):
                self._drop(next(iter(self._kept)))

    def drop(self, key: str) -> None:
        with self._lock:
            self._drop(key)

    def _drop(self, key: str) -> None:
        if key in self._kept:
            self._count(self._kept.pop(key), -1)

    def _count(self, artifact: Artifact, sign: int) -> None:
        sizes = [array.nbytes for array in artifact.arrays.values()]
        self._bytes += sign * sum(size for size in sizes if size < objects.MAPPED)
        self._mapped += sign * sum(size >= objects.MAPPED for size in sizes)

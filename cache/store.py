"""Results as content-addressed files: written whole or not at all, verified when first read.

    objects/ab/ab12…/manifest.json   file names with their SHA-256 and size, and the JSON document
    objects/ab/ab12…/0.npy, 1.npy …  the arrays

An object that is missing, torn or altered is a miss: it will be computed again, never trusted and never a crash.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import json
import os
import shutil
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import numpy as np

from cache import tidy
from rec_core.canonical import canonical_json
from rec_core.errors import CorelensError
from rec_core.stages import Artifact

_FORMAT = 1
MANIFEST = "manifest.json"
_MAPPED = 1 << 20  # bytes from which an array is mapped from its file instead of read
_GROWTH = 64  # the store is tidied each time it has grown by this part of its limit


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
        kept = None if fresh else self._memory.get(key)
        if kept is not None:
            return kept
        try:
            artifact = _read(self._place(key))
        except (OSError, ValueError, KeyError, TypeError):
            return None
        self._memory.put(key, artifact)
        return artifact

    def has(self, key: str) -> bool:
        """Say whether something whole seems to lie under ``key``, by its manifest and what was read before."""
        try:
            return _is_whole(self._place(key))
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def put(self, key: str, artifact: Artifact) -> None:
        """Write ``artifact`` under ``key``; a damaged object there is replaced, and the last writer wins.

        Raises:
            OSError: if the folder cannot be written; nothing is left behind then.
        """
        place = self._place(key)
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=tidy.NEW, dir=place.parent))
        try:
            self._grown += _write(temporary, artifact)
            _swap_in(temporary, place)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        self._memory.drop(key)
        if self._limit is not None and self._grown > self._limit / _GROWTH:
            self.tidy()

    def remove(self, key: str) -> None:
        """Forget what lies under ``key``, if anything."""
        self._memory.drop(key)
        shutil.rmtree(self._place(key), ignore_errors=True)

    def tidy(self) -> None:
        """Keep to the limit, and sweep what killed writers left; nothing goes while it is unknown what is pinned."""
        self._grown = 0
        with contextlib.suppress(CorelensError):
            for key in tidy.tidy(self._objects, self._limit, self._pinned()):
                self._memory.drop(key)

    def _place(self, key: str) -> Path:
        return self._objects / key[:2] / key


class _Memory:
    """The most recently used artifacts, up to a number of bytes; mapped arrays take none."""

    def __init__(self, limit: int) -> None:
        self._limit, self._bytes = limit, 0
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
            self._bytes += _size(artifact)
            while self._bytes > self._limit:
                self._drop(next(iter(self._kept)))

    def drop(self, key: str) -> None:
        with self._lock:
            self._drop(key)

    def _drop(self, key: str) -> None:
        if key in self._kept:
            self._bytes -= _size(self._kept.pop(key))


def _size(artifact: Artifact) -> int:
    return sum(array.nbytes for array in artifact.arrays.values() if array.nbytes < _MAPPED)


def _write(folder: Path, artifact: Artifact) -> int:
    """Write an object's files; return their size."""
    files: dict[str, Any] = {}
    for number, (name, array) in enumerate(artifact.arrays.items()):
        raw = io.BytesIO()
        np.save(raw, array, allow_pickle=False)
        value = raw.getvalue()
        _write_file(folder / f"{number}.npy", value)
        files[name] = {"file": f"{number}.npy", "sha256": hashlib.sha256(value).hexdigest(), "bytes": len(value)}
    body = {"format": _FORMAT, "files": files, "meta": artifact.meta, "stage": artifact.stage}
    # The manifest names its own hash too, so that a flipped digit in a metric does not pass.
    manifest = {"sha256": hashlib.sha256(canonical_json(body).encode()).hexdigest(), "body": body}
    _write_file(folder / MANIFEST, json.dumps(manifest, indent=1).encode())
    return sum(entry["bytes"] for entry in files.values())


def _write_file(path: Path, raw: bytes) -> None:
    with path.open("wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())


def _swap_in(temporary: Path, place: Path) -> None:
    """Rename ``temporary`` to ``place``; a directory in the way is moved aside first, because rename needs that."""
    for _ in range(100):  # other processes may put the same key again and again
        try:
            temporary.rename(place)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            aside = Path(tempfile.mkdtemp(prefix=tidy.OLD, dir=place.parent))
            with contextlib.suppress(FileNotFoundError):  # another writer moved it first
                place.rename(aside / "object")
            shutil.rmtree(aside, ignore_errors=True)
        else:
            return
    # Whatever lies there now was put by others under the same key, and so has the same contents.


# Objects whose arrays this process has hashed: which file it was, and whether it verified. Hashing a large split takes
# seconds, and files are never changed in place.
_hashed: dict[tuple[Path, int], bool] = {}


def _identity(folder: Path) -> tuple[Path, int]:
    return folder, (folder / MANIFEST).stat().st_ino


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the body of an object's manifest.

    Raises:
        OSError, ValueError, KeyError, TypeError: if there is none, or it does not verify.
    """
    manifest = json.loads((folder / MANIFEST).read_bytes())
    body: dict[str, Any] = manifest["body"]
    if manifest["sha256"] != hashlib.sha256(canonical_json(body).encode()).hexdigest() or body["format"] != _FORMAT:
        raise ValueError("the manifest does not verify")
    return body


def _is_whole(folder: Path) -> bool:
    body = read_manifest(folder)
    sizes = {entry["file"]: (folder / entry["file"]).stat().st_size for entry in body["files"].values()}
    # 0.1.0 did not write down sizes.
    as_written = all(
        sizes[entry["file"]] == entry.get("bytes", sizes[entry["file"]]) for entry in body["files"].values()
    )
    return as_written and _hashed.get(_identity(folder), True)


def _read(folder: Path) -> Artifact:
    body, identity = read_manifest(folder), _identity(folder)
    if identity not in _hashed:
        _hashed[identity] = all(_verifies(folder / e["file"], e["sha256"]) for e in body["files"].values())
    if not _hashed[identity]:
        raise ValueError("an array does not verify")
    tidy.touch(folder / MANIFEST)
    arrays = {name: _load(folder / entry["file"]) for name, entry in body["files"].items()}
    return Artifact(arrays, body["meta"], body.get("stage", ""))


def _verifies(path: Path, sha256: str) -> bool:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except OSError:
        return False


def _load(path: Path) -> np.ndarray:
    if path.stat().st_size >= _MAPPED:
        return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    array: np.ndarray = np.load(path, allow_pickle=False)
    array.setflags(write=False)
    return array

"""Results as content-addressed files: written whole or not at all, verified when read.

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
from pathlib import Path
from typing import Any

import numpy as np

from rec_core.stages import Artifact, canonical_json

_FORMAT = 1
_MANIFEST = "manifest.json"


class DiskStore:
    """A ``StageStore`` in a folder, safe for many processes at once.

    Read objects stay in memory up to ``memory_bytes``; keys name contents, so they cannot go stale. Their arrays
    are read-only.
    """

    def __init__(self, folder: Path, memory_bytes: int = 512 << 20) -> None:
        self._objects = folder / "objects"
        self._memory = _Memory(memory_bytes)

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
        """Say whether ``get`` would find something; a damaged object counts as absent, so that it is made again."""
        return self.get(key) is not None

    def put(self, key: str, artifact: Artifact) -> None:
        """Write ``artifact`` under ``key``; a damaged object there is replaced, and the last writer wins.

        Raises:
            OSError: if the folder cannot be written; nothing is left behind then.
        """
        place = self._place(key)
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix="new-", dir=place.parent))
        try:
            _write(temporary, artifact)
            _swap_in(temporary, place)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        self._memory.drop(key)

    def remove(self, key: str) -> None:
        """Forget what lies under ``key``, if anything."""
        self._memory.drop(key)
        shutil.rmtree(self._place(key), ignore_errors=True)

    def _place(self, key: str) -> Path:
        return self._objects / key[:2] / key


class _Memory:
    """The most recently used artifacts, up to a number of bytes."""

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
    return sum(array.nbytes for array in artifact.arrays.values())


def _write(folder: Path, artifact: Artifact) -> None:
    files: dict[str, Any] = {}
    for number, (name, array) in enumerate(artifact.arrays.items()):
        raw = io.BytesIO()
        np.save(raw, array, allow_pickle=False)
        _write_file(folder / f"{number}.npy", raw.getvalue())
        files[name] = {"file": f"{number}.npy", "sha256": hashlib.sha256(raw.getvalue()).hexdigest()}
    body = {"format": _FORMAT, "files": files, "meta": artifact.meta}
    # The manifest names its own hash too, so that a flipped digit in a metric does not pass.
    manifest = {"sha256": hashlib.sha256(canonical_json(body).encode()).hexdigest(), "body": body}
    _write_file(folder / _MANIFEST, json.dumps(manifest, indent=1).encode())


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
            aside = Path(tempfile.mkdtemp(prefix="old-", dir=place.parent))
            with contextlib.suppress(FileNotFoundError):  # another writer moved it first
                place.rename(aside / "object")
            shutil.rmtree(aside, ignore_errors=True)
        else:
            return
    # Whatever lies there now was put by others under the same key, and so has the same contents.


def _read(folder: Path) -> Artifact:
    manifest = json.loads((folder / _MANIFEST).read_bytes())
    body = manifest["body"]
    if manifest["sha256"] != hashlib.sha256(canonical_json(body).encode()).hexdigest() or body["format"] != _FORMAT:
        raise ValueError("the manifest does not verify")
    arrays = {}
    for name, entry in body["files"].items():
        raw = (folder / entry["file"]).read_bytes()
        if hashlib.sha256(raw).hexdigest() != entry["sha256"]:
            raise ValueError(f"the array '{name}' does not verify")
        arrays[name] = np.load(io.BytesIO(raw), allow_pickle=False)
        arrays[name].setflags(write=False)
    return Artifact(arrays, body["meta"])

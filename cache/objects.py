"""One object of the store: a folder with a manifest and arrays, written whole, verified when it is first read."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np

from cache import private
from rec_core.canonical import canonical_json
from rec_core.stages import Artifact

_FORMAT = 1
MANIFEST = "manifest.json"
NEW, OLD = "new-", "old-"  # begin the names of folders that a process is busy with
MAPPED = 1 << 20  # bytes from which an array is mapped from its file instead of read

# Objects whose arrays this process has hashed: the manifest's inode, and whether they verified. Hashing a large split
# takes seconds, and files are never changed in place.
_hashed: dict[Path, tuple[int, bool]] = {}


def write(place: Path, artifact: Artifact) -> int:
    """Write an object in ``place``, in place of what lies there; return the bytes of its arrays.

    Raises:
        OSError: if the folder cannot be written; nothing is left behind then.
    """
    private.folder(place.parent)
    temporary = Path(tempfile.mkdtemp(prefix=NEW, dir=place.parent))
    try:
        size = _write_files(temporary, artifact)
        _swap_in(temporary, place)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    _hashed.pop(place, None)
    return size


def discard(place: Path) -> None:
    """Remove an object; killed halfway, what is left is found by its name and swept."""
    _hashed.pop(place, None)
    with contextlib.suppress(OSError):  # it is not there, or somebody else removes it
        aside = Path(tempfile.mkdtemp(prefix=OLD, dir=place.parent))
        with contextlib.suppress(OSError):
            place.rename(aside / "object")
        shutil.rmtree(aside, ignore_errors=True)


def is_whole(place: Path) -> bool:
    """Say whether an object seems whole: by its manifest, its files' sizes, and what reading it found before."""
    try:
        body, inode = read_manifest(place), _inode(place)
        # 0.1.0 did not write down sizes.
        sizes = [((place / entry["file"]).stat().st_size, entry.get("bytes")) for entry in body["files"].values()]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    found_damaged = _hashed.get(place) == (inode, False)
    return not found_damaged and all(size == written for size, written in sizes if written is not None)


def size(place: Path) -> int:
    """Return how many bytes an object takes; 0 if there is none."""
    with contextlib.suppress(OSError):
        return sum(file.stat().st_size for file in place.iterdir())
    return 0


def read(place: Path) -> Artifact | None:
    """Return an object, its arrays read-only and large ones mapped; None if it is absent or does not verify."""
    try:
        body, inode = read_manifest(place), _inode(place)
        if _hashed.get(place, (0, False))[0] != inode:
            _hashed[place] = inode, all(_verifies(place / e["file"], e["sha256"]) for e in body["files"].values())
        if not _hashed[place][1]:
            return None
        arrays = {name: _load(place / entry["file"]) for name, entry in body["files"].items()}
        return Artifact(arrays, body["meta"], body.get("stage", ""))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def read_manifest(place: Path) -> dict[str, Any]:
    """Return the body of an object's manifest.

    Raises:
        OSError, ValueError, KeyError, TypeError: if there is none, or it does not verify.
    """
    manifest = json.loads((place / MANIFEST).read_bytes())
    body: dict[str, Any] = manifest["body"]
    if manifest["sha256"] != hashlib.sha256(canonical_json(body).encode()).hexdigest() or body["format"] != _FORMAT:
        raise ValueError("the manifest does not verify")
    return body


def _inode(place: Path) -> int:
    return (place / MANIFEST).stat().st_ino


def _verifies(path: Path, sha256: str) -> bool:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except OSError:
        return False


def _load(path: Path) -> np.ndarray:
    if path.stat().st_size >= MAPPED:
        return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    array: np.ndarray = np.load(path, allow_pickle=False)
    array.setflags(write=False)
    return array


def _write_files(folder: Path, artifact: Artifact) -> int:
    files: dict[str, Any] = {}
    for number, (name, array) in enumerate(artifact.arrays.items()):
        path = folder / f"{number}.npy"
        with _written(path) as file:
            hashed = _Hashed(file)
            np.save(hashed, array, allow_pickle=False)  # block by block, as to any stream
        files[name] = {"file": path.name, "sha256": hashed.sha256.hexdigest(), "bytes": path.stat().st_size}
    body = {"format": _FORMAT, "files": files, "meta": artifact.meta, "stage": artifact.stage}
    # The manifest names its own hash too, so that a flipped digit in a metric does not pass.
    manifest = {"sha256": hashlib.sha256(canonical_json(body).encode()).hexdigest(), "body": body}
    with _written(folder / MANIFEST) as file:
        file.write(json.dumps(manifest, indent=1).encode())
    return sum(entry["bytes"] for entry in files.values())


@contextlib.contextmanager
def _written(path: Path) -> Iterator[IO[bytes]]:
    """Open a new file, which is on the disk when it is closed."""
    with private.create(path) as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


class _Hashed:
    """A stream that knows the hash of what was written to it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.sha256 = file, hashlib.sha256()

    def write(self, block: bytes) -> int:
        self.sha256.update(block)
        return self._file.write(block)


def _swap_in(temporary: Path, place: Path) -> None:
    """Rename ``temporary`` to ``place``; a directory in the way is moved aside first, because rename needs that."""
    for _ in range(100):  # other processes may put the same key again and again
        try:
            temporary.rename(place)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            discard(place)
        else:
            return
    # Whatever lies there now was put by others under the same key, and so has the same contents.

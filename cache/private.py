"""The home folder, and folders and files in it that only their owner can open, whatever the umask is."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import IO

_FOLDER, _FILE = 0o700, 0o600
_OTHERS = 0o077
# What Corelens keeps in a home folder.
_OURS = (
    "objects",
    "uploads",
    "drafts",
    "servers",
    "jobs",
    "data",
    "ledger.sqlite3",
    "ledger.sqlite3-wal",
    "ledger.sqlite3-shm",
)


def home() -> Path:
    """Return the folder of store, ledger, downloads and job files: ``CORELENS_HOME``, by default ``.corelens``."""
    return Path(os.environ.get("CORELENS_HOME") or ".corelens").resolve()


def is_kept(place: Path) -> bool:
    """Return True if a place, with all its links followed, is among what Corelens keeps, or holds some of that."""
    kept = [home() / name for name in _OURS]
    return any(place.is_relative_to(one) or one.is_relative_to(place) for one in kept)


def folder(place: Path) -> Path:
    """Return ``place``, made with the folders above it where they are missing; what is made is closed to others.

    Raises:
        OSError: if it cannot be made.
    """
    for missing in reversed([one for one in (place, *place.parents) if not one.exists()]):
        missing.mkdir(mode=_FOLDER, exist_ok=True)
    if not place.is_dir():
        place.mkdir()  # says that a file is in the way
    return place


def create(place: Path) -> IO[bytes]:
    """Open a file to write, empty, readable by its owner alone from the first byte on."""
    opened = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _FILE)
    return os.fdopen(opened, "wb")


def touch(place: Path) -> None:
    """Make an empty file where there is none; one that is there stays as it is."""
    os.close(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, _FILE))


def write(place: Path, contents: bytes) -> None:
    """Write a file whole or not at all: beside its place, onto the disk, then renamed.

    Raises:
        OSError: if it cannot be written; nothing is left behind then.
    """
    temporary = folder(place.parent) / f".{place.name[:80]}.{secrets.token_hex(4)}"
    try:
        with create(temporary) as file:
            file.write(contents)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(place)
    finally:
        temporary.unlink(missing_ok=True)


def tighten(home: Path) -> None:
    """Close a home folder that an earlier version, or somebody by hand, left open to others.

    Only what belongs to this account is changed. Where other things lie in the folder too it may be shared, and then
    only what Corelens keeps in it is closed.
    """
    with contextlib.suppress(OSError):  # there is none yet, or its disk cannot be written
        held = {entry.name for entry in home.iterdir()}
        if held <= set(_OURS):
            _close(home)
        for name in held & set(_OURS):
            _close_all(home / name)


def _close_all(place: Path) -> None:
    """Close a file or a folder, and what is in a folder that was open until now."""
    if _close(place) and not place.is_symlink() and place.is_dir():
        for above, folders, files in os.walk(place):
            for name in (*folders, *files):
                _close(Path(above) / name)


def _close(place: Path) -> bool:
    """Take away what others may do, and return whether they could do anything."""
    with contextlib.suppress(OSError):
        found = place.lstat()
        if not place.is_symlink() and found.st_uid == os.getuid() and found.st_mode & _OTHERS:
            place.chmod(found.st_mode & ~_OTHERS & 0o7777)
            return True
    return False

"""The bytes of a file that somebody named: here or elsewhere, plain, packed, or one of several in an archive.

What is packed is read as it is unpacked, never written; what unpacks to far more than a table would is refused.
"""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, Self

from rec_core.data.sources.table import archives
from rec_core.data.sources.table.addresses import is_elsewhere, require_allowed
from rec_core.data.sources.table.archives import DAMAGED, PARQUET
from rec_core.data.sources.table.places import REMEDY, exists, name_of, opened_here, parts, require
from rec_core.errors import CorelensError, DataError, reason

HELD = 1 << 20  # bytes that are looked at to tell what a file is
_ARCHIVES = (".zip", ".tar", ".tgz", ".tbz", ".tbz2", ".txz", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst")
__all__ = ["DAMAGED", "PARQUET", "exists", "is_elsewhere", "name_of", "parts"]


class Inside(str):
    """A file in an archive: its place as it is shown, with the archive's and its number there."""

    archive: str
    number: int

    @classmethod
    def of(cls, archive: str, number: int, name: str) -> Self:
        """Return the file of this ``number`` and name."""
        made = cls(f"{archive}/{name}")
        made.archive, made.number = archive, number
        return made


def tables(path: str) -> list[str]:
    """Return what a path stands for, in order of names: a file, or several of a folder or of an archive.

    Raises:
        DataError: if there are none, or an archive cannot be looked into.
    """
    found: list[str] = []
    for file in parts(path):
        held = _members(file)
        found += [Inside.of(file, one.number, one.name) for one in held] if len(held) > 1 else [file]
    return found


@contextmanager
def opened(path: str) -> Iterator[IO[bytes]]:
    """Give the bytes of a file, or of a file in an archive, unpacked.

    Raises:
        DataError: one sentence, if it is not there, cannot be read, or is packed in a way that cannot be used.
    """
    with _opened(path) as (_, stream):
        yield stream


@contextmanager
def _opened(path: str) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """Give a file and what it holds unpacked."""
    file, number = (path.archive, path.number) if isinstance(path, Inside) else (path, None)
    if number is None and (held := _members(file)):
        if len(held) > 1:
            several = ", ".join(f"'{name_of(one.name)}'" for one in held[:5])
            raise DataError(
                f"'{name_of(path)}' has to hold one file, and holds {several}: unpack it, and name the file that is "
                "meant."
            )
        number = held[0].number
    with _said(file), _raw(file) as raw, archives.unpacked(raw, name_of(file), number) as stream:
        yield raw, stream


def _members(path: str) -> tuple[archives.Member, ...]:
    """Return the files that an archive holds; none of what is no archive."""
    require(path)
    if is_elsewhere(path):
        return _members_of_version(path, _tag_of(path)) if path.lower().endswith(_ARCHIVES) else ()
    with _said(path):
        stat = Path(path).stat()
        return _members_of_version(path, f"{stat.st_ino} {stat.st_mtime_ns} {stat.st_size}")


@lru_cache(maxsize=100_000)
def _members_of_version(path: str, version: str) -> tuple[archives.Member, ...]:
    """Look into a file once per ``version``."""
    with _said(path), _raw(path) as raw:
        return tuple(archives.members(raw, name_of(path)) or ())


@contextmanager
def _said(path: str) -> Iterator[None]:
    """Turn what opening and unpacking raise into one sentence."""
    name = name_of(path)
    try:
        yield
    except FileNotFoundError as error:
        raise DataError(f"There is no file '{name}' at that place. {REMEDY}") from error
    except archives.BROKEN as error:
        raise DataError(DAMAGED.format(name=name)) from error
    except OSError as error:
        # Said by a reader of what it read, or by the system of a place that a damaged archive names.
        if error.errno in (None, errno.EINVAL) and not is_elsewhere(path):
            raise DataError(DAMAGED.format(name=name)) from error
        raise DataError(
            f"'{name}' cannot be read ({reason(error)}). Make it readable, or name another file."
        ) from error
    except CorelensError:
        raise
    except Exception as error:
        if not is_elsewhere(path):
            raise
        raise _out_of_reach(name, error) from error  # packages that reach other machines raise what they like


def start_of(path: str) -> bytes:
    """Return up to a megabyte from the beginning of a file, unpacked; the errors are those of ``opened``."""
    with opened(path) as stream:
        return stream.read(HELD)


def begun(path: str, first: str) -> tuple[bytes, int]:
    """Return the beginning of the ``first`` file of a table, and about how many bytes its files hold, unpacked.

    Raises:
        DataError: as ``opened``.
    """
    with _opened(first) as (raw, stream):
        start = stream.read(HELD)
        times = len(start) / max(raw.tell(), 1)
    sizes = [sum(one.size for one in _members(file)) or int(Path(file).stat().st_size * times) for file in parts(path)]
    return start, sum(sizes)


def packing_of(path: str) -> str:
    """Return how a file of this machine is packed, by its bytes: gzip, bz2, xz, zstd, lz4, zip or tar; else ""."""
    try:
        with opened_here(path) as file:
            found = archives.kind(file.read(512))
        return "tar" if found != "zip" and _members(path) else found
    except (OSError, DataError):
        return ""


def size_of(path: str) -> tuple[int, bool]:
    """Return how many bytes a file or a folder of files has, and whether they are packed; elsewhere, many."""
    try:
        files = [Path(file) for file in parts(path)]
        with opened_here(str(files[0])) as first:
            packed = archives.is_packed(first.read(512))
        return sum(file.stat().st_size for file in files), packed
    except (OSError, ValueError, DataError):
        return (1 << 40 if is_elsewhere(path) else 0), False


def version_of(path: str) -> str:
    """Return a key for the version of a file or a folder of files, without reading it; "" if unknown."""
    if is_elsewhere(path):
        return hash_of(path)
    try:
        stats = [(part, Path(part).stat()) for part in parts(path)]
    except (OSError, ValueError, DataError):
        return ""
    said = [f"{part} {stat.st_ino} {stat.st_mtime_ns} {stat.st_size}\n" for part, stat in stats]
    return hashlib.sha256("".join(said).encode("utf-8", "surrogateescape")).hexdigest()


def hash_of(path: str) -> str:
    """Return what tells a file or a folder of files from others: the SHA-256 of its bytes; elsewhere, its tag there.

    A folder's is that of its files' names and hashes. "unreadable" stands for one that reading will say it of.
    """
    try:
        files = parts(path)
        if files != [path]:
            named = "".join(f"{Path(file).relative_to(path)} {_hash_of(file)}\n" for file in files)
            return hashlib.sha256(named.encode()).hexdigest()
        return _hash_of(path)
    except (OSError, DataError, ValueError):
        return "unreadable"


def _hash_of(path: str) -> str:
    if is_elsewhere(path):
        return _tag_of(path)
    stat = Path(path).stat()
    return _hash_of_version(path, stat.st_mtime_ns, stat.st_size)


def _tag_of(path: str) -> str:
    require_allowed(path)
    from fsspec.core import url_to_fs

    try:
        system, place = url_to_fs(path)
        return str(system.ukey(place))
    except Exception as error:  # packages that reach other machines raise what they like
        raise _out_of_reach(name_of(path), error) from error


@lru_cache(maxsize=256)
def _hash_of_version(path: str, mtime_ns: int, size: int) -> str:
    """Hash a file once per version of it."""
    with opened_here(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _raw(path: str) -> Any:
    if not is_elsewhere(path):
        return opened_here(path)
    require_allowed(path)
    import fsspec

    return fsspec.open(path, "rb").open()


def _out_of_reach(name: str, error: Exception) -> DataError:
    """Return the error for a file that another machine, or the package that reaches it, does not give."""
    if isinstance(error, ImportError):
        return DataError(
            f"'{name}' lies where a package is needed to read from ({error}): install it, or copy the file."
        )
    why = " ".join(str(error).split())[:200] or type(error).__name__
    return DataError(f"'{name}' cannot be read from there ({why}). Copy the file to this machine, and name the copy.")

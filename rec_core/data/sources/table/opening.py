"""The bytes of a file that somebody named: here or elsewhere, plain, or packed with gzip or zip.

What is packed is read as it is unpacked, never written; what unpacks to far more than a table would is refused.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from rec_core.data.sources import files
from rec_core.data.sources.table.addresses import is_elsewhere, require_allowed
from rec_core.data.sources.table.places import REMEDY, exists, name_of, opened_here, parts
from rec_core.errors import CorelensError, DataError, reason

HELD = 1 << 20  # bytes that are looked at to tell what a file is
PARQUET = b"PAR1"
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
DAMAGED = "'{name}' is damaged, or its copy was cut off: fetch it again."
_DAMAGED = EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, zipfile.BadZipFile
__all__ = ["exists", "hash_of", "is_elsewhere", "name_of", "opened", "parts", "size_of", "start_of", "version_of"]


@contextmanager
def opened(path: str) -> Iterator[IO[bytes]]:
    """Give the bytes of a file, unpacked.

    Raises:
        DataError: one sentence, if it is not there, cannot be read, or is packed in a way that cannot be used.
    """
    name = name_of(path)
    try:
        with _raw(path) as raw:
            start = raw.read(4)
            raw.seek(0)
            with _unpacked(raw, start, name) as stream:
                yield stream
    except FileNotFoundError as error:
        raise DataError(f"There is no file '{name}' at that place. {REMEDY}") from error
    except _DAMAGED as error:
        raise DataError(DAMAGED.format(name=name)) from error
    except OSError as error:
        if error.errno is None and not is_elsewhere(path):  # said by a reader of what it read, not by the system
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


def size_of(path: str) -> tuple[int, bool]:
    """Return how many bytes a file or a folder of files has, and whether they are packed; elsewhere, many."""
    try:
        files = [Path(file) for file in parts(path)]
        with opened_here(str(files[0])) as first:
            packed = first.read(4).startswith((_GZIP, _ZIP, PARQUET))
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


@contextmanager
def _unpacked(raw: IO[bytes], start: bytes, name: str) -> Iterator[IO[bytes]]:
    if start.startswith(_GZIP):
        with gzip.open(raw) as stream:
            yield _bounded(stream, raw.tell, name)
    elif start.startswith(_ZIP):
        with _archive(raw, name) as archive, _member(archive, name) as stream:
            yield _bounded(stream, raw.tell, name)
    else:
        yield raw


def _archive(raw: IO[bytes], name: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(raw)
    except (NotImplementedError, ValueError, IndexError, struct.error) as error:  # what its list of files says
        raise DataError(DAMAGED.format(name=name)) from error


def _member(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    try:
        return archive.open(_only_member(archive, name))
    except (NotImplementedError, RuntimeError) as error:  # Deflate64, say, which Windows uses for what is large
        raise DataError(
            f"'{name}' is packed in a way that is not known here: unpack it, and name the file in it."
        ) from error


def _only_member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    hidden = ("__MACOSX/", ".DS_Store")
    files = [one for one in archive.infolist() if not one.is_dir() and not one.filename.startswith(hidden)]
    if len(files) != 1:
        held = ", ".join(f"'{name_of(one.filename)}'" for one in files[:5]) or "none"
        raise DataError(f"'{name}' has to hold one file, and holds {held}: unpack it, and name the file that is meant.")
    if files[0].flag_bits & 1:
        raise DataError(f"'{name}' is packed with a password: unpack it, and name the file in it.")
    return files[0]


def _bounded(stream: Any, packed: Callable[[], int], name: str) -> IO[bytes]:
    return io.BufferedReader(_Bounded(stream, packed, name), 1 << 20)


class _Bounded(io.RawIOBase):
    """A stream of what is unpacked, which ends with an error where that is far more than what was read for it."""

    def __init__(self, stream: Any, packed: Callable[[], int], name: str) -> None:
        super().__init__()
        self._stream, self._packed, self._name, self._given = stream, packed, name, 0

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._given

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        self._given += len(data)
        if self._given > max(files.LARGEST, files.DENSEST * self._packed()):
            raise DataError(
                f"'{self._name}' unpacks to more than {files.DENSEST} times its size, as no log does; reading was "
                "stopped. If it is one nevertheless, unpack it and name the file."
            )
        return len(data)

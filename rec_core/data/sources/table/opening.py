"""The bytes of a file that somebody named: here or elsewhere, plain, or packed with gzip or zip.

What is packed is read as it is unpacked, never written; what unpacks to far more than a table would is refused.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from rec_core.data.sources import files
from rec_core.data.sources.table.places import is_elsewhere, require_allowed
from rec_core.errors import DataError, reason

_HELD = 1 << 20  # bytes that are looked at to tell what a file is
PARQUET = b"PAR1"
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_REMEDY = "Name another file, with its whole path."


def name_of(path: str) -> str:
    """Return the last part of a path, to be shown."""
    return path.rstrip("/").rpartition("/")[2] or path


def exists(path: str) -> bool:
    """Say whether a file or folder of this machine is there; of others it is not asked."""
    try:
        return is_elsewhere(path) or Path(path).exists()
    except OSError:
        return False


def parts(path: str) -> list[str]:
    """Return the files that a path stands for: itself, or the Parquet files of a folder in order of their names.

    Raises:
        DataError: if there are none.
    """
    place = Path(path)
    if is_elsewhere(path) or not place.is_dir():
        return [path]
    found = sorted(str(file) for file in place.rglob("*.parquet") if file.is_file())
    if not found:
        raise DataError(
            f"The folder '{place.name}' holds no Parquet files (*.parquet); name one file, or a folder of such files."
        )
    return found


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
        raise DataError(f"There is no file '{name}' at that place. {_REMEDY}") from error
    except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as error:
        raise DataError(f"'{name}' is damaged, or its copy was cut off: fetch it again.") from error
    except OSError as error:
        why = "it is a folder" if isinstance(error, IsADirectoryError) else reason(error)
        raise DataError(f"'{name}' cannot be read ({why}). Make it readable, or name another file.") from error


def start_of(path: str) -> bytes:
    """Return up to a megabyte from the beginning of a file, unpacked; the errors are those of ``opened``."""
    with opened(path) as stream:
        return stream.read(_HELD)


def size_of(path: str) -> tuple[int, bool]:
    """Return how many bytes a file or a folder of files has, and whether they are packed; elsewhere, many."""
    try:
        files = [Path(file) for file in parts(path)]
        with files[0].open("rb") as first:
            packed = first.read(4).startswith((_GZIP, _ZIP, PARQUET))
        return sum(file.stat().st_size for file in files), packed
    except (OSError, DataError):
        return (1 << 40 if is_elsewhere(path) else 0), False


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
    except (OSError, DataError, ImportError, ValueError):
        return "unreadable"


def _hash_of(path: str) -> str:
    if is_elsewhere(path):
        require_allowed(path)
        from fsspec.core import url_to_fs

        system, place = url_to_fs(path)
        return str(system.ukey(place))
    stat = Path(path).stat()
    return _hash_of_version(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=256)
def _hash_of_version(path: str, mtime_ns: int, size: int) -> str:
    """Hash a file once per version of it."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _raw(path: str) -> Any:
    if not is_elsewhere(path):
        return Path(path).open("rb")
    require_allowed(path)
    import fsspec

    try:
        return fsspec.open(path, "rb").open()
    except ImportError as error:
        raise DataError(
            f"'{name_of(path)}' lies where a package is needed to read from ({error}): install it, or copy the file."
        ) from error
    except ValueError as error:
        raise DataError(f"'{name_of(path)}' cannot be read ({error}). {_REMEDY}") from error


@contextmanager
def _unpacked(raw: IO[bytes], start: bytes, name: str) -> Iterator[IO[bytes]]:
    if start.startswith(_GZIP):
        with gzip.open(raw) as stream:
            yield _bounded(stream, raw.tell, name)
    elif start.startswith(_ZIP):
        with zipfile.ZipFile(raw) as archive, _member(archive, name) as stream:
            yield _bounded(stream, raw.tell, name)
    else:
        yield raw


def _member(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    try:
        return archive.open(_only_member(archive, name))
    except NotImplementedError as error:  # Deflate64, say, which Windows uses for what is large
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

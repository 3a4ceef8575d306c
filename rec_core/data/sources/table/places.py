"""Paths that people name: what of them can be a file with rows, and which files a folder stands for.

A pipe, a socket or a device is never opened: reading from one may wait for ever.
"""

from __future__ import annotations

import os
import stat
from io import BufferedReader
from pathlib import Path

from rec_core.data.sources.table.addresses import is_elsewhere
from rec_core.errors import DataError, reason

REMEDY = "Name another file, with its whole path."
_LONGEST, _LONGEST_NAME = 4000, 255  # bytes of a path and of each of its parts
_MOST = 100_000  # entries of a folder that are looked at
_PARQUET = ".parquet"
_PACKED = ("gz", "bz2", "xz", "zst", "zstd", "lz4", "zip", "tar", "tgz")
_TABLES = ("csv", "tsv", "txt", "dat", "data", "json", "jsonl", "ndjson", "inter", "log", "tab", "train", "base")
_NOTES = ("readme", "license", "licence", "copying")
_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def name_of(path: str) -> str:
    """Return the last part of a path, to be shown."""
    name = path.rstrip("/").rpartition("/")[2] or path
    name = name.encode("utf-8", "replace").decode().replace("\0", "?")
    return name if len(name) <= 80 else f"{name[:79]}…"


def require(path: str) -> None:
    """Refuse a path that no system call takes.

    Raises:
        DataError: one sentence.
    """
    raw = path.encode("utf-8", "surrogatepass")
    longest = max(map(len, raw.split(b"/")))
    if b"\0" in raw:
        raise DataError(f"The path of '{name_of(path)}' holds a zero byte, which no path may. {REMEDY}")
    if not is_elsewhere(path) and (len(raw) > _LONGEST or longest > _LONGEST_NAME):
        raise DataError(
            f"The path of '{name_of(path)}' is too long: {_LONGEST:,} bytes at most, {_LONGEST_NAME} in each part. "
            f"{REMEDY}"
        )


def absolute(path: str) -> str:
    """Return the whole path of a file of this machine; of others, the path as it is.

    Raises:
        DataError: if it can be none.
    """
    require(path)
    if is_elsewhere(path):
        return path
    try:
        return str(Path(path).expanduser().resolve())
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a home that nobody has
        raise DataError(f"There is no file '{name_of(path)}' at that place. {REMEDY}") from error


def exists(path: str) -> bool:
    """Return True if a file or folder of this machine exists, and for any address, which is not asked."""
    try:
        return is_elsewhere(path) or Path(path).exists()
    except (OSError, ValueError):
        return False


def opened_here(path: str) -> BufferedReader:
    """Open a file of this machine to read.

    Raises:
        DataError: if it is no file with bytes of its own.
        OSError: if it is not there or cannot be read.
    """
    require(path)
    _require_a_file(path, Path(path).stat().st_mode)
    # Should a pipe have taken the file's place meanwhile, opening it without this flag waits for a writer.
    number = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        _require_a_file(path, os.fstat(number).st_mode)
        os.set_blocking(number, True)
        return os.fdopen(number, "rb")
    except BaseException:
        os.close(number)
        raise


def _require_a_file(path: str, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise DataError(f"'{name_of(path)}' is a folder. Name a file in it, or a folder of files.")
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "no file")
        raise DataError(f"'{name_of(path)}' is {kind}, which is not opened. Write its rows to a file, and name that.")


def parts(path: str) -> list[str]:
    """Return the files that a path stands for: itself, or those of a folder that hold rows, in order of their names.

    In a folder these are the Parquet files, or, where there are none, files of text; not hidden ones, nor those that
    Spark marks by a ``_``.

    Raises:
        DataError: if there are none, or the path can be none.
    """
    require(path)
    if is_elsewhere(path) or not os.path.isdir(path):  # noqa: PTH112 - which is False for what Path would raise of
        return [path]
    found = sorted(_tables_in(path))
    if not found:
        raise DataError(
            f"The folder '{name_of(path)}' holds no Parquet files (*.parquet), and no parts of a table of text, "
            "such as part-0000.csv; name one file, or a folder of such files."
        )
    return [file for file in found if file.endswith(_PARQUET)] or found


def is_table(name: str) -> bool:
    """Return True if a file of this name, among others, may hold rows of a table.

    >>> [name for name in ("part-0000", "a.csv.gz", "_SUCCESS", ".a.csv.crc", "README.md", "a.png") if is_table(name)]
    ['part-0000', 'a.csv.gz']
    """
    if name.startswith((".", "_")):
        return False
    stem, *suffixes = name.lower().split(".")
    while suffixes and suffixes[-1] in _PACKED:
        suffixes.pop()
    return stem not in _NOTES and (not suffixes or suffixes[-1] in _TABLES or not suffixes[-1].isalpha())


def _tables_in(folder: str) -> list[str]:
    found, looked_at = [], 0
    for place, folders, names in os.walk(folder, onerror=_refuse_folder):
        folders[:] = [name for name in folders if "=" in name or not name.startswith((".", "_"))]
        looked_at += len(folders) + len(names)
        if looked_at > _MOST:
            raise DataError(
                f"The folder '{name_of(folder)}' holds more than {_MOST:,} files and folders: name the one with the "
                "rows."
            )
        files = (Path(place) / name for name in names if name.endswith(_PARQUET) or is_table(name))
        found += [str(file) for file in files if file.is_file()]
    return found


def _refuse_folder(error: OSError) -> None:
    """Refuse a folder in which something cannot be looked at: rows would be missing without a word."""
    raise DataError(
        f"The folder '{name_of(str(error.filename or ''))}' cannot be read ({reason(error)}). Make it readable, or "
        "name another one."
    ) from error

"""Files that somebody put into a folder: read from it or from a zip, as a table, and told apart by their contents."""

from __future__ import annotations

import hashlib
import io
import warnings
import zipfile
import zlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from rec_core.data import checks
from rec_core.errors import DataError, reason

if TYPE_CHECKING:  # loaded when files are read: a worker mostly finds the split in the store
    import pandas as pd

# Bytes from which what is packed may not unpack to more than so many times its packed size.
LARGEST, DENSEST = 200 << 20, 50
_PIECE = 1 << 20  # rows that are read at a time
_COUNTS, _PLACES = {2: "two", 4: "four"}, {2: "third", 4: "fifth"}
Read = Callable[[], bytes]


def is_file(path: Path) -> bool:
    """Say whether a file is there; a folder that may not be looked into holds none."""
    try:
        return path.is_file()
    except OSError:
        return False


def hash_of(path: Path) -> str:
    """Return the hash of a file's contents; "unreadable" for one that reading will say it of."""
    try:
        stat = path.stat()
        return _hash_of_version(path, stat.st_mtime_ns, stat.st_size)
    except OSError:
        return "unreadable"


@lru_cache(maxsize=64)
def _hash_of_version(path: Path, mtime_ns: int, size: int) -> str:
    """Hash a file once per version of it; unpacked text with line ends normalised."""
    raw = path.read_bytes()
    return hashlib.sha256(raw if path.suffix == ".zip" else raw.replace(b"\r\n", b"\n")).hexdigest()


def contents(place: Path, name: str) -> bytes:
    """Return the bytes of file ``name`` in ``place``, a folder or a zip with one top folder.

    Raises:
        DataError: if it is not there or cannot be read.
    """
    try:
        return (place / name).read_bytes() if place.is_dir() else _unpacked(place, name)
    except (StopIteration, FileNotFoundError) as error:
        raise DataError(f"There is no '{name}' in '{place.name}'; put it there, or choose another folder.") from error
    except OSError as error:
        raise DataError(
            f"'{name}' in '{place.name}' cannot be read ({reason(error)}); make it readable, or choose another folder."
        ) from error
    except MemoryError as error:
        too_large = f"'{name}' in '{place.name}' does not fit into this machine's memory; choose smaller data."
        raise DataError(too_large) from error
    except RuntimeError as error:  # zipfile says so of passwords, and of compressions that it does not know
        how = "in a way that is not known here" if isinstance(error, NotImplementedError) else "with a password"
        raise DataError(
            f"'{name}' in '{place.name}' is packed {how}; unpack the archive beside it, or fetch it again."
        ) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError) as error:
        raise DataError(f"'{place.name}' is damaged; remove it and fetch the data set again.") from error


def _unpacked(archive: Path, name: str) -> bytes:
    with zipfile.ZipFile(archive) as packed:
        member = next(m for m in packed.infolist() if m.filename.endswith(f"/{name}") or m.filename == name)
        if member.file_size > max(LARGEST, DENSEST * member.compress_size):
            raise zipfile.BadZipFile("no list of ratings is packed so densely")
        return packed.read(member)


def headless(name: str, read: Read, separator: str, columns: Sequence[str]) -> tuple[pd.DataFrame, checks.Lines]:
    """Return the table of a file without a header, whose columns are known.

    Raises:
        DataError: if it cannot be read, or a line has more fields.
    """
    names = [*columns, "beyond"]
    table, lines = parsed(name, read, sep=separator, header=None, names=names, index_col=False)
    beyond = table.pop("beyond").notna().to_numpy()
    if beyond.any():
        wrong, mend = f"the line has more than {_COUNTS[len(columns)]} fields", "Mend the line and load again."
        raise lines.refuse(int(beyond.argmax()), _PLACES[len(columns)], wrong, mend)
    return table, lines


def parsed(name: str, read: Read, **how: object) -> tuple[pd.DataFrame, checks.Lines]:
    """Return a table, read in pieces: read at once, what stands between separators takes more memory than numbers."""
    import pandas as pd

    raw = read()
    try:
        # Latin-1 reads any bytes: what is not a number is then refused with its line.
        text = io.BytesIO(raw.removeprefix(b"\xef\xbb\xbf"))
        with warnings.catch_warnings():
            # pandas would drop what goes beyond the names: with decimal commas, every time, and take cents for times.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            pieces = list(pd.read_csv(text, encoding="latin-1", chunksize=_PIECE, low_memory=False, **how))  # type: ignore[call-overload]
        names = list(pieces[0])
        columns = {column: pd.concat([piece.pop(column) for piece in pieces], ignore_index=True) for column in names}
        return pd.DataFrame(columns, copy=False), checks.Lines(name, read, raw.endswith((b"\n", b"\r")))
    except pd.errors.ParserWarning as error:
        raise DataError(
            f"'{name}': lines have more fields than the columns that line 1 names, for example because numbers have "
            "decimal commas. Write decimal points, or name every column, and load again."
        ) from error
    except pd.errors.EmptyDataError as error:
        raise DataError(f"'{name}' is empty; choose another folder.") from error
    except (pd.errors.ParserError, ValueError) as error:
        where = str(error).rpartition("C error: ")[2].strip().rstrip(".")
        raise DataError(f"'{name}' cannot be read as a table ({where}). Mend that line and load again.") from error

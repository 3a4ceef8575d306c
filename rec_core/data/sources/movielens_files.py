"""Read the MovieLens files (Harper and Konstan, 2015, doi:10.1145/2827872), from a folder or from the published zip.

Ratings are checked line by line. Films only give names: what cannot be read of them never stands in the way of ratings,
it is noted.
"""

from __future__ import annotations

import io
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rec_core.data import checks
from rec_core.data.interactions import Catalogue, Dataset, Interactions, compact, texts
from rec_core.errors import DataError, reason

if TYPE_CHECKING:  # loaded when files are read: a worker mostly finds the split in the store
    import pandas as pd

GENRES = tuple(
    "Action|Adventure|Animation|Children's|Comedy|Crime|Documentary|Drama|Fantasy|"
    "Film-Noir|Horror|Musical|Mystery|Romance|Sci-Fi|Thriller|War|Western".split("|")
)
_ML100K_GENRES = ("unknown", *GENRES)
_USER, _ITEM, _RATING, _TIME = NAMES = ("userId", "movieId", "rating", "timestamp")  # as the CSV files call them
_LONGEST = 300  # characters of a title or of a film's genres; MovieLens' longest has 160
_LARGEST, _DENSEST = 200 << 20, 50  # bytes from which a zip's member may not be more than so many times its packed size
_PIECE = 1 << 20  # rows that are read at a time
Film = tuple[int, str, str]  # id, title, genres
Read = Callable[[], bytes]


@dataclass(frozen=True)
class Films:
    """Films as far as they could be read, and how many lines could not."""

    films: Sequence[Film]
    unreadable: int = 0


@dataclass(frozen=True)
class Files:
    """Where a release keeps ratings and films, and how to read each of them."""

    ratings: str
    films: str
    read_ratings: Callable[[str, Read], tuple[pd.DataFrame, checks.Lines]]
    read_films: Callable[[bytes], Films]


def read(files: Files, place: Path) -> Dataset:
    """Return the data set of a release in ``place``, a folder or the zip, rows in file order.

    Raises:
        DataError: naming the file, the line and the column that are wrong, and what to do.
    """
    table, lines = files.read_ratings(files.ratings, lambda: contents(place, files.ratings))
    if not len(table):
        raise DataError(f"'{files.ratings}' in '{place.name}' holds no ratings; choose another folder.")
    user, item = checks.whole(table[_USER], lines), checks.whole(table[_ITEM], lines)
    rating, time = checks.finite(table[_RATING], lines), checks.seconds(table[_TIME], lines)
    checks.nothing_cut_off(time, _TIME, lines)
    user_ids, user_at, item_ids, item_at = compact(user, item)
    titles, genres, notes = _named(files, place, item_ids)
    rows = Interactions(user_at.astype(np.int32), item_at.astype(np.int32), rating, time)
    return Dataset(rows, Catalogue(user_ids, item_ids, titles, genres, notes))


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
        if member.file_size > max(_LARGEST, _DENSEST * member.compress_size):
            raise zipfile.BadZipFile("no list of ratings is packed so densely")
        return packed.read(member)


def _named(files: Files, place: Path, item_ids: np.ndarray) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Return title and genres of each item, and notes of what could not be read."""
    notes: tuple[str, ...] = ()
    try:
        found = files.read_films(contents(place, files.films))
    except (DataError, ValueError) as error:
        why = str(error) if isinstance(error, DataError) else f"'{files.films}' is no list of films."
        found, notes = Films([]), (f"{why} Films are called by their numbers.",)
    if found.unreadable:
        lines = f"{found.unreadable:,} lines of '{files.films}' cannot be read"
        notes = (f"{lines}; those films are called by their numbers.",)
    known = {item: (title, genres) for item, title, genres in reversed(found.films)}  # the first of a number counts
    named = [known.get(item, (f"Film {item}", "")) for item in item_ids.tolist()]
    titles, genres = zip(*named, strict=True)
    return texts([_short(title) for title in titles]), texts([_genres(genre) for genre in genres]), notes


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _genres(text: str) -> str:
    return "" if text == "(no genres listed)" else _short(text)


def _text(raw: bytes) -> str:
    """Return text in UTF-8, and where it is not that, in Latin-1, as MovieLens 1M and 100K are published."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _lines(raw: bytes) -> Iterable[str]:
    # Not splitlines(): it also splits at U+0085, which titles may hold.
    return (line.removesuffix("\r") for line in _text(raw).split("\n") if line.strip())


def _films(raw: bytes, parse: Callable[[str], Film]) -> Films:
    films, unreadable = [], 0
    for line in _lines(raw):
        try:
            films.append(parse(line))
        except (ValueError, IndexError):
            unreadable += 1
    return Films(films, unreadable)


def _double_colon_film(line: str) -> Film:
    item, rest = line.split("::", 1)
    title, _, genres = rest.rpartition("::") if "::" in rest else (rest, "", "")
    return int(item), title, genres


def _ml100k_film(line: str) -> Film:
    item, title, *rest = line.split("|")
    flags = rest[3:]
    return int(item), title, "|".join(g for g, flag in zip(_ML100K_GENRES, flags, strict=False) if flag == "1")


def _csv_films(raw: bytes) -> Films:
    import pandas as pd

    text = _text(raw)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pd.errors.ParserWarning)  # a title with a comma and no quotes loses its end
        frame = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False, on_bad_lines="skip", index_col=False)
    skipped = max(sum(1 for line in text.split("\n") if line.strip()) - 1 - len(frame), 0)
    frame.columns = [name.strip().lower() for name in frame.columns.astype(str)]
    if missing := {"movieid", "title"} - set(frame):
        raise DataError(f"'movies.csv' has no column '{sorted(missing)[0]}'.")
    genres = frame["genres"] if "genres" in frame else pd.Series("", index=frame.index)
    numbers = pd.to_numeric(frame["movieid"], errors="coerce")
    good = numbers.notna() & (numbers == np.floor(numbers)) & (numbers.abs() < 2**53)
    films = zip(numbers[good].astype(np.int64).tolist(), frame["title"][good], genres[good], strict=True)
    return Films(list(films), int((~good).sum()) + skipped)


def _table(name: str, read: Read, separator: str) -> tuple[pd.DataFrame, checks.Lines]:
    """Return ratings of a file without a header, which the release says are user, item, rating and time."""
    names = [*NAMES, "beyond"]
    table, lines = _parsed(name, read, sep=separator, header=None, names=names, index_col=False)
    beyond = table["beyond"].notna().to_numpy()
    if beyond.any():
        wrong, mend = "the line has more than four fields", "Mend the line and load again."
        raise lines.refuse(int(beyond.argmax()), "fifth", wrong, mend)
    return table, lines


def _double_colon_ratings(name: str, read: Read) -> tuple[pd.DataFrame, checks.Lines]:
    # pandas' fast parser takes one-character separators only.
    return _table(name, lambda: read().replace(b"::", b"\t"), "\t")


def _csv_ratings(name: str, read: Read) -> tuple[pd.DataFrame, checks.Lines]:
    """Return ratings by the names in the first line, in whatever order they stand.

    Raises:
        DataError: if a name is missing.
    """
    table, lines = _parsed(name, read, sep=",", index_col=False)
    called = {str(column).strip().lower(): column for column in table.columns}
    if missing := [wanted for wanted in NAMES if wanted.lower() not in called]:
        raise DataError(
            f"'{name}', line 1: there is no column '{missing[0]}'. The first line has to name the columns, as in "
            f"“{','.join(NAMES)}”; write it there and load again."
        )
    wanted = {called[column.lower()]: column for column in NAMES}
    return table[list(wanted)].rename(columns=wanted), replace(lines, header=True)


def _parsed(name: str, read: Read, **how: object) -> tuple[pd.DataFrame, checks.Lines]:
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


def is_file(path: Path) -> bool:
    """Say whether a file is there; a folder that may not be looked into holds none."""
    try:
        return path.is_file()
    except OSError:
        return False


ML_100K = Files("u.data", "u.item", lambda name, read: _table(name, read, "\t"), lambda raw: _films(raw, _ml100k_film))
ML_1M = Files("ratings.dat", "movies.dat", _double_colon_ratings, lambda raw: _films(raw, _double_colon_film))
ML_10M = ML_1M
ML_CSV = Files("ratings.csv", "movies.csv", _csv_ratings, _csv_films)

"""Read the MovieLens files (Harper and Konstan, 2015, doi:10.1145/2827872), from a folder or from the published zip.

Ratings are checked line by line. Films only give names: what cannot be read of them never stands in the way of ratings,
it is noted.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rec_core.data import checks
from rec_core.data.interactions import Catalogue, Dataset, Interactions, compact
from rec_core.data.sources.files import Read, contents, headless, parsed
from rec_core.data.texts import texts
from rec_core.errors import DataError

if TYPE_CHECKING:  # loaded when files are read: a worker mostly finds the split in the store
    import pandas as pd

GENRES = tuple(
    "Action|Adventure|Animation|Children's|Comedy|Crime|Documentary|Drama|Fantasy|"
    "Film-Noir|Horror|Musical|Mystery|Romance|Sci-Fi|Thriller|War|Western".split("|")
)
_ML100K_GENRES = ("unknown", *GENRES)
_USER, _ITEM, _RATING, _TIME = NAMES = ("userId", "movieId", "rating", "timestamp")  # as the CSV files call them
_HEAD = 1 << 16  # bytes that show how times are written
_LONGEST = 300  # characters of a title or of a film's genres; MovieLens' longest has 160
Film = tuple[int, str, str]  # id, title, genres


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
    rating, (time, fine) = checks.finite(table[_RATING], lines), checks.moments(table[_TIME], lines)
    checks.nothing_cut_off(time, _TIME, lines)
    user_ids, user_at, item_ids, item_at = compact(user, item)
    titles, genres, notes = _named(files, place, item_ids)
    rows = Interactions(user_at.astype(np.int32), item_at.astype(np.int32), rating, time, fine=fine)
    return Dataset(rows, Catalogue(user_ids, item_ids, titles, genres, notes))


@lru_cache(maxsize=16)
def has_fine_times(files: Files, place: Path, mark: str) -> bool:
    """Return True if the times at the beginning of a copy (of contents with this ``mark``) are finer than seconds."""

    def start() -> bytes:
        return contents(place, files.ratings)[:_HEAD].rpartition(b"\n")[0]

    try:
        table, lines = files.read_ratings(files.ratings, start)
        return checks.moments(table[_TIME], lines)[1] is not None
    except DataError:  # reading says so
        return False


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


def _double_colon_ratings(name: str, read: Read) -> tuple[pd.DataFrame, checks.Lines]:
    # pandas' fast parser takes one-character separators only.
    return headless(name, lambda: read().replace(b"::", b"\t"), "\t", NAMES)


def _csv_ratings(name: str, read: Read) -> tuple[pd.DataFrame, checks.Lines]:
    """Return ratings by the names in the first line, in whatever order they stand.

    Raises:
        DataError: if a name is missing.
    """
    table, lines = parsed(name, read, sep=",", index_col=False)
    called = {str(column).strip().lower(): column for column in table.columns}
    if missing := [wanted for wanted in NAMES if wanted.lower() not in called]:
        raise DataError(
            f"'{name}', line 1: there is no column '{missing[0]}'. The first line has to name the columns, as in "
            f"“{','.join(NAMES)}”; write it there and load again."
        )
    wanted = {called[column.lower()]: column for column in NAMES}
    return table[list(wanted)].rename(columns=wanted), replace(lines, header=True)


ML_100K = Files(
    "u.data",
    "u.item",
    lambda name, read: headless(name, read, "\t", NAMES),
    lambda raw: _films(raw, _ml100k_film),
)
ML_1M = Files("ratings.dat", "movies.dat", _double_colon_ratings, lambda raw: _films(raw, _double_colon_film))
ML_10M = ML_1M
ML_CSV = Files("ratings.csv", "movies.csv", _csv_ratings, _csv_films)

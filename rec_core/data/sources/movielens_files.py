"""Read the MovieLens files (Harper and Konstan, 2015, doi:10.1145/2827872), from a folder or from the published zip."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from rec_core.data.interactions import Catalogue, Dataset, Interactions, compact, texts
from rec_core.errors import DataError

GENRES = tuple(
    "Action|Adventure|Animation|Children's|Comedy|Crime|Documentary|Drama|Fantasy|"
    "Film-Noir|Horror|Musical|Mystery|Romance|Sci-Fi|Thriller|War|Western".split("|")
)
_ML100K_GENRES = ("unknown", *GENRES)


@dataclass(frozen=True)
class Files:
    """Where a release keeps ratings and films, and how to read each of them."""

    ratings: str
    films: str
    read_ratings: Callable[[bytes], pd.DataFrame]
    read_films: Callable[[bytes], pd.DataFrame]


def read(files: Files, ratings: bytes, films: bytes) -> Dataset:
    """Return the data set of the two files' contents, rows in file order.

    Raises:
        DataError: if a file is not what the release holds.
    """
    try:
        rows, catalogue = files.read_ratings(ratings), files.read_films(films)
        rows.columns, catalogue.columns = ["user", "item", "rating", "time"], ["item", "title", "genres"]
        return _dataset(rows, catalogue)
    except (ValueError, KeyError, UnicodeDecodeError, pd.errors.ParserError) as error:
        raise DataError(
            f"'{files.ratings}' or '{files.films}' cannot be read as MovieLens data; "
            "fetch the data set again from its publisher, or choose another folder."
        ) from error


def contents(place: Path, name: str) -> bytes:
    """Return the bytes of file ``name`` in ``place``, a folder or a zip with one top folder.

    Raises:
        DataError: if it is not there or cannot be read.
    """
    try:
        if place.is_dir():
            return (place / name).read_bytes()
        with zipfile.ZipFile(place) as archive:
            member = next(m for m in archive.namelist() if m.endswith(f"/{name}"))
            return archive.read(member)
    except (OSError, StopIteration, zipfile.BadZipFile) as error:
        raise DataError(f"'{name}' cannot be read in '{place.name}'; fetch the data set again.") from error


def _dataset(rows: pd.DataFrame, films: pd.DataFrame) -> Dataset:
    user_ids, user, item_ids, item = compact(
        rows["user"].to_numpy(dtype=np.int64), rows["item"].to_numpy(dtype=np.int64)
    )
    known = films.drop_duplicates("item").set_index("item").reindex(item_ids)
    titles = known["title"].fillna(pd.Series([f"Film {i}" for i in item_ids], index=item_ids))
    interactions = Interactions(
        user.astype(np.int32),
        item.astype(np.int32),
        rows["rating"].to_numpy(dtype=np.float32, copy=True),
        rows["time"].to_numpy(dtype=np.int64, copy=True),
    )
    genres = known["genres"].fillna("").replace("(no genres listed)", "")
    catalogue = Catalogue(user_ids, item_ids, texts(titles.tolist()), texts(genres.tolist()))
    return Dataset(interactions, catalogue)


def _double_colon_ratings(raw: bytes) -> pd.DataFrame:
    # pandas' fast parser takes one-character separators only.
    return pd.read_csv(io.BytesIO(raw.replace(b"::", b"\t")), sep="\t", header=None)


def _double_colon_films(raw: bytes, encoding: str) -> pd.DataFrame:
    lines = [line.split("::") for line in raw.decode(encoding).splitlines() if line]
    return pd.DataFrame([(int(item), title, genres) for item, title, genres in lines])


def _ml100k_films(raw: bytes) -> pd.DataFrame:
    lines = [line.split("|") for line in raw.decode("latin-1").splitlines() if line]
    return pd.DataFrame(
        [
            (int(f[0]), f[1], "|".join(g for g, flag in zip(_ML100K_GENRES, f[5:], strict=True) if flag == "1"))
            for f in lines
        ]
    )


ML_100K = Files("u.data", "u.item", lambda raw: pd.read_csv(io.BytesIO(raw), sep="\t", header=None), _ml100k_films)
ML_1M = Files("ratings.dat", "movies.dat", _double_colon_ratings, lambda raw: _double_colon_films(raw, "latin-1"))
ML_10M = Files("ratings.dat", "movies.dat", _double_colon_ratings, lambda raw: _double_colon_films(raw, "utf-8"))
ML_CSV = Files(
    "ratings.csv",
    "movies.csv",
    lambda raw: pd.read_csv(io.BytesIO(raw)),
    lambda raw: pd.read_csv(io.BytesIO(raw)),
)

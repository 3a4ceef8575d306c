from __future__ import annotations

import functools
import hashlib
import http.server
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rec_core.data import filtering, splits
from rec_core.data.interactions import Dataset
from rec_core.data.sources import SOURCES, Folders, movielens, movielens_files, synthetic
from rec_core.data.sources.movielens import MovieLens
from rec_core.errors import DataError

SHAPES = {source.name: source.shape for source in synthetic.SIZES}
_FOUND = SOURCES["ml-1m"]
assert isinstance(_FOUND, MovieLens)
ML_1M = _FOUND
RATINGS = b"7::20::5::978300760\n7::10::3::978302109\n9::20::4::978301968\n"
FILMS = '10::Caf\xe9 <b>"=1+1"</b> (1999)::Drama|War\n20::Toy: Story (1995)::Comedy\n'.encode("latin-1")


def _write(folder: Path, ratings: bytes = RATINGS, films: bytes = FILMS) -> Path:
    folder.mkdir(parents=True)
    (folder / "ratings.dat").write_bytes(ratings)
    (folder / "movies.dat").write_bytes(films)
    return folder


def _zip(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("ml-1m/ratings.dat", RATINGS)
        archive.writestr("ml-1m/movies.dat", FILMS)
    return path


def _check(data: object) -> None:
    assert isinstance(data, Dataset)
    assert data.catalogue.user_ids.tolist() == [7, 9]
    assert data.catalogue.item_ids.tolist() == [10, 20]
    assert data.catalogue.titles.tolist() == ['Café <b>"=1+1"</b> (1999)', "Toy: Story (1995)"]
    assert data.catalogue.genres.tolist() == ["Drama|War", "Comedy"]
    assert data.interactions.item.tolist() == [1, 0, 1]
    assert data.interactions.time is not None
    assert data.interactions.time.tolist() == [978300760, 978302109, 978301968]


def test_a_local_folder_is_read_with_a_note_about_its_checksum(tmp_path: Path) -> None:
    folders = Folders(_write(tmp_path / "ml-1m").parent, tmp_path / "none")
    _check(ML_1M.load(folders))
    mark = SOURCES["ml-1m"].fingerprint(folders)
    assert len(mark) == 16
    assert "Not the published files byte for byte" in ML_1M.note(mark)


def test_the_folder_itself_and_the_archive_are_found_too(tmp_path: Path) -> None:
    _check(ML_1M.load(Folders(_write(tmp_path / "a" / "ml-1m"), tmp_path / "none")))
    _check(ML_1M.load(Folders(_zip(tmp_path / "b" / "ml-1m.zip").parent, tmp_path / "none")))


def test_a_known_checksum_has_no_note_whatever_the_line_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {n: hashlib.sha256(raw).hexdigest() for n, raw in (("ratings.dat", RATINGS), ("movies.dat", FILMS))}
    monkeypatch.setitem(SOURCES, "ml-1m", replace(ML_1M, file_hashes=known))
    _write(tmp_path / "ml-1m", RATINGS.replace(b"\n", b"\r\n"), FILMS)
    folders = Folders(tmp_path, tmp_path / "none")
    assert SOURCES["ml-1m"].fingerprint(folders) == ""
    assert ML_1M.note("") == ""
    (tmp_path / "ml-1m" / "ratings.dat").write_bytes(RATINGS + b"9::10::1::978301969\n")
    assert SOURCES["ml-1m"].fingerprint(folders) != ""


@pytest.mark.parametrize("ratings", [b"not ratings at all", b"1::2::five::4\n", b"1::2\n", b""])
def test_a_damaged_file_is_said_in_a_sentence(tmp_path: Path, ratings: bytes) -> None:
    folders = Folders(_write(tmp_path / "ml-1m", ratings).parent, tmp_path / "none")
    with pytest.raises(DataError, match="cannot be read as MovieLens data"):
        ML_1M.load(folders)


def test_a_damaged_archive_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "ml-1m.zip").write_bytes(b"PK but no zip")
    with pytest.raises(DataError, match="fetch the data set again"):
        ML_1M.load(Folders(tmp_path, tmp_path / "none"))


@pytest.fixture
def publisher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder served on this machine in the publisher's place."""
    served = tmp_path / "served"
    served.mkdir()
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(served))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(movielens, "_PUBLISHER", f"http://127.0.0.1:{server.server_port}/")
    yield served
    server.shutdown()


def test_a_download_is_verified_kept_and_not_fetched_twice(
    publisher: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = _zip(publisher / "ml-1m.zip")
    known = hashlib.sha256(archive.read_bytes()).hexdigest()
    monkeypatch.setitem(SOURCES, "ml-1m", replace(ML_1M, sha256=known))
    folders = Folders(None, tmp_path / "downloads")
    data = SOURCES["ml-1m"].load(folders)
    _check(data)
    assert SOURCES["ml-1m"].fingerprint(folders) == ""
    archive.unlink()
    _check(SOURCES["ml-1m"].load(folders))


def test_a_download_with_another_checksum_is_refused(publisher: Path, tmp_path: Path) -> None:
    _zip(publisher / "ml-1m.zip")
    with pytest.raises(DataError, match="not the file that is known under this name; it was not kept"):
        ML_1M.load(Folders(None, tmp_path / "downloads"))
    assert not list((tmp_path / "downloads").glob("*.zip"))


def test_a_missing_download_is_said_in_a_sentence(publisher: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="could not be downloaded from its publisher"):
        ML_1M.load(Folders(None, tmp_path / "downloads"))


def test_genres_of_movielens_100k_are_read_from_flags() -> None:
    flags = ["0"] * 19
    flags[1] = flags[5] = "1"
    line = "|".join(["3", "Four Rooms (1995)", "01-Jan-1995", "", "http://x", *flags])
    films = movielens_files.ML_100K.read_films(line.encode())
    assert films.iloc[0].tolist() == [3, "Four Rooms (1995)", "Action|Comedy"]


@pytest.mark.parametrize("name", ["synthetic-10k", "synthetic-50k", "synthetic"])
def test_synthetic_data_look_like_movielens(name: str) -> None:
    shape = SHAPES[name]
    data = synthetic.make(shape)
    rows = data.interactions
    assert len(rows) == pytest.approx(shape.rows, rel=0.01)
    assert len(np.unique(rows.user.astype(np.int64) * shape.items + rows.item)) == len(rows)
    per_user, per_item = np.bincount(rows.user), np.sort(np.bincount(rows.item))[::-1]
    assert per_user.min() >= 20
    assert per_user.max() > 3 * np.median(per_user)
    assert per_item[: shape.items // 10].sum() > 0.2 * len(rows)
    assert np.bincount(rows.rated.astype(int))[1:].argmax() == 3
    assert rows.time is not None
    assert all((np.diff(rows.time[rows.user == user]) > 0).all() for user in range(20))


def test_synthetic_data_depend_on_the_seed_alone() -> None:
    shape = SHAPES["synthetic-10k"]
    first, same, other = synthetic.make(shape), synthetic.make(shape), synthetic.make(shape, seed=1)
    assert np.array_equal(first.interactions.item, same.interactions.item)
    assert not np.array_equal(first.interactions.item, other.interactions.item)


def test_tastes_drift() -> None:
    """The genres of a user's first and last third differ more than those of two thirds picked at random."""
    data = synthetic.make(SHAPES["synthetic"])
    rows, genres = data.interactions, data.catalogue.genres
    flags = np.array([[g in film.split("|") for g in movielens_files.GENRES] for film in genres], dtype=float)
    rng = np.random.default_rng(0)
    moved = []
    for user in range(data.catalogue.n_users):
        mine = flags[rows.item[rows.user == user]]
        third = len(mine) // 3
        by_chance = rng.permutation(mine)
        ordered, shuffled = (np.linalg.norm(m[:third].mean(0) - m[-third:].mean(0)) for m in (mine, by_chance))
        moved.append(ordered - shuffled)
    assert np.mean(moved) > 3 * np.std(moved) / np.sqrt(len(moved))


@pytest.mark.parametrize("name", [name for name, source in SOURCES.items() if source.download_mb == 0])
def test_every_source_that_is_always_here_loads_and_splits(name: str, tmp_path: Path) -> None:
    source, folders = SOURCES[name], Folders(None, tmp_path)
    assert source.is_here(folders)
    data = source.load(folders)
    catalogue, rows = data.catalogue, data.interactions
    assert len(np.unique(catalogue.user_ids)) == catalogue.n_users > rows.user.max()
    assert len(catalogue.titles) == len(catalogue.genres) == catalogue.n_items > rows.item.max()
    assert all((source.title, source.words.item, source.words.items))
    split = splits.leave_one_out(filtering.k_core(data, 3), "last", "next-to-last", np.random.default_rng(0))
    assert len(split.train) + 2 * split.catalogue.n_users <= len(rows)
    assert all(len(part) == split.catalogue.n_users for part in (split.validation, split.test))

from __future__ import annotations

import functools
import hashlib
import http.server
import threading
import tracemalloc
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rec_core.data import filtering, splits
from rec_core.data.interactions import Dataset
from rec_core.data.sources import SOURCES, Folders, files, movielens, movielens_files, synthetic
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


@pytest.fixture(params=[1 << 20, 2], ids=["at once", "in pieces"])
def pieces(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ratings are read that many rows at a time."""
    monkeypatch.setattr(files, "_PIECE", request.param)


@pytest.mark.usefixtures("pieces")
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


def _said(folder: Path, name: str = "ml-1m") -> str:
    with pytest.raises(DataError) as caught:
        SOURCES[name].load(Folders(folder, folder / "none"))
    return str(caught.value)


@pytest.mark.usefixtures("pieces")
@pytest.mark.parametrize(
    ("ratings", "says"),
    [
        (b"not ratings at all", "line 1, column 'userId': “not ratings at all” is not a number"),
        (RATINGS + b"1::2::five::4\n", "line 4, column 'rating': “five” is not a number"),
        (RATINGS + b"\n\n1::2::inf::4\n", "line 6, column 'rating': “inf” is no finite number"),
        (b"1::2\n", "line 1, column 'rating': nothing stands there. The line may be cut off"),
        (RATINGS + b"7::30::5", "line 4, column 'timestamp': nothing stands there. The line may be cut off"),
        (RATINGS + b"7::30::5::97830", "line 4, column 'timestamp': 97830 seems cut off in the middle"),
        (RATINGS + b"1::2::3::4::5\n", "line 4, column 'fifth': the line has more than four fields"),
        (RATINGS + b"1.5::2::3::978300760\n", "line 4, column 'userId': “1.5” is not a whole number"),
        (RATINGS + b"99999999999999999999::2::3::978300760\n", "line 4, column 'userId': "),
        (RATINGS + b"1::2::3::978300760000\n", "line 4, column 'timestamp': “978300760000” counts another unit"),
        (RATINGS + b"1::2::1e39::978300760\n", "line 4, column 'rating': “1e+39” is no finite number"),
        (RATINGS + b"1::2::3::nan\n", "line 4, column 'timestamp': nothing stands there"),
    ],
)
def test_a_damaged_file_is_said_with_line_column_and_what_to_do(tmp_path: Path, ratings: bytes, says: str) -> None:
    said = _said(_write(tmp_path / "ml-1m", ratings).parent)
    assert f"'ratings.dat', {says}" in said
    assert "again" in said
    assert "fetch" not in said.replace("Copy or fetch the file again", "")


def test_an_empty_file_is_said_in_a_sentence(tmp_path: Path) -> None:
    assert _said(_write(tmp_path / "ml-1m", b"").parent) == (
        "'ratings.dat' in 'ml-1m' holds no ratings; choose another folder."
    )


CSV = "userId,movieId,rating,timestamp\n7,20,5.0,978300760\n7,10,3.0,978302109\n9,20,4.0,978301968\n"
CSV_FILMS = 'movieId,title,genres\n10,"Café <b>""=1+1""</b> (1999)",Drama|War\n20,Toy: Story (1995),Comedy\n'


def _csv(folder: Path, ratings: str = CSV, films: str = CSV_FILMS) -> Path:
    folder.mkdir(parents=True)
    (folder / "ratings.csv").write_text(ratings)
    (folder / "movies.csv").write_text(films)
    return folder.parent


@pytest.mark.usefixtures("pieces")
@pytest.mark.parametrize(
    "ratings",
    [
        CSV,
        "\ufeff" + CSV.replace("\n", "\r\n"),
        CSV.replace("userId,movieId", "USERID, movieid"),
        CSV.replace("7,", "7.0,", 2),
        "\n".join(",".join([f[3], f[1], "x", f[0], f[2]]) for f in (line.split(",") for line in CSV.split("\n")[:-1])),
        CSV.replace("760", "760000").replace("109", "109000").replace("968", "968999"),
    ],
)
def test_columns_are_found_by_their_names_and_times_by_their_size(tmp_path: Path, ratings: str) -> None:
    _check(SOURCES["ml-25m"].load(Folders(_csv(tmp_path / "ml-25m", ratings), tmp_path / "none")))


@pytest.mark.usefixtures("pieces")
@pytest.mark.parametrize(
    ("ratings", "says"),
    [
        (CSV.partition("\n")[2], "'ratings.csv', line 1: there is no column 'userId'. The first line has to name the"),
        (CSV.replace("rating,", "stars,"), "'ratings.csv', line 1: there is no column 'rating'"),
        (CSV + "9,10,3.5\n", "'ratings.csv', line 5, column 'timestamp': nothing stands there"),
        (CSV + "9,10,3.5,2001-01-01\n", "line 5, column 'timestamp': “2001-01-01” is not a number"),
        (CSV.partition("\n")[0] + "\n", "'ratings.csv' in 'ml-25m' holds no ratings"),
        (CSV + '9,10,"3.5,978300760\n', "cannot be read as a table (EOF inside string"),
    ],
)
def test_a_damaged_table_is_said_in_a_sentence(tmp_path: Path, ratings: str, says: str) -> None:
    assert says in _said(_csv(tmp_path / "ml-25m", ratings), "ml-25m")


@pytest.mark.parametrize("title", ["Amélie (2001)", "Ådalen (1931)", "a\u0085b (1999)", 'He said "', "x::y (2000)"])
def test_a_title_never_refuses_ratings(tmp_path: Path, title: str) -> None:
    """Files of 1M in UTF-8 rather than Latin-1; the second byte of Å is a line end to Python, in Latin-1."""
    films = f"10::{title}::Drama\n20::Toy Story (1995)::Comedy\n".encode()
    data = ML_1M.load(Folders(_write(tmp_path / "ml-1m", films=films).parent, tmp_path / "none"))
    assert data.catalogue.titles.tolist() == [title, "Toy Story (1995)"]
    assert data.catalogue.notes == ()
    table = _csv(
        tmp_path / "ml-25m", films=CSV_FILMS.replace("Toy: Story (1995)", '"' + title.replace('"', '""') + '"')
    )
    assert SOURCES["ml-25m"].load(Folders(table, tmp_path / "none")).catalogue.titles.tolist()[1] == title


def test_lines_of_films_that_cannot_be_read_are_counted(tmp_path: Path) -> None:
    folders = Folders(_write(tmp_path / "ml-1m", films=b"10\nten::A::B\n20::Heat (1995)\n").parent, tmp_path / "none")
    catalogue = ML_1M.load(folders).catalogue
    assert catalogue.titles.tolist() == ["Film 10", "Heat (1995)"]
    assert catalogue.notes == ("2 lines of 'movies.dat' cannot be read; those films are called by their numbers.",)
    table = _csv(tmp_path / "ml-25m", films="movieId,title,genres\nten,A,B\n20,Heat,Crime\n")
    assert SOURCES["ml-25m"].load(Folders(table, tmp_path / "none")).catalogue.notes[0].startswith("1 lines of")


@pytest.mark.parametrize("films", ["id,name\n10,A\n", "", 'movieId,title\n10,"A\n'])
def test_without_films_there_are_ratings_and_a_note(tmp_path: Path, films: str) -> None:
    catalogue = SOURCES["ml-25m"].load(Folders(_csv(tmp_path / "ml-25m", films=films), tmp_path / "none")).catalogue
    assert catalogue.titles.tolist() == ["Film 10", "Film 20"]
    assert "called by their numbers" in catalogue.notes[0]


def test_a_file_of_films_may_be_absent_or_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = _write(tmp_path / "ml-1m")
    (folder / "movies.dat").unlink()
    folders = Folders(tmp_path, tmp_path / "none")
    assert "There is no 'movies.dat' in 'ml-1m'" in ML_1M.load(folders).catalogue.notes[0]
    assert ML_1M.fingerprint(folders)
    read = Path.read_bytes

    def closed(path: Path) -> bytes:
        if path.name == "ratings.dat":
            raise PermissionError(13, "Permission denied", str(path))
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", closed)
    assert "'ratings.dat' in 'ml-1m' cannot be read (Permission denied); make it readable" in _said(tmp_path)
    assert ML_1M.fingerprint(folders)


def test_a_title_of_a_megabyte_is_cut(tmp_path: Path) -> None:
    films = b"10::" + b"x" * (1 << 20) + b"::" + b"y|" * (1 << 19) + b"\n20::Toy Story::Comedy\n"
    catalogue = ML_1M.load(Folders(_write(tmp_path / "ml-1m", films=films).parent, tmp_path / "none")).catalogue
    assert max(map(len, [*catalogue.titles.tolist(), *catalogue.genres.tolist()])) == 300
    assert catalogue.titles.tolist()[1] == "Toy Story"


def test_a_zip_that_is_packed_too_densely_is_not_unpacked(tmp_path: Path) -> None:
    """Zeros pack a thousand times smaller; 758 kB became 3.6 GB."""
    with zipfile.ZipFile(tmp_path / "ml-1m.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("ml-1m/ratings.dat", "w", force_zip64=True) as member:
            for _ in range(201):
                member.write(bytes(1 << 20))
        archive.writestr("ml-1m/movies.dat", FILMS)
    tracemalloc.start()
    assert "'ml-1m.zip' is damaged; remove it and fetch the data set again" in _said(tmp_path)
    assert tracemalloc.get_traced_memory()[1] < 50 << 20
    tracemalloc.stop()


@pytest.mark.parametrize(("what", "says"), [("locked", "packed with a password"), ("unknown", "not known here")])
def test_zips_that_cannot_be_opened_are_said_in_a_sentence(tmp_path: Path, what: str, says: str) -> None:
    raw = bytearray(_zip(tmp_path / "ml-1m.zip").read_bytes())
    directory = raw.index(b"PK\x01\x02")
    if what == "locked":  # the flag in the file's header and in the directory
        raw[6] |= 1
        raw[directory + 8] |= 1
    else:
        raw[8] = raw[directory + 10] = 99
    (tmp_path / "ml-1m.zip").write_bytes(raw)
    assert says in _said(tmp_path)


def test_a_folder_that_was_named_is_not_passed_over_for_a_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MovieLens, "download", lambda *_: pytest.fail("it was downloaded"))
    assert "There is neither 'ml-1m/ratings.dat' nor 'ml-1m.zip' in the folder" in _said(tmp_path)
    assert "There is no folder 'nowhere', which should hold" in _said(tmp_path / "nowhere")
    downloads = Folders(tmp_path, _zip(tmp_path / "downloads" / "ml-1m.zip").parent)
    _check(ML_1M.load(downloads))  # the app's button downloads, where the user's folder has other data sets
    with pytest.raises(DataError, match="There is neither"):
        ML_1M.require(downloads)


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
    assert films.films == [(3, "Four Rooms (1995)", "Action|Comedy")]


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


@pytest.mark.parametrize(
    "name", [name for name, source in SOURCES.items() if source.is_here(Folders(None, Path("nowhere")))]
)
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


@pytest.mark.usefixtures("pieces")
def test_decimal_commas_are_not_taken_for_more_columns(tmp_path: Path) -> None:
    """pandas drops what goes beyond the names: rating 2,5 became 2, and 5 the time."""
    rows = "".join(f"{user},{item},2,5,97830076{item}\n" for user in (7, 9) for item in (1, 2))
    said = _said(_csv(tmp_path / "ml-25m", CSV.partition("\n")[0] + "\n" + rows), "ml-25m")
    assert "lines have more fields than the columns that line 1 names" in said


@pytest.mark.usefixtures("pieces")
@pytest.mark.parametrize(("times", "cut"), [((0, 0, 0), False), ((978300760, 978302109, 97830196), True)])
def test_a_last_time_is_cut_off_if_it_lacks_a_digit(tmp_path: Path, times: tuple[int, ...], cut: bool) -> None:
    raw = "\n".join(f"7::{item}::5::{time}" for item, time in zip((10, 20, 30), times, strict=True)).encode()
    folder = _write(tmp_path / "ml-1m", raw).parent
    if cut:
        assert "line 3, column 'timestamp': 97830196 seems cut off" in _said(folder)
    else:
        assert ML_1M.load(Folders(folder, tmp_path / "none")).interactions.time is not None


@pytest.mark.usefixtures("pieces")
def test_lines_are_counted_whatever_ends_them(tmp_path: Path) -> None:
    raw = RATINGS.replace(b"\n", b"\r") + b"1::2::five::4\r"
    assert "line 4, column 'rating': “five”" in _said(_write(tmp_path / "ml-1m", raw).parent)


def test_a_comma_in_one_title_leaves_the_other_films_their_names(tmp_path: Path) -> None:
    films = "movieId,title,genres\n10,Good, the Bad,Western\n20,Toy Story,Comedy\n"
    catalogue = SOURCES["ml-25m"].load(Folders(_csv(tmp_path / "ml-25m", films=films), tmp_path / "none")).catalogue
    assert catalogue.titles.tolist()[1] == "Toy Story"
    films = "movieId,title,genres\n20,Toy Story,Comedy\n10,Good, the Bad,Western\n"
    catalogue = (
        SOURCES["ml-25m"].load(Folders(_csv(tmp_path / "b" / "ml-25m", films=films), tmp_path / "none")).catalogue
    )
    assert "Toy Story" in catalogue.titles.tolist()

"""Tables in several files: folders and archives of parts are read as one table, and what is mixed is refused."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pandas as pd
import pytest

from rec_core.data.interactions import Dataset
from rec_core.data.sources import Folders
from rec_core.data.sources.table import sniff
from rec_core.data.sources.table.opening import hash_of, version_of
from rec_core.data.sources.table.pieces import about_how_many
from rec_core.errors import CorelensError, DataError
from rec_core.export.duckdb_view import recipe
from tests.conftest import log_csv, log_frame, own
from tests.rec_core.data.table.test_archives import tar_of, zip_of

_FOLDERS = Folders(None, Path("no-downloads"))
_N_PARTS = 4


def _parts(frame: pd.DataFrame) -> list[pd.DataFrame]:
    return [frame.iloc[at] for at in np.array_split(np.arange(len(frame)), _N_PARTS)]


def _spark(folder: Path, header: Callable[[int], bool] = lambda number: True, pack: bool = False) -> Path:
    """Write the log as Spark does: parts, a mark that all is written, sums, parts without rows."""
    parts = folder / "log"
    parts.mkdir()
    (parts / "_SUCCESS").touch()
    for number, part in enumerate(_parts(log_frame())):
        text = part.to_csv(index=False, header=header(number)).encode()
        name = f"part-{number:05}-0d6e.c000.csv{'.gz' if pack else ''}"
        (parts / name).write_bytes(gzip.compress(text) if pack else text)
        (parts / f".{name}.crc").write_bytes(b"crc\0\0\0")
    (parts / "part-00009-0d6e.c000.csv").touch()
    (parts / "part-00010-0d6e.c000.csv").write_bytes(log_frame()[:0].to_csv(index=False, header=header(10)).encode())
    (parts / "_temporary").mkdir()
    (parts / "_temporary" / "part-00000.csv").write_text("half a line")
    return parts


def _json_parts(folder: Path) -> Path:
    parts = folder / "log"
    parts.mkdir()
    for number, part in enumerate(_parts(log_frame())):
        part.to_json(parts / f"part-{number:05}.json", orient="records", lines=True)
    return parts


def _archive(folder: Path, write: Callable[[dict[str, bytes]], bytes]) -> Path:
    held = {
        f"log/part-{number}.csv": part.to_csv(index=False).encode() for number, part in enumerate(_parts(log_frame()))
    }
    backwards = dict(reversed(held.items()))  # read in the order of names, not of the archive
    (folder / "log.packed").write_bytes(write({"__MACOSX/._log": b"\0", **backwards, "log/_SUCCESS": b""}))
    return folder / "log.packed"


FORMS: dict[str, Callable[[Path], Path]] = {
    "a header in every part": _spark,
    "a header in the first": lambda folder: _spark(folder, lambda number: number == 0),
    "packed parts": lambda folder: _spark(folder, pack=True),
    "JSON lines": _json_parts,
    "a zip": lambda folder: _archive(folder, zip_of),
    "a tar": lambda folder: _archive(folder, tar_of),
    "a packed tar": lambda folder: _archive(folder, lambda held: gzip.compress(tar_of(held))),
}


def _same(found: Dataset, wanted: Dataset) -> None:
    for name in ("user", "item", "rating", "time"):
        assert np.array_equal(getattr(found.interactions, name), getattr(wanted.interactions, name)), name
    assert found.catalogue.user_ids.tolist() == wanted.catalogue.user_ids.tolist()
    assert found.catalogue.item_ids.tolist() == wanted.catalogue.item_ids.tolist()
    assert found.rejected.count == 0
    assert found.places is None


@pytest.mark.parametrize("form", FORMS)
def test_parts_are_one_table(tmp_path: Path, form: str) -> None:
    log = own(FORMS[form](tmp_path))
    _same(log.load(_FOLDERS), own(log_csv(tmp_path)).load(_FOLDERS))
    rows = about_how_many(log.path, log.reading.layout)
    assert 0.5 * len(log_frame()) < rows < 2 * len(log_frame())


def test_parts_without_names_are_one_table_too(tmp_path: Path) -> None:
    path = _spark(tmp_path, lambda number: False)
    columns = {"user": "column 1", "item": "column 2", "rating": "column 3", "time": "column 4"}
    _same(own(path, **columns).load(_FOLDERS), own(log_csv(tmp_path)).load(_FOLDERS))


def test_a_row_that_cannot_be_read_is_named_by_its_file_and_line(tmp_path: Path) -> None:
    for number, text in enumerate(["user,item,rating\n1,2,3\n1,2\n", "user,item,rating\n\n4,5,good\n6,7,8\n", "9,9\n"]):
        (tmp_path / f"part-{number}.csv").write_text(text)
    with pytest.raises(DataError, match=r"'part-0.csv' and 'part-2.csv' do not have the same columns"):
        own(tmp_path)
    (tmp_path / "part-2.csv").write_text("user,item,rating\n9,9,9\n9,9\n8,8,8\n")
    data = own(tmp_path, rating="rating").load(_FOLDERS)
    assert [data.rejected.place(at) for at in range(3)] == [
        "'part-0.csv', line 3",
        "'part-1.csv', line 3, column 'rating'",
        "'part-2.csv', line 3",
    ]
    assert data.places is not None
    assert data.places.tolist() == [0, 3, 4, 6]  # those that cannot be read count too, at the end of a part as well


@pytest.mark.parametrize(
    "other",
    [
        "movieId,title,genres\n1,A,B\n",
        "userId,movieId,rating,when\n1,2,3,4\n",
        "1;2;3;4\n",
        '{"user": 1, "item": 2}\n',
        b"\x89PNG\r\n\0\0",
        "not a table\n",
    ],
)
def test_different_tables_are_refused_by_name(tmp_path: Path, other: str | bytes) -> None:
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,2,3,1000000000\n1,3,3,1000000001\n")
    (tmp_path / "the-others.csv").write_bytes(other.encode() if isinstance(other, str) else other)
    (tmp_path / "README.txt").write_text("Cite us.")
    said = r"holds different tables: 'ratings.csv' and 'the-others.csv' do not have the same columns. Name one file"
    with pytest.raises(DataError, match=said):
        sniff(str(tmp_path))


def test_a_zip_with_different_tables_is_refused_by_name(tmp_path: Path) -> None:
    held = {"../../a.csv": b"user,item\n1,2\n", "b.csv": b"item,title,more\n2,B,C\n"}
    (tmp_path / "log.zip").write_bytes(zip_of(held))
    with pytest.raises(
        DataError, match=r"'log.zip' holds different tables: .*a.csv' and 'b.csv' .* Unpack it, and name"
    ):
        sniff(str(tmp_path / "log.zip"))


def _hive(folder: Path, form: str) -> tuple[Path, pd.DataFrame]:
    """Write the log by day and country, and return where, with the rows in the order of the parts."""
    frame = log_frame()[:3000]
    frame["dt"] = pd.to_datetime(frame.pop("timestamp"), unit="s").dt.strftime("%Y-%m-01")
    frame["country"] = np.resize(["DE", "Côte d'Ivoire", None], len(frame))
    read = []
    for (day, country), part in frame.groupby(["dt", "country"], dropna=False):
        named = quote(country) if isinstance(country, str) else "__HIVE_DEFAULT_PARTITION__"
        place = folder / f"dt={day}" / f"country={named}"
        place.mkdir(parents=True)
        left = part.drop(columns=["dt", "country"])
        if form == "csv":
            left.to_csv(place / "part-0.csv", index=False)
        elif form == "json":
            left.to_json(place / "part-0.json", orient="records", lines=True)
        else:
            left.to_parquet(place / "part-0.parquet", index=False)
        read.append((str(place), part))
    return folder, pd.concat([part for _, part in sorted(read, key=lambda one: one[0])])


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_names_of_folders_are_columns(tmp_path: Path, form: str) -> None:
    path, frame = _hive(tmp_path / "log", form)
    found = sniff(str(path))
    assert found.names == ["userId", "movieId", "rating", "dt", "country"]
    assert len({record[3] for record in found.records}) > 3  # the sample is of several days
    frame.to_csv(tmp_path / "log.csv", index=False)
    columns = {"user": "userId", "item": "movieId", "rating": "rating", "time": "dt", "categories": "country"}
    data, wanted = own(path, **columns).load(_FOLDERS), own(tmp_path / "log.csv", **columns).load(_FOLDERS)
    _same(data, wanted)
    assert data.catalogue.genres.tolist() == wanted.catalogue.genres.tolist()
    assert "Côte d'Ivoire" in data.catalogue.genres.tolist()


def test_a_folders_value_that_is_missing_is_a_missing_value(tmp_path: Path) -> None:
    path, frame = _hive(tmp_path / "log", "parquet")
    data = own(path, user="country", item="movieId", rating="", time="dt").load(_FOLDERS)
    assert data.rejected.kinds == {"nothing stands there": int(frame["country"].isna().sum())}
    only = own(path, user="country", item="dt", rating="", time="").load(_FOLDERS)  # no column of the files at all
    assert len(only.interactions) == frame["country"].notna().sum()


def test_a_column_of_the_file_goes_before_a_folders_name(tmp_path: Path) -> None:
    for day in ("2019-01-01", "2019-02-01"):
        (tmp_path / f"dt={day}").mkdir()
        (tmp_path / f"dt={day}" / "0.csv").write_text("user,item,dt\n1,2,2020-05-05\n")
    assert sniff(str(tmp_path)).names == ["user", "item", "dt"]
    assert set(own(tmp_path).load(_FOLDERS).interactions.time.tolist()) == {1588636800}  # type: ignore[union-attr]


def test_pipes_in_a_folder_are_not_opened_and_what_cannot_be_entered_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("user,item\n1,2\n")
    os.mkfifo(tmp_path / "b.csv")
    (tmp_path / "c.csv").symlink_to("/dev/zero")
    (tmp_path / "d.csv").symlink_to(tmp_path / "gone.csv")
    assert len(own(tmp_path).load(_FOLDERS).interactions) == 1


def test_another_part_is_another_version_of_a_folder(tmp_path: Path) -> None:
    parts = _spark(tmp_path)
    before = hash_of(str(parts)), version_of(str(parts))
    (parts / "_committed_1").touch()
    assert (hash_of(str(parts)), version_of(str(parts))) == before
    (parts / "part-00011.csv").write_text("1,2,3,4\n")
    assert hash_of(str(parts)) != before[0]
    assert version_of(str(parts)) != before[1]


@pytest.mark.parametrize("count", [30, pytest.param(200, marks=pytest.mark.slow)])
def test_folders_that_were_changed_anywhere_are_read_or_refused(tmp_path: Path, count: int) -> None:
    rng = np.random.default_rng(2)
    lines = [json.dumps({"user": f"u{n}", "item": f"i{n % 5}", "rating": n % 5}) for n in range(20)]
    kinds = {
        "csv": "user,item,rating\n" + "".join(f"u{n},i{n % 5},{n % 5}\n" for n in range(20)),
        "json": "\n".join(lines),
    }
    for number in range(count):
        kind = "csv" if number % 2 else "json"
        parts = tmp_path / str(number)
        for part in range(3):
            broken = bytearray(kinds[kind].encode())
            for at in rng.integers(0, len(broken), int(rng.integers(0, 4))):
                broken[at] = rng.integers(256)
            place = parts / f"k={part}" if number % 3 else parts
            place.mkdir(parents=True, exist_ok=True)
            (place / f"{part}.{kind}").write_bytes(
                broken[: rng.integers(len(broken))] if part == number % 5 else broken
            )
        try:
            own(parts).load(_FOLDERS)
        except CorelensError as error:
            str(error).encode()


def test_duckdb_reads_the_parts_of_a_folder_and_is_given_no_recipe_for_those_of_an_archive(tmp_path: Path) -> None:
    (tmp_path / "zip").mkdir()
    hive, _ = _hive(tmp_path / "hive", "parquet")
    for log in (own(_spark(tmp_path)), own(hive)):
        assert recipe(log, log.load(_FOLDERS))[-1].startswith("Tried on export: DuckDB ")
    log = own(_archive(tmp_path / "zip", zip_of))
    assert recipe(log, log.load(_FOLDERS))[0].startswith("There is no recipe for DuckDB: it does not read zip files")

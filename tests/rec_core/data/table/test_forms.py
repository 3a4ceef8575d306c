"""One log in every form gives the same data, and the same metrics to the last digit."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rec_core.data.interactions import Dataset
from rec_core.data.sources import SOURCES, Folders, register
from rec_core.data.sources.table import Columns, Reading, Table, sniff
from rec_core.experiment import Experiment
from rec_core.specs import ExperimentSpec
from rec_core.stages import MemoryStore, resolve
from tests.conftest import log_csv, log_frame, own, quick

_FOLDERS = Folders(None, Path("no-downloads"))


def _two_signs(folder: Path) -> Path:
    text = log_csv(folder).read_text().split("\n", 1)[1]
    (folder / "log.dat").write_text(text.replace(",", "::"))
    return folder / "log.dat"


def _other_order(folder: Path) -> Path:
    path = folder / "log.tsv"
    log_frame()[["timestamp", "rating", "movieId", "userId"]].to_csv(path, index=False, sep="\t")
    return path


def _inter(folder: Path) -> Path:
    names = ["user_id:token", "item_id:token", "rating:float", "timestamp:float"]
    log_frame().set_axis(names, axis=1).to_csv(folder / "log.inter", index=False, sep="\t")
    return folder / "log.inter"


def _json(folder: Path) -> Path:
    records = log_frame().to_dict("records")
    (folder / "log.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in records))
    return folder / "log.jsonl"


def _parquet(folder: Path) -> Path:
    log_frame().to_parquet(folder / "log.parquet")
    return folder / "log.parquet"


def _parquet_folder(folder: Path) -> Path:
    frame, parts = log_frame(), folder / "log"
    parts.mkdir()
    for number, at in enumerate(np.array_split(np.arange(len(frame)), 3)):
        frame.iloc[at].to_parquet(parts / f"part-{number}.parquet")
    return parts


def _gzip(folder: Path) -> Path:
    (folder / "log.csv.gz").write_bytes(gzip.compress(log_csv(folder).read_bytes()))
    return folder / "log.csv.gz"


def _zip(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "log.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(log_csv(folder), "inside/log.csv")
    return folder / "log.zip"


def _dates(folder: Path) -> Path:
    moments = pd.to_datetime(log_frame()["timestamp"], unit="s").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    log_frame().assign(timestamp=moments).to_csv(folder / "log.csv", index=False)
    return folder / "log.csv"


def _milliseconds(folder: Path) -> Path:
    log_frame().assign(timestamp=lambda rows: rows["timestamp"] * 1000).to_csv(folder / "log.csv", index=False)
    return folder / "log.csv"


def _moments(folder: Path) -> Path:
    moments = pd.to_datetime(log_frame()["timestamp"], unit="s")
    log_frame().assign(timestamp=moments).to_parquet(folder / "log.parquet")
    return folder / "log.parquet"


def _text_ids(folder: Path) -> Path:
    frame = log_frame()
    frame["userId"], frame["movieId"] = "u" + frame["userId"].astype(str), "film-" + frame["movieId"].astype(str)
    frame.to_csv(folder / "log.csv", index=False)
    return folder / "log.csv"


def _decimal_commas(folder: Path) -> Path:
    return log_csv(folder, sep=";", decimal=",")


def _utf16(folder: Path) -> Path:
    return log_csv(folder, encoding="utf-16")


FORMS = [
    log_csv, _two_signs, _other_order, _inter, _json, _parquet, _parquet_folder, _gzip, _zip, _dates, _milliseconds,
    _moments, _text_ids, _decimal_commas, _utf16,
]  # fmt: skip


@pytest.mark.parametrize("make", FORMS)
def test_every_form_holds_the_same_rows(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    _same(own(make(tmp_path)).load(_FOLDERS), SOURCES["synthetic-10k"].load(_FOLDERS))


def _same(found: Dataset, wanted: Dataset) -> None:
    ours, theirs = found.interactions, wanted.interactions
    for name in ("user", "item", "rating", "time"):
        assert np.array_equal(getattr(ours, name), getattr(theirs, name)), name
        assert getattr(ours, name).dtype == getattr(theirs, name).dtype, name
    assert found.places is None
    assert found.rejected.count == 0


def test_ids_come_back_as_they_were(tmp_path: Path) -> None:
    large = 2**70 + 1
    users = ["007", "7", str(large), "a b", "x" * 40, "é", "-3", "1e5", "c0ffee00-0000-4000-8000-000000000000"]
    items = ["9223372036854775807", "9223372036854775808", "0", "+1", "1.0", "nan", "NULL", "None", "<b>"]
    (tmp_path / "log.csv").write_text("user,item\n" + "".join(f"{u},{i}\n" for u, i in zip(users, items, strict=True)))
    data = own(tmp_path / "log.csv").load(_FOLDERS)
    assert data.catalogue.user_ids[data.interactions.user].tolist() == users
    assert data.catalogue.item_ids[data.interactions.item].tolist() == items


def test_whole_numbers_stay_numbers_and_texts_of_parquet_stay_texts(tmp_path: Path) -> None:
    pd.DataFrame({"user": ["7", "12"], "item": [12, 7]}).to_parquet(tmp_path / "log.parquet")
    catalogue = own(tmp_path / "log.parquet").load(_FOLDERS).catalogue
    assert catalogue.user_ids.tolist() == ["7", "12"]  # shorter texts come first
    assert catalogue.item_ids.tolist() == [7, 12]
    assert catalogue.item_ids.dtype == np.int64


def test_titles_and_categories_come_from_the_log_or_from_a_second_file(tmp_path: Path) -> None:
    log, films = tmp_path / "log.csv", tmp_path / "films.csv"
    log.write_text('user,item,title\n1,5,\n1,6,"Two\nlines, ""quoted"""\n2,5,Café\n')
    assert own(log).load(_FOLDERS).catalogue.titles.tolist() == ["Café", 'Two lines, "quoted"']
    films.write_text("movieId,title,genres\n6,Six,Drama|War\n7,Seven,War\n")
    items = sniff(str(films), of_items=True)
    reading = Reading(columns=Columns(user="user", item="item"), items_layout=items.layout, items=items.columns)
    catalogue = Table.of(str(log), reading, items_path=str(films)).load(_FOLDERS).catalogue
    assert catalogue.titles.tolist() == ["Item 5", "Six"]
    assert catalogue.genres.tolist() == ["", "Drama|War"]
    assert catalogue.notes == ("1 of 2 items have no title and go by their ids.",)


@pytest.mark.parametrize(("header", "line"), [("user,item,note\n", "1,5,3,5\n"), ("", "a;b;c\n")])
def test_a_wrong_separator_can_be_said_otherwise(tmp_path: Path, header: str, line: str) -> None:
    (tmp_path / "log.csv").write_text(header + line * 3)
    found = sniff(str(tmp_path / "log.csv"))
    assert found.layout.header is bool(header)
    said = sniff(str(tmp_path / "log.csv"), found.layout.model_copy(update={"separator": ";" if header == "" else ","}))
    assert len(said.names) == 3


def _run(spec: ExperimentSpec) -> dict[str, float]:
    return Experiment(resolve(spec, _FOLDERS), MemoryStore(), _FOLDERS).result().metrics


@pytest.mark.parametrize("make", [_text_ids, _parquet_folder])
def test_metrics_are_those_of_the_built_in_source_to_the_last_digit(
    tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    log = own(make(tmp_path))
    register([log])
    assert _run(quick("recent", data={"dataset": log.name})) == _run(quick("recent"))


@pytest.mark.movielens
@pytest.mark.parametrize(
    ("name", "path"), [("ml-latest-small", "ml-latest-small/ratings.csv"), ("beauty", "beauty/beauty.txt")]
)
def test_published_files_by_path_are_what_their_sources_read(movielens: Folders, name: str, path: str) -> None:
    assert movielens.local is not None
    if not SOURCES[name].is_here(movielens):
        pytest.skip(f"needs {name} in the folder CORELENS_DATA")
    found, wanted = own(movielens.local / path, in_order=name == "beauty"), SOURCES[name]
    _same_but_times(found.load(_FOLDERS), wanted.load(movielens))


def _same_but_times(found: Dataset, wanted: Dataset) -> None:
    for name in ("user", "item"):
        assert np.array_equal(getattr(found.interactions, name), getattr(wanted.interactions, name))
    assert found.catalogue.user_ids.tolist() == wanted.catalogue.user_ids.tolist()
    assert (found.interactions.time is None) == (wanted.interactions.time is None)
    if wanted.interactions.time is not None:
        assert np.array_equal(found.interactions.time, wanted.interactions.time)  # type: ignore[arg-type]
        assert np.array_equal(found.interactions.rated, wanted.interactions.rated)


def test_a_few_broken_values_do_not_spoil_a_guess(tmp_path: Path) -> None:
    lines = [f"c{n},s{n % 7},{n % 5}.5,{10**9 + n}" for n in range(50)]
    lines[3], lines[20] = "c3,s3,good,1000000003", "c20,s6,1,yesterday"
    (tmp_path / "log.csv").write_text("\n".join(["a,b,c,d", *lines]))
    assert sniff(str(tmp_path / "log.csv")).columns == Columns(user="a", item="b", rating="c", time="d")


def test_a_folder_may_hold_parts_without_rows(tmp_path: Path) -> None:
    """Spark writes them: before, between and after others."""
    frame = log_frame()
    for number, part in enumerate((frame[:0], frame[:6000], frame[:0], frame[6000:], frame[:0])):
        part.to_parquet(tmp_path / f"part-{number}.parquet", index=False)
    data = own(tmp_path).load(Folders(None, tmp_path))
    assert data.places is None
    assert data.interactions.rated.tolist() == frame["rating"].tolist()

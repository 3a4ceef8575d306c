"""Ids and numbers leave as they came, and one file of a bundle says the same of them as the next."""

from __future__ import annotations

import io
import itertools
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from rec_core.__main__ import main
from rec_core.data.sources import Folders, register
from rec_core.data.sources.table import Reading, Table, sniff
from rec_core.experiment import Experiment
from rec_core.export import bundle
from rec_core.export.packed import PACKED, zip_of
from rec_core.stages import MemoryStore, resolve
from tests.conftest import own, quick

_FOLDERS = Folders(None, Path("no-downloads"))
_SPLITS = {"train": "train", "validation": "valid", "test": "test"}


def _frame(odd_items: list[str], odd_users: list[str], n_rows: int = 1200) -> pd.DataFrame:
    """A log of small whole-number ids, in which some odd ones are chosen early, so that they are never held out."""
    rng = np.random.default_rng(31)
    user, item = [str(u) for u in rng.integers(1, 41, n_rows)], [str(i) for i in rng.zipf(1.2, n_rows) % 30 + 1]
    for place, (who, what) in enumerate(
        itertools.product(odd_users or ["1", "2", "3", "4", "5", "6"], odd_items or ["1"])
    ):
        user[place], item[place] = who, what
    for n, who in enumerate(odd_users):
        user[100 + 10 * n : 108 + 10 * n] = [who] * 8
    columns = {"user": user, "item": item, "rating": rng.integers(1, 6, n_rows), "time": 10**9 + np.arange(n_rows)}
    return pd.DataFrame(columns)


def _exported(
    frame: pd.DataFrame,
    folder: Path,
    method: str = "full",
    rating: str = "rating",
    repeats: str = "latest",
    **wanted: bool,
) -> Path:
    path, out = folder / "log.tsv", folder / "out"
    lines = ["\t".join(frame.columns), *("\t".join(map(str, row)) for row in frame.to_numpy().tolist())]
    path.write_text("\n".join(lines) + "\n")
    layout = sniff(str(path)).layout.model_copy(update={"quoted": False})
    columns = sniff(str(path), layout).columns.model_copy(update={"rating": rating})
    table = Table.of(str(path), Reading(layout=layout, columns=columns))
    register([table])
    data = {"dataset": table.name, "repeats": repeats, "unreadable": "left-out"}
    split = {"test": "last", "validation": "next-to-last"}
    spec = resolve(quick(method, data=data, split=split, ratio=0.4), _FOLDERS)
    bundle.write(Experiment(spec, MemoryStore(), _FOLDERS), out, bundle.Wanted(**wanted))
    return out


def _notes(out: Path) -> str:
    return " ".join(json.loads((out / "manifest.json").read_text())["notes"])


def _as_recbole_reads(out: Path, split: str) -> pd.DataFrame:
    """RecBole has pandas read tokens as texts, and everything else as it is usual there."""
    place = out / "recbole" / "coreset" / f"coreset.{_SPLITS[split]}.inter"
    types = {"user_id:token": str, "item_id:token": str}
    frame = pd.read_csv(place, sep="\t", dtype=types)
    return frame.rename(columns=lambda name: name.split(":")[0])


def _as_elliot_reads(out: Path, split: str) -> pd.DataFrame:
    names = ["user_id", "item_id", "rating", "timestamp"]
    return pd.read_csv(out / "uirt" / f"{split}.tsv", sep="\t", header=None, names=names)


def _as_cornac_reads(out: Path, split: str) -> pd.DataFrame:
    lines = (out / "uirt" / f"{split}.tsv").read_text().splitlines()
    return pd.DataFrame([line.split("\t") for line in lines], columns=["user_id", "item_id", "rating", "timestamp"])


READERS = {"RecBole": _as_recbole_reads, "Elliot": _as_elliot_reads, "Cornac": _as_cornac_reads}
ODD = {
    "a quotation mark": ['7" mix'],
    "a missing value": ["NA", "null"],
    "leading zeros": ["007", "0010"],
    "nothing odd": [],
    "texts": ["a song", "another"],
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("column", ["user_id", "item_id"])
def test_a_name_is_one_thing_in_all_splits(tmp_path: Path, odd: str, reader: str, column: str) -> None:
    frame = _frame(ODD[odd], []) if column == "item_id" else _frame([], ODD[odd])
    out = _exported(frame, tmp_path)
    coreset = pd.read_parquet(out / "coreset.parquet")
    pairs: set[tuple[Any, Any]] = set()
    for split in _SPLITS:
        rows = coreset[coreset["split"] == split].sort_values("time", kind="stable")
        read = READERS[reader](out, split).sort_values("timestamp", kind="stable")
        assert len(read) == len(rows)
        pairs |= set(zip(read[column].tolist(), rows[column].tolist(), strict=True))
    assert len({name for name, _ in pairs}) == len({one for _, one in pairs}) == len(pairs)
    assert not any(pd.isna(name) for name, _ in pairs)
    assert {one for _, one in pairs} >= set(ODD[odd])


def test_it_is_said_where_ids_give_way_to_integers(tmp_path: Path) -> None:
    out = _exported(_frame(ODD["a quotation mark"], []), tmp_path)
    assert "The files in recbole/ have item_ids as item_idx in all splits" in _notes(out)
    assert "The files in uirt/ have item_ids as item_idx in all splits" in _notes(out)
    (tmp_path / "plain").mkdir()
    assert "all splits" not in _notes(_exported(_frame([], []), tmp_path / "plain"))


def test_recbole_has_the_sequences_though_it_keeps_times_in_single_precision(tmp_path: Path) -> None:
    frame = _frame([], [])
    rng = np.random.default_rng(1)
    frame["time"] = 1_600_000_000 + rng.permutation(len(frame))  # seconds apart, not in the order of lines
    out = _exported(frame, tmp_path)
    coreset = pd.read_parquet(out / "coreset.parquet")
    read = _as_recbole_reads(out, "train")
    read["timestamp"] = read["timestamp"].astype(np.float32)
    read = read.sort_values(["user_id", "timestamp"], kind="stable")
    true = coreset[coreset["split"] == "train"].sort_values("time").astype({"item_id": str, "user_id": str})
    assert (
        read.groupby("user_id")["item_id"].agg(list).to_dict() == true.groupby("user_id")["item_id"].agg(list).to_dict()
    )


_SIGNS = ["-5Y7U", "+49", "=SUM(A1)", "@me", "＝1"]


def test_ids_that_begin_with_a_sign_are_as_given_in_csv(tmp_path: Path) -> None:
    out = _exported(_frame(_SIGNS, _SIGNS), tmp_path)
    parquet = pd.read_parquet(out / "coreset.parquet")
    csv = pd.read_csv(out / "coreset.csv", dtype={"user_id": str, "item_id": str}, keep_default_na=False)
    for name in ("user_id", "item_id"):
        assert csv[name].tolist() == parquet[name].tolist()
        assert set(_SIGNS) <= set(csv[name])
    assert "a spreadsheet would compute some of them" in _notes(out)
    assert not (out / "coreset.spreadsheet.csv").exists()


def test_the_copy_for_a_spreadsheet_is_asked_for_and_says_what_it_changed(tmp_path: Path) -> None:
    out = _exported(_frame(_SIGNS, []), tmp_path, spreadsheet=True)
    given, safe = (
        pd.read_csv(out / name, dtype=str, keep_default_na=False) for name in ("coreset.csv", "coreset.spreadsheet.csv")
    )
    changed = given["item_id"] != safe["item_id"]
    assert (safe["item_id"][changed] == "'" + given["item_id"][changed]).all()
    assert set(given["item_id"][changed]) == set(_SIGNS)
    assert f"before texts that a spreadsheet would compute: {changed.sum()} of item_id" in _notes(out)
    assert given.drop(columns="item_id").equals(safe.drop(columns="item_id"))


def test_recommended_items_are_as_given_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORELENS_HOME", str(tmp_path / "home"))
    path, out = tmp_path / "log.csv", tmp_path / "out"
    frame = _frame([], [])
    frame.assign(user=frame["user"].map("-u{}".format), item=frame["item"].map("@{}".format)).to_csv(path, index=False)
    how = ["--data", str(path), "--set", "train.epochs=1", "--top", "3", "--spreadsheet", "--out", str(out)]
    assert main(["export", *how]) == 0
    parquet, csv, safe = (
        pd.read_parquet(out / "model" / "top_3.parquet"),
        pd.read_csv(out / "model" / "top_3.csv", dtype={"user_id": str}),
        pd.read_csv(out / "model" / "top_3.spreadsheet.csv", dtype={"user_id": str}),
    )
    assert csv["user_id"].tolist() == parquet["user_id"].tolist()
    assert csv["item_id"].tolist() == parquet["item_id"].tolist()
    assert safe["item_id"].tolist() == ["'" + one for one in parquet["item_id"]]
    assert "top_3.spreadsheet.csv has an apostrophe" in _notes(out)


_NUMBERS = [20_000_005, 16_777_217, 0.1, 4.7, 1 / 3, 3.5, 123_456.789]


@pytest.mark.parametrize("repeats", ["latest", "first", "kept"])
def test_ratings_are_as_they_were(tmp_path: Path, repeats: str) -> None:
    frame = _frame([], [])
    frame["rating"] = [repr(_NUMBERS[n % len(_NUMBERS)]) for n in range(len(frame))]
    frame.loc[17, "rating"] = "none"  # that line is left out
    out = _exported(frame, tmp_path, repeats=repeats, dropped=True)
    coreset, dropped = (pd.read_parquet(out / f"{name}.parquet") for name in ("coreset", "dropped"))
    for rows in (coreset, dropped, pd.read_csv(out / "coreset.csv")):
        assert rows["rating"].tolist() == [float(frame["rating"][row]) for row in rows["row"]]
    for split in _SPLITS:
        rows = coreset[coreset["split"] == split].sort_values("time", kind="stable")
        assert _as_elliot_reads(out, split)["rating"].tolist() == rows["rating"].tolist()
        assert sorted(_as_recbole_reads(out, split)["rating"]) == sorted(rows["rating"])


def test_sums_of_counts_are_exact(tmp_path: Path) -> None:
    frame = _frame([], [])
    frame["rating"] = 16_777_216 + np.arange(len(frame))
    coreset = pd.read_parquet(_exported(frame, tmp_path, repeats="sum") / "coreset.parquet")
    total = frame.groupby(["user", "item"])["rating"].sum()
    wanted = [total[str(user), str(item)] for user, item in zip(coreset["user_id"], coreset["item_id"], strict=True)]
    assert coreset["rating"].tolist() == wanted


def test_where_the_file_has_changed_ratings_are_single_and_that_is_said(tmp_path: Path) -> None:
    frame = _frame([], []).assign(rating=0.1)
    _exported(frame, tmp_path)
    (tmp_path / "b").mkdir()
    out = _exported(frame, tmp_path / "b")
    assert "single precision" not in _notes(out)
    log = tmp_path / "b" / "log.tsv"
    table = Table.of(str(log), Reading(layout=sniff(str(log)).layout, columns=sniff(str(log)).columns))
    register([table])
    store = MemoryStore()
    spec = resolve(quick("recent", data={"dataset": table.name}), _FOLDERS)
    assert len(Experiment(spec, store, _FOLDERS).places.train)
    assert len(Experiment(spec, store, _FOLDERS).coreset.rows)
    log.write_text(log.read_text().replace("0.1", "0.7"))
    bundle.write(Experiment(spec, store, _FOLDERS), tmp_path / "later")
    assert "Ratings are in single precision" in _notes(tmp_path / "later")
    found = pd.read_parquet(tmp_path / "later" / "coreset.parquet")["rating"]
    assert found.tolist() == [float(np.float32(0.1))] * len(found)


def test_an_empty_table_has_the_columns_of_the_others(tmp_path: Path) -> None:
    out = _exported(_frame(["a song"], ["somebody"]), tmp_path, method="full", dropped=True)
    assert not len(pd.read_parquet(out / "dropped.parquet"))
    types = [
        {field.name: field.type for field in pq.read_schema(out / f"{name}.parquet")} for name in ("coreset", "dropped")
    ]
    assert types[0] == types[1]


@pytest.mark.parametrize("method", ["rs2", "reselected", "infobatch"])
@pytest.mark.parametrize("command", ["export", "select"])
def test_methods_that_keep_no_rows_are_refused_before_anything_is_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], method: str, command: str
) -> None:
    monkeypatch.setenv("CORELENS_HOME", str(tmp_path / "home"))
    out = tmp_path / ("out.csv" if command == "select" else "out")
    assert main([command, "--dataset", "synthetic-10k", "--method", method, "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert "selects new rows in every epoch, so there is no coreset to export" in error
    assert "Traceback" not in error
    assert not out.exists()


def test_the_name_of_the_file_says_its_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CORELENS_HOME", str(tmp_path / "home"))
    select = ["select", "--dataset", "synthetic-10k", "--method", "recent", "--out"]
    for name in ("rows.csv", "rows.parquet", "ROWS.CSV"):
        assert main([*select, str(tmp_path / name)]) == 0
    frames = pd.read_csv(tmp_path / "rows.csv"), pd.read_parquet(tmp_path / "rows.parquet")
    pd.testing.assert_frame_equal(*frames, check_dtype=False)
    assert (tmp_path / "ROWS.CSV").read_bytes() == (tmp_path / "rows.csv").read_bytes()
    capsys.readouterr()
    for name in ("rows.tsv", "rows", "rows.xlsx"):
        assert main([*select, str(tmp_path / name)]) == 2
        assert "does not say its form" in capsys.readouterr().err
        assert not (tmp_path / name).exists()


@pytest.mark.parametrize("how", ["at once", "by a worker"])
def test_what_a_page_offers_has_the_copy_for_spreadsheets_where_one_is_needed(tmp_path: Path, how: str) -> None:
    found = []
    for kind, names in (("signs", _SIGNS), ("plain", [])):
        (folder := tmp_path / kind).mkdir()
        _frame(names, []).to_csv(folder / "log.csv", index=False)
        register([table := own(folder / "log.csv")])
        experiment = Experiment(
            resolve(quick("random", data={"dataset": table.name}), _FOLDERS), MemoryStore(), _FOLDERS
        )
        packed = zip_of(experiment) if how == "at once" else experiment.graph.get(PACKED).zip.tobytes()
        files = zipfile.ZipFile(io.BytesIO(packed))
        found.append("coreset/coreset.spreadsheet.csv" in files.namelist())
        notes = json.loads(files.read("coreset/manifest.json"))["notes"]
        assert ("before texts that a spreadsheet would compute" in " ".join(notes)) == found[-1]
    assert found == [True, False]

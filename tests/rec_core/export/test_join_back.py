"""A bundle's rows join back to any form of file by ``row``: the file is read plainly, by other means than Corelens'."""

from __future__ import annotations

import bz2
import io
import json
import tarfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd
import pytest

from rec_core.data.sources import Folders, register
from rec_core.experiment import Experiment
from rec_core.export import bundle
from rec_core.stages import MemoryStore, resolve
from tests.conftest import quick
from tests.rec_core.export.odd_logs import LOGS
from tests.rec_core.export.test_duckdb_view import FILES, LAST, own_table

_FOLDERS = Folders(None, Path("no-downloads"))


def _csv(path: Path, **how: object) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False, **how)  # type: ignore[call-overload]


def _of_objects(lines: Iterable[bytes]) -> pd.DataFrame:
    return pd.DataFrame([json.loads(line) for line in lines]).astype(str)


def _of_parquet(path: Path) -> pd.DataFrame:
    return pd.read_parquet(path).astype({"user": int, "item": int}).astype(str)


def _of_one_parquet(path: Path) -> pd.DataFrame:
    """Read one file alone: of a path with ``dt=`` in it pandas would read the whole folder's columns."""
    return pd.read_parquet(io.BytesIO(path.read_bytes())).astype(str)


def _of_tar(path: Path) -> pd.DataFrame:
    with tarfile.open(path) as archive:
        archive.extract("log.csv", path.parent, filter="data")
    return _csv(path.parent / "log.csv")


def _of_parts(path: Path, read: Callable[[Path], pd.DataFrame] = _csv) -> pd.DataFrame:
    parts = [part for part in sorted(path.rglob("*")) if part.is_file() and not part.name.startswith(("_", "."))]
    return pd.concat([read(part) for part in parts], ignore_index=True)


PLAIN: dict[str, Callable[[Path], pd.DataFrame]] = {
    "gzip of another name": lambda path: _csv(path, compression="gzip"),
    "no header": lambda path: _csv(path, header=None),
    "Latin-1": lambda path: _csv(path, encoding="latin-1", sep=";"),
    "UTF-16": lambda path: _csv(path, encoding="utf-16", sep="\t"),
    "JSON lines": lambda path: _of_objects(path.read_bytes().splitlines()),
    "JSON lines in bz2": lambda path: _of_objects(bz2.decompress(path.read_bytes()).splitlines()),
    "Parquet with times": _of_parquet,
    "a folder of Parquet": _of_parquet,
    "ids of floats in Parquet": _of_parquet,
    "times of nanoseconds in Parquet": _of_parquet,
    "a folder of CSV": _of_parts,
    "a folder of files without an ending": _of_parts,
    "a folder of packed CSV": _of_parts,
    "folders of days": _of_parts,
    "folders of days, Parquet": lambda path: _of_parts(path, _of_one_parquet),
    "folders of days, JSON lines": lambda path: _of_parts(path, lambda part: _of_objects(part.open("rb"))),
    "semicolons and decimal commas": lambda path: _csv(path, sep=";"),
    "Windows-1252": lambda path: _csv(path, encoding="cp1252"),
    "Windows-1252 in xz": lambda path: _csv(path, encoding="cp1252"),
    "a tar of one file": _of_tar,
    "a byte order mark": lambda path: _csv(path, encoding="utf-8-sig"),
    "two signs between fields": lambda path: _csv(path, sep="::", engine="python", header=None),
}


def _bundle(dataset: str, folder: Path) -> dict[str, pd.DataFrame]:
    data = {"dataset": dataset, "unreadable": "left-out"}
    spec = resolve(quick("random", data=data, split=LAST, ratio=0.4), _FOLDERS)
    bundle.write(Experiment(spec, MemoryStore(), _FOLDERS), folder, bundle.Wanted(dropped=True))
    texts = {"user_id": str, "item_id": str}
    return {
        "coreset.parquet": pd.read_parquet(folder / "coreset.parquet"),
        "coreset.csv": pd.read_csv(folder / "coreset.csv", dtype=texts, keep_default_na=False),
        "dropped.parquet": pd.read_parquet(folder / "dropped.parquet"),
    }


@pytest.mark.parametrize("kind", FILES)
def test_by_their_row_a_bundles_ids_are_those_of_the_file(tmp_path: Path, kind: str) -> None:
    path = FILES[kind](tmp_path)
    register([table := own_table(path)])
    plain = PLAIN.get(kind, _csv)(path)
    for name, rows in _bundle(table.name, tmp_path / "bundle").items():
        there = plain.iloc[rows["row"]]
        assert rows["user_id"].astype(str).tolist() == there.iloc[:, 0].tolist(), name
        assert rows["item_id"].astype(str).tolist() == there.iloc[:, 1].tolist(), name


@pytest.mark.parametrize("odd", LOGS)
def test_by_their_row_odd_ids_are_those_of_the_file(tmp_path: Path, odd: str) -> None:
    log = LOGS[odd]()
    register([table := log.write(tmp_path)])
    for name, rows in _bundle(table.name, tmp_path / "bundle").items():
        assert rows["user_id"].astype(str).tolist() == [log.users[row] for row in rows["row"]], name
        assert rows["item_id"].astype(str).tolist() == [log.items[row] for row in rows["row"]], name

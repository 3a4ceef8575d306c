"""Every user's sequence is that of the file, in each library that a bundle is for.

The fast tests read as the libraries' loaders do, line by line of their sources; the slow ones run the libraries, each
in its environment (see ``test_frameworks``).
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.peers import HERE
from rec_core.data.sources import Folders, register
from rec_core.experiment import Experiment
from rec_core.export import bundle
from rec_core.stages import MemoryStore, resolve
from tests.conftest import quick
from tests.rec_core.export.odd_logs import LOGS, Log
from tests.rec_core.export.test_frameworks import environment

_FOLDERS = Folders(None, Path("no-downloads"))
SPLITS = ("train", "validation", "test")
Sequences = dict[str, list[str]]


@pytest.fixture(scope="module", params=LOGS)
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Log, Path]:
    """A log and the bundle of all its rows, the two last of each user held out."""
    folder = tmp_path_factory.mktemp("odd")
    log = LOGS[request.param]()
    table = log.write(folder)
    register([table])
    data = {"dataset": table.name, "min_interactions": 3}
    split = {"test": "last", "validation": "next-to-last"}
    experiment = Experiment(resolve(quick("full", data=data, split=split), _FOLDERS), MemoryStore(), _FOLDERS)
    bundle.write(experiment, folder / "bundle")
    return log, folder / "bundle"


def _listed(users: Iterable[object], items: Iterable[object]) -> Sequences:
    found: Sequences = {}
    for user, item in zip(users, items, strict=True):
        found.setdefault(str(user), []).append(str(item))
    return found


def _as_recbole(folder: Path) -> dict[str, Sequences]:
    """``Dataset._load_feat`` and ``Interaction.sort``: pandas' reader in Python, single precision, a stable sort."""
    found = {}
    for split, name in zip(SPLITS, ("train", "valid", "test"), strict=True):
        path = folder / "recbole" / "coreset" / f"coreset.{name}.inter"
        head = path.open(encoding="utf-8").readline()[:-1].split("\t")
        types = {field: np.float64 if field.endswith(":float") else str for field in head}
        rows = pd.read_csv(path, delimiter="\t", usecols=head, dtype=types, encoding="utf-8", engine="python")
        rows.columns = pd.Index([field.split(":")[0] for field in head])
        assert not rows.isna().to_numpy().any()
        rows["timestamp"] = rows["timestamp"].astype(np.float32)
        rows = rows.sort_values("timestamp", kind="stable")
        found[split] = _listed(rows["user_id"], rows["item_id"])
    return found


def _as_cornac(folder: Path) -> dict[str, Sequences]:
    """``Reader.read`` with ``uirt_parser``, and ``Dataset.chrono_user_data``, whose sort is not stable."""
    found = {}
    for split in SPLITS:
        with (folder / "uirt" / f"{split}.tsv").open(encoding="utf-8") as file:
            rows = [line.strip().split("\t") for line in file]
        held: dict[str, tuple[list[str], list[int]]] = {}
        for user, item, _, time in rows:
            items, times = held.setdefault(user, ([], []))
            items.append(item)
            times.append(int(time))
        found[split] = {user: [items[at] for at in np.argsort(times)] for user, (items, times) in held.items()}
    return found


def _as_elliot(folder: Path) -> dict[str, Sequences]:
    """``DataSetLoader`` for ``fixed``: pandas' reader, which guesses what ids are, a file at a time."""
    names = ["userId", "itemId", "rating", "timestamp"]
    found = {}
    for split in SPLITS:
        rows = pd.read_csv(folder / "uirt" / f"{split}.tsv", sep="\t", header=None, names=names)
        assert not rows.isna().to_numpy().any()
        found[split] = _listed(rows["userId"], rows["itemId"])
    return found


def _as_rectools(folder: Path) -> dict[str, Sequences]:
    """``use.py``: Parquet, moments of nanoseconds, and a stable sort by them."""
    every, found = pd.read_parquet(folder / "coreset.parquet"), {}
    for split in SPLITS:
        rows = every[every["split"] == split]
        rows = rows.assign(when=pd.to_datetime(rows["time"], unit="s")).sort_values("when", kind="stable")
        found[split] = _listed(rows["user_id"], rows["item_id"])
    return found


def _as_csv(folder: Path) -> dict[str, Sequences]:
    texts = {"user_id": str, "item_id": str}
    every = pd.read_csv(folder / "coreset.csv", dtype=texts, keep_default_na=False, na_values={"rating": [""]})
    every = every.sort_values("time", kind="stable")
    return {str(split): _listed(rows["user_id"], rows["item_id"]) for split, rows in every.groupby("split")}


READERS: dict[str, Callable[[Path], dict[str, Sequences]]] = {
    "recbole": _as_recbole,
    "cornac": _as_cornac,
    "elliot": _as_elliot,
    "rectools": _as_rectools,
    "csv": _as_csv,
}


def _in_ids(folder: Path, read: Mapping[str, Sequences]) -> dict[str, Sequences]:
    """Return sequences with ids as given where a file has integers in their place, in all of its splits."""
    every, found = pd.read_parquet(folder / "coreset.parquet"), dict(read)
    known: dict[str, dict[str, str]] = {}
    for column in ("user", "item"):
        ids, numbers = every[f"{column}_id"].astype(str), every[f"{column}_idx"].astype(str)
        seen = {
            name
            for sequences in read.values()
            for user, items in sequences.items()
            for name in ([user] if column == "user" else items)
        }
        is_numbered = bool(seen - set(ids))
        known[column] = dict(zip(numbers if is_numbered else ids, ids, strict=True))
    return {
        split: {known["user"][user]: [known["item"][item] for item in items] for user, items in sequences.items()}
        for split, sequences in found.items()
    }


def _require(log: Log, folder: Path, read: Mapping[str, Sequences], ordered: bool = True) -> None:
    true, found = log.sequences(), _in_ids(folder, read)
    parts = {"train": slice(None, -2), "validation": slice(-2, -1), "test": slice(-1, None)}
    for split, sequences in found.items():
        wanted = {user: items[parts[split]] for user, items in true.items()}
        if not ordered:
            wanted, sequences = ({user: sorted(one) for user, one in of.items()} for of in (wanted, sequences))
        assert sequences == wanted, split


@pytest.mark.parametrize("reader", READERS)
def test_as_each_library_reads_the_sequences_are_those_of_the_file(reader: str, exported: tuple[Log, Path]) -> None:
    log, folder = exported
    _require(log, folder, READERS[reader](folder))


ENVIRONMENTS = {
    "recbole": "recbole",
    "sequential": "recbole",
    "cornac": "plain",
    "implicit": "plain",
    "rectools": "rectools",
    "lenskit": "lenskit",
}


@pytest.mark.slow
@pytest.mark.parametrize("library", ENVIRONMENTS)
def test_in_each_library_the_sequences_are_those_of_the_file(
    library: str, exported: tuple[Log, Path], tmp_path: Path
) -> None:
    log, folder = exported
    command = [str(environment(ENVIRONMENTS[library])), str(HERE / "bundles.py"), library, str(folder)]
    quiet = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False, env=quiet)
    assert done.returncode == 0, done.stdout + done.stderr
    read = json.loads(done.stdout.splitlines()[-1])
    assert set(read) == ({"train"} if library == "implicit" else set(SPLITS))
    _require(log, folder, read, ordered=library != "implicit")


def test_users_whose_held_out_rows_recbole_would_train_on_are_not_in_its_sequences(tmp_path: Path) -> None:
    log = LOGS["seconds apart"]()
    register([table := log.write(tmp_path)])
    data = {"dataset": table.name, "min_interactions": 3}
    split = {"test": "last", "validation": "next-to-last"}
    spec = quick("random", data=data, split=split, ratio=0.15)
    experiment = Experiment(resolve(spec, _FOLDERS), MemoryStore(), _FOLDERS)
    bundle.write(experiment, out := tmp_path / "bundle")
    every = pd.read_parquet(out / "coreset.parquet").sort_values("time", kind="stable")
    count = every[every["split"] == "train"]["user_id"].value_counts()
    few = set(every["user_id"]) - set(count[count > 1].index)
    assert few
    rows = pd.read_csv(out / "recbole" / "sequences" / "sequences.inter", sep="\t")
    wanted = every[~every["user_id"].isin(few)]
    assert rows["user_id:token"].tolist() == wanted["user_id"].tolist()
    assert rows["item_id:token"].tolist() == wanted["item_id"].tolist()
    notes = json.loads((out / "manifest.json").read_text())["notes"]
    assert f"{len(few)} users have fewer than 2 selected rows and are not in recbole/sequences/." in " ".join(notes)


def test_where_other_rows_are_held_out_there_are_no_sequences(tmp_path: Path) -> None:
    log = LOGS["seconds apart"]()
    register([table := log.write(tmp_path)])
    split = {"test": "last", "validation": "random"}
    spec = quick("random", data={"dataset": table.name, "min_interactions": 3}, split=split, ratio=0.5)
    bundle.write(Experiment(resolve(spec, _FOLDERS), MemoryStore(), _FOLDERS), tmp_path / "bundle")
    assert not list((tmp_path / "bundle").rglob("sequences*"))

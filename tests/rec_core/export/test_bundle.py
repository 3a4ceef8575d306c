"""What leaves: every file of a bundle against the rows that it is about, and the same again from its own spec."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rec_core.__main__ import main
from rec_core.data.sources import Folders, register
from rec_core.errors import CorelensError
from rec_core.experiment import Experiment
from rec_core.export import bundle
from rec_core.specs import ExperimentSpec
from rec_core.stages import MemoryStore, resolve
from tests.conftest import own, quick

_FOLDERS = Folders(None, Path("no-downloads"))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A messy log: text ids, some like formulas, repeated pairs, broken lines, quoted titles, blank lines."""
    rng = np.random.default_rng(1)
    lines = ["who;what;label;stars;at"]
    for n in range(4000):
        user, item = rng.integers(0, 60), int(rng.zipf(1.4)) % 80
        name = f"=cmd|{user}" if user == 7 else f"00{user}"
        lines.append(f'{name};i{item};"Title ""{item}"";é";{rng.integers(1, 6)};{10**9 + int(rng.integers(0, 10**6))}')
        if n % 500 == 0:
            lines += ["", "broken;line"]
    path = tmp_path / "messy.csv"
    path.write_bytes("\n".join(lines).encode("latin-1"))
    return path


def _spec(log: Path, seed: int = 0) -> ExperimentSpec:
    table = own(log, user="who", item="what", rating="stars", time="at", title="label")
    register([table])
    return quick("recent", data={"dataset": table.name, "unreadable": "left-out"}, ratio=0.3, seed=seed)


def _written(spec: ExperimentSpec, folder: Path, **wanted: bool) -> Experiment:
    experiment = Experiment(resolve(spec, _FOLDERS), MemoryStore(), _FOLDERS)
    bundle.write(experiment, folder, bundle.Wanted(**wanted))
    return experiment


def _records(log: Path) -> list[list[str]]:
    """The records of the file as any reader of CSV sees them, the broken ones among them."""
    import csv

    with log.open(encoding="latin-1", newline="") as file:
        return [record for record in csv.reader(file, delimiter=";") if record][1:]


def test_rows_and_ids_join_back_to_the_file_without_loss(log: Path, tmp_path: Path) -> None:
    experiment = _written(_spec(log), tmp_path / "out", dropped=True)
    records = _records(log)
    every = [pd.read_parquet(tmp_path / "out" / f"{name}.parquet") for name in ("coreset", "dropped")]
    for frame in every:
        there = [records[row] for row in frame["row"]]
        assert frame["user_id"].tolist() == [record[0] for record in there]
        assert frame["item_id"].tolist() == [record[1] for record in there]
        assert frame["rating"].tolist() == [float(record[3]) for record in there]
        assert frame["time"].tolist() == [int(record[4]) for record in there]
    coreset, dropped = every
    assert dict(coreset.dtypes.astype(str))["user_idx"] == "int32"
    assert dict(coreset.dtypes.astype(str))["time"] == "int64"
    kept = coreset[coreset["split"] == "train"]
    assert len(kept) == len(experiment.coreset.rows)
    assert len(kept) + len(dropped) == len(experiment.split.train)
    assert not set(kept["row"]) & set(dropped["row"])
    assert np.load(tmp_path / "out" / "kept_rows.npy").tolist() == kept["row"].tolist() == sorted(kept["row"])
    # Of each pair the latest record is what counts, so every row that was taken is the last of its pair by time.
    latest: dict[tuple[str, str], tuple[int, int]] = {}
    for row, record in enumerate(records):
        if len(record) == 5:
            latest[record[0], record[1]] = max(latest.get((record[0], record[1]), (-1, -1)), (int(record[4]), row))
    assert {row for _, row in latest.values()} >= set(coreset["row"]) | set(dropped["row"])


def test_the_manifest_holds_every_file_and_no_path_of_this_machine(log: Path, tmp_path: Path) -> None:
    _written(_spec(log), tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    for name, file in manifest["files"].items():
        raw = (tmp_path / "out" / name).read_bytes()
        assert (file["sha256"], file["bytes"]) == (hashlib.sha256(raw).hexdigest(), len(raw))
    files = [file for file in (tmp_path / "out").rglob("*") if file.is_file()]
    assert {file.relative_to(tmp_path / "out").as_posix() for file in files} == {"manifest.json", *manifest["files"]}
    assert manifest["source"]["sha256"] == hashlib.sha256(log.read_bytes()).hexdigest()
    for file in (tmp_path / "out").rglob("*"):
        assert file.is_dir() or str(tmp_path).encode() not in file.read_bytes(), file


def test_the_exported_spec_makes_the_same_coreset_in_a_fresh_home(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _written(_spec(log, seed=3), tmp_path / "out")
    spec = tomllib.loads((tmp_path / "out" / "spec.toml").read_text())
    assert spec["log"]["file"] == "messy.csv"
    assert spec["seed"] == 3
    register([])
    monkeypatch.setenv("CORELENS_HOME", str(tmp_path / "fresh"))
    again = tmp_path / "again.zip"
    options = ["--data", str(log), "--spec", str(tmp_path / "out" / "spec.toml"), "--out", str(again)]
    assert main(["export", *options]) == 0
    with zipfile.ZipFile(again) as archive:
        for name in ("coreset.parquet", "kept_rows.npy", "spec.toml", "recbole/coreset/coreset.train.inter"):
            assert archive.read(f"coreset/{name}") == (tmp_path / "out" / name).read_bytes(), name


@pytest.mark.parametrize("options", [[], ["--columns", "user=who,item=what,rating=,time=", "--split", "random/random"]])
def test_the_exported_command_line_writes_what_the_library_reads(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    monkeypatch.setenv("CORELENS_HOME", str(tmp_path / "home"))
    out = tmp_path / "out"
    said = options or ["--columns", "user=who,item=what,rating=stars,time=at"]
    more = ["--set", "data.unreadable=left-out", "--method", "quota", "--out", str(out), "--encoding", "latin-1"]
    assert main(["export", "--data", str(log), *said, *more]) == 0
    frame = pd.read_parquet(out / "coreset.parquet")
    rated = "rating" in frame
    assert rated is not bool(options)
    for split, suffix in (("train", "train"), ("validation", "valid"), ("test", "test")):
        wanted = frame[frame["split"] == split]
        ordered = wanted.sort_values("time", kind="stable") if "time" in wanted else wanted
        inter = pd.read_csv(out / "recbole" / "coreset" / f"coreset.{suffix}.inter", sep="\t", dtype=str)
        assert inter["user_id:token"].tolist() == ordered["user_id"].tolist()
        assert inter["item_id:token"].tolist() == ordered["item_id"].tolist()
        four = pd.read_csv(out / "uirt" / f"{split}.tsv", sep="\t", header=None, dtype={0: str, 1: str})
        assert four[1].tolist() == ordered["item_id"].tolist()
        assert four[2].tolist() == (ordered["rating"].tolist() if rated else [1.0] * len(wanted))
    said_so = subprocess.run(
        [sys.executable, "use.py", "pandas", *(["torch"] if rated else [])],
        cwd=out,
        capture_output=True,
        text=True,
        check=True,
    )
    kept = frame[frame["split"] == "train"]
    assert f"pandas: {len(kept)} rows of {kept['user_id'].nunique()} users" in said_so.stdout
    assert (f"torch: {len(kept)} rows in" in said_so.stdout) == rated
    missing = subprocess.run(
        [sys.executable, "use.py", "lenskit"], cwd=out, capture_output=True, text=True, check=False
    )
    assert "not installed here" in missing.stdout


def test_nothing_is_written_over(log: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(CorelensError, match="holds something already"):
        _written(_spec(log), tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("text", "said"),
    [("not toml [", "is no TOML"), ('[log]\ntitle = "x"\n', "is about a log: name its file with --data"), ("", "")],
)
def test_a_spec_that_cannot_be_used_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    monkeypatch.setenv("CORELENS_HOME", str(tmp_path / "home"))
    file = tmp_path / "spec.toml"
    if text:
        file.write_text(text)
    assert main(["export", "--spec", str(file), "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert (said or "cannot be read") in error
    assert "Traceback" not in error

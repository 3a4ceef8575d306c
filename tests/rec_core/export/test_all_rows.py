"""A coreset for production: the same rule over every row, held against pandas, and called so everywhere."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from rec_core.__main__ import main
from rec_core.data.sources import Folders, register
from rec_core.errors import CorelensError
from rec_core.experiment import Experiment, View
from rec_core.export import bundle
from rec_core.export.packed import PACKED
from rec_core.specs import ExperimentSpec
from rec_core.stages import NEGATIVES, PROXY, SPLIT, MemoryStore, resolve
from rec_core.wording.labels import ALL_ROWS
from tests.conftest import own, quick

_FOLDERS = Folders(None, Path("no-downloads"))


def _frame() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    user, item = rng.integers(0, 60, 2500) ** 2 // 60, rng.zipf(1.3, 2500) % 80
    return pd.DataFrame({"user": [f"u{u}" for u in user], "item": item, "time": rng.permutation(2500) + 10**9})


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log.csv"
    _frame().to_csv(path, index=False)
    return path


def _spec(log: Path, method: dict[str, object], ratio: float = 0.2) -> ExperimentSpec:
    table = own(log, rating="")
    register([table])
    split = {"test": "last", "validation": "next-to-last", "all_rows": True}
    return resolve(quick(data={"dataset": table.name}, split=split, ratio=ratio).with_(method=method), _FOLDERS)


def _filtered(frame: pd.DataFrame) -> pd.DataFrame:
    """The latest row of each pair, and of these the 5-core."""
    rows = frame.sort_values("time", kind="stable").drop_duplicates(["user", "item"], keep="last").sort_index()
    while True:
        enough = [rows.groupby(name)[name].transform("size") >= 5 for name in ("user", "item")]
        if (stay := enough[0] & enough[1]).all():
            return rows
        rows = rows[stay]


@pytest.mark.parametrize("ratio", [0.05, 0.2, 0.333])
def test_the_newest_rows_of_all_are_selected(log: Path, tmp_path: Path, ratio: float) -> None:
    """Each user's share of the budget, as pandas works it out, is of rows that no split has taken the newest from."""
    bundle.write(
        Experiment(_spec(log, {"name": "recent", "alpha": 0.0}, ratio), MemoryStore(), _FOLDERS), tmp_path / "o"
    )
    rows = _filtered(_frame())
    kept = pd.read_parquet(tmp_path / "o" / "coreset.parquet")
    assert len(kept) == round(ratio * len(rows))
    assert set(kept["split"]) == {"train"}
    counts = rows["user"].value_counts()
    level = max(n for n in range(counts.max() + 1) if counts.clip(upper=n).sum() <= len(kept))  # the same for everybody
    for user, count in counts.items():
        mine = rows[rows["user"] == user].sort_values("time")
        taken = int((kept["user_id"] == user).sum())
        assert taken in {min(level, count), min(level + 1, count)}
        assert set(kept.loc[kept["user_id"] == user, "row"]) == set(mine.index[len(mine) - taken :])


def test_a_window_by_date_ends_with_the_newest_row_of_the_log(log: Path, tmp_path: Path) -> None:
    bundle.write(Experiment(_spec(log, {"name": "window-by-date"}), MemoryStore(), _FOLDERS), tmp_path / "o")
    rows = _filtered(_frame()).sort_values("time")
    assert np.load(tmp_path / "o" / "kept_rows.npy").tolist() == sorted(rows.index[-round(0.2 * len(rows)) :])


def test_the_rule_as_sql_is_over_all_rows_too(log: Path, tmp_path: Path) -> None:
    method: dict[str, object] = {"name": "recent"}
    experiment = Experiment(_spec(log, method), MemoryStore(), _FOLDERS)
    bundle.write(experiment, tmp_path / "o")
    query = (tmp_path / "o" / "coreset.sql").read_text()
    assert ALL_ROWS in query
    with duckdb.connect() as database:
        database.register(
            "log", _frame().reset_index(names="row").rename(columns={"user": "user_id", "item": "item_id"})
        )
        database.execute("CREATE VIEW interactions AS SELECT * FROM log")
        found = sorted(row for (row,) in database.execute(query).fetchall())
    assert found == np.load(tmp_path / "o" / "kept_rows.npy").tolist()


def test_a_proxy_is_trained_on_all_rows(log: Path) -> None:
    spec = _spec(log, {"name": "gradient"})
    experiment = Experiment(spec, MemoryStore(), _FOLDERS)
    n = len(_filtered(_frame()))
    assert len(experiment.split.train) == n
    assert len(experiment.coreset.rows) == round(0.2 * n)
    held_out = spec.with_(split=spec.split.model_copy(update={"all_rows": False}))
    assert PROXY.key(spec) != PROXY.key(held_out)
    assert len(experiment.scores) == n
    assert not View(spec, MemoryStore(), _FOLDERS).proxy_is_ready  # a page has it trained, and does not show another


def test_it_is_called_so_and_no_quality_is_claimed(log: Path, tmp_path: Path) -> None:
    experiment = Experiment(_spec(log, {"name": "recent"}), MemoryStore(), _FOLDERS)
    out = tmp_path / "o"
    bundle.write(experiment, out, bundle.Wanted(dropped=True))
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["coreset"]["held out"] == ALL_ROWS
    assert manifest["coreset"]["choice"].endswith("of all rows")
    assert manifest["coreset"]["rows"] == len(experiment.split.train)
    assert not {"train rows", "test rows", "validation rows"} & set(manifest["coreset"])
    assert any(ALL_ROWS in note for note in manifest["notes"])
    assert not any("are tested" in note or "older than" in note for note in manifest["notes"])
    for name in ("README.md", "use.py"):
        assert ALL_ROWS in (out / name).read_text()
    files = {file.relative_to(out).as_posix() for file in out.rglob("*") if file.is_file()}
    assert {name for name in files if "/" in name} == {
        "recbole/coreset.yaml", "recbole/coreset/coreset.inter", "uirt/train.tsv",
    }  # fmt: skip
    assert "benchmark_filename" not in (out / "recbole" / "coreset.yaml").read_text()
    assert len(pd.read_parquet(out / "dropped.parquet")) == len(experiment.split.train) - len(experiment.coreset.rows)
    said = subprocess.run(
        [sys.executable, "use.py", "pandas"], cwd=out, capture_output=True, text=True, check=True
    ).stdout
    assert f"{len(experiment.coreset.rows)} rows of" in said


def test_the_command_line_makes_it_and_its_spec_makes_it_again(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CORELENS_HOME", str(tmp_path / "home"))
    out, again, rows = tmp_path / "out", tmp_path / "again.zip", tmp_path / "rows.parquet"
    how = [
        "--data",
        str(log),
        "--columns",
        "rating=",
        "--preset",
        "recommended",
        "--method",
        "recent",
        "--ratio",
        "0.05",
    ]
    assert main(["export", *how, "--all-rows", "--out", str(out)]) == 0
    n = len(_filtered(_frame()))
    assert f"{round(0.05 * n):,} of {n:,} rows are in" in capsys.readouterr().err
    assert tomllib.loads((out / "spec.toml").read_text())["split"]["all_rows"] is True
    monkeypatch.setenv("CORELENS_HOME", str(tmp_path / "fresh"))
    assert main(["export", "--data", str(log), "--spec", str(out / "spec.toml"), "--out", str(again)]) == 0
    with zipfile.ZipFile(again) as archive:
        for file in filter(Path.is_file, out.rglob("*")):
            name = file.relative_to(out).as_posix()
            assert archive.read(f"coreset/{name}") == file.read_bytes(), name
    assert main(["select", *how, "--all-rows", "--out", str(rows)]) == 0
    assert len(pd.read_parquet(rows)) == round(0.05 * n)


def test_nothing_is_trained_or_measured_where_nothing_is_held_out(log: Path, tmp_path: Path) -> None:
    experiment = Experiment(_spec(log, {"name": "recent"}), MemoryStore(), _FOLDERS)
    with pytest.raises(CorelensError, match="nothing is held out"):
        experiment.result()
    with pytest.raises(CorelensError, match="nothing is held out"):
        experiment.graph.get(NEGATIVES)
    with pytest.raises(CorelensError, match="export the rows alone"):
        bundle.write(experiment, tmp_path / "o", bundle.Wanted(model=True))
    assert not (tmp_path / "o").exists()


def test_what_is_computed_of_other_splits_has_the_keys_that_it_had(log: Path) -> None:
    plain = quick(split={"test": "last", "validation": "next-to-last"})
    assert SPLIT.inputs(plain)["rules"] == {"test": "last", "validation": "next-to-last"}
    random = plain.with_(split={"test": "random", "validation": "random", "all_rows": True})
    assert SPLIT.inputs(random)["rules"] == {"test": "none"}
    assert SPLIT.inputs(random)["seed"] is None
    assert PACKED.key(random) != PACKED.key(plain)

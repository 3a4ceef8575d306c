"""Splits that people bring, from three files to metrics, against computations of their own."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from cache.store import DiskStore
from rec_core.__main__ import main
from rec_core.data import splits
from rec_core.data.sources import Folders
from rec_core.data.sources.table import Brought, Columns, Reading, layout_of
from rec_core.evaluation import METRICS as ALL_METRICS
from rec_core.evaluation import PerUser
from rec_core.evaluation.several import ranked_by, ranked_of
from rec_core.models import baselines
from rec_core.models.counting import matrix, neighbourhood

Part = np.ndarray  # (n, 2): user and item, as the file has them
Scores = Callable[[csr_array], np.ndarray]
METRICS = ["recall@20", "ndcg@20", "recall@3", "map@5", "mrr@50", "hitrate@1"]


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORELENS_HOME", str(tmp_path / "home"))


def _made(seed: int = 0) -> tuple[Part, Part, Part]:
    """Train, validation and test pairs of 60 users and 90 items, with some that only test knows."""
    rng = np.random.default_rng(seed)
    weight = 1 / np.arange(1, 91)
    pairs = [
        (user + 100, item) for user in range(60) for item in rng.choice(90, 22, replace=False, p=weight / weight.sum())
    ]
    every = np.array(pairs)[rng.permutation(len(pairs))]
    test = np.concatenate([every[1000:], [[999, 1], [999, 2], [100, 777], [101, 777]]])
    return every[:900], every[900:1000], test


def _write(folder: Path, parts: tuple[Part, Part, Part]) -> list[str]:
    folder.mkdir(exist_ok=True)
    files = []
    for name, part in zip(("train", "validation", "test"), parts, strict=True):
        np.savetxt(folder / f"{name}.csv", part, "%d", ",", header="user,item", comments="")
        files += [f"--{name}", str(folder / f"{name}.csv")]
    return files


def _by_hand(model: Callable[[csr_array], Scores], parts: tuple[Part, Part, Part], each: int = 1) -> dict[str, float]:
    """Every metric, user by user, out of ranks among what a user has neither in train nor in validation.

    The ``model`` learns from the train file, and scores all items for users with what they have in both.
    """
    train, validation, test = parts
    users, items = (np.unique(train[:, column]) for column in (0, 1))
    at_user, at_item = ({one: place for place, one in enumerate(some.tolist())} for some in (users, items))

    def matrix(pairs: Part) -> csr_array:
        known = [(at_user[u], at_item[i]) for u, i in pairs.tolist() if u in at_user and i in at_item]
        rows, columns = np.array(known, int).reshape(-1, 2).T
        x = csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(users), len(items)))
        x.data[:] = 1
        return x

    learnt, has = matrix(train), matrix(np.concatenate([train, validation]))
    relevant: dict[int, set[int]] = {}
    for user, item in test.tolist():
        if user in at_user:
            relevant.setdefault(at_user[user], set()).add(at_item.get(item, -1 - item))
    asked, scores = sorted(relevant)[::each], model(learnt)
    values: dict[str, list[float]] = {name: [] for name in METRICS}
    for begin in range(0, len(asked), 500):
        some = asked[begin : begin + 500]
        block = scores(has[some])
        for row, user in zip(block, some, strict=True):
            row = row.copy()
            row[has[[user]].indices] = -np.inf
            wanted = relevant[user]
            own = [row[item] for item in wanted if item >= 0 and row[item] > -np.inf]
            rank = sorted(1 + (row > one).sum() + ((row == one).sum() - 1) / 2 for one in own)
            for name in METRICS:
                kind, k = name.split("@")
                values[name].append(_value(kind, rank, len(wanted), int(k)))
    return {name: float(np.mean(some)) for name, some in values.items()}


def _value(kind: str, rank: list[float], count: int, k: int) -> float:
    hits = [one for one in rank if one <= k]
    if kind == "recall":
        return len(hits) / count
    if kind == "hitrate":
        return float(bool(hits))
    if kind == "mrr":
        return 1 / hits[0] if hits else 0.0
    if kind == "ndcg":
        return sum(1 / math.log2(1 + one) for one in hits) / sum(1 / math.log2(2 + n) for n in range(min(k, count)))
    places = [sum(x < one for x in rank) + (1 + sum(x == one for x in rank)) / 2 for one in hits]
    return sum(place / one for place, one in zip(places, hits, strict=True)) / min(k, count)


def _popular(learnt: csr_array) -> Scores:
    count = np.asarray(learnt.sum(axis=0))
    return lambda has: np.broadcast_to(count, has.shape)


def _neighbours(learnt: csr_array) -> Scores:
    """Item neighbourhood: Σ_j C_ji / √c_j over the items of the train file, and 0.001 popularity between equal ones."""
    count = np.asarray(learnt.sum(axis=0))
    together = learnt.T @ learnt
    by_count = csr_array((1 / np.sqrt(count), (np.arange(len(count)),) * 2))

    def scores(has: csr_array) -> np.ndarray:
        # XᵀX without its diagonal: what is taken off is each item's own count.
        served = (has @ by_count) @ together - has.multiply(np.sqrt(count))
        return np.asarray(served.todense()) + 0.001 * count / count.max()

    return scores


def _ease(learnt: csr_array) -> Scores:
    """Steck, 2019: B = I − P diag(1 / diag P), P = (XᵀX + λI)⁻¹, λ = 500."""
    inverse = np.linalg.inv((learnt.T @ learnt).toarray() + 500.0 * np.eye(learnt.shape[1]))
    between = -inverse / np.diag(inverse)
    np.fill_diagonal(between, 0.0)
    return lambda has: np.asarray(has @ between)


EASE = ["--model", "ease", "--set", "model.profile=all", "--set", "model.penalty=500"]


def _run(capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    more = [word for name in METRICS for word in ("--metric", name)]
    assert main(["run", *options, *more]) == 0, capsys.readouterr().err
    out: dict[str, Any] = json.loads(capsys.readouterr().out)
    return out


def _of(values: dict[str, float]) -> dict[str, float]:
    return {name: values[f"{name}_all"] for name in METRICS}


def test_three_files_give_what_an_own_computation_gives(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parts = _made()
    files = _write(tmp_path / "own", parts)
    result = _run(capsys, *files, *EASE, "--method", "full")
    assert _of(result["metrics"]) == pytest.approx(_by_hand(_ease, parts), abs=1e-9)
    assert _of(result["controls"]["most_popular"]) == pytest.approx(_by_hand(_popular, parts), abs=1e-9)
    assert _of(result["controls"]["neighbourhood"]) == pytest.approx(_by_hand(_neighbours, parts), abs=1e-9)
    assert "recall@10" not in result["metrics"]
    assert result["spec"]["split"]["test"] == "given"
    assert result["n_train"] == 900


def test_what_only_the_test_knows_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = _write(tmp_path / "own", _made())
    assert main(["run", *files, "--model", "ease", "--method", "full"]) == 0
    said = capsys.readouterr().err
    assert "1 user is in the test file alone and cannot be tested." in said
    assert "1 item (2 test rows) in the test file alone: counted as relevant" in said
    assert "Split as it comes: 900 train rows, 100 validation rows" in said


def test_a_subset_of_such_a_split_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = _write(tmp_path / "own", _made())
    common = [*files, *EASE[:4], "--metric", "ndcg@7", "--keep", "0.9"]
    sweep = ["sweep", *files, "--models", "ease", "--methods", "random,quota", "--ratios", "0.5", "--metric", "ndcg@7"]
    assert main([*sweep, "--json", str(tmp_path / "sweep.json")]) == 0
    written = json.loads((tmp_path / "sweep.json").read_text())
    assert {"recall@20_all", "ndcg@20_all", "ndcg@7_all"} <= {row["metric"] for row in written}
    assert main(["find", *common, "--minutes", "600", "--json", str(tmp_path / "find.json")]) == 0
    answer = json.loads((tmp_path / "find.json").read_text())
    assert answer["ending"] in ("confirmed", "not confirmed")
    assert answer["tried"]
    assert "NDCG@7, all items" in capsys.readouterr().out


def test_without_a_validation_file_nothing_is_held_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train, validation, test = _made()
    files = _write(tmp_path / "own", (train, validation, test))
    two = [*files[:2], *files[4:]]
    result = _run(
        capsys, *two, "--model", "mf", "--set", "train.epochs=3", "--set", "train.patience=1", "--method", "random"
    )
    assert result["best_epoch"] == 3
    none = np.empty((0, 2), int)
    assert _of(result["controls"]["most_popular"]) == pytest.approx(_by_hand(_popular, (train, none, test)), abs=1e-9)
    assert "no validation (training goes on to its last epoch" in _said(capsys, two)
    assert main(["find", *two, "--model", "ease", "--minutes", "5", "--keep", "0.5"]) == 0


def _said(capsys: pytest.CaptureFixture[str], files: list[str]) -> str:
    assert main(["run", *files, "--model", "ease", "--method", "full"]) == 0
    return capsys.readouterr().err


@pytest.mark.parametrize("method", ["random", "quota", "users", "gradient"])
def test_methods_choose_from_the_train_file_alone(
    method: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = _write(tmp_path / "own", _made())
    result = _run(
        capsys,
        *files,
        "--model",
        "mf",
        "--set",
        "train.epochs=1",
        "--set",
        "proxy.epochs=1",
        "--method",
        method,
        "--ratio",
        "0.25",
    )
    assert (result["n_train"], result["n_selected"]) == (900, 225)


def test_recent_needs_an_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = _write(tmp_path / "own", _made())
    assert main(["run", *files, "--model", "ease", "--method", "recent"]) == 1
    assert "no times" in capsys.readouterr().err
    assert main(["run", *files, "--model", "ease", "--method", "recent", "--in-order"]) == 0


def test_ratings_of_such_a_split_are_errors_row_by_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parts = _made()
    files = []
    for name, part in zip(("train", "validation", "test"), parts, strict=True):
        rating = 1 + (part.sum(axis=1) % 5)
        np.savetxt(
            tmp_path / f"{name}.csv", np.column_stack([part, rating]), "%d", ",", header="user,item,rating", comments=""
        )
        files += [f"--{name}", str(tmp_path / f"{name}.csv")]
    assert (
        main(["run", *files, "--feedback", "explicit", "--model", "mf", "--method", "full", "--set", "train.epochs=1"])
        == 0
    )
    found = json.loads(capsys.readouterr().out)["controls"]["global_mean"]
    train, _, test = parts
    mean = (1 + train.sum(axis=1) % 5).mean()
    known = np.isin(test[:, 0], train[:, 0]) & np.isin(test[:, 1], train[:, 1])
    error = (1 + test[known].sum(axis=1) % 5) - mean
    assert found["rmse"] == pytest.approx(float(np.sqrt((error**2).mean())), abs=1e-6)
    assert found["mae"] == pytest.approx(float(np.abs(error).mean()), abs=1e-6)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--train", "a.csv"], "name the test file too"),
        (["--test", "a.csv"], "name the train file too"),
        (["--train", "a.csv", "--test", "a.csv", "--data", "a.csv"], "name either"),
        (["--dataset", "synthetic-10k", "--split", "given"], "split.test=given is for data that come with a split"),
    ],
)
def test_wrong_commands_are_said(options: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", *options]) in (1, 2)
    assert said in capsys.readouterr().err


def test_all_rows_of_a_split_are_no_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = _write(tmp_path / "own", _made())
    out = str(tmp_path / "rows.csv")
    assert main(["select", *files, "--model", "ease", "--method", "random", "--all-rows", "--out", out]) == 1
    assert "comes with a split. To select from all of its rows" in capsys.readouterr().err


def test_another_rule_does_not_go_with_a_split(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = _write(tmp_path / "own", _made())
    assert main(["run", *files, "--model", "ease", "--split", "random"]) == 2
    assert "comes with its own split, so split.test=random does not go with it" in capsys.readouterr().err


COLUMNS = ["--columns", "user=column 1,item=column 2"]  # both are numbers, and no line says which is which


def _real(folder: str, *names: str) -> list[Path]:
    files = [Path(os.environ.get("CORELENS_DATA", "none")) / folder / f"{name}.txt" for name in names]
    if not all(map(Path.exists, files)):
        pytest.skip(f"needs {folder} in the folder CORELENS_DATA")
    return files


def _read(file: Path) -> Part:
    return np.loadtxt(file, int, usecols=(0, 1))


@pytest.mark.slow
def test_distill_cf_s_movielens(capsys: pytest.CaptureFixture[str]) -> None:
    files = _real("distill-cf-ml-1m", "train", "validation", "test")
    options = [*COLUMNS, *(word for file in files for word in (f"--{file.stem}", str(file)))]
    result = _run(capsys, *options, *EASE, "--method", "full")
    parts = (_read(files[0]), _read(files[1]), _read(files[2]))
    assert (len(parts[0]), result["n_train"]) == (791_718, 791_718)
    assert _of(result["controls"]["most_popular"]) == pytest.approx(_by_hand(_popular, parts), abs=1e-9)
    # Scores are in single precision: of half a million places a few neighbours change theirs.
    assert _of(result["metrics"]) == pytest.approx(_by_hand(_ease, parts), abs=1e-4)


@pytest.mark.slow
def test_light_gcn_s_gowalla(tmp_path: Path) -> None:
    """Without the command line, whose other baselines take minutes among 41 thousand items."""
    train, test = map(str, _real("gowalla", "train", "test"))
    reading = Reading(layout=layout_of(train), columns=Columns(user="column 1", item="column 2"))
    split = splits.given(Brought.of_files(train, "", test, reading).load(Folders(None, tmp_path)))
    parts = (_read(Path(train)), np.empty((0, 2), int), _read(Path(test)))
    assert len(split.train) == len(parts[0]) == 810_128
    assert int(split.relevant.sum()) == len(parts[2]) == 217_242
    popular = ranked_of(baselines.popularity(split.train, split.catalogue.n_items), split)
    assert _measured(popular) == pytest.approx(_by_hand(_popular, parts), abs=1e-9)
    x = matrix(split.train, split.catalogue.n_users, split.catalogue.n_items)
    few = ranked_by(neighbourhood(x), split.asking(np.arange(0, len(split.tested), 20)))
    assert _measured(few) == pytest.approx(_by_hand(_neighbours, parts, each=20), abs=1e-5)


def _measured(per_user: PerUser) -> dict[str, float]:
    return {name: ALL_METRICS[f"{name}_all"].value(per_user) for name in METRICS}


def test_a_bundle_holds_the_files_as_they_were_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parts = _made()
    files, out = _write(tmp_path / "own", parts), tmp_path / "bundle"
    chosen = ["--model", "ease", "--method", "recent", "--ratio", "0.3", "--in-order"]
    assert main(["export", *files, *chosen, "--out", str(out)]) == 0
    every = pd.read_parquet(out / "coreset.parquet")
    assert every.split.value_counts().to_dict() == {"train": 270, "validation": 100, "test": len(parts[2]) - 4}
    for name, part in zip(("train", "validation", "test"), parts, strict=True):
        of = every[every.split == name]
        assert np.array_equal(of[["user_id", "item_id"]].to_numpy(), part[of.row.to_numpy()])
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["source"]["test file"]["file"] == "test.csv"
    again = ["run", *files, "--spec", str(out / "spec.toml"), "--in-order"]
    assert main(again) == 0
    capsys.readouterr()
    duckdb = pytest.importorskip("duckdb")
    query = (out / "coreset.sql").read_text()
    view = query[query.index("-- CREATE VIEW") : query.index(";", query.index("-- CREATE VIEW")) + 1].replace("-- ", "")
    with duckdb.connect() as database:
        database.execute(view.replace("train.csv", str(tmp_path / "own" / "train.csv")))
        rows = sorted(row for (row,) in database.sql(query).fetchall())
    assert rows == np.load(out / "kept_rows.npy").tolist()


def test_metrics_at_any_k_speak_of_runs_that_are_in_the_store(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["run", "--dataset", "synthetic-10k", "--method", "random", "--set", "train.epochs=1"]
    assert main(command) == 0
    old = json.loads(capsys.readouterr().out)
    assert main([*command, "--metric", "recall@37", "--metric", "map@3_all", "--metric", "NDCG@10"]) == 0
    out, err = capsys.readouterr()
    new = json.loads(out)
    assert "Training" not in err  # what was kept of it was enough
    for name, value in old["metrics"].items():
        assert new["metrics"][name] == value
    stored = DiskStore(Path(os.environ["CORELENS_HOME"])).get(new["stage_keys"]["evaluate"])
    assert stored is not None
    sampled, every = (np.asarray(stored.arrays[f"per_user.{part}"], float) for part in ("rank", "rank_all"))
    assert new["metrics"]["recall@37"] == pytest.approx(float((sampled <= 37).mean()))
    assert new["metrics"]["map@3_all"] == pytest.approx(float(np.where(every <= 3, 1 / every, 0).mean()))
    for control in ("most_popular", "svd", "neighbourhood_kept"):
        assert 0 <= new["controls"][control]["recall@37"] <= 1
    assert main([*command, "--metric", "recall@x"]) == 2
    assert "'recall@x' is not known" in capsys.readouterr().err

"""Splits that people bring, from three files to metrics, against computations of their own."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from rec_core.__main__ import main

Part = np.ndarray  # (n, 2): user and item, as the file has them
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


def _by_hand(scores: Callable[[csr_array, csr_array], np.ndarray], parts: tuple[Part, Part, Part]) -> dict[str, float]:
    """Every metric, user by user, out of ranks among what a user has neither in train nor in validation."""
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
    asked = sorted(relevant)
    values: dict[str, list[float]] = {name: [] for name in METRICS}
    for begin in range(0, len(asked), 500):
        some = asked[begin : begin + 500]
        block = scores(learnt, has[some])
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


def _popular(learnt: csr_array, has: csr_array) -> np.ndarray:
    return np.broadcast_to(np.asarray(learnt.sum(axis=0)), has.shape)


def _ease(learnt: csr_array, has: csr_array) -> np.ndarray:
    """Steck, 2019: B = I − P diag(1 / diag P), P = (XᵀX + λI)⁻¹, λ = 500."""
    if not hasattr(_ease, "kept") or _ease.kept[0] is not learnt:
        inverse = np.linalg.inv((learnt.T @ learnt).toarray() + 500.0 * np.eye(learnt.shape[1]))
        between = -inverse / np.diag(inverse)
        np.fill_diagonal(between, 0.0)
        _ease.kept = learnt, between  # type: ignore[attr-defined]
    return np.asarray(has @ _ease.kept[1])  # type: ignore[attr-defined]


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


def _real(folder: str, *names: str) -> list[Path]:
    files = [Path(os.environ.get("CORELENS_DATA", "none")) / folder / f"{name}.txt" for name in names]
    if not all(map(Path.exists, files)):
        pytest.skip(f"needs {folder} in the folder CORELENS_DATA")
    return files


def _read(file: Path) -> Part:
    return np.loadtxt(file, int, usecols=(0, 1))


def test_distill_cf_s_movielens(capsys: pytest.CaptureFixture[str]) -> None:
    files = _real("distill-cf-ml-1m", "train", "validation", "test")
    options = [word for file in files for word in (f"--{file.stem}", str(file))]
    result = _run(capsys, *options, *EASE, "--method", "full")
    parts = (_read(files[0]), _read(files[1]), _read(files[2]))
    assert (len(parts[0]), result["n_train"]) == (791_718, 791_718)
    assert _of(result["controls"]["most_popular"]) == pytest.approx(_by_hand(_popular, parts), abs=1e-9)
    # Scores are in single precision: of half a million places a few neighbours change theirs.
    assert _of(result["metrics"]) == pytest.approx(_by_hand(_ease, parts), abs=1e-4)


def test_light_gcn_s_gowalla(capsys: pytest.CaptureFixture[str]) -> None:
    train, test = _real("gowalla", "train", "test")
    options = ["--train", str(train), "--test", str(test)]
    result = _run(capsys, *options, "--model", "co-occurrence", "--method", "full")
    parts = (_read(train), np.empty((0, 2), int), _read(test))
    assert result["n_train"] == len(parts[0]) == 810_128
    assert _of(result["controls"]["most_popular"]) == pytest.approx(_by_hand(_popular, parts), abs=1e-9)

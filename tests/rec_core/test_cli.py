from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from rec_core.__main__ import main
from rec_core.data.sources import SOURCES, Folders
from rec_core.selection import METHODS
from rec_core.stages import Graph, Stage

QUICK = ["--dataset", "synthetic-10k", "--set", "train.epochs=1", "--set", "proxy.epochs=1"]


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORELENS_HOME", str(tmp_path / "home"))


def test_run_writes_everything_that_was_promised(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.json"
    assert main(["run", *QUICK, "--method", "gradient", "--no-pretrain", "--ratio", "0.1", "--json", str(out)]) == 0
    result = json.loads(out.read_text())
    assert {"spec", "key", "n_train", "n_selected", "metrics", "controls", "history", "seconds"} <= set(result)
    assert result["spec"]["ratio"] == 0.1
    assert result["spec"]["pretrain"] is False
    assert "%" in capsys.readouterr().err


@pytest.mark.parametrize("part", ["train", "proxy"])
@pytest.mark.parametrize("feedback", ["explicit", "implicit"])
def test_a_model_that_diverged_has_no_metrics(part: str, feedback: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Recall@10 was 1.0: no score was greater than nan."""
    once = [f"{part}.learning_rate=1e38", f"{part}.batch_size=1000000"]
    settings = [word for setting in once for word in ("--set", setting)]
    assert main(["run", *QUICK, "--feedback", feedback, "--model", "mf", "--method", "greedy", *settings]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    said = [line for line in err.splitlines() if line.startswith("corelens: ")]
    assert len(said) == 1
    assert "smaller learning rate" in said[0]
    assert "Warning" not in err


def test_select_writes_the_rows(tmp_path: Path) -> None:
    out = tmp_path / "coreset.parquet"
    assert main(["select", *QUICK, "--method", "random", "--out", str(out)]) == 0
    assert list(pd.read_parquet(out).columns) == ["user_id", "item_id", "rating", "time", "weight"]


def test_methods_are_listed_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["methods"]) == 0
    lines = capsys.readouterr().out.splitlines()
    named = [line.split()[0] for line in lines]
    assert named == list(METHODS)
    assert {"full", "random", "clustering", "gradient", "greedy", "window"} <= set(named)


@pytest.mark.parametrize("form", ["md", "csv", "latex"])
def test_tables_show_the_report_beside_ours(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tables", "2", *QUICK, "--seeds", "2", "--format", form]) == 0
    text = capsys.readouterr().out
    assert "0.984" in text
    assert "1.694" in text
    assert "0.16" in text  # why clustering cannot be compared
    assert {"md": "| Method |", "csv": "Method,RMSE", "latex": r"\begin{tabular}"}[form] in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--ratio", "0"], "ratio"),
        (["--set", "train.epochs"], "write NAME=VALUE"),
        (["--set", "train.epocs=3"], "is not a setting"),
        (["--set", "nowhere.epochs=3"], "nowhere.epochs"),
        (["--split", "first/random"], "split.test"),
        (["--set", "data.min_interactions=5000"], "No user and item is left with at least 5000 interactions"),
        (["--set", "model.dim=100000000"], "GB are free. Choose an embedding size of at most"),
        (["--set", "train.negatives=10000000"], "Choose a number of negatives per positive of at most"),
        (
            ["--method", "greedy", "--no-pretrain", "--set", "proxy.dim=900000000"],
            "Choose an embedding size of at most",
        ),
        (
            ["--set", "train.batch_size=100000000000000000000"],
            "train.batch_size: input should be less than or equal to",
        ),
        (["--set", "evaluation.negatives=1000000"], "evaluation.negatives: input should be less than or equal to"),
        (["--set", "data.dataset=" + "[" * 50_000], "data.dataset: "),
        (["--json", "no-such-folder/out.json"], "could not be written"),
    ],
)
def test_bad_input_gets_one_sentence_and_no_trace(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = any(word in words for word in ("No user", "GB are free", "Choose", "could not be written"))
    assert main(["run", *QUICK, *arguments]) == (1 if failed else 2)
    said = capsys.readouterr().err.split("corelens: ")[-1]
    assert words in said
    assert "Traceback" not in said


def test_data_that_cannot_be_fetched(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CORELENS_DATA", raising=False)
    monkeypatch.setattr("rec_core.data.sources.movielens._PUBLISHER", "http://127.0.0.1:9/")
    assert main(["run", "--dataset", "ml-100k"]) == 1
    assert "could not be downloaded" in capsys.readouterr().err


def test_a_copy_that_differs_is_said_so(capsys: pytest.CaptureFixture[str], movielens: Folders, tmp_path: Path) -> None:
    out = str(tmp_path / "coreset.parquet")
    assert (
        main(["select", "--dataset", "ml-1m", "--ratio", "0.01", "--data-dir", str(movielens.local), "--out", out]) == 0
    )
    differs = SOURCES["ml-1m"].fingerprint(movielens) != ""
    assert ("Not the published files byte for byte" in capsys.readouterr().err) == differs


@pytest.mark.parametrize("after", [0.15, 0.6])
def test_an_interrupt_is_one_sentence_whenever_it_comes(after: float, tmp_path: Path) -> None:
    """While libraries are loaded, and while a run is made."""
    command = [sys.executable, "-m", "rec_core", "run", *QUICK, "--set", "train.epochs=100000"]
    started = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(after)
    started.send_signal(signal.SIGINT)
    out, err = started.communicate(timeout=30)
    assert out == ""
    assert "Traceback" not in err
    assert started.returncode in (130, -signal.SIGINT)
    assert err.count("corelens: stopped; finished steps are kept") == (started.returncode == 130)


SWEEP = ["sweep", *QUICK, "--models", "co-occurrence", "--methods", "random,recent", "--ratios", "0.2,0.5"]


def test_a_sweep_writes_every_part_by_every_metric_and_the_controls(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "sweep.json"
    assert main([*SWEEP, "--seeds", "2", "--name", "mine", "--json", str(out)]) == 0
    printed = capsys.readouterr()
    assert "mine: 10 runs, 0 of them in the store." in printed.err
    remarks = [line for line in printed.out.splitlines() if line.startswith("#")]
    assert any("python -m rec_core sweep --dataset synthetic-10k" in remark for remark in remarks)
    frame = pd.read_csv(io.StringIO(printed.out), comment="#")
    parts = frame[frame.method != "control"]
    assert len(parts) == 5 * parts.metric.nunique() == 5 * 4
    assert {"Most popular", "Item neighbourhood"} <= set(frame[frame.method == "control"].line)
    assert len(json.loads(out.read_text())) == len(frame)
    one = parts[(parts.line == "Random") & (parts.ratio == 0.2) & (parts.metric == "recall@10")].iloc[0]
    full = parts[(parts.method == "full") & (parts.metric == "recall@10")].iloc[0]
    assert one.share_kept == pytest.approx(one.value / full.value, rel=0.02)
    assert one.kept_from < one.share_kept < one.kept_to


def test_a_sweep_is_resumed_and_extended_by_what_is_new(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SWEEP, "--name", "mine"]) == 0
    assert main(["sweep", *QUICK, "--resume", "mine"]) == 0
    assert "mine: 5 runs, 5 of them in the store." in capsys.readouterr().err
    more = [*SWEEP[:-1], "0.5,0.8", "--resume", "mine"]
    assert main(more) == 0
    assert "mine: 7 runs, 5 of them in the store." in capsys.readouterr().err
    assert main(["sweep", *QUICK, "--resume", "nobody's"]) == 1
    assert "There is no sweep called 'nobody's'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (["--methods", "best"], "There is no method 'best'"),
        (["--models", "gru"], "There is no model 'gru'"),
        (["--feedback", "likes"], "There is no feedback 'likes'"),
        (["--ratios", "0"], "'0' is not between 0 and 1"),
    ],
)
def test_a_sweep_of_what_does_not_exist_says_so(
    wrong: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*SWEEP, *wrong]) == 2
    assert said in capsys.readouterr().err


def test_find_answers_and_its_runs_are_not_made_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    computed: list[str] = []
    compute = Graph._compute

    def recorded(graph: Graph, stage: Stage[Any], key: str) -> Any:
        computed.append(stage.name)
        return compute(graph, stage, key)

    monkeypatch.setattr(Graph, "_compute", recorded)
    find = ["find", *QUICK, "--model", "co-occurrence", "--metric", "recall@10", "--keep", "0.3", "--minutes", "5"]
    out = tmp_path / "found.json"
    assert main([*find, "--json", str(out)]) == 0
    first = capsys.readouterr().out
    assert "reliably keep at least 30 % of Recall@10" in first
    assert "which needs no training, keeps" in first
    assert json.loads(out.read_text())["ending"] == "confirmed"
    assert sorted(stage for stage in computed if stage.startswith("controls")) == ["controls", "controls-kept"]
    assert all(stage.startswith("controls") for stage in computed[-2:])  # of the answer alone, once it is known
    begun = time.monotonic()
    assert main(find) == 0
    assert capsys.readouterr().out == first
    assert time.monotonic() - begun < 20


@pytest.mark.slow
def test_tuning_prints_what_each_way_comes_to_and_searches_on(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out, tune = tmp_path / "tuned.json", ["tune", *QUICK, "--set", "train.epochs=8", "--method", "random"]
    assert main([*tune, "--trials", "5", "--json", str(out)]) == 0
    printed = capsys.readouterr()
    assert "Kendall's τ between the orders of 5 configurations" in printed.err
    assert "which needs no training, keeps" in printed.err
    frame = pd.read_csv(io.StringIO(printed.out))
    assert list(frame["Tuned on"]) == ["Random at 10 %", "All data, few epochs", "All data"]
    document = json.loads(out.read_text())
    assert len(document["tuning"]["configurations"]) == 5
    assert [way["Tuned on"] for way in document["ways"]] == list(frame["Tuned on"])
    name = printed.err.split(": 15 runs")[0].splitlines()[-1]
    assert main(["tune", *QUICK, "--resume", name]) == 0
    assert "15 runs, 15 of them in the store." in capsys.readouterr().err
    assert main(["tune", *QUICK, "--resume", name, "--trials", "2"]) == 0
    assert "21 runs, 15 of them in the store." in capsys.readouterr().err
    assert main(["tune", *QUICK, "--resume", "nobody's"]) == 1
    assert "There is no tuning called 'nobody's'" in capsys.readouterr().err
    assert main([*tune, "--trials", "2"]) == 1
    assert "configurations" in capsys.readouterr().err

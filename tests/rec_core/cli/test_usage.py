"""Every command with every kind of wrong input: two lines, the nearest match, exit code 2, never a trace."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from _pytest.mark.structures import ParameterSet

import rec_core
from rec_core.__main__ import main

ROOT = Path(__file__).parents[3]
DATA = ["--dataset", "synthetic-10k"]
OUT = ["--out", "never-written.parquet"]
# What each command needs to be right.
COMMANDS: dict[str, list[str]] = {
    "run": DATA,
    "select": [*DATA, *OUT],
    "export": [*DATA, "--out", "never-written"],
    "screen": DATA,
    "sweep": DATA,
    "find": DATA,
    "tune": DATA,
    "tables": DATA,
    "methods": [],
}
HAS_RATIO = ("run", "select", "export", "screen", "tune")
HAS_METHOD = ("run", "select", "export", "tune")
HAS_MODEL = ("run", "select", "export", "screen", "find", "tune")
HAS_METRIC = ("sweep", "find", "tune")
HAS_DATA = tuple(name for name in COMMANDS if name != "methods")
# A kind of mistake: which commands can make it, what is typed, and what the answer has to name.
WRONG: dict[str, tuple[tuple[str, ...], list[str], str]] = {
    "an option": (tuple(COMMANDS), ["--quite"], "did you mean '--quiet'?"),
    "a form": (tuple(COMMANDS), ["--json", "out.csv"], "ends in .json"),
    "a data set": (HAS_DATA, ["--dataset", "ml-100"], "did you mean 'ml-100k'?"),
    "a setting": (HAS_DATA, ["--set", "train.epoch=3"], "did you mean 'train.epochs'?"),
    "a setting without a value": (HAS_DATA, ["--set", "train.epochs"], "write NAME=VALUE"),
    "a share": (HAS_RATIO, ["--ratio", "20"], "did you mean 0.2 or 20%?"),
    "no share": (HAS_RATIO, ["--ratio", "half"], "write for example 0.2 or 20%"),
    "a share of nothing": (HAS_RATIO, ["--ratio", "0%"], "between 0 and 1"),
    "a method": (HAS_METHOD, ["--method", "recnt"], "did you mean 'recent'?"),
    "a model": (HAS_MODEL, ["--model", "co-occurence"], "did you mean 'co-occurrence'?"),
    "a metric": (HAS_METRIC, ["--metric", "recall10"], "did you mean 'recall@10'?"),
    "a goal": (("sweep", "find"), ["--keep", "95"], "did you mean 0.95 or 95%?"),
    "shares": (("sweep",), ["--ratios", "5,20"], "did you mean 0.05 or 5%?"),
    "methods": (("sweep",), ["--methods", "recnt"], "did you mean 'recent'?"),
    "models": (("sweep",), ["--models", "nfc"], "did you mean 'ncf'?"),
    "feedback": (("sweep",), ["--feedback", "clicks"], "implicit"),
    "a number": (("sweep", "tune", "tables"), ["--seeds", "0"], "at least 1"),
    "no number": (("sweep", "tune", "tables"), ["--seeds", "some"], "some"),
    "rows in a bundle's place": (("export",), ["--out", "rows.csv"], "neither a folder nor a .zip"),
    "a form of rows": (("select",), ["--out", "rows.xls"], ".parquet or .csv or .json"),
    "rows that are not kept": (("select", "export"), ["--method", "rs2"], "selects new rows in every epoch"),
    "nothing to screen": (("screen",), ["--feedback", "explicit"], "--feedback implicit"),
}


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORELENS_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def _mistakes() -> Iterator[ParameterSet]:
    for kind, (commands, typed, said) in WRONG.items():
        for command in commands:
            yield pytest.param([command, *COMMANDS[command], *typed], said, id=f"{command}: {kind}")


@pytest.mark.parametrize(("arguments", "said"), list(_mistakes()))
def test_a_mistake_is_answered_with_what_was_meant(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert out == ""
    assert len(lines) == 2, err
    assert lines[0].startswith("corelens: ")
    assert said in lines[0]
    assert lines[1].startswith(f"Usage: python -m rec_core {arguments[0]}")
    assert not list(tmp_path.glob("never-written*"))


@pytest.mark.parametrize("command", HAS_DATA)
def test_no_data_set_is_taken_for_granted(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, *COMMANDS[command][2:]]) == 2
    said = capsys.readouterr().err
    assert "--dataset NAME" in said
    assert "ml-100k" in said
    assert "--data PATH" in said


def test_a_command_that_there_is_not_is_answered_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["slect"]) == 2
    assert "did you mean 'select'?" in capsys.readouterr().err
    assert main([]) == 2
    assert capsys.readouterr().err.startswith("corelens: missing: COMMAND")


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_says_its_version(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*filter(None, [command]), "--version"]) == 0
    assert capsys.readouterr().out == f"corelens {rec_core.__version__}\n"


ONE_EPOCH = ["--set", "train.epochs=1", "--set", "proxy.epochs=1"]
QUICK: dict[str, list[str]] = {
    "run": [*DATA, *ONE_EPOCH],
    "select": [*DATA, "--out", "rows.csv"],
    "export": [*DATA, "--out", "bundle"],
    "screen": DATA,
    "sweep": [*DATA, "--models", "co-occurrence", "--methods", "random", "--ratios", "20%"],
    "find": [*DATA, "--model", "co-occurrence", "--metric", "recall@10", "--keep", "30%", "--minutes", "1"],
    "tune": [*DATA, "--trials", "5", "--set", "train.epochs=4", "--set", "proxy.epochs=1"],
    "tables": ["1", *DATA, *ONE_EPOCH],
    "methods": [],
}
_SLOW = ("tune", "tables")


@pytest.mark.parametrize(
    "command", [pytest.param(name, marks=[pytest.mark.slow] if name in _SLOW else []) for name in QUICK]
)
def test_json_is_one_document_and_quiet_says_nothing_else(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, *QUICK[command], "--json", "--quiet"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)
    assert err == ""


def test_every_command_is_tried() -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "rec_core", "--help"], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    named = {line.split()[0] for line in listed.splitlines() if line.startswith("    ") and line[4] != " "}
    assert named == set(COMMANDS) == set(QUICK)


@pytest.mark.parametrize("written", ["0.2", "20%", "20 %"])
def test_a_share_is_a_number_or_a_percentage(written: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["select", *DATA, "--ratio", written, "--out", "rows.json", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["spec"]["ratio"] == 0.2


def test_the_name_of_a_file_says_its_form(tmp_path: Path) -> None:
    read: dict[str, Any] = {".parquet": pd.read_parquet, ".csv": pd.read_csv, ".json": pd.read_json}
    found = []
    for form, reader in read.items():
        file = tmp_path / f"rows{form}"
        assert main(["select", *DATA, "--ratio", "5%", "--out", str(file)]) == 0
        found.append(reader(file)[["user_id", "item_id", "rating"]].astype(float))
    assert len(found[0])
    for other in found[1:]:
        pd.testing.assert_frame_equal(found[0], other)


def test_no_bar_is_drawn_into_a_file(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "rec_core", "run", *DATA, *ONE_EPOCH]
    with (tmp_path / "log.txt").open("w") as log:
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=log, check=True, cwd=ROOT)
    text = (tmp_path / "log.txt").read_text()
    assert "\r" not in text
    assert "Training …" in text.splitlines()


def test_who_stops_reading_gets_no_trace() -> None:
    command = f"{sys.executable} -m rec_core methods | head -n 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.stdout.startswith("full")
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


def test_the_screen_says_what_each_way_is_predicted_to_keep(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["screen", *DATA, "--ratio", "10%", "--json"]) == 0
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert "predicted to keep" in err
    shares = {one["Method"]: one["Predicted to keep"] for one in document["candidates"]}
    assert shares["All data"] == 1.0
    assert {"Random", "Recent"} < set(shares)
    assert document["spec"]["ratio"] == 0.1
    assert main(["screen", *DATA, "--ratio", "10%", "--csv", "--quiet"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Method,Predicted to keep,")
    assert len(lines) == 1 + len(shares)


_LOG = "who,what,when\n" + "".join(f"{n % 7},{n % 11},{10**9 + n}\n" for n in range(300))
# What is said of a log, or of a file with an experiment, that cannot be; and what the answer has to name.
SAID_OF_A_LOG: dict[str, tuple[list[str], str]] = {
    "a column that is not there": (["--columns", "user=whom"], "There is no column 'whom'"),
    "no role": (["--columns", "who"], "write for example user=customer,item=sku"),
    "an unknown role": (["--columns", "buyer=who"], "buyer"),
    "one column twice": (["--columns", "user=who,item=who"], "cannot be two things"),
    "a separator of three signs": (["--separator", ":::"], "separator"),
    "a quotation mark between fields": (["--separator", '"'], "neither a quotation mark"),
}
SPECS: dict[str, tuple[str | None, str]] = {
    "no file": (None, "cannot be read"),
    "no TOML": ("ratio = ", "is no TOML"),
    "another data set": ('[data]\ndataset = "ml-2m"\n', "'ml-2m', which is not known here"),
    "a log that is not named": ('[data]\ndataset = "log-1"\n[log]\ntitle = "x"\n', "--data PATH"),
    "an unknown setting": ('epochs = 3\n[data]\ndataset = "synthetic-10k"\n', "epochs"),
}


def _is_usage(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    lines = capsys.readouterr().err.splitlines()
    assert said in lines[0]
    assert lines[-1].startswith(f"Usage: python -m rec_core {arguments[0]}")


@pytest.mark.parametrize("mistake", SAID_OF_A_LOG)
def test_what_cannot_be_said_of_a_log_is_a_wrong_command(
    mistake: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "log.csv").write_text(_LOG)
    typed, said = SAID_OF_A_LOG[mistake]
    _is_usage(["run", "--data", "log.csv", *typed], said, capsys)


@pytest.mark.parametrize("mistake", SPECS)
def test_a_spec_that_is_none_is_a_wrong_command(
    mistake: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written, said = SPECS[mistake]
    if written is not None:
        (tmp_path / "spec.toml").write_text(written)
    _is_usage(["run", "--spec", "spec.toml"], said, capsys)

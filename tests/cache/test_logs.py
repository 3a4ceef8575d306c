"""People's own logs are remembered, renamed, removed and brought back, and every process knows them."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from cache.home import folders
from cache.ledger import Ledger
from cache.logs import Logs
from cache.schema import MIGRATIONS
from rec_core.__main__ import main
from rec_core.data.sources import SOURCES
from rec_core.data.sources.table import Table
from tests.conftest import log_csv, own, quick


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Table:
    monkeypatch.setenv("CORELENS_HOME", str(tmp_path / "home"))
    return own(log_csv(tmp_path))


def test_a_log_is_renamed_removed_and_brought_back(log: Table, tmp_path: Path) -> None:
    logs = Logs(Ledger(tmp_path / "home"))
    logs.keep(log)
    assert SOURCES[log.name] == log == Logs(Ledger(tmp_path / "home")).listed()[0]
    logs.rename(log.name, "Our shop")
    assert SOURCES[log.name].title == "Our shop"
    logs.remove(log.name)
    assert log.name not in SOURCES
    assert [gone.title for gone in logs.removed()] == ["Our shop"]
    logs.bring_back(log.name)
    assert SOURCES[log.name].title == "Our shop"
    logs.remove(log.name)
    logs.forget(log.name)
    assert not logs.removed() + logs.listed()


def test_a_log_is_called_by_its_contents_and_how_they_are_read(log: Table, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    moved = tmp_path / "elsewhere" / "other.csv"
    moved.write_bytes(Path(log.path).read_bytes())
    assert own(moved).name == log.name
    assert own(moved, rating="").name != log.name
    before = log.fingerprint(folders())
    Path(log.path).write_text(Path(log.path).read_text() + "1,1,1,1\n")
    assert log.fingerprint(folders()) != before
    assert own(Path(log.path)).name != log.name


def test_the_command_line_takes_a_log_by_its_path_and_finds_it_again(log: Table, tmp_path: Path) -> None:
    def run(*data: str) -> dict[str, object]:
        out = tmp_path / "out.json"
        assert main(["run", *data, "--set", "train.epochs=1", "--json", str(out)]) == 0
        found: dict[str, object] = json.loads(out.read_text())["metrics"]
        return found

    said = "user=userId,item=movieId,rating=rating,time=timestamp"
    by_path = run("--data", log.path, "--columns", said, "--title", "Our shop")
    assert SOURCES[log.name].title == "Our shop"
    assert run("--dataset", log.name) == by_path == run("--dataset", "synthetic-10k")
    other = subprocess.run(
        [sys.executable, "-m", "rec_core", "run", "--help"], capture_output=True, text=True, check=True
    )
    assert log.name in other.stdout


@pytest.mark.parametrize(
    ("code", "options", "said"),
    [
        (2, ["--columns", "user=nobody"], "There is no column 'nobody' in 'log.csv'; it has userId, movieId, rating"),
        (2, ["--columns", "nobody"], "'nobody' does not say what a column is"),
        (2, ["--columns", "user=rating,rating=rating"], "the column 'rating' cannot be two things"),
        (2, ["--columns", "owner=userId"], "There is no setting 'owner'"),
        (1, ["--columns", "user="], "no column is said to name users"),
        (1, ["--separator", ";"], "there is one column where a log has two"),
        (2, ["--separator", "abc"], "separator"),
        (1, ["--columns", "time=", "--split", "last"], "has no times, and its lines are not said to be in order"),
    ],
)
def test_what_is_said_wrongly_is_one_sentence(
    log: Table, code: int, options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--data", log.path, *options, "--set", "train.epochs=1"]) == code
    out, err = capsys.readouterr()
    assert out == ""
    lines = [line for line in err.splitlines() if line.startswith("corelens: ")]
    assert len(lines) == 1
    assert said in lines[0]


def test_what_was_not_guessed_can_be_said(log: Table, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    odd = tmp_path / "odd.csv"
    odd.write_text(Path(log.path).read_text().replace(",", "="))
    quick = ["--set", "train.epochs=1"]
    assert main(["run", "--data", str(odd), *quick]) == 1
    assert "Name another separator" in capsys.readouterr().err
    assert main(["run", "--data", str(odd), "--separator", "=", *quick]) == 0


def test_methods_and_models_that_ask_for_an_order_say_so_where_there_is_none(
    log: Table, capsys: pytest.CaptureFixture[str]
) -> None:
    quick = ["--columns", "time=", "--split", "random/random", "--set", "train.epochs=1"]
    assert main(["run", "--data", log.path, *quick, "--method", "recent"]) == 1
    assert "Recent keeps rows by their time, and log.csv has no times" in capsys.readouterr().err
    assert main(["run", "--data", log.path, *quick, "--feedback", "implicit", "--model", "next-item"]) == 1
    assert "Next item learns from the order of rows, and log.csv has no times" in capsys.readouterr().err
    assert main(["run", "--data", log.path, *quick, "--method", "quota"]) == 0
    assert main(["run", "--data", log.path, *quick, "--method", "recent", "--in-order"]) == 0


def test_a_title_that_was_given_stays_when_the_log_is_named_again(log: Table, tmp_path: Path) -> None:
    logs = Logs(Ledger(tmp_path / "home"))
    logs.keep(log)
    logs.rename(log.name, "Our shop")
    assert main(["run", "--data", log.path, "--set", "train.epochs=1"]) == 0
    assert [one.title for one in logs.listed()] == ["Our shop"]
    assert main(["run", "--data", log.path, "--title", "Their shop", "--set", "train.epochs=1"]) == 0
    assert [one.title for one in logs.listed()] == ["Their shop"]


def test_what_was_sent_goes_with_the_log_that_is_forgotten_and_nothing_else_does(log: Table, tmp_path: Path) -> None:
    logs = Logs(Ledger(tmp_path / "home"))
    sent = tmp_path / "home" / "uploads" / "0123" / "log.csv"
    sent.parent.mkdir(parents=True)
    sent.write_bytes(Path(log.path).read_bytes() + b"1,1,1,1\n")
    for one in (log, own(sent)):
        logs.keep(one)
        logs.remove(one.name)
        assert Path(one.path).exists()
        logs.forget(one.name)
    assert not sent.exists()
    assert Path(log.path).exists()


def test_equal_titles_are_told_apart_by_folders_or_by_names(log: Table, tmp_path: Path) -> None:
    logs, made = Logs(Ledger(tmp_path / "home")), []
    for number, folder in enumerate(("a", "b")):
        (tmp_path / folder).mkdir()
        path = tmp_path / folder / "log.csv"
        path.write_text(Path(log.path).read_text() + f"1,1,{number + 1},5\n")
        made.append(own(path))
        logs.keep(made[-1])
    assert [one.title for one in logs.listed()] == ["log.csv (a)", "log.csv (b)"]
    assert [SOURCES[one.name].title for one in made] == ["log.csv (a)", "log.csv (b)"]
    logs.keep(own(tmp_path / "a" / "log.csv", rating=""))  # the same file, read otherwise
    titles = [one.title for one in logs.listed()]
    assert len(set(titles)) == 3
    assert all(title == f"log.csv ({one.name[4:8]})" for title, one in zip(titles, logs.listed(), strict=True))
    for one in made:
        logs.rename(one.name, "MovieLens 1M")
    assert [one.title for one in logs.listed()][:2] == ["MovieLens 1M (a)", "MovieLens 1M (b)"]
    logs.remove(made[0].name)
    assert SOURCES[made[1].name].title == "MovieLens 1M (b)"  # there is a public data set of that name
    assert {one.given_title for one in logs.listed()} == {"MovieLens 1M", "log.csv"}


def _of_one_owner(home: Path, log: Table) -> None:
    """Write a log down as before logs had owners."""
    home.mkdir()
    reading = json.dumps(log.reading.model_dump(exclude_defaults=True))
    with closing(sqlite3.connect(home / "ledger.sqlite3")) as database:
        for script in MIGRATIONS[:5]:
            database.executescript(script)
        database.execute(
            "INSERT INTO logs VALUES (?, ?, ?, ?, '', 1.0, 0.0)", (log.name, "Our shop", log.path, reading)
        )
        database.execute("PRAGMA user_version = 5")
        database.commit()


def test_logs_of_before_there_were_owners_belong_to_the_homes_account(log: Table, tmp_path: Path) -> None:
    _of_one_owner(tmp_path / "home", log)
    ledger = Ledger(tmp_path / "home")
    logs, others = Logs(ledger), Logs(ledger, "somebody")
    for _ in ("as it is", "upgraded"):
        assert [(one.title, one.path) for one in logs.listed()] == [("Our shop", log.path)]
        assert (logs.is_shared(log.name), others.listed(), others.usable()) == (False, [], set())
        ledger.rename("group", "a write upgrades the ledger")
    logs.share(log.name, True)
    assert others.usable() == {log.name}
    assert [one.title for one in others.of_others()] == ["Our shop"]
    logs.keep(log)
    assert logs.is_shared(log.name)  # naming it again changes nothing of that


def test_a_log_that_is_removed_stays_with_its_runs_until_it_is_forgotten(log: Table, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "home")
    logs, others = Logs(ledger), Logs(ledger, "somebody")
    logs.keep(log, shared=True)
    ledger.ask("key", "run", quick("random").with_(data={"dataset": log.name}))
    logs.remove(log.name)
    assert SOURCES[log.name].title == "log.csv (removed)"
    assert (logs.usable(), others.usable()) == ({log.name}, set())
    assert not logs.listed()
    logs.bring_back(log.name)
    assert SOURCES[log.name].title == "log.csv"
    logs.remove(log.name)
    logs.forget(log.name)
    assert log.name not in SOURCES

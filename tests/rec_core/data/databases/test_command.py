"""``--data URL --query SQL`` on the command line: the same rows as from a file, and passwords nowhere."""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import random
import re
import sqlite3
import sys
import tomllib
from contextlib import closing
from pathlib import Path

import duckdb
import numpy as np
import pytest

from rec_core.__main__ import main
from rec_core.canonical import digest
from rec_core.cli import logs
from rec_core.data.sources.table import Columns, Queried, Reading, Table

from .conftest import PASSWORD, Server

QUERY = "SELECT * FROM events ORDER BY n"
N_ROWS = 3_000


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CORELENS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "absent"))
    monkeypatch.delenv("PGPASSWORD", raising=False)
    return tmp_path / "home"


def events(seed: int = 1) -> list[tuple[int, int, str, float, int]]:
    """Return rows of place, user, item, rating and time; many of a user's times are equal."""
    draw = random.Random(seed)
    return [
        (n, draw.randrange(60), f"sku-{draw.randrange(90):03}", draw.randrange(1, 11) / 2, 1_500_000_000 + n // 40 * 60)
        for n in range(N_ROWS)
    ]


def in_csv(place: Path) -> str:
    with place.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["n", "user_id", "item_id", "rating", "timestamp"])
        writer.writerows(events())
    return str(place)


def in_sqlite(place: Path, seed: int = 1) -> str:
    place.unlink(missing_ok=True)
    with closing(sqlite3.connect(place)) as connection, connection:
        connection.execute(
            "CREATE TABLE events (n INTEGER, user_id INTEGER, item_id TEXT, rating REAL, timestamp INTEGER)"
        )
        connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?)", events(seed))
    return f"sqlite:///{place}"


def in_duckdb(place: Path) -> str:
    with duckdb.connect(str(place)) as connection:
        connection.execute(
            "CREATE TABLE events AS SELECT n, user_id, item_id, rating, to_timestamp(timestamp) AS timestamp "
            f"FROM read_csv('{in_csv(place.with_suffix('.csv'))}')"
        )
    return str(place)


def in_postgresql(server: Server) -> str:
    server.run(
        "DROP TABLE IF EXISTS events",
        "CREATE TABLE events (n int, user_id bigint, item_id text, rating numeric(3, 1), timestamp timestamptz)",
    )
    lines = (f"{n},{user},{item},{rating},epoch\n" for n, user, item, rating, _ in events())
    server.copy("COPY events FROM STDIN (FORMAT csv)", "".join(lines).encode())
    server.run("UPDATE events SET timestamp = to_timestamp(1500000000 + n / 40 * 60)", "GRANT SELECT ON events TO ann")
    return server.address(user="ann").replace("ann@", f"ann:{PASSWORD}@")


COLUMNS = ["--columns", "user=user_id,item=item_id,rating=rating,time=timestamp"]


LAST = ["--method", "recent", "--split", "last/next-to-last"]


def kept(folder: Path, address: str, *more: str) -> list[int]:
    """Return which rows a bundle has, of a log at an address."""
    assert main(["export", "--data", address, *COLUMNS, "--ratio", "0.2", "--out", str(folder), *more]) == 0
    return np.load(folder / "kept_rows.npy").tolist()


@pytest.mark.parametrize("kind", ["sqlite", "duckdb", "postgresql"])
def test_the_coreset_is_the_same_as_of_the_file(
    kind: str, tmp_path: Path, home: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    if kind == "postgresql":
        address = in_postgresql(request.getfixturevalue("server"))
    else:
        address = in_sqlite(tmp_path / "a.db") if kind == "sqlite" else in_duckdb(tmp_path / "a.duckdb")
    log = in_csv(tmp_path / "log.csv")
    for method in ("recent", "quota"):
        expected = kept(tmp_path / f"file-{method}", log, "--method", method)
        assert len(expected) > 100
        assert kept(tmp_path / f"query-{method}", address, "--query", QUERY, "--method", method) == expected
    assert PASSWORD not in "".join(capsys.readouterr())
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or PASSWORD.encode() not in file.read_bytes()
    assert all(file.stat().st_mode & 0o77 == 0 for file in (home / "uploads").rglob("*"))


def test_a_bundle_says_query_and_database_and_finds_the_same_rows(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    address = in_postgresql(server)
    rows = kept(tmp_path / "first", address, "--query", f"{QUERY};", "--method", "recent", "--title", "Our shop")
    first = tomllib.loads((tmp_path / "first" / "spec.toml").read_text())
    assert first["log"]["queried"]["query"] == QUERY
    assert first["log"]["queried"]["address"] == address.replace(f":{PASSWORD}", "")
    assert "file" not in first["log"]
    source = json.loads((tmp_path / "first" / "manifest.json").read_text())["source"]
    assert source["query"] == QUERY
    assert "file" not in source

    monkeypatch.setenv("CORELENS_HOME", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    capsys.readouterr()
    spec, kept_in_url = str(tmp_path / "first" / "spec.toml"), first["log"]["queried"]["address"]
    for name, more in (("again", []), ("said", ["--query", QUERY])):
        command = ["export", "--spec", spec, "--data", kept_in_url, "--out", str(tmp_path / name), *more]
        assert main(command) == 0
        assert np.load(tmp_path / name / "kept_rows.npy").tolist() == rows
        assert "not the one that the spec was made from" not in capsys.readouterr().err
        assert tomllib.loads((tmp_path / name / "spec.toml").read_text())["data"] == first["data"]


def test_asking_again_is_the_same_log_until_rows_change(tmp_path: Path, home: Path) -> None:
    def asked() -> set[str]:
        address = in_sqlite(tmp_path / "a.db", seed)
        folder = tmp_path / f"bundle-{len(list(tmp_path.iterdir()))}"
        kept(folder, address, "--query", QUERY, "--method", "recent")
        return {str(file) for file in (home / "uploads").rglob("query of a")}

    seed = 1
    first = asked()
    assert len(first) == 1
    assert asked() == first
    seed = 2
    assert len(asked()) == 2


def test_a_database_without_a_query_lists_its_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--data", in_sqlite(tmp_path / "a.db")]) != 0
    said = capsys.readouterr().err
    assert '--query "SELECT * FROM events"' in said
    assert "It has events." in said
    assert len([line for line in said.splitlines() if "corelens: " in line]) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--query", "SELECT 1"], "--query needs a database"),
        (["--data", "log.csv", "--query", "SELECT 1"], "'log.csv' is no database"),
        (["--data", "a.db", "--query", "DROP TABLE events"], "begins with 'DROP'"),
        (["--data", "a.db", "--query", "SELECT user_id FROM evnts"], "Did you mean 'events'?"),
        (["--data", "a.db", "--query", "SELECT 1 AS a"], "no column is said to name items"),
        (["--data", "postgresql://a:s3cret@h:x/y", "--query", "SELECT 1"], "cannot be read"),
        (["--data", "mysql://a:s3cret@h/y", "--query", "SELECT 1"], "begin with 'mysql://'"),
        (["--data", "http://a:s3cret@h/y", "--query", "SELECT 1"], "no database"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    in_sqlite(tmp_path / "a.db")
    in_csv(tmp_path / "log.csv")
    monkeypatch.chdir(tmp_path)
    assert main(["run", *arguments]) != 0
    err = capsys.readouterr().err
    assert re.search(re.escape(said), err)
    assert "Traceback" not in err
    assert "s3cret" not in err


def selected(statement: str, address: str) -> list[int]:
    """Return which rows a coreset.sql selects in its database, with the view that it says."""
    lines = [line.removeprefix("-- ") for line in statement.splitlines() if line.startswith("-- ")]
    begin = next(at for at, line in enumerate(lines) if line.startswith("CREATE TEMPORARY VIEW"))
    end = next(at for at, line in enumerate(lines) if line == ") AS log;")
    view = "\n".join(lines[begin : end + 1])
    if address.startswith("postgresql"):
        import psycopg

        with psycopg.connect(address) as server:
            server.execute(view.encode())
            return sorted(row for (row,) in server.execute(statement.encode()).fetchall())
    with duckdb.connect(address) as embedded:
        embedded.execute(view)
        return sorted(row for (row,) in embedded.execute(statement).fetchall())


@pytest.mark.parametrize("kind", ["duckdb", "postgresql"])
def test_the_rule_as_sql_selects_the_same_rows_in_the_database(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    in_server = kind == "postgresql"
    address = in_postgresql(request.getfixturevalue("server")) if in_server else in_duckdb(tmp_path / "a.duckdb")
    for method in ("recent", "quota"):
        rows = kept(tmp_path / method, address, "--query", QUERY, *LAST, "--method", method)
        assert selected((tmp_path / method / "coreset.sql").read_text(), address) == sorted(rows)


@pytest.mark.parametrize(
    ("time", "said"),
    [
        ("strftime(timestamp, '%d.%m.%Y %H:%M')", "do not sort as times"),
        ("CASE WHEN n = 7 THEN NULL ELSE timestamp END", "1 row that the query returns cannot be read"),
        ("", "functions that SQLite lacks"),
    ],
)
def test_a_query_without_a_recipe_says_why(time: str, said: str, tmp_path: Path) -> None:
    query = f"SELECT n, user_id, item_id, rating, {time or 'timestamp'} AS timestamp\nFROM events ORDER BY n"
    address = in_duckdb(tmp_path / "a.duckdb") if time else in_sqlite(tmp_path / "a.db")
    more = ["--set", "data.unreadable=left-out", "--time-format", "%d.%m.%Y %H:%M"]
    kept(tmp_path / "out", address, "--query", query, *more[: 4 if "strftime" in time else 2], *LAST)
    statement = (tmp_path / "out" / "coreset.sql").read_text()
    assert said in statement
    assert "--   FROM events ORDER BY n" in statement
    assert "CREATE" not in statement


def test_a_fault_is_noted_without_the_password(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(args: argparse.Namespace) -> None:
        raise RuntimeError(" ".join(args.typed))

    command = ["run", "--data", f"postgresql://ann:{PASSWORD}@host/shop", "--query", "SELECT 1"]
    monkeypatch.setattr(sys, "argv", ["corelens", *command])
    monkeypatch.setattr(logs, "take", fails)
    assert main(command) == 1
    noted = (home / "errors.log").read_text()
    assert "postgresql://ann:…@host/shop" in noted
    assert PASSWORD not in noted + "".join(capsys.readouterr())


def test_logs_that_are_files_are_called_as_before(tmp_path: Path) -> None:
    reading = Reading(columns=Columns(user="user_id", item="item_id"))
    said = {"columns": {"user": "user_id", "item": "item_id"}}
    log = Table.of(in_csv(tmp_path / "log.csv"), reading)
    contents = hashlib.sha256((tmp_path / "log.csv").read_bytes()).hexdigest()
    assert log.name == f"log-{digest({'files': [contents, ''], 'reading': said})[:12]}"


def test_the_address_by_which_a_database_was_reached_is_no_part_of_a_log_s_name() -> None:
    def named(**queried: str) -> str:
        reading = Reading(columns=Columns(user="u", item="i"), queried=Queried(query="SELECT 1", **queried))
        return Table.of("absent", reading).name

    assert named(returned="a", address="postgresql://one/shop") == named(returned="a", address="postgresql://two/shop")
    assert named(returned="a") != named(returned="b")

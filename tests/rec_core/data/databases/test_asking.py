"""What SQLite, DuckDB and PostgreSQL return: as they have it, in pieces, and without anything being changed."""

from __future__ import annotations

import contextlib
import io
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rec_core.data.databases import Database, ask, proposed, tables
from rec_core.data.databases import snapshot as written
from rec_core.errors import DataError

from .conftest import PASSWORD, Server

ROOM = 10**9


def returned(address: str, query: str, room: int = ROOM) -> tuple[pa.Table, str]:
    """Return what a query returned as Arrow has it, and the hash of the rows."""
    file = io.BytesIO()
    queried = ask(Database.of(address), query, file, room)
    return pq.read_table(io.BytesIO(file.getvalue())), queried.returned


def in_sqlite(place: Path, *statements: str) -> str:
    with closing(sqlite3.connect(place)) as connection, connection:
        for statement in statements:
            connection.execute(statement)
    return str(place)


def in_duckdb(place: Path, *statements: str) -> str:
    with duckdb.connect(str(place)) as connection:
        for statement in statements:
            connection.execute(statement)
    return str(place)


def test_sqlite_has_the_types_that_all_values_of_a_column_have(tmp_path: Path) -> None:
    rows = "(1, 1, 1.5, 'a', NULL), (2, 2.5, 2, 'b', NULL), (9007199254740993, NULL, NULL, NULL, NULL)"
    log = in_sqlite(tmp_path / "a.db", "CREATE TABLE t (a, b, c REAL, d, e)", f"INSERT INTO t VALUES {rows}")
    table, _ = returned(log, "SELECT * FROM t")
    assert table.to_pydict() == {
        "a": [1, 2, 9007199254740993],
        "b": ["1", "2.5", None],
        "c": [1.5, 2.0, None],
        "d": ["a", "b", None],
        "e": [None, None, None],
    }
    assert [str(kind) for kind in table.schema.types] == ["int64", "string", "double", "string", "string"]


def test_a_later_row_of_sqlite_may_make_a_column_text(tmp_path: Path) -> None:
    many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 25000) "
    log = in_sqlite(tmp_path / "a.db", "CREATE TABLE t (a)", "INSERT INTO t VALUES (1)")
    table, _ = returned(log, f"{many} SELECT i, CASE WHEN i < 24000 THEN i ELSE 'x' || i END AS mixed FROM n")
    assert table["i"].to_pylist() == list(range(1, 25_001))
    assert table["mixed"].to_pylist() == [str(i) if i < 24_000 else f"x{i}" for i in range(1, 25_001)]


def test_duckdb_keeps_types_and_writes_the_others_as_text(tmp_path: Path) -> None:
    query = """SELECT 1::UTINYINT AS i, 170141183460469231731687303715884105727 AS h, 1.10::DECIMAL(9, 2) AS d,
        0.1::FLOAT AS f, 0.5::DOUBLE AS x, true AS b, 'é' AS s, NULL AS n, ['a', 'b'] AS l,
        TIMESTAMPTZ '2020-01-01 12:00:00+02' AS z, TIMESTAMP '2020-01-01 00:00:00.000001' AS t,
        DATE '2020-02-03' AS y"""
    table, _ = returned(in_duckdb(tmp_path / "a.duckdb"), query)
    assert {name: values[0] for name, values in table.to_pydict().items()} == {
        "i": 1,
        "h": "170141183460469231731687303715884105727",
        "d": "1.10",
        "f": "0.1",
        "x": 0.5,
        "b": True,
        "s": "é",
        "n": None,
        "l": "a|b",
        "z": datetime(2020, 1, 1, 10, tzinfo=UTC),
        "t": datetime(2020, 1, 1, 0, 0, 0, 1),
        "y": date(2020, 2, 3),
    }


def test_postgresql_keeps_types_and_writes_the_others_as_text(server: Server) -> None:
    query = """SELECT 1::int2 AS i, 9007199254740993 AS j, 1.10::numeric AS d, 0.1::real AS f, 0.5::float8 AS x,
        true AS b, 'é' AS s, NULL AS n, timestamptz '2020-01-01 12:00:00.5+02' AS z,
        timestamp '2020-01-01 00:00:00.000001' AS t, date '2020-02-03' AS y, '{"a": 1}'::json AS k"""
    table, _ = returned(
        server.address(), f"{query} UNION ALL SELECT {', '.join(['NULL'] * 12)}".replace("json", "text")
    )
    assert {name: values[0] for name, values in table.to_pydict().items()} == {
        "i": 1,
        "j": 9007199254740993,
        "d": "1.10",
        "f": "0.1",
        "x": 0.5,
        "b": True,
        "s": "é",
        "n": None,
        "z": datetime(2020, 1, 1, 10, 0, 0, 500_000, tzinfo=UTC),
        "t": datetime(2020, 1, 1, 0, 0, 0, 1),
        "y": "2020-02-03",
        "k": '{"a": 1}',
    }
    assert all(values[1] is None for values in table.to_pydict().values())


def test_times_of_postgresql_that_no_calendar_has_are_beyond_its_ends(server: Server) -> None:
    texts = ["infinity", "-infinity", "2020-01-01 00:00:00+00", "0044-03-15 00:00:00+00 BC"]
    selected = " UNION ALL ".join(f"SELECT {at} AS at, timestamptz '{text}' AS t" for at, text in enumerate(texts))
    table, _ = returned(server.address(), f"{selected} ORDER BY at")
    counted = table["t"].cast(pa.int64()).to_pylist()
    assert counted[0] > 10**18
    assert counted[1] < -(10**18)
    assert counted[2] == 1_577_836_800_000_000
    assert counted[3] < 0


@pytest.mark.parametrize("kind", ["sqlite", "duckdb", "postgresql"])
def test_bytes_are_refused_by_the_column_s_name(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    makes: dict[str, Callable[[], tuple[str, str]]] = {
        "sqlite": lambda: (in_sqlite(tmp_path / "a.db", "CREATE TABLE t (a)"), "SELECT 1 AS a, x'00ff' AS photo"),
        "duckdb": lambda: (in_duckdb(tmp_path / "a.db"), "SELECT 1 AS a, '\\xAA'::BLOB AS photo"),
        "postgresql": lambda: (request.getfixturevalue("server").address(), "SELECT 1 AS a, '\\x00'::bytea AS photo"),
    }
    with pytest.raises(DataError, match="column 'photo' of the query holds bytes"):
        returned(*makes[kind]())


@pytest.mark.parametrize("rows", [1, 7, 10_000, 10_001, 33_333])
def test_the_hash_is_of_rows_in_their_order_however_many_come_at_a_time(rows: int, tmp_path: Path) -> None:
    ids = pa.array([f"é{i}" if i % 7 else None for i in range(rows)], pa.string())
    table = pa.table({"a": ids, "b": pa.array(range(rows)), "c": pa.array([i % 3 == 0 for i in range(rows)])})
    hashes = []
    for size in (1 if rows < 100 else 999, 4_096, rows):
        hashes.append(written.write(table.schema, iter(table.to_batches(size)), io.BytesIO(), ROOM))
    assert len(set(hashes)) == 1
    backwards = table.take(list(range(rows))[::-1])
    other = written.write(table.schema, iter(backwards.to_batches()), io.BytesIO(), ROOM)
    assert (other == hashes[0]) is (rows == 1)
    renamed = table.rename_columns(["a", "b", "d"])
    assert written.write(renamed.schema, iter(renamed.to_batches()), io.BytesIO(), ROOM) != hashes[0]


def test_missing_and_empty_text_are_two_things() -> None:
    def of(*values: Any) -> str:
        table = pa.table({"a": pa.array(values, pa.string())})
        return written.write(table.schema, iter(table.to_batches()), io.BytesIO(), ROOM)

    assert len({of("", "a"), of(None, "a"), of("a", ""), of("a", None), of("", None, "a")}) == 5


def test_the_same_rows_have_one_hash_and_changed_ones_another(tmp_path: Path) -> None:
    log = in_sqlite(tmp_path / "a.db", "CREATE TABLE t (a, b)", "INSERT INTO t VALUES (1, 'x'), (2, 'y')")
    query = "SELECT a, b FROM t ORDER BY a"
    first = returned(log, query)[1]
    assert returned(log, query)[1] == first
    in_sqlite(tmp_path / "a.db", "UPDATE t SET b = 'z' WHERE a = 2")
    assert returned(log, query)[1] != first


# What a query may not do


def test_a_query_of_sqlite_changes_nothing_and_reads_no_other_file(tmp_path: Path) -> None:
    other = in_sqlite(tmp_path / "other.db", "CREATE TABLE secret (a)", "INSERT INTO secret VALUES (1)")
    place = tmp_path / "a.db"
    log = in_sqlite(place, "CREATE TABLE t (a)", "INSERT INTO t VALUES (1)")
    before = place.read_bytes()
    for query in (
        "WITH x AS (SELECT 1) DELETE FROM t",
        "WITH x AS (SELECT 1) INSERT INTO t SELECT 2",
        f"WITH x AS (SELECT 1) SELECT * FROM x; ATTACH '{other}' AS o",
        "SELECT load_extension('x')",
        "SELECT * FROM pragma_database_list",
        "SELECT writefile('x', 'y')",
    ):
        with pytest.raises(DataError):
            returned(log, query)
    assert place.read_bytes() == before
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.db", "other.db"]


def test_a_query_of_duckdb_changes_nothing_and_reads_no_other_file(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a\n1\n")
    place = tmp_path / "a.duckdb"
    log = in_duckdb(place, "CREATE TABLE t AS SELECT 1 AS a")
    before = place.read_bytes()
    for query in (
        f"SELECT * FROM read_csv('{tmp_path}/secret.csv')",
        f"SELECT * FROM '{tmp_path}/secret.csv'",
        f"SELECT * FROM read_text('{tmp_path}/*')",
        "SELECT * FROM glob('/etc/*')",
        "WITH x AS (SELECT 1) DELETE FROM t",
        "SELECT * FROM read_csv('https://example.com/a.csv')",
    ):
        with pytest.raises(DataError, match=r"alone|reads|read-only") as caught:
            returned(log, query)
        assert "\n" not in str(caught.value)
    assert place.read_bytes() == before


def test_a_query_of_postgresql_changes_nothing(server: Server) -> None:
    server.run(
        "DROP TABLE IF EXISTS kept", "CREATE TABLE kept AS SELECT 1 AS a", "CREATE SEQUENCE IF NOT EXISTS counted"
    )
    for query in (
        "WITH x AS (DELETE FROM kept RETURNING a) SELECT * FROM x",
        "SELECT nextval('counted')",
        "SELECT set_config('transaction_read_only', 'off', false)",
        "SELECT * INTO other FROM kept",
        "SELECT a FROM kept FOR UPDATE",
    ):
        with pytest.raises(DataError) as caught:
            returned(server.address(), query)
        assert "\n" not in str(caught.value), query
    with contextlib.suppress(DataError):  # from version 16 on, refused
        returned(server.address(), "SELECT lo_create(4711) AS a")
    assert returned(server.address(), "SELECT count(*) AS n FROM pg_largeobject_metadata")[0].to_pydict() == {"n": [0]}
    assert returned(server.address(), "SELECT a FROM kept")[0].to_pydict() == {"a": [1]}


def test_more_rows_than_there_is_room_for_are_refused_on_the_way(tmp_path: Path) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT hex(i * i) AS a, i FROM n"
    log = in_sqlite(tmp_path / "a.db", "CREATE TABLE t (a)")
    with pytest.raises(DataError, match="CORELENS_UPLOADS_GB"):
        returned(log, endless, room=1_000_000)


def test_no_rows_are_said_to_be_none(tmp_path: Path) -> None:
    log = in_sqlite(tmp_path / "a.db", "CREATE TABLE t (a)")
    with pytest.raises(DataError, match="returns no rows"):
        returned(log, "SELECT * FROM t")


# What is said where a database does not answer


@pytest.mark.parametrize("kind", ["sqlite", "duckdb", "postgresql"])
def test_a_table_that_is_not_there_has_the_nearest_named(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if kind == "postgresql":
        found: Server = request.getfixturevalue("server")
        found.run("CREATE SCHEMA IF NOT EXISTS shop", "DROP TABLE IF EXISTS events", "CREATE TABLE events (a int)")
        address = found.address()
    else:
        make = in_sqlite if kind == "sqlite" else in_duckdb
        address = make(tmp_path / "a.db", "CREATE TABLE events (a INTEGER)", "CREATE VIEW other AS SELECT 1 AS a")
    assert "events" in tables(Database.of(address))
    with pytest.raises(DataError, match=re.escape("no table 'evnts'. Did you mean 'events'?")):
        returned(address, "SELECT * FROM evnts")
    with pytest.raises(DataError, match=r"no table 'unlike_any'\. It has "):
        returned(address, "SELECT * FROM unlike_any")
    with pytest.raises(DataError, match=r"(?i)nothing_alike") as caught:
        returned(address, "SELECT nothing_alike FROM events")
    assert "\n" not in str(caught.value)


def test_a_password_is_asked_for_and_never_said(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("PGPASSWORD", raising=False)
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "absent"))
    address, query = server.address(user="ann"), "SELECT 1 AS a"
    with pytest.raises(DataError, match=r"asks for the password of the user 'ann'.*PGPASSWORD.*\.pgpass"):
        returned(address, query)
    monkeypatch.setenv("PGPASSWORD", "wrong-s3cret")
    with pytest.raises(DataError, match="did not accept the password of the user 'ann'") as caught:
        returned(address, query)
    assert "wrong-s3cret" not in str(caught.value)
    with pytest.raises(DataError, match="did not accept") as caught:
        returned(address.replace("ann@", "ann:other-s3cret@"), query)
    assert "other-s3cret" not in str(caught.value)

    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    assert returned(address, query)[0].to_pydict() == {"a": [1]}
    monkeypatch.delenv("PGPASSWORD")
    queried = ask(Database.of(address.replace("ann@", f"ann:{PASSWORD}@")), query, io.BytesIO(), ROOM)
    assert PASSWORD not in queried.model_dump_json()
    (tmp_path / "pgpass").write_text(f"*:*:*:ann:{PASSWORD}\n")
    (tmp_path / "pgpass").chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "pgpass"))
    assert returned(address, query)[0].to_pydict() == {"a": [1]}


@pytest.mark.parametrize("place", ["localhost:1", "no-such-host.invalid"])
def test_a_server_that_is_not_there_is_one_sentence(place: str) -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(DataError, match="PostgreSQL") as caught:
        returned(f"postgresql://ann:s3cret@{place}/shop", "SELECT 1")
    assert "\n" not in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_database_that_is_damaged_or_locked_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = in_sqlite(tmp_path / "a.db", "CREATE TABLE t (a)", "INSERT INTO t VALUES (1)")
    place = Path(log)
    place.write_bytes(place.read_bytes()[:100] + b"\xff" * 4000)
    with pytest.raises(DataError, match="SQLite does not answer"):
        returned(log, "SELECT * FROM t")
    other = in_duckdb(tmp_path / "a.duckdb", "CREATE TABLE t (a INTEGER)")
    Path(other).write_bytes(Path(other).read_bytes()[:5000])
    with pytest.raises(DataError, match="DuckDB does not answer") as caught:
        returned(other, "SELECT * FROM t")
    assert "\n" not in str(caught.value)


def test_a_package_that_is_missing_is_named_with_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = in_duckdb(tmp_path / "a.duckdb", "CREATE TABLE t (a INTEGER)")
    for package in ("duckdb", "psycopg"):
        monkeypatch.setitem(__import__("sys").modules, package, None)
    with pytest.raises(DataError, match="pip install duckdb"):
        returned(log, "SELECT * FROM t")
    with pytest.raises(DataError, match=re.escape("pip install 'psycopg[binary]'")):
        returned("postgresql://host/shop", "SELECT 1")


def test_a_query_is_proposed() -> None:
    assert proposed(["users", "click_events"]) == "SELECT * FROM click_events"
    assert proposed(["shop.orders"]) == "SELECT * FROM shop.orders"
    assert proposed(["Order Lines"]) == 'SELECT * FROM "Order Lines"'

"""A million rows by a query: the same coreset as from the file, in bounded memory."""

from __future__ import annotations

import csv
import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from .conftest import Server

pytestmark = pytest.mark.slow
N_ROWS = 1_000_000
MOST = 200  # megabytes beyond what the process took before
_ASK = """
import sys, threading, time
import duckdb, psycopg, pyarrow.compute, pyarrow.parquet, sqlite3
from rec_core.data.databases import Database, ask

def taken():
    lines = open("/proc/self/status").read().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1e3

def watch():
    while not done:
        peak.append(max(peak[-1], taken()))
        time.sleep(0.005)

peak, done = [taken()], False
thread = threading.Thread(target=watch)
thread.start()
begun = time.perf_counter()
with open(sys.argv[3], "wb") as file:
    ask(Database.of(sys.argv[1]), sys.argv[2], file, 1 << 40)
seconds, done = time.perf_counter() - begun, True
thread.join()
print(peak[-1] - peak[0], seconds)
"""


def rows() -> Iterator[tuple[int, int, str, int, int]]:
    draw = random.Random(0)
    for n in range(N_ROWS):
        item = f"B{draw.randrange(30_000):08d}"
        yield n, draw.randrange(40_000), item, draw.randrange(1, 6), 1_400_000_000 + n // 3 * 60


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("large") / "log.csv"
    with place.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["n", "user_id", "item_id", "rating", "timestamp"])
        writer.writerows(rows())
    return place


def asked_of(kind: str, log: Path, request: pytest.FixtureRequest) -> tuple[str, str]:
    """Put the log's rows into a database; return its address, and the query for all of them."""
    columns = "n int, user_id int, item_id text, rating int, timestamp bigint"
    if kind == "postgresql":
        server: Server = request.getfixturevalue("server")
        server.run("DROP TABLE IF EXISTS large", f"CREATE TABLE large ({columns})")
        server.copy("COPY large FROM STDIN (FORMAT csv, HEADER)", log.read_bytes())
        return server.address(), "SELECT * FROM large"
    with closing(sqlite3.connect(log.with_suffix(".db"))) as connection, connection:
        connection.execute("DROP TABLE IF EXISTS large")
        connection.execute(f"CREATE TABLE large ({columns})")
        connection.executemany("INSERT INTO large VALUES (?, ?, ?, ?, ?)", rows())
    return str(log.with_suffix(".db")), "SELECT * FROM large"


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_million_rows_take_bounded_memory_and_give_the_coreset_of_the_file(
    kind: str, log: Path, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rec_core.__main__ import main

    monkeypatch.setenv("CORELENS_HOME", str(tmp_path / "home"))
    address, query = asked_of(kind, log, request)
    command = [sys.executable, "-c", _ASK, address, query, str(tmp_path / "rows")]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    print(f"{kind}: {float(said[0]):.0f} MB more at most, {float(said[1]):.1f} s")  # noqa: T201
    assert float(said[0]) < MOST

    columns = ["--columns", "user=user_id,item=item_id,rating=rating,time=timestamp"]
    for method in ("recent", "quota"):
        kept = []
        for name, of in (("file", ["--data", str(log)]), ("query", ["--data", address, "--query", query])):
            folder = tmp_path / f"{name}-{method}"
            more = ["--method", method, "--ratio", "0.1", "--out", str(folder)]
            assert main(["export", *of, *columns, *more]) == 0
            kept.append(np.load(folder / "kept_rows.npy"))
        assert len(kept[0]) > 50_000
        np.testing.assert_array_equal(*kept)

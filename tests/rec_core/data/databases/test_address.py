"""Addresses of databases: what they mean, and that no password is ever in what is kept or said."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import duckdb
import pytest

from rec_core.data.databases import Database, hidden, is_database
from rec_core.errors import DataError


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    with sqlite3.connect(tmp_path / "shop #1?.db") as connection:
        connection.execute("CREATE TABLE events (a)")
    connection.close()
    duckdb.connect(str(tmp_path / "shop.duckdb")).close()
    (tmp_path / "log.csv").write_text("a,b\n1,2\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_files_are_told_by_their_first_bytes(files: Path) -> None:
    assert Database.of("shop #1?.db").kind == "sqlite"
    assert Database.of(str(files / "shop.duckdb")).kind == "duckdb"
    assert is_database("shop.duckdb")
    assert not is_database("log.csv")
    assert not is_database("absent.db")
    assert not is_database("s3://bucket/shop.db")


def test_addresses_of_files_are_found_from_here_and_from_the_root(files: Path) -> None:
    short = Database.of("sqlite:///shop %231%3F.db")
    assert short == Database.of(f"sqlite:///{files}/shop %231%3F.db") == Database.of(short.address)
    assert short.path == str(files / "shop #1?.db")
    assert short.name == "shop #1?"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("sqlite:///shop.duckdb", "is a database of DuckDB"),
        ("duckdb:///log.csv", "no database"),
        ("sqlite:///data/shop.db", "four slashes"),
        ("sqlite://shop.db", "three slashes"),
        ("mysql://root:s3cret@host/shop", "begin with 'mysql://'"),
        ("postgresql://ann:s3cret@host:port/shop", "cannot be read"),
        ("postgresql://ann:12/s3cret@host/shop", "cannot be read"),
        ("postgresql://ann:12#s3cret@host/shop", "cannot be read"),
        ("postgresql://ann:12?s3cret@host/shop", "cannot be read"),
        ("postgresql://ann:s3cret@host/shop?options=-cdefault_transaction_read_only=off", "says 'options'"),
    ],
)
def test_what_is_no_address_is_refused_without_its_password(address: str, said: str, files: Path) -> None:
    with pytest.raises(DataError, match=said) as caught:
        Database.of(address)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("postgresql://ann:s3cret@db.local:5433/shop", "postgresql://ann@db.local:5433/shop"),
        ("postgres://ann:s3%2Fcr%40et@db/shop?sslmode=require", "postgresql://ann@db/shop?sslmode=require"),
        ("postgresql://db/shop?password=s3cret", "postgresql://db/shop"),
        ("postgresql://a%40b:s3cret@[::1]/shop", "postgresql://a%40b@[::1]/shop"),
        ("postgresql://ann:s3cret@/shop?host=/run/pg", "postgresql://ann@/shop?host=/run/pg"),
        ("postgresql:///shop", "postgresql:///shop"),
    ],
)
def test_an_address_is_kept_without_its_password_and_means_the_same(address: str, kept: str) -> None:
    found = Database.of(address)
    assert found.address == kept
    assert bool(found.password) == ("s3" in address)
    assert "s3" not in repr(found).replace("sslmode", "")
    again = Database.of(kept)
    assert (again.address, again.parameters, again.password) == (kept, found.parameters, "")
    assert found.name == "shop"


def test_texts_are_shown_without_passwords() -> None:
    assert (
        hidden("--data=postgresql://ann:a:b/c#?@db/x?password=y&z=1") == "--data=postgresql://ann:…@db/x?password=…&z=1"
    )
    assert hidden("host=db password = y") == "host=db password = …"
    assert hidden("nothing: http://a/b") == "nothing: http://a/b"

"""A log in a database on the page Data: asked, taken, asked again; and who may ask what."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cache.ledger import Ledger
from cache.logs import Logs
from pages.ui import access
from pages.ui.access import Visitor
from rec_core.errors import DataError
from tests.conftest import log_frame
from tests.pages.conftest import Open, errors, healthy, texts

QUERY = 'SELECT * FROM events ORDER BY "timestamp", userId, movieId'


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A database with a log, below a folder of its own."""
    (tmp_path / "shop").mkdir()
    place = tmp_path / "shop" / "shop.db"
    with closing(sqlite3.connect(place)) as connection, connection:
        log_frame().to_sql("events", connection, index=False)
    return place


def _typed(open_page: Open, address: str, query: str) -> AppTest:
    app = open_page("data", **{"own-way": "A database"})
    app.text_input(key="own-database").set_value(address)
    app.text_area(key="own-query").set_value(query).run()
    return app.button(key="own-run").click().run()


def test_a_query_is_run_shown_and_taken(home: Path, open_page: Open, shop: Path) -> None:
    app = _typed(open_page, f"sqlite:///{shop}", f"{QUERY};")
    healthy(app)
    app.button(key="own-use").click().run()
    healthy(app)
    (log,) = Logs(Ledger(home)).listed()
    assert log.reading.queried.query == QUERY
    assert app.session_state["data"] == log.name
    assert log.origin in "".join(texts(app)).replace("\\", "")
    assert Path(log.path).is_relative_to(home / "uploads")

    app.button(key=f"again-{log.name}").click().run()
    healthy(app)
    assert [one.name for one in Logs(Ledger(home)).listed()] == [log.name]
    with closing(sqlite3.connect(shop)) as connection, connection:
        connection.execute("DELETE FROM events WHERE userId = 3")
    app.button(key=f"again-{log.name}").click().run()
    healthy(app)
    first, second = Logs(Ledger(home)).listed()
    assert first.name == log.name
    assert second.reading.columns == log.reading.columns
    assert second.reading.queried.returned != log.reading.queried.returned
    assert app.session_state["data"] == second.name
    assert Path(first.path).exists()


def test_another_query_is_not_taken_for_what_the_last_one_returned(open_page: Open, shop: Path) -> None:
    app = _typed(open_page, str(shop), QUERY)
    assert any(button.key == "own-use" for button in app.button)
    app.text_area(key="own-query").set_value("SELECT userId, movieId FROM events").run()
    assert not any(button.key == "own-use" for button in app.button)
    app.button(key="own-run").click().run()
    healthy(app)
    assert any("no ORDER BY" in caption.value for caption in app.caption)


@pytest.mark.parametrize(
    ("address", "query", "said"),
    [
        ("{shop}", "", "such as SELECT \\* FROM events. It has events."),
        ("{shop}", "SELECT * FROM evnts", "Did you mean 'events'?"),
        ("{shop}", "DELETE FROM events", "begins with 'DELETE'"),
        ("{shop}.absent", "SELECT 1", "There is no file"),
        ("postgresql://ann:s3cret@localhost:1/shop", "SELECT 1", "Leave the password out of the address"),
        ("postgresql://ann:s3cret@localhost:x/shop", "SELECT 1", "cannot be read"),
        ("mysql://ann:s3cret@localhost/shop", "SELECT 1", "mysql://"),
        ("{home}/ledger.sqlite3", "SELECT * FROM logs", "Corelens keeps files of its own there"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(
    address: str, query: str, said: str, open_page: Open, shop: Path, home: Path
) -> None:
    app = _typed(open_page, address.format(shop=shop, home=home), query)
    assert not app.exception
    (error,) = errors(app)
    assert said.replace("\\", "") in error.replace("\\", "")
    assert "s3cret" not in error
    assert "s3cret" not in str(app.query_params)
    assert not list((home / "uploads").glob("*/*"))
    for file in home.rglob("*"):
        assert not file.is_file() or b"s3cret" not in file.read_bytes()


@pytest.mark.parametrize(
    "who", [Visitor("somebody", is_starter=False, is_near=True), Visitor("", is_starter=True, is_near=False)]
)
def test_anybody_else_asks_files_of_the_folder_of_data_alone(
    who: Visitor, home: Path, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "visitor", lambda: who)
    for address in (str(shop), f"sqlite:///{shop}", "sqlite:////etc/passwd", "duckdb:///../shop.db"):
        with pytest.raises(DataError, match="CORELENS_DATA"):
            access.allowed_database(address)
    monkeypatch.setenv("CORELENS_DATA", str(shop.parent))
    assert access.allowed_database("sqlite:///shop.db") == str(shop)
    for trust in ("", access.EVERYONE):
        monkeypatch.setenv(access.TRUST, trust)
        for address in ("postgresql://host/shop", "postgres://host/shop"):
            with pytest.raises(DataError, match="may ask a database's server"):
                access.allowed_database(address)


def test_the_starter_asks_every_database(home: Path, shop: Path) -> None:
    assert access.allowed_database(f"sqlite:///{shop}") == str(shop)
    assert access.allowed_database("postgresql://host/shop") == "postgresql://host/shop"

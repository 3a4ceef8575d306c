"""Asking a database, whatever its kind."""

from __future__ import annotations

from types import ModuleType
from typing import IO

from rec_core.data.databases import duck, postgres, sqlite
from rec_core.data.databases.address import Database
from rec_core.data.databases.statement import required
from rec_core.data.sources.table.reading import Queried

_KINDS: dict[str, ModuleType] = {"sqlite": sqlite, "duckdb": duck, "postgresql": postgres}


def ask(database: Database, query: str, file: IO[bytes], room: int) -> Queried:
    """Write what a query returns to a Parquet file of at most ``room`` bytes, and return what was asked and returned.

    Raises:
        DataError: one sentence, if the query is not one SELECT, the database does not answer, or there is no room.
    """
    query = required(query)
    return Queried(
        query=query, address=database.address, returned=_KINDS[database.kind].write(database, query, file, room)
    )


def tables(database: Database) -> list[str]:
    """Return the names of a database's tables and views.

    Raises:
        DataError: one sentence, if it does not answer.
    """
    found: list[str] = _KINDS[database.kind].tables(database)
    return found


def proposed(names: list[str]) -> str:
    """Return a query to begin with.

    >>> proposed(["events", "users"])
    'SELECT * FROM events'
    """
    likely = ("event", "interaction", "rating", "click", "order", "transaction", "view", "log")
    first = next((name for part in likely for name in names if part in name.lower()), names[0] if names else "events")
    plain = first.replace(".", "").replace("_", "").isalnum() and first == first.lower()
    return f"SELECT * FROM {first if plain else _quoted(first)}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'

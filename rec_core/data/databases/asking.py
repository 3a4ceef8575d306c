"""Asking a database, whatever its kind."""

from __future__ import annotations

from types import ModuleType
from typing import IO

from rec_core.data.databases import duck, postgres, sqlite
from rec_core.data.databases.address import Database
from rec_core.data.databases.statement import required
from rec_core.data.databases.wording import listed
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


def what_to_ask(database: Database, option: str = "") -> str:
    """Return the sentence for a database of which nothing is asked yet; ``option`` is how a query is given.

    Raises:
        DataError: one sentence, if it does not answer.
    """
    names = tables(database)
    query = proposed(names)
    if option:
        query = f'{option} "{query}"' if '"' not in query else f"{option} '{query}'"
    said = f" with {option}" if option else ""
    return f"'{database.name}' is a database: say{said} what to read of it, such as {query}. {listed(names)}"


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

"""The sentences about databases that do not give what was asked."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from rec_core.data.databases.address import TITLES, WHERE, Database, hidden
from rec_core.errors import DataError

PIECE = 10_000  # rows that are taken from a database at a time
CONNECT = 10  # seconds to wait for a server
_LISTED, _LONGEST = 8, 300


def no_table(name: str, tables: Sequence[str]) -> DataError:
    """Return the error for a table that is not there, with the likeliest ones that are."""
    name, folded = name[:80], {table.casefold(): table for table in reversed(tables)}
    near = difflib.get_close_matches(name.rpartition(".")[2].casefold(), folded, 1)
    if near:
        return DataError(f"The database has no table '{name}'. Did you mean '{folded[near[0]]}'?")
    return DataError(f"The database has no table '{name}'. {listed(tables)}")


def listed(tables: Sequence[str]) -> str:
    """Return a sentence with the tables of a database."""
    if not tables:
        return "It has no tables."
    more = f" and {len(tables) - _LISTED:,} more" if len(tables) > _LISTED else ""
    return f"It has {', '.join(tables[:_LISTED])}{more}."


def bytes_in(column: str) -> DataError:
    """Return the error for a column of bytes."""
    return DataError(
        f"The column '{column}' of the query holds bytes, which are neither text nor numbers. Leave it out of the "
        "query, or turn it into text there."
    )


def refused(database: Database, text: str) -> DataError:
    """Return the error for what a database says of a query or of itself, without what may be a password."""
    said = " ".join(text.split())
    said = said.replace(database.password, "…") if database.password else said
    return DataError(
        f"{TITLES[database.kind]} does not answer ({hidden(said)[:_LONGEST].rstrip('.')}). Change the query, or name "
        "another database."
    )


def no_password(database: Database, is_wrong: bool) -> DataError:
    """Return the error for a password that is wrong or missing."""
    user = database.parameters.get("user")
    of = f" of the user '{user}'" if user else ""
    what = "did not accept the password" if is_wrong else "asks for the password"
    return DataError(f"PostgreSQL {what}{of}. {WHERE}; the address needs none.")


def missing(package: str, install: str, database: Database) -> DataError:
    """Return the error for a package that is not installed."""
    return DataError(
        f"{TITLES[database.kind]} needs the package {package}, which is not installed: run `pip install {install}`."
    )

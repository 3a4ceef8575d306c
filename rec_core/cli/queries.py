"""``--data URL --query SQL``: a log that a database holds."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from typing import Any

from rec_core.data.databases import Database, has_order, hidden, is_database, what_to_ask
from rec_core.data.databases.address import WHERE
from rec_core.data.sources.table import Queried
from rec_core.data.sources.table.places import absolute, name_of
from rec_core.errors import SpecError


def require_data(args: argparse.Namespace) -> None:
    """Refuse a query where no database is named.

    Raises:
        SpecError: saying which option is missing.
    """
    if getattr(args, "query", None) is not None:
        raise SpecError("--query needs a database: name it with --data, such as --data shop.db.")


def taken(args: argparse.Namespace, log: Mapping[str, Any] | None) -> tuple[str, Queried]:
    """Return the path of the file to read: the one that ``--data`` names, or one that holds what a query returned.

    Without ``--query``, the query of a bundle's ``log`` is asked again, where it has one.

    Raises:
        CorelensError: if the database is not asked anything, or does not answer.
    """
    address, query = args.data, args.query
    if not is_database(address):
        if query is not None:
            raise SpecError(
                f"'{hidden(name_of(address))}' is no database, and --query asks one. Leave out --query to read the "
                "file, or name a database: sqlite:///PATH, duckdb:///PATH or postgresql://user@host/database."
            )
        return absolute(address), Queried()
    database = Database.of(address)
    before = (log or {}).get("queried", {})
    query = query if query is not None else before.get("query") or None
    if query is None:
        raise SpecError(what_to_ask(database, "--query"))
    path, queried = args.home.ask(address, query)
    if database.password:
        print(f"The address holds a password, which is not kept. {WHERE} next time.", file=sys.stderr)
    if not has_order(queried.query):
        print(
            "The query has no ORDER BY: rows with equal times follow each other as the database returned them.",
            file=sys.stderr,
        )
    return path, queried

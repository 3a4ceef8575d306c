"""SQLite: opened to read, and told to do nothing but SELECT.

Its columns have no types of their own, every value has one. A column whose values are all whole numbers, or all
fractions, is one of numbers; any other is text, as SQLite writes it. Which it is shows only at the end: where a later
row says otherwise than the first ones did, the query is asked again in the same transaction, with the wider type.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from rec_core.data.databases import snapshot
from rec_core.data.databases.address import Database
from rec_core.data.databases.wording import PIECE, bytes_in, no_table, refused
from rec_core.data.sources.table.sniffing import unique
from rec_core.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

_WAIT = 10  # seconds for a writer that has locked the file
_ALLOWED = {
    getattr(sqlite3, name)
    for name in ("SQLITE_SELECT", "SQLITE_READ", "SQLITE_FUNCTION", "SQLITE_RECURSIVE", "SQLITE_TRANSACTION")
}
_UNKNOWN, _WHOLE, _FRACTION, _TEXT = range(4)  # what the values of a column are
_WIDER = {(_WHOLE, _WHOLE): _WHOLE, (_FRACTION, _FRACTION): _FRACTION}


class _Wider(Exception):
    """A value of a column is of another type than those before; ``kinds`` has one that holds all so far."""

    def __init__(self, kinds: list[int]) -> None:
        super().__init__()
        self.kinds = kinds


def tables(database: Database) -> list[str]:
    """Return the names of tables and views."""
    with _opened(database) as connection:
        return _tables(connection)


def write(database: Database, query: str, file: IO[bytes], room: int) -> str:
    """Write what a query returns to a Parquet file of at most ``room`` bytes; return the hash of its rows.

    Raises:
        DataError: one sentence, if it cannot be asked or holds what is neither text nor number.
    """
    with _opened(database) as connection:
        try:
            connection.execute("BEGIN")
            kinds: list[int] = []
            while True:
                try:
                    return _written(connection, query, kinds, file, room)
                except _Wider as wider:
                    kinds = wider.kinds
                    file.seek(0)
                    file.truncate()
        except (sqlite3.Error, OverflowError) as error:
            raise _said(error, query, connection, database) from error


@contextmanager
def _opened(database: Database) -> Iterator[sqlite3.Connection]:
    uri = f"{Path(database.path).as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=_WAIT, isolation_level=None)) as connection:
            connection.execute("PRAGMA query_only = ON")
            connection.execute("PRAGMA trusted_schema = OFF")
            # Attaching another file, and pragmas, are no changes, and would be let through.
            connection.set_authorizer(
                lambda action, *_: sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY
            )
            yield connection
    except sqlite3.Error as error:
        raise refused(database, str(error)) from error


def _tables(connection: sqlite3.Connection) -> list[str]:
    found = connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name")
    return [name for (name,) in found if not name.startswith("sqlite_")]


def _written(connection: sqlite3.Connection, query: str, kinds: list[int], file: IO[bytes], room: int) -> str:
    """Write all rows, whose columns are as ``kinds`` say; those of the first rows, where nothing is said."""
    import pyarrow as pa

    cursor = connection.execute(query)
    names = unique([column[0] for column in cursor.description])
    first = cursor.fetchmany(PIECE)
    kinds = _kinds(first, names, kinds or [_UNKNOWN] * len(names))
    types = {_UNKNOWN: pa.string(), _WHOLE: pa.int64(), _FRACTION: pa.float64(), _TEXT: pa.string()}
    schema = pa.schema([(name, types[kind]) for name, kind in zip(names, kinds, strict=True)])

    def batches() -> Iterator[pa.RecordBatch]:
        rows = first
        while rows:
            if (found := _kinds(rows, names, kinds)) != kinds:
                raise _Wider(found)
            columns = [
                _column(values, kind, schema.types[at])
                for at, (values, kind) in enumerate(zip(zip(*rows, strict=True), kinds, strict=True))
            ]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)
            rows = cursor.fetchmany(PIECE)

    return snapshot.write(schema, batches(), file, room)


def _kinds(rows: Sequence[tuple[Any, ...]], names: Sequence[str], known: Sequence[int]) -> list[int]:
    """Return what the columns are that were ``known`` to be something, and have the values of ``rows`` too."""
    found = list(known)
    for at, values in enumerate(zip(*rows, strict=True)):
        types = set(map(type, values)) - {type(None)}
        if bytes in types:
            raise bytes_in(names[at])
        for one in types:
            kind = {int: _WHOLE, float: _FRACTION}.get(one, _TEXT)
            found[at] = kind if found[at] == _UNKNOWN else _WIDER.get((found[at], kind), _TEXT)
    return found


def _column(values: Sequence[Any], kind: int, of: Any) -> pa.Array:
    import pyarrow as pa

    if kind == _TEXT:
        values = [value if value is None or isinstance(value, str) else str(value) for value in values]
    return pa.array(values, of)


def _said(error: Exception, query: str, connection: sqlite3.Connection, database: Database) -> DataError:
    text = str(error)
    if text.startswith("no such table: "):
        return no_table(text.removeprefix("no such table: "), _tables(connection))
    return refused(database, text)

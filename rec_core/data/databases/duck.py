"""DuckDB: opened to read, with no way to other files or machines, and its values in the types that logs know.

What is no number, time or text becomes text as DuckDB writes it: decimals, so that none of their digits is lost, and
numbers that do not fit into 64 bits.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from rec_core.data.databases import snapshot
from rec_core.data.databases.address import Database
from rec_core.data.databases.wording import PIECE, bytes_in, missing, no_table, refused
from rec_core.data.sources.table.sniffing import unique
from rec_core.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

_ALIKE = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"), "BIGINT"),
    **dict.fromkeys(("DOUBLE", "BOOLEAN", "DATE", "VARCHAR"), ""),  # as they are
    **dict.fromkeys(("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE"), ""),
}
# What is loaded or installed on demand would be read from other machines.
_SETTINGS = {
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "threads": 1,  # rows come in one order, and few of them are held
}


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
        import duckdb

        try:
            statements = connection.extract_statements(query)
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise DataError("Only one query that reads is asked of a database. Write one SELECT.")
            reader = connection.sql(_typed(connection, query)).to_arrow_reader(PIECE)
            return snapshot.write(reader.schema, _batches(reader), file, room)
        except duckdb.Error as error:
            raise _said(error, connection, database) from error


def _batches(reader: Any) -> Iterator[pa.RecordBatch]:
    yield from reader


@contextmanager
def _opened(database: Database) -> Iterator[Any]:
    try:
        import duckdb
    except ImportError as error:
        raise missing("duckdb", "duckdb", database) from error

    try:
        connection = duckdb.connect(database.path, read_only=True, config=dict(_SETTINGS))
    except duckdb.Error as error:
        raise refused(database, str(error)) from error
    try:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET lock_configuration = true")
        yield connection
    finally:
        connection.close()


def _tables(connection: Any) -> list[str]:
    query = (
        "SELECT table_name FROM duckdb_tables() WHERE NOT internal UNION "
        "SELECT view_name FROM duckdb_views() WHERE NOT internal ORDER BY 1"
    )
    return [name for (name,) in connection.execute(query).fetchall()]


def _typed(connection: Any, query: str) -> str:
    """Return the query with its columns in the types that logs know, under names that differ."""
    described = connection.execute(f"DESCRIBE {query}").fetchall()
    names = unique([column[0] for column in described])
    selected, places = [], [f"c{place}" for place in range(len(names))]
    for place, name, (_, kind, *_rest) in zip(places, names, described, strict=True):
        if kind in ("BLOB", "BIT"):
            raise bytes_in(name)
        to = _ALIKE.get(kind, "VARCHAR")
        quoted = '"' + name.replace('"', '""') + '"'
        value = f"array_to_string({place}, '|')" if kind == "VARCHAR[]" else f"CAST({place} AS {to})" if to else place
        selected.append(f"{value} AS {quoted}")
    return f"SELECT {', '.join(selected)} FROM ({query}\n) AS returned({', '.join(places)})"


def _said(error: Exception, connection: Any, database: Database) -> DataError:
    text = str(error)
    if "Table with name " in text and "does not exist" in text:
        return no_table(text.partition("Table with name ")[2].partition(" does not")[0], _tables(connection))
    if "file system operations are disabled" in text or "external access" in text.lower():
        return DataError("A query reads the database alone, no other files or machines. Name only tables that it has.")
    return refused(database, text.partition("\n\nLINE")[0])

"""PostgreSQL: asked in a transaction that only reads, by a cursor of the server that gives some rows at a time.

Values come as the server writes them, and whole numbers, fractions of double precision, times and booleans become such;
everything else stays that text, so that decimals keep their digits. Passwords are what libpq finds: PGPASSWORD or
~/.pgpass.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from rec_core.data.databases import snapshot
from rec_core.data.databases.address import Database
from rec_core.data.databases.wording import CONNECT, PIECE, bytes_in, missing, no_password, no_table, refused
from rec_core.data.sources.table.sniffing import unique
from rec_core.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

_SETTINGS = {
    "default_transaction_read_only": "on",
    "TimeZone": "UTC",
    "DateStyle": "ISO",
    # Rows come in the same order as long as the table does not change.
    "synchronize_seqscans": "off",
    "max_parallel_workers_per_gather": "0",
    "cursor_tuple_fraction": "1.0",  # all rows will be taken
}
_INFINITE = {"infinity": (1 << 63) - 1, "-infinity": -(1 << 63) + 1}


def tables(database: Database) -> list[str]:
    """Return the names of tables and views that the user may see."""
    with _connected(database) as connection:
        return _tables(connection)


def write(database: Database, query: str, file: IO[bytes], room: int) -> str:
    """Write what a query returns to a Parquet file of at most ``room`` bytes; return the hash of its rows.

    Raises:
        DataError: one sentence, if it cannot be asked or holds what is neither text nor number.
    """
    with _connected(database) as connection:
        import psycopg

        try:
            with connection.cursor(name="corelens") as cursor:
                cursor.execute(query)
                schema = _schema(cursor.description, connection)
                return snapshot.write(schema, _batches(cursor, schema), file, room)
        except (psycopg.Error, UnicodeDecodeError) as error:
            connection.rollback()
            raise _said(error, connection, database) from error


@contextmanager
def _connected(database: Database) -> Iterator[Any]:
    try:
        import psycopg
        from psycopg.types.string import TextLoader
    except ImportError as error:
        raise missing("psycopg", "'psycopg[binary]'", database) from error

    asked: dict[str, Any] = dict(
        database.parameters, connect_timeout=CONNECT, application_name="corelens", client_encoding="UTF8"
    )
    if database.password:
        asked["password"] = database.password
    try:
        connection = psycopg.connect(**asked, autocommit=True)
    except psycopg.Error as error:
        raise _no_connection(error, database) from error
    try:
        for name, value in _SETTINGS.items():
            connection.execute(f"SET {name} = '{value}'")
        for known in connection.adapters.types:
            for number in filter(None, (known.oid, known.array_oid)):
                connection.adapters.register_loader(number, TextLoader)
        connection.set_autocommit(False)
        connection.set_read_only(True)
        connection.set_isolation_level(psycopg.IsolationLevel.REPEATABLE_READ)
        yield connection
    except psycopg.OperationalError as error:  # the server went away
        raise refused(database, str(error)) from error
    finally:
        connection.close()


def _tables(connection: Any) -> list[str]:
    query = (
        "SELECT CASE WHEN table_schema = ANY(current_schemas(false)) THEN table_name "
        "ELSE table_schema || '.' || table_name END FROM information_schema.tables "
        "WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"
    )
    return [name for (name,) in connection.execute(query).fetchall()]


def _schema(described: Sequence[Any], connection: Any) -> pa.Schema:
    import pyarrow as pa

    types = {
        **dict.fromkeys(("int2", "int4", "int8"), pa.int64()),
        "float8": pa.float64(),
        "bool": pa.bool_(),
        "timestamp": pa.timestamp("us"),
        "timestamptz": pa.timestamp("us", "UTC"),
    }
    fields = []
    for name, column in zip(unique([column.name for column in described]), described, strict=True):
        known = connection.adapters.types.get(column.type_code)
        kind = known.name if known else ""
        if kind == "bytea":
            raise bytes_in(name)
        fields.append((name, types.get(kind, pa.string())))
    return pa.schema(fields)


def _batches(cursor: Any, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    while rows := cursor.fetchmany(PIECE):
        columns = [
            _column(pa.array(values, pa.string()), kind)
            for values, kind in zip(zip(*rows, strict=True), schema.types, strict=True)
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)


def _column(texts: pa.Array, kind: Any) -> pa.Array:
    """Return values (n,) of their type, of what the server writes for them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_boolean(kind):
        return pc.equal(texts, "t")
    if not pa.types.is_timestamp(kind):
        return texts.cast(kind)
    try:
        return texts.cast(kind)
    except pa.ArrowInvalid:  # infinity, a year before Christ or after 9999
        return pa.array([_moment(text) for text in texts.to_pylist()], pa.int64()).cast(kind)


def _moment(text: str | None) -> int | None:
    """Return microseconds since 1970; for what no calendar of ours has, the end that it is beyond."""
    import pyarrow as pa

    if text is None:
        return None
    try:
        return int(pa.scalar(text).cast(pa.timestamp("us", "UTC") if "+" in text else pa.timestamp("us")).value)
    except pa.ArrowInvalid:
        return _INFINITE["-infinity" if text.startswith("-") or text.endswith("BC") else "infinity"]


def _no_connection(error: Any, database: Database) -> DataError:
    import psycopg

    used, needed = (getattr(error.pgconn, name, False) for name in ("used_password", "needs_password"))
    if needed or "no password supplied" in str(error):
        return no_password(database, is_wrong=False)
    if used and not isinstance(error, psycopg.errors.ConnectionTimeout) and "password" in str(error):
        return no_password(database, is_wrong=True)
    host = database.parameters.get("host", "this machine")
    if isinstance(error, psycopg.errors.ConnectionTimeout):
        return DataError(
            f"PostgreSQL on '{host}' did not answer within {CONNECT} seconds. Check host and port of the address, and "
            "whether the server is reached from here."
        )
    said = refused(database, str(error))
    return said


def _said(error: Any, connection: Any, database: Database) -> DataError:
    code = getattr(error, "sqlstate", None)
    if code == "42P01":
        name = str(error).partition('"')[2].partition('"')[0]
        return no_table(name, _tables(connection))
    if code == "25006":
        return DataError("The query would change the database; only queries that read are asked. Write one SELECT.")
    message = getattr(getattr(error, "diag", None), "message_primary", None) or str(error)
    hint = getattr(getattr(error, "diag", None), "message_hint", None)
    return refused(database, f"{message} {hint or ''}")

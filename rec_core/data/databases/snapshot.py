"""What a query returns, written to a Parquet file as it comes, and hashed.

The hash is of the rows in the order in which they came, which is the order that a log has: rows with equal times follow
each other so. It is of values and not of the file's bytes, which another version of a package would write otherwise,
and does not depend on how many rows come at a time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any

from rec_core.errors import DataError

if TYPE_CHECKING:  # loaded when a database is asked
    import pyarrow as pa

_ROWS, _BYTES = 1 << 17, 32 << 20  # that are held before they are written


def write(schema: pa.Schema, batches: Iterator[pa.RecordBatch], file: IO[bytes], room: int) -> str:
    """Write rows to a Parquet file of at most ``room`` bytes, and return their hash, 64 hex digits.

    Raises:
        DataError: if there are none, or more than there is room for.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    hashes, n_rows, held = Hashes(schema), 0, list[Any]()
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for batch in batches:
            hashes.add(batch)
            n_rows += batch.num_rows
            held.append(batch)
            if sum(one.num_rows for one in held) >= _ROWS or sum(one.nbytes for one in held) >= _BYTES:
                writer.write_table(pa.Table.from_batches(held, schema))
                held.clear()
                _require_room(file, n_rows, room)
        if held:
            writer.write_table(pa.Table.from_batches(held, schema))
    _require_room(file, n_rows, room)
    pa.default_memory_pool().release_unused()
    if not n_rows:
        raise DataError("The query returns no rows. Change its conditions.")
    return hashes.finish()


def _require_room(file: IO[bytes], n_rows: int, room: int) -> None:
    if file.tell() > room:
        raise DataError(
            f"There is no room for what the query returns: its first {n_rows:,} rows take {file.tell() / 1e6:,.0f} MB, "
            f"and {max(room, 0) / 1e6:,.0f} MB are left for files that Corelens keeps. Select only the columns that "
            "are needed, forget logs that you do not need, or set CORELENS_UPLOADS_GB to more."
        )


class Hashes:
    """A hash of rows, column by column, that is the same however many of them come at a time."""

    def __init__(self, schema: pa.Schema) -> None:
        self._said = "".join(f"{field.name!r} {field.type}\n" for field in schema)
        self._columns = [(hashlib.sha256(), hashlib.sha256()) for _ in schema]
        self._rows = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Take some rows."""
        self._rows += batch.num_rows
        for (shapes, values), column in zip(self._columns, batch.columns, strict=True):
            _add(column, shapes, values)

    def finish(self) -> str:
        """Return the hash of all rows, 64 hex digits."""
        columns = [one.hexdigest() for pair in self._columns for one in pair]
        return hashlib.sha256(f"{self._said}{self._rows}\n{' '.join(columns)}".encode()).hexdigest()


def _add(column: pa.Array, shapes: Any, values: Any) -> None:
    """Add a column (n,) to the hash of which values are there and how long they are, and to that of the values."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_string(column.type):
        lengths = pc.binary_length(column).cast(pa.int64())
        shapes.update(pc.fill_null(lengths, -1).to_numpy())
        values.update("".join(pc.fill_null(column, "").to_pylist()).encode())
        return
    shapes.update(pc.is_valid(column).cast(pa.uint8()).to_numpy())
    number = column
    if pa.types.is_date32(column.type):
        number = column.cast(pa.int32())
    elif pa.types.is_timestamp(column.type):
        number = column.cast(pa.int64())
    elif pa.types.is_boolean(column.type):
        number = column.cast(pa.uint8())
    values.update(pc.fill_null(number, 0).to_numpy())

"""A recipe for DuckDB, tried where DuckDB is installed: the rows that it makes against those that were read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import NANOSECONDS, Dataset, Ids

_ROWS = 1 << 17  # that are compared at a time
_ROUNDED = 1_000  # nanoseconds by which a time in double precision may be off


def version() -> str:
    """Return the version of DuckDB that is installed here, or ""."""
    try:
        import duckdb
    except ImportError:
        return ""
    return str(duckdb.__version__)


def difference(statement: str, dataset: Dataset) -> str:
    """Return what DuckDB makes otherwise of ``interactions``, by the ``statement`` that creates it; "" for nothing.

    Times may differ by what double precision rounds, as long as their order is the same.
    """
    import duckdb

    timed = dataset.interactions.time is not None
    wanted = f"row, CAST(user_id AS VARCHAR), CAST(item_id AS VARCHAR){', time' if timed else ''}"
    try:
        with duckdb.connect() as database:
            database.execute("SET TimeZone = 'Asia/Kolkata'")  # whatever zone a session has, times are the same
            database.execute(statement)
            reader = database.sql(f"SELECT {wanted} FROM interactions").to_arrow_reader(_ROWS)
            return _compared(reader, dataset)
    except duckdb.Error as error:
        return f"it stops with “{' '.join(str(error).split())[:80]}…”"


def _compared(reader: Any, dataset: Dataset) -> str:
    rows, done = dataset.interactions, 0
    times: list[NDArray[np.int64]] = []
    ids = [_texts(dataset.catalogue.user_ids), _texts(dataset.catalogue.item_ids)]
    for batch in _batches(reader):
        some = slice(done, done := done + batch.num_rows)
        if done > len(rows):
            break
        place = np.arange(some.start, some.stop) if dataset.places is None else dataset.places[some]
        if (wrong := _first(batch.column(0).to_numpy(zero_copy_only=False) != place)) is not None:
            return f"it numbers row {place[wrong] + 1:,} otherwise"
        for names, code, column in zip(ids, (rows.user[some], rows.item[some]), batch.columns[1:3], strict=True):
            if (wrong := _first(_differ(names, code, column))) is not None:
                return f"it reads an id in row {place[wrong] + 1:,} otherwise"
        if rows.time is not None:
            if batch.column(3).null_count:
                return "it reads no time where there is one"
            times.append(batch.column(3).to_numpy(zero_copy_only=False).astype(np.int64))
    if done != len(rows):
        return f"it reads {'more' if done > len(rows) else f'{done:,}'} rows where there are {len(rows):,}"
    return "" if rows.time is None or not times else _other_times(np.concatenate(times), rows.time, rows.fine)


def _batches(reader: Any) -> Iterator[Any]:
    return (batch for batch in reader if batch.num_rows)


def _texts(ids: Ids) -> Any:
    import pyarrow as pa

    return pa.array(ids).cast(pa.string()) if ids.dtype.kind in "iu" else pa.array(ids.tolist(), pa.string())


def _differ(names: Any, code: NDArray[np.int32], column: Any) -> NDArray[np.bool_]:
    """Return where a column (n,) is no id of the ``code`` (n,) among ``names``."""
    import pyarrow as pa
    import pyarrow.compute as pc

    same = pc.fill_null(pc.equal(names.take(pa.array(code)), column.cast(pa.string())), False)
    return ~same.to_numpy(zero_copy_only=False)


def _first(wrong: NDArray[np.bool_]) -> int | None:
    return int(wrong.argmax()) if wrong.any() else None


def _other_times(found: NDArray[np.int64], seconds: NDArray[np.int64], fine: NDArray[np.int32] | None) -> str:
    """Return where times in nanoseconds (n,) are others than those that were read, or in another order."""
    true = seconds * NANOSECONDS + (0 if fine is None else fine)
    if (wrong := _first(np.abs(found - true) >= _ROUNDED)) is not None:
        return f"it reads the time of row {wrong + 1:,} otherwise"
    if np.array_equal(found, true):
        return ""
    order = np.lexsort((np.arange(len(true)), true))
    steps, others = (np.diff(one[order]) for one in (true, found))
    return "" if np.array_equal(steps > 0, others > 0) and (others >= 0).all() else "it orders times otherwise"

"""The wanted columns of a table, piece by piece, as they stand there; what has too few or too many fields is noted.

pyarrow reads text and Parquet: of the readers that were tried on a million messy lines it took the least time (0.53 CPU
seconds; DuckDB 0.85, pandas 1.5) and memory, keeps records in order and tells of each bad one which it is.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rec_core.data.rejected import NAMES_AGAIN, Rejects
from rec_core.data.sources.table import forms
from rec_core.data.sources.table.addresses import is_elsewhere
from rec_core.data.sources.table.blocks import rows_of
from rec_core.data.sources.table.encodings import BROKEN, codec, text_of
from rec_core.data.sources.table.folders import first_of
from rec_core.data.sources.table.objects import Unreadable, plain
from rec_core.data.sources.table.opening import DAMAGED, begun, name_of, opened, parts, size_of, start_of
from rec_core.data.sources.table.quoting import swallowed
from rec_core.data.sources.table.reading import Layout
from rec_core.data.sources.table.records import ESCAPED, first_records, header_lines, is_odd, one_sign, records
from rec_core.data.sources.table.sniffing import parts_of, unique
from rec_core.data.sources.table.streams import Watched, ends, prepared
from rec_core.errors import DataError

if TYPE_CHECKING:  # loaded when files are read
    import pyarrow as pa

_BLOCK = 16 << 20  # bytes of text that are read at a time; a record may not be longer
_ROWS = 1 << 17  # of JSON lines and Parquet that are read at a time
SWALLOWED = "a line within quotation marks that may be a row"
_FEW, _MANY = "too few fields", "too many fields"
Told = Callable[[int], None]  # how many bytes were read so far


@dataclass(frozen=True)
class Piece:
    """Records of a table: which they are (n,), from 0, and the wanted columns by name, each an Arrow array of n."""

    rows: NDArray[np.int64]
    columns: dict[str, pa.Array]


def pieces(
    path: str,
    layout: Layout,
    names: Sequence[str],
    wanted: Sequence[str],
    rejects: Rejects,
    told: Told = lambda n: None,
) -> Iterator[Piece]:
    """Yield a table's ``wanted`` columns of all that there are by ``names``.

    Raises:
        DataError: one sentence, if the file cannot be read.
    """
    read = _entries if layout.form in forms.ENTRIES else _parquet if layout.form == "parquet" else _text
    begin, n_bytes = 0, 0
    for part in parts_of(path, layout):
        noted = rejects.of_part(begin, part.label) if layout.form != "parquet" else rejects
        own = [name for name in wanted if name not in part.keys] or part.names[:1]
        end = begin
        for piece in read(part.path, part.layout, part.names or names, own, noted, _beyond(told, n_bytes)):
            end = begin + int(piece.rows[-1]) + 1 if len(piece.rows) else end
            yield _with_keys(piece, part.keys, wanted, begin)
        begin = max(end, noted.end)
        n_bytes += size_of(part.path)[0]


def _beyond(told: Told, n_bytes: int) -> Told:
    return lambda n: told(n_bytes + n)


def _with_keys(piece: Piece, keys: Mapping[str, str | None], wanted: Sequence[str], begin: int) -> Piece:
    """Return a piece with the columns that the names of folders hold, its rows counted from ``begin``."""
    import pyarrow as pa

    if not keys:
        return piece if not begin else Piece(piece.rows + begin, piece.columns)
    said = {name: pa.repeat(pa.scalar(keys[name], pa.string()), len(piece.rows)) for name in wanted if name in keys}
    return Piece(piece.rows + begin, {name: said[name] if name in said else piece.columns[name] for name in wanted})


def about_how_many(path: str, layout: Layout) -> int:
    """Return how many rows a file or a folder of files holds, by its beginning; 0 where that tells nothing."""
    if layout.form == "parquet":
        return sum(map(_rows_of, parts(path)))
    if is_elsewhere(path):
        return 0
    start, size = begun(path, first_of(path))
    return size * forms.n_rows(start, layout) // len(start) if start else 0


def _rows_of(path: str) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with opened(path) as raw:
            return int(pq.ParquetFile(raw).metadata.num_rows)
    except pa.ArrowException:  # reading says so
        return 0


def give_back() -> None:
    """Have the memory that reading took, which pyarrow keeps for the next file, be anybody's."""
    import pyarrow as pa

    pa.default_memory_pool().release_unused()


def _text(
    path: str, layout: Layout, names: Sequence[str], wanted: Sequence[str], rejects: Rejects, told: Told
) -> Iterator[Piece]:
    import pyarrow as pa
    import pyarrow.csv as table

    if is_odd(layout):
        yield from _by_line(path, layout, names, wanted, rejects, told)
        return
    start = start_of(path)
    skipped = header_lines(start, layout)
    again = _Again(start, layout, wanted, rejects)
    bad: list[int] = []

    def skip(row: Any) -> str:
        bad.append(row.number - 1 - skipped)
        rejects.add(bad[-1], "", _FEW if row.actual_columns < row.expected_columns else _MANY, row.text)
        return "skip"

    place = 0
    with rows_of(path, layout) as raw:
        watched = Watched(prepared(raw, layout), again.name)
        try:
            reader = table.open_csv(
                watched,
                table.ReadOptions(
                    use_threads=False, block_size=_BLOCK, skip_rows=skipped, column_names=list(names), encoding="utf8"
                ),
                table.ParseOptions(
                    delimiter=one_sign(layout),
                    quote_char='"' if layout.quoted else False,
                    newlines_in_values=layout.quoted,
                    invalid_row_handler=skip,
                ),
                # Bytes become text later, where it can be said which of them do not: pyarrow would refuse the file.
                table.ConvertOptions(
                    column_types=dict.fromkeys(wanted, pa.binary()),
                    include_columns=list(wanted),
                    strings_can_be_null=False,
                ),
            )
            for batch in reader:
                rows = _places(place, batch.num_rows, bad)
                place = int(rows[-1]) + 1 if len(rows) else place
                told(raw.tell())
                columns = [_as_written(column) if layout.escape else column for column in batch.columns]
                piece = Piece(rows, dict(zip(wanted, columns, strict=True)))
                yield again.left_out(piece) if watched.is_named else piece
        except (pa.ArrowException, UnicodeError) as error:
            if "Expected" not in str(error):
                raise _no_table(name_of(path), error, place + skipped, layout) from error
            # A record with too few or too many fields that is not of the encoding, which pyarrow cannot hand over.
            yield from _by_line(path, layout, names, wanted, rejects, told, place, frozenset(bad))
            return
    if layout.quoted and watched.has_quotes:
        place = max([place, *(row + 1 for row in bad[-1:])])
        _note_swallowed(path, layout, len(names), rejects, watched.lines, place + skipped)


def _as_written(column: pa.Array) -> pa.Array:
    """Return fields with what is escaped in them as the file has it."""
    import pyarrow.compute as pc

    for pair, sign in ESCAPED.items():
        column = pc.replace_substring(column, sign, pair)
    return column


def _note_swallowed(path: str, layout: Layout, width: int, rejects: Rejects, lines: int | None, n_records: int) -> None:
    """Note lines within quotation marks that may be rows: where there are more ``lines`` than records, all are read."""
    if lines is None:
        with opened(path) as raw:
            stream = prepared(raw, layout)
            lines = sum(map(ends, iter(lambda: stream.read(_BLOCK), b"")))
    if lines <= n_records:
        return
    with opened(path) as raw:
        text = io.TextIOWrapper(raw, encoding=codec(layout.encoding), errors="replace", newline="")
        for row, within in swallowed(text, layout, width):
            for line in within:
                rejects.add(row, "", SWALLOWED, line)


def _by_line(
    path: str,
    layout: Layout,
    names: Sequence[str],
    wanted: Sequence[str],
    rejects: Rejects,
    told: Told,
    place: int = 0,
    noted: frozenset[int] = frozenset(),
) -> Iterator[Piece]:
    """Yield the records of text that pyarrow does not read, from a ``place`` on; what is wrong with some was noted."""
    columns = [names.index(name) for name in wanted]
    again = _Again(start_of(path), layout, wanted, rejects)
    with opened(path) as raw:
        text: Any = io.TextIOWrapper(raw, encoding=codec(layout.encoding), errors=BROKEN, newline="")
        found = islice(records(text, layout), int(layout.header) + place, None)
        try:
            while held := list(islice(found, _ROWS)):
                rows, kept = [], []
                for row, (_, _, record) in enumerate(held, place):
                    if len(record) == len(names):
                        rows.append(row)
                        kept.append([record[at] for at in columns])
                    elif row not in noted:
                        wrong = _FEW if len(record) < len(names) else _MANY
                        rejects.add(row, "", wrong, plain(layout.separator.join(record)))
                place += len(held)
                told(raw.tell())
                yield again.left_out(Piece(np.array(rows, np.int64), _columns(kept, wanted)))
        except csv.Error as error:
            raise _no_table(name_of(path), error, place, layout) from error


class _Again:
    """Notes records that are the names of the columns again, as where two files were made one, and leaves them out."""

    def __init__(self, start: bytes, layout: Layout, wanted: Sequence[str], rejects: Rejects) -> None:
        self._wanted, self._rejects = wanted, rejects
        first = first_records(text_of(start, layout.encoding), layout, 0) if layout.header else []
        cells = dict(zip(unique(first[0]), first[0], strict=True)) if first else {}
        self._names = {name: [cells[name], name, f"\ufeff{name}"] for name in wanted if name in cells}

    @property
    def name(self) -> bytes:
        """The longest name of a wanted column, which such a record holds."""
        return max((name.encode() for name in self._names), key=len, default=b"")

    def left_out(self, piece: Piece) -> Piece:
        """Return a piece without such records."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if len(self._names) < len(self._wanted):
            return piece
        mask = np.ones(len(piece.rows), bool)
        for name in self._wanted:
            column = piece.columns[name]
            same = pc.is_in(column, pa.array(self._names[name], pa.string()).cast(column.type))
            if not pc.any(same).as_py():
                return piece
            mask &= same.to_numpy(zero_copy_only=False)
        if not mask.any():
            return piece
        for row in piece.rows[mask].tolist():
            self._rejects.add(row, "", NAMES_AGAIN, "")
        keep = pa.array(~mask)
        return Piece(piece.rows[~mask], {name: column.filter(keep) for name, column in piece.columns.items()})


def _places(begin: int, count: int, bad: Sequence[int]) -> NDArray[np.int64]:
    """Return which records ``count`` good ones are from ``begin`` on, between the ``bad`` ones."""
    beyond = np.array([place for place in bad if place >= begin], np.int64)
    end = begin + count
    while end - begin - (inside := int(np.searchsorted(beyond, end))) != count:
        end = begin + count + inside
    every = np.arange(begin, end)
    return every[~np.isin(every, beyond[:inside])] if inside else every


def _no_table(name: str, error: Exception, line: int, layout: Layout) -> DataError:
    """Return what to say where reading stopped some lines after ``line``."""
    if "straddl" in str(error):
        quotes = "a quotation mark that opens a field is never closed" if layout.quoted else "a line is too long"
        remedy = "close it, or say that there are no quotation marks" if layout.quoted else "name another file"
        return DataError(f"'{name}', after line {line:,}: {quotes} within {_BLOCK >> 20} MB; {remedy}.")
    if isinstance(error, UnicodeError):
        return DataError(f"'{name}', after line {line:,}: the text is not {layout.encoding}; choose another encoding.")
    return DataError(f"'{name}', after line {line:,}: this cannot be read as a table; mend the file, or name another.")


def _entries(
    path: str, layout: Layout, names: Sequence[str], wanted: Sequence[str], rejects: Rejects, told: Told
) -> Iterator[Piece]:
    with opened(path) as raw:
        # Marked, what is not of the encoding can be told; replaced, it would be another id.
        text = io.TextIOWrapper(raw, encoding=codec(layout.encoding), errors="surrogateescape")
        entries = forms.entries(text, layout, wanted, path)
        place = 0
        try:
            while held := list(islice(entries, _ROWS)):
                rows, records = [], []
                for row, entry in enumerate(held, place):
                    if isinstance(entry, Unreadable):
                        rejects.add(row, "", entry.why, entry.text)
                    else:
                        rows.append(row)
                        records.append(entry)
                place += len(held)
                told(raw.tell())
                yield Piece(np.array(rows, np.int64), _columns(records, wanted))
        except UnicodeError as error:
            raise _no_table(name_of(path), error, place, layout) from error


def _columns(records: Sequence[Sequence[str]], wanted: Sequence[str]) -> dict[str, pa.Array]:
    return {name: _texts([record[at] for record in records]) for at, name in enumerate(wanted)}


def _texts(values: list[str]) -> pa.Array:
    """Return texts; as bytes where some are not of the file's encoding."""
    import pyarrow as pa

    try:
        return pa.array(values, pa.string())
    except UnicodeEncodeError:
        return pa.array([value.encode("utf-8", "surrogateescape") for value in values], pa.binary())


def _parquet(
    path: str, layout: Layout, names: Sequence[str], wanted: Sequence[str], rejects: Rejects, told: Told
) -> Iterator[Piece]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with opened(path) as raw:
            file = pq.ParquetFile(raw)
            held = dict(zip(unique(file.schema_arrow.names), file.schema_arrow.names, strict=True))
            if missing := [name for name in wanted if name not in held]:
                raise DataError(f"'{name_of(path)}' has no column '{missing[0]}'; it has {', '.join(held)}.")
            place = 0
            for batch in file.iter_batches(_ROWS, columns=[held[name] for name in wanted]):
                columns = {name: batch.column(held[name]) for name in wanted}
                _no_records(columns, name_of(path))
                told(raw.tell())
                yield Piece(np.arange(place, place + batch.num_rows), columns)
                place += batch.num_rows
    except pa.ArrowException as error:
        raise DataError(DAMAGED.format(name=name_of(path))) from error


def _no_records(columns: dict[str, pa.Array], file: str) -> None:
    """Refuse a column whose values have fields of their own."""
    import pyarrow as pa

    for name, column in columns.items():
        if pa.types.is_struct(column.type) or pa.types.is_map(column.type) or pa.types.is_union(column.type):
            raise DataError(
                f"'{file}': the column '{name}' holds records, which are neither text nor numbers: say which other "
                "column it is, or none."
            )


def lines_of(path: str, layout: Layout, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the lines, from 1, on which records begin; ``rows`` (n,) from 0, ascending. Parquet's are its rows.

    Of a table in several files they are lines of these: rows count on from file to file, lines do not.
    """
    if layout.form == "parquet" or not len(rows):
        return rows + 1
    found: list[int] = []
    begin = 0
    for part in parts_of(path, layout):
        lines, count = _lines_in(part.path, part.layout, rows[len(found) :] - begin)
        found += lines
        begin += count
    return np.array([*found, *([0] * (len(rows) - len(found)))], np.int64)


def _lines_in(path: str, layout: Layout, rows: NDArray[np.int64]) -> tuple[list[int], int]:
    """Return the lines on which those records of a file begin that it holds, and how many it holds, or more."""
    with opened(path) as raw:
        errors = "surrogateescape" if layout.form in forms.OTHERS else "replace"
        text = io.TextIOWrapper(raw, encoding=codec(layout.encoding), errors=errors, newline="")
        is_text = layout.form == "text"
        begins = (begin for begin, _, _ in records(text, layout)) if is_text else forms.lines(text, layout, path)
        wanted, found = iter(rows.tolist()), []
        row, count = next(wanted, -1), 0
        for place, line in enumerate(islice(begins, int(layout.form == "text" and layout.header), None)):
            count += 1
            while place == row:
                found.append(line)
                row = next(wanted, -1)
            if row < 0:
                break
    return found, count

"""Guess how a table is to be read, from its beginning: its form, its separator, its names, and what its columns are.

Every guess is shown, and a reader may say otherwise.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rec_core.data.sources.table import folders, forms
from rec_core.data.sources.table.asking import Question
from rec_core.data.sources.table.evidence import Sample
from rec_core.data.sources.table.folders import Part, first_of, is_one, with_keys
from rec_core.data.sources.table.guessing import guess
from rec_core.data.sources.table.names import is_known
from rec_core.data.sources.table.objects import as_text
from rec_core.data.sources.table.opening import DAMAGED, HELD, PARQUET, name_of, opened, parts, start_of
from rec_core.data.sources.table.reading import Columns, Layout, Role
from rec_core.data.sources.table.sampling import CELLS, ROWS, SLICES, row_groups, slices
from rec_core.data.sources.table.several import require_no_impressions
from rec_core.errors import DataError

_SEPARATORS = ("\t", ";", ",", "::", "|", " ")  # the likelier first
STAND_IN = "\x1f"  # a separator of one character, for those of two: readers of tables take one only
_LOOKED_AT = 200  # records
_SAMPLED = 6_000  # records of the beginning, of which the roles of columns are told
_LONGEST = 16 << 20  # characters of a field
_WIDEST = 500  # columns
_HALF = re.compile("[\ud800-\udfff]")
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
_COMMA = re.compile(r"[+-]?\d+,\d+")


@dataclass(frozen=True)
class Sniffed:
    """What the beginning of a file shows: its layout, the names of its columns, up to 200 records, what is what.

    ``questions`` are what it leaves open; ``reasons`` say for each role why its column was taken, or none.
    """

    layout: Layout
    names: list[str]
    records: list[list[str]]
    columns: Columns
    questions: tuple[Question, ...] = ()
    reasons: Mapping[Role, str] = field(default_factory=dict)


def layout_of(path: str, separator: str = "") -> Layout:
    """Return how a file seems to be written, whatever its columns are; a ``separator`` that is known is not guessed.

    Raises:
        DataError: one sentence, if it cannot be read, is empty or no text.
    """
    start = start_of(first_of(path))
    if start.startswith(PARQUET):
        return Layout(form="parquet")
    encoding = _encoding(start, name_of(path))
    text = _decoded(start, encoding)
    other = None if separator else forms.layout_of(text, encoding, name_of(path), len(start) < HELD)
    return other or _layout(text, encoding, name_of(path), separator)


def sniff(path: str, layout: Layout | None = None, of_items: bool = False) -> Sniffed:
    """Return what a file's columns are, if it is written as ``layout`` says, or as it seems to be.

    A file ``of_items`` has no users, ratings or times.

    Raises:
        DataError: one sentence, if it cannot be read, or is no table.
    """
    layout = layout or layout_of(path)
    names, records = seen(path, layout)
    most = max(CELLS // len(names), _LOOKED_AT)  # tables with many columns take no longer
    guessed = guess(Sample(names, records[:most] + _further(path, layout, len(names), most)), of_items)
    first = records[:_LOOKED_AT]
    return Sniffed(layout, names, first, guessed.columns, tuple(guessed.questions), guessed.reasons)


def seen(path: str, layout: Layout) -> tuple[list[str], list[list[str]]]:
    """Return the names of a table's columns and records of its beginning.

    Raises:
        DataError: one sentence, if it cannot be read, or is no table.
    """
    names, records = _rows_of(path, layout)
    names, records = with_keys(path, names, lambda part: _rows_of(part, layout)) or (names, records)
    parts_of(path, layout)
    _require_narrow(names, name_of(path))
    require_no_impressions(names, records[:_LOOKED_AT], name_of(path))
    return names, records


def _further(path: str, layout: Layout, width: int, most: int) -> list[list[str]]:
    """Return records from below the beginning of a text; a slice may begin within one, whose rest is left out."""
    if layout.form != "text" or layout.encoding.startswith("utf-16") or not is_one(path):
        return []
    found: list[list[str]] = []
    for block in slices(path):
        records = _records(_decoded(block, layout.encoding), layout, min(most // SLICES, ROWS))
        found += [record for record in records if len(record) == width]
    return found


def parts_of(path: str, layout: Layout) -> list[Part]:
    """Return the parts of a table, each with how it is read.

    Raises:
        DataError: if they are of different tables.
    """
    if is_one(path):
        return [Part(path, layout, [], {})]
    return folders.parts_of(path, layout, _rows_of(path, layout)[0], _begins)


def _begins(start: bytes, layout: Layout) -> tuple[list[str], list[list[str]]]:
    if layout.form != "text":
        return _in_other_form(start, layout, "")
    records = _records(_decoded(start, layout.encoding), layout, 20)
    return unique(records[0] if records else []), records


def _rows_of(path: str, layout: Layout) -> tuple[list[str], list[list[str]]]:
    """Return the names of the columns of a file, or of a table's first part, and its first records."""
    if layout.form == "parquet":
        return _parquet(path)
    start, name = start_of(first_of(path)), name_of(path)
    _encoding(start, name)
    return (_fields if layout.form == "text" else _in_other_form)(start, layout, name)


def _require_narrow(names: Sequence[str], name: str) -> None:
    """Refuse a table of users × items, and what is wide for another reason: no log has so many columns."""
    if len(names) > _WIDEST:
        raise DataError(
            f"'{name}' has {len(names):,} columns, and at most {_WIDEST} are read. A log has one row per interaction: "
            "turn a table of users × items into rows of user, item and value (`melt` in pandas), and name that file."
        )


def _layout(text: str, encoding: str, name: str, separator: str) -> Layout:
    layout = Layout(encoding=encoding, separator=separator or _separator(text))
    records = _records(text, layout)
    _require_narrow(max(records, key=len, default=[]), name)
    header = _is_header(records)
    commas = layout.separator != "," and any(_COMMA.fullmatch(value) for record in records[1:] for value in record)
    return layout.model_copy(update={"header": header, "decimal": "," if commas else "."})


def _encoding(start: bytes, name: str) -> str:
    """Return the encoding of a text.

    Raises:
        DataError: if it is empty, or no text.
    """
    if not start.strip():
        raise DataError(f"'{name}' is empty: there is nothing to read. Name another file.")
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if b"\0" in start:
        raise DataError(
            f"'{name}' is not text, and not Parquet: name a file of separated values (CSV), JSON lines or Parquet."
        )
    try:
        start.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(start) - 4:  # not a sign that was cut at the end of what was looked at
            return "cp1252" if any(0x80 <= byte < 0xA0 for byte in start) and _is_cp1252(start) else "latin-1"
    return "utf-8"


def _is_cp1252(start: bytes) -> bool:
    try:
        start.decode("cp1252")
    except UnicodeDecodeError:
        return False
    return True


def _decoded(start: bytes, encoding: str) -> str:
    return start.decode("utf-8-sig" if encoding == "utf-8" else encoding, errors="replace")


def _separator(text: str) -> str:
    """Return the separator that gives most records the same number of fields, at least two."""

    def agreement(separator: str) -> float:
        widths = Counter(map(len, _records(text, Layout(separator=separator))))
        width, count = max(widths.items(), key=lambda one: one[1], default=(0, 0))
        return round(count / widths.total(), 1) if width > 1 else 0.0

    found = max(_SEPARATORS, key=agreement)
    return found if agreement(found) else ","


def _records(text: str, layout: Layout, most: int = _LOOKED_AT) -> list[list[str]]:
    """Return the first records of a text; the last of a text that was cut off may be a part of one."""
    found: list[list[str]] = []
    try:
        for record in _reader(text, layout):
            if record:
                found.append(record)
            if len(found) > most:
                break
    except csv.Error:  # a field of a megabyte, say: what came before shows enough
        pass
    return found


def _reader(text: str, layout: Layout) -> Any:
    separator = layout.separator
    if len(separator) == 2:
        text, separator = text.replace(separator, STAND_IN), STAND_IN
    return separated(io.StringIO(text, newline=""), separator, layout.quoted)


def separated(lines: Iterable[str], separator: str, quoted: bool) -> Any:
    """Return a reader of records whose fields are separated by one sign."""
    csv.field_size_limit(_LONGEST)
    return csv.reader(lines, delimiter=separator, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE)


def header_lines(start: bytes, layout: Layout) -> int:
    """Return how many lines the names of the columns take, with blank ones above them."""
    text = _decoded(start, layout.encoding)
    reader = _reader(text, layout)
    return reader.line_num if next(filter(None, reader), None) else 0


def _is_header(records: Sequence[Sequence[str]]) -> bool:
    """Say whether the first record is one of names: it names what is known, or no number where others do."""
    if not records:
        return False
    first = [value.strip() for value in records[0]]
    if any(_NUMBER.fullmatch(value) or not value for value in first):
        return False
    if any(is_known(value) for value in first):
        return True
    return any(_NUMBER.fullmatch(value.strip()) for record in records[1:] for value in record)


def _fields(start: bytes, layout: Layout, name: str) -> tuple[list[str], list[list[str]]]:
    records = _records(_decoded(start, layout.encoding), layout, _SAMPLED)
    names = unique(records[0]) if layout.header and records else unnamed(max(map(len, records), default=0))
    if len(names) < 2:
        raise DataError(
            f"'{name}', line 1: there is one column where a log has two, users and items, when fields are separated by "
            f"“{said_separator(layout.separator)}”. Name another separator, or another file."
        )
    rest = records[1:] if layout.header else records
    if not rest:
        raise DataError(f"'{name}' has a first line of names and nothing below it. Name another file.")
    return names, [record for record in rest if len(record) == len(names)]


def said_separator(separator: str) -> str:
    """Return a separator as it can be seen."""
    return {"\t": "tab", " ": "space"}.get(separator, separator)


def _in_other_form(start: bytes, layout: Layout, name: str) -> tuple[list[str], list[list[str]]]:
    names, records = forms.rows_of(_decoded(start, layout.encoding), layout, name, _SAMPLED)
    _require_narrow(names, name)
    return unique(names), [[readable(value) for value in record] for record in records]


def _parquet(path: str) -> tuple[list[str], list[list[str]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    names, found = [], []
    for part in parts(path):  # Spark writes parts that hold nothing, too
        try:
            with opened(part) as stream:
                file = pq.ParquetFile(stream)
                names = file.schema_arrow.names
                _require_narrow(names, name_of(part))
                groups = row_groups(file.num_row_groups)
                batches = [next(file.iter_batches(ROWS, row_groups=[group]), None) for group in groups]
                found = [batch for batch in batches if batch is not None and batch.num_rows]
        except pa.ArrowException as error:
            raise DataError(DAMAGED.format(name=name_of(part))) from error
        if found:
            break
    if not found:
        raise DataError(f"'{name_of(path)}' has columns and no rows. Name another file.")
    table = pa.Table.from_batches(found)
    columns = [[readable(as_text(_plain(value))) for value in column.to_pylist()] for column in table.columns]
    return unique(names), [list(record) for record in zip(*columns, strict=True)]


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, list) else str(value)


def unique(names: Sequence[str]) -> list[str]:
    """Return names of columns that can be told apart: without blanks around them, numbered where one comes again.

    >>> unique(["user_id:token", " item", "item", ""])
    ['user_id', 'item', 'item (2)', 'column 4']
    >>> unique(["a (2)", "a", "a"])
    ['a (2)', 'a', 'a (3)']
    """
    plain = [_plain_name(name) or f"column {place}" for place, name in enumerate(names, 1)]
    taken, numbers = set(plain), Counter[str]()
    found = []
    for name in plain:
        numbers[name] += 1
        unlike = name
        while numbers[name] > 1 and (unlike := f"{name} ({numbers[name]})") in taken:
            numbers[name] += 1
        taken.add(unlike)
        found.append(unlike)
    return found


def _plain_name(name: str) -> str:
    return re.sub(r":(token|float|token_seq|float_seq)$", "", readable(name).strip().lstrip("\ufeff"))


def readable(text: str) -> str:
    """Return a text that can be written: half of a surrogate pair, which JSON may hold, is replaced."""
    return text if text.isascii() else _HALF.sub("\ufffd", text)


def unnamed(count: int) -> list[str]:
    """Return what columns without names are called."""
    return [f"column {place}" for place in range(1, count + 1)]

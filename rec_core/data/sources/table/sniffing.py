"""Guess how a table is to be read, from its beginning: its form, its separator, its names, and what its columns are.

Every guess is shown, and a reader may say otherwise.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rec_core.data.sources.table import folders, forms
from rec_core.data.sources.table.asking import Question
from rec_core.data.sources.table.encodings import encoding_of, require_text, text_of
from rec_core.data.sources.table.evidence import Sample
from rec_core.data.sources.table.folders import Part, first_of, is_one, with_keys
from rec_core.data.sources.table.guessing import guess
from rec_core.data.sources.table.headers import names_above
from rec_core.data.sources.table.layouts import require_narrow, text_layout
from rec_core.data.sources.table.names import is_known
from rec_core.data.sources.table.objects import as_text
from rec_core.data.sources.table.opening import DAMAGED, HELD, PARQUET, name_of, opened, parts, start_of
from rec_core.data.sources.table.reading import Columns, Layout, Role
from rec_core.data.sources.table.records import first_records
from rec_core.data.sources.table.sampling import CELLS, ROWS, SLICES, row_groups
from rec_core.data.sources.table.sampling import slices as sampled
from rec_core.data.sources.table.several import require_no_impressions
from rec_core.data.sources.table.slices import slices
from rec_core.errors import DataError

_LOOKED_AT = 200  # records
_SAMPLED = 6_000  # records of the beginning, of which the roles of columns are told
_HALF = re.compile("[\ud800-\udfff]")


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
    return laid_out(path, separator)[0]


def laid_out(path: str, separator: str = "") -> tuple[Layout, tuple[Question, ...]]:
    """Return how a file seems to be written, and the questions that it leaves open; the errors are ``layout_of``'s."""
    name, found = name_of(path), slices(first_of(path))
    if found.start.startswith(PARQUET):
        return Layout(form="parquet"), ()
    encoding, asked = encoding_of(
        found, name, is_json=found.start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"["))
    )
    text = text_of(found.start[:HELD], encoding)
    is_whole = found.whole and len(found.start) <= HELD
    if not separator and (other := forms.layout_of(text, encoding, name, is_whole)):
        return other, asked
    layout, more = text_layout(found, encoding, name, separator, is_known)
    return layout, asked + more


def sniff(path: str, layout: Layout | None = None, of_items: bool = False) -> Sniffed:
    """Return what a file's columns are, if it is written as ``layout`` says, or as it seems to be.

    A file ``of_items`` has no users, ratings or times.

    Raises:
        DataError: one sentence, if it cannot be read, or is no table.
    """
    layout, asked = (layout, ()) if layout else laid_out(path)
    names, records = seen(path, layout)
    most = max(CELLS // len(names), _LOOKED_AT)  # tables with many columns take no longer
    guessed = guess(Sample(names, records[:most] + _further(path, layout, len(names), most)), of_items)
    first = records[:_LOOKED_AT]
    return Sniffed(layout, names, first, guessed.columns, (*asked, *guessed.questions), guessed.reasons)


def seen(path: str, layout: Layout) -> tuple[list[str], list[list[str]]]:
    """Return the names of a table's columns and records of its beginning.

    Raises:
        DataError: one sentence, if it cannot be read, or is no table.
    """
    names, records = _rows_of(path, layout)
    names, records = with_keys(path, names, lambda part: _rows_of(part, layout)) or (names, records)
    parts_of(path, layout)
    require_narrow(names, name_of(path))
    require_no_impressions(names, records[:_LOOKED_AT], name_of(path))
    return names, records


def _further(path: str, layout: Layout, width: int, most: int) -> list[list[str]]:
    """Return records from below the beginning of a text; a slice may begin within one, whose rest is left out."""
    if layout.form != "text" or layout.encoding.startswith("utf-16") or not is_one(path):
        return []
    found: list[list[str]] = []
    inner = layout.model_copy(update={"skip": 0, "header": False})
    for block in sampled(path):
        records = first_records(text_of(block, layout.encoding), inner, min(most // SLICES, ROWS))
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
    records = first_records(text_of(start, layout.encoding), layout, 20)
    return unique(names_above(records[0], records[1:], layout) if records else []), records


def _rows_of(path: str, layout: Layout) -> tuple[list[str], list[list[str]]]:
    """Return the names of the columns of a file, or of a table's first part, and its first records."""
    if layout.form == "parquet":
        return _parquet(path)
    start, name = start_of(first_of(path)), name_of(path)
    require_text(start, name)
    return (_fields if layout.form == "text" else _in_other_form)(start, layout, name)


def _fields(start: bytes, layout: Layout, name: str) -> tuple[list[str], list[list[str]]]:
    records = first_records(text_of(start, layout.encoding), layout, _SAMPLED)
    if layout.header and records:
        names = unique(names_above(records[0], records[1:], layout))
    else:
        names = unnamed(max(map(len, records), default=0))
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
    return {"\t": "tab", " ": "space", "\x01": "\\x01"}.get(separator, separator)


def _in_other_form(start: bytes, layout: Layout, name: str) -> tuple[list[str], list[list[str]]]:
    names, records = forms.rows_of(text_of(start, layout.encoding), layout, name, _SAMPLED)
    require_narrow(names, name)
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
                require_narrow(names, name_of(part))
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

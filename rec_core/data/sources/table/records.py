"""Records of separated text, as its layout says: what is looked at, what stands on which line, and what is odd."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from itertools import islice
from typing import Any

from rec_core.data.sources.table.encodings import text_of
from rec_core.data.sources.table.reading import Layout

STAND_IN = "\x1f"  # a separator of one character, for those of two: readers of tables take one only
ESCAPED = {"\\\\": "\x1d", '\\"': "\x1e"}  # what is escaped, and what stands for it while fields are told apart
_LONGEST = 16 << 20  # characters of a field
_SPACES, _LAST_SPACES = re.compile(" {2,}"), re.compile(r" +(?=[\r\n]|\Z)")


def one_sign(layout: Layout) -> str:
    """Return the separator, or what stands in for one of two characters."""
    return layout.separator if len(layout.separator) == 1 else STAND_IN


def is_odd(layout: Layout) -> bool:
    """Return True for text that pyarrow does not read: it knows neither comments, nor spaces, nor quotes by line."""
    return bool(layout.spaces or layout.comment or not layout.multiline)


def records(lines: Iterable[str], layout: Layout) -> Iterator[tuple[int, int, list[str]]]:
    """Yield each record of some lines with its first line, from 1, and its last; blank lines and comments are none.

    Lines that are above the names or the first row are none, either.
    """
    counted = _Counted(iter(lines), layout)
    if layout.multiline or not layout.quoted:
        reader: Iterator[list[str]] = separated(counted, layout)
    else:
        reader = (by_line(line, one_sign(layout), layout.spaces) for line in counted)
    for record in reader:
        if record:
            yield counted.begun, counted.number, [as_written(text) for text in record] if layout.escape else record
        counted.begun = 0


class _Counted:
    """Lines as a reader of records takes them, with how many were taken, and which of them began the last record."""

    def __init__(self, lines: Iterator[str], layout: Layout) -> None:
        self._lines, self._layout, self._is_first = lines, layout, True  # names may stand behind a comment's sign
        self.number, self.begun = sum(1 for _ in islice(lines, layout.skip)), 0

    def __iter__(self) -> Iterator[str]:
        layout = self._layout
        merged = layout.spaces and layout.separator == " "
        for line in self._lines:
            self.number += 1
            if layout.comment and line.startswith(layout.comment) and not (layout.header and self._is_first):
                continue
            self._is_first = False
            self.begun = self.begun or self.number
            if layout.escape:
                for pair, sign in ESCAPED.items():
                    line = line.replace(pair, sign)
            if len(layout.separator) == 2:
                yield line.replace(layout.separator, STAND_IN)
            else:
                yield _SPACES.sub(" ", _LAST_SPACES.sub("", line)).lstrip(" ") if merged else line


def as_written(text: str) -> str:
    """Return a field with what is escaped in it as the file has it: an id stays what it is."""
    for pair, sign in ESCAPED.items():
        text = text.replace(sign, pair)
    return text


def separated(lines: Iterable[str], layout: Layout) -> Any:
    """Return a reader of records whose fields are separated by one sign."""
    csv.field_size_limit(_LONGEST)
    return csv.reader(
        lines,
        delimiter=one_sign(layout),
        quoting=csv.QUOTE_MINIMAL if layout.quoted else csv.QUOTE_NONE,
        skipinitialspace=layout.spaces and layout.separator != " ",
    )


@lru_cache(maxsize=64)
def field_of(separator: str, escape: str = "", spaces: bool = False) -> re.Pattern[str]:
    """Return the pattern of one field: what stands between quotation marks (1), and what follows them (2), or (3)."""
    sign = re.escape(separator)
    inner = r'(?:[^"\\]++|""|\\.)*+' if escape else r'(?:[^"]++|"")*+'
    before = " *" if spaces else ""
    return re.compile(rf'{before}"({inner})(?:"([^{sign}\r\n]*+)|\Z)|{before}([^{sign}\r\n]*+)', re.DOTALL)


@lru_cache(maxsize=64)
def _in_line(separator: str, spaces: bool) -> re.Pattern[str]:
    sign, before = re.escape(separator), " *" if spaces else ""
    return re.compile(rf'{before}(?:"((?:[^"]++|"")*+)"(?=[{sign}]|\Z)|([^{sign}]*+))(?:{sign}|(\Z))')


def by_line(line: str, separator: str, spaces: bool = False) -> list[str]:
    """Return the fields of a line, [] if it is blank; a quotation mark without its second is a sign as any other.

    >>> by_line('1,"a, b",7" mix,"never closed', ",")
    ['1', 'a, b', '7" mix', '"never closed']
    >>> by_line('"The ""King"" of it",', ",")
    ['The "King" of it', '']
    """
    line = line.rstrip("\r\n")
    if not line:
        return []
    if '"' not in line:
        fields = line.split(separator)
        return [field.lstrip(" ") for field in fields] if spaces else fields
    found, at, pattern = [], 0, _in_line(separator, spaces)
    while (field := pattern.match(line, at)) is not None:
        found.append(field[2] if field[1] is None else field[1].replace('""', '"'))
        if field[3] is not None:
            break
        at = field.end()
    return found


def first_records(text: str, layout: Layout, most: int) -> list[list[str]]:
    """Return the first records of a text; the last of a text that was cut off may be a part of one."""
    found: list[list[str]] = []
    with suppress(csv.Error):  # a field of many megabytes, say: what came before shows enough
        found.extend(record for _, _, record in islice(records(io.StringIO(text, newline=""), layout), most + 1))
    return found


def header_lines(start: bytes, layout: Layout) -> int:
    """Return how many lines stand above the first row: those that are skipped, the names, blank ones above them."""
    if not layout.header:
        return layout.skip
    lines = io.StringIO(text_of(start, layout.encoding), newline="")
    return next((last for _, last, _ in records(lines, layout)), 0)

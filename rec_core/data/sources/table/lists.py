"""Lines of one user and all their items, ``user item item item``, as LightGCN and NGCF publish their splits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import IO

from rec_core.data.rejected import NOT_TEXT
from rec_core.data.sources.table.objects import Entry, Unreadable, is_text, plain

NAMES = ["user", "item"]
_FEWEST, _WIDEST = 3, 4  # lines, and fields of the longest of them: below, they may be a table with broken lines
_ALIKE = 0.6  # of lines that have the same number of fields at most
_TWICE = 0.1  # of lines
_FROM = 5  # items in a line of lists that are about equally long


def are_lists(text: str, is_whole: bool) -> bool:
    r"""Return True if a text is such lines: whole numbers, of different counts, and no user twice.

    >>> are_lists("0 5 6 7 8\n1 5\n2\n3 6 9 4\n", True), are_lists("0 5 4\n0 6 3\n1 5 4\n1 7 4\n", True)
    (True, False)
    """
    lines = [line.split() for line in text.split("\n")]
    lines = [line for line in (lines if is_whole else lines[:-1]) if line]
    if len(lines) < _FEWEST or not all(one.isascii() and one.isdigit() for line in lines for one in line):
        return False
    widths = Counter(map(len, lines))
    if len(widths) == 1 or max(widths) < _WIDEST or len({line[0] for line in lines}) < len(lines):
        return False
    return max(widths.values()) <= _ALIKE * len(lines) or _are_sets_of_one_kind([line[1:] for line in lines])


def _are_sets_of_one_kind(rows: Sequence[Sequence[str]]) -> bool:
    """Return True if hardly a row has a value twice, and each place has the values of others: places mean nothing.

    Lists that were cut to one length are as wide as a table is.
    """
    twice = sum(len(set(row)) < len(row) for row in rows)
    if max(map(len, rows)) < _FROM or twice > _TWICE * len(rows):
        return False
    seen: dict[str, set[int]] = {}
    for row in rows:
        for place, value in enumerate(row):
            seen.setdefault(value, set()).add(place)
    values = [value for row in rows for value in row]
    return sum(len(seen[value]) > 1 for value in values) >= _ALIKE * len(values)


def sampled(text: str, most: int) -> list[list[str]]:
    """Return the first pairs of a text."""
    found: list[list[str]] = []
    for line in text.split("\n")[:most]:
        user, *items = line.split() or [""]
        found += [[user, item] for item in items]
    return found[:most]


def entries(text: IO[str], wanted: Sequence[str]) -> Iterator[Entry]:
    """Yield user and item of each pair, as far as they are ``wanted``; a user without items has none."""
    places = [NAMES.index(name) for name in wanted]
    for line in text:
        if not is_text(line):
            yield Unreadable(NOT_TEXT, plain(line))
            continue
        user, *items = line.split() or [""]
        for item in items:
            pair = user, item
            yield [pair[place] for place in places]


def lines(text: IO[str]) -> Iterator[int]:
    """Yield the line on which each pair stands, and each line that is not of the encoding."""
    for number, line in enumerate(text, 1):
        count = len(line.split()) - 1 if is_text(line) else 1
        for _ in range(count):
            yield number


def n_pairs(start: bytes) -> int:
    """Return how many pairs a beginning holds."""
    return max(len(start.split()) - start.count(b"\n"), 0)

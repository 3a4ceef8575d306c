"""What quotation marks do in a text, told by the readings of a sample: the one with equal records and no torn ones."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from rec_core.data.sources.table.reading import Layout
from rec_core.data.sources.table.records import STAND_IN, by_line, field_of, first_records, one_sign, records

_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
_LETTERS, _DIGITS = re.compile(r"[^\W\d_]+"), re.compile(r"\d+")
_TYPED = 500  # records that tell what columns hold
_NEARLY, _ALL = 0.95, 0.99


@dataclass
class Measured:
    """How a text reads: records with their widths, and fields between quotation marks.

    Of these there are ``proper`` ones, which end at a separator or with their line; those that ``need`` their marks,
    for a separator or a mark within them; ``improper`` ones with something behind them; and texts of ``torn`` records,
    which have more than one line.
    """

    widths: Counter[int] = field(default_factory=Counter)
    proper: int = 0
    need: int = 0
    improper: int = 0
    torn: list[str] = field(default_factory=list)

    @property
    def width(self) -> int:
        """The usual number of fields."""
        return max(self.widths.items(), key=lambda one: (one[1], one[0]), default=(0, 0))[0]

    @property
    def good(self) -> int:
        """How many lines are records of the usual width."""
        return self.widths[self.width]


def quoting(texts: Sequence[str], layout: Layout) -> dict[str, object]:
    """Return the fields of ``Layout`` that say what quotation marks do in parts of a text, for its separator.

    Lines end with a line feed; without quotation marks nothing is said.
    """
    if not any('"' in text for text in texts):
        return {}
    sign = one_sign(layout)
    texts = [text.replace(layout.separator, STAND_IN) if sign == STAND_IN else text for text in texts]
    best, escape = _read(texts, sign, "", layout.spaces), ""
    if any('\\"' in text for text in texts):
        escaped = _read(texts, sign, "\\", layout.spaces)
        if _faults(escaped) < _faults(best):
            best, escape = escaped, "\\"
    plain = _plain(texts, sign)
    if best.improper and not best.need and not escape and plain.good >= best.good:
        return {"quoted": False}
    if _swallows(best, texts, layout.model_copy(update={"escape": escape, "separator": sign})):
        return {"multiline": False} if best.proper > len(best.torn) else {"quoted": False}
    if not best.proper and plain.good > best.good:
        return {"quoted": False}
    return {"escape": escape} if escape else {}


def _faults(found: Measured) -> tuple[int, int]:
    return found.improper + found.widths.total() - found.good, len(found.torn)


def _plain(texts: Sequence[str], sign: str) -> Measured:
    """Return how texts read without quotation marks."""
    found = Measured()
    for line in _lines(texts):
        found.widths[line.count(sign) + 1] += 1
    return found


def by_lines(texts: Sequence[str], sign: str, spaces: bool = False) -> Measured:
    """Return how texts read if quotation marks enclose nothing beyond their line."""
    found = Measured()
    for line in _lines(texts):
        found.widths[len(by_line(line, sign, spaces)) if '"' in line else line.count(sign) + 1] += 1
    return found


def _lines(texts: Sequence[str]) -> Iterator[str]:
    return (line for text in texts for line in text.split("\n") if line)


def _read(texts: Sequence[str], sign: str, escape: str, spaces: bool) -> Measured:
    """Return how texts read with quotation marks; of all but the first only where no record of it has many lines."""
    found = Measured()
    for number, text in enumerate(texts):
        if number and found.torn:
            break
        _add(found, text, sign, escape, spaces)
    return found


def _add(found: Measured, text: str, sign: str, escape: str, spaces: bool) -> None:
    pattern, at, length = field_of(sign, escape, spaces), 0, len(text)
    mark = text.find('"')
    while at < length:
        if mark < 0:  # no further one: count lines
            for line in text[at:].split("\n"):
                if line:
                    found.widths[line.count(sign) + 1] += 1
            return
        end = text.find("\n", at)
        end = length if end < 0 else end
        if mark >= end:
            if end > at:
                found.widths[text.count(sign, at, end) + 1] += 1
            at = end + 1
            continue
        at = _add_record(found, text, at, sign, pattern)
        mark = text.find('"', at)


def _add_record(found: Measured, text: str, begin: int, sign: str, pattern: re.Pattern[str]) -> int:
    """Note the record that begins at a place; return where the next does."""
    at, width = begin, 0
    while (one := pattern.match(text, at)) is not None:
        width += 1
        at = one.end()
        if one[1] is not None:
            if one[2]:
                found.improper += 1
            else:
                found.proper += 1
                found.need += sign in one[1] or '""' in one[1]
        if at >= len(text) or text[at] != sign:
            break
        at += 1
    found.widths[width] += 1
    if "\n" in (whole := text[begin:at]):
        found.torn.append(whole)
    return at + 1


def _swallows(found: Measured, texts: Sequence[str], layout: Layout) -> bool:
    """Return True if records of many lines seem to be rows that a quotation mark swallowed.

    Each line alone is a row then, more than there are records; or most of these records hold lines that are rows.
    """
    if not found.torn:
        return False
    sign, spaces = one_sign(layout), layout.spaces
    alone = by_lines(texts, sign, spaces)
    width = found.width if 2 * found.good >= found.widths.total() else alone.width
    kinds = kinds_of([one for one in first_records(texts[0], layout, _TYPED)[1:] if len(one) == width], width)
    if alone.width == width and alone.good > found.good and alone.good >= _ALL * alone.widths.total():
        rows = [by_line(line, sign, spaces) for line in islice(_lines(texts), 1, _TYPED)]
        return sum(_fits(row, width, kinds) for row in rows) >= _NEARLY * len(rows)
    swallowed = sum(is_swallowed(record, sign, width, kinds, spaces) for record in found.torn)
    return 2 * swallowed > len(found.torn) and alone.widths[width] > found.widths[width]


def is_swallowed(record: str, sign: str, width: int, kinds: Mapping[int, str], spaces: bool = False) -> bool:
    """Return True if each further line of a record of many lines would be a record by itself.

    So would be its first line, unless there are many. The last one holds the end of what a quotation mark opened, and
    may be cut off at the end of a file.
    """
    first, *further = [line for line in record.split("\n") if line] or [""]
    inner = further[:-1] or further
    if not inner or not (len(inner) > 2 or len(by_line(first, sign, spaces)) == width):
        return False
    return all(_fits(by_line(line, sign, spaces), width, kinds) for line in inner)


def _fits(record: Sequence[str], width: int, kinds: Mapping[int, str]) -> bool:
    """Return True for a record of a width, at least two, whose columns hold what is known of some."""
    return len(record) == width > 1 and all(kind_of(record[at]) == kind for at, kind in kinds.items())


def kind_of(text: str) -> str:
    """Return "9" for a number, and what a text looks like with its letters and its digits alike.

    >>> kind_of("-2.5"), kind_of("user_0042"), kind_of("Toy Story (1995)")
    ('9', 'a_9', 'a a (9)')
    """
    text = text.strip()
    return "9" if text and is_number(text) else _DIGITS.sub("9", _LETTERS.sub("a", text))


def is_number(text: str) -> bool:
    """Return True for a number, or nothing."""
    text = text.strip()
    return not text or _NUMBER.fullmatch(text) is not None


def kinds_of(some: Sequence[Sequence[str]], width: int) -> dict[int, str]:
    """Return the columns of records that hold numbers, or texts with digits that look alike, and how these look."""
    found = {}
    for at in range(width) if some else ():
        kind, count = Counter(kind_of(record[at]) for record in some).most_common(1)[0]
        if "9" in kind and count >= _NEARLY * len(some):
            found[at] = kind
    return found


def swallowed(lines: Iterable[str], layout: Layout, width: int) -> Iterator[tuple[int, list[str]]]:
    """Yield which records, from 0 below the names, hold lines that may be records of their own, and these lines."""
    kept: list[str] = []

    def noted() -> Iterator[str]:
        for line in lines:
            kept.append(line)
            yield line

    sign, some, kinds = one_sign(layout), list[list[str]](), dict[int, str]()
    for row, (begin, end, record) in enumerate(records(noted(), layout), -int(layout.header)):
        if len(some) < _TYPED and len(record) == width and row >= 0:
            some.append(record)
            if len(some) & (len(some) - 1) == 0:  # looked at anew when there are twice as many
                kinds = kinds_of(some, width)
        if end > begin:
            text = "".join(kept[begin - end - 1 :]).replace(layout.separator, sign)
            text = text.replace("\r\n", "\n").replace("\r", "\n")
            if is_swallowed(text, sign, width, kinds):
                yield row, [line for line in text.split("\n")[1:] if line]
        kept.clear()

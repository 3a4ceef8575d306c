"""How separated text is laid out, told by a sample of the whole file: what reads as a table with equal records."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

from rec_core.data.sources.table.asking import Choice, Question
from rec_core.data.sources.table.encodings import text_of
from rec_core.data.sources.table.headers import is_header
from rec_core.data.sources.table.opening import HELD
from rec_core.data.sources.table.quoting import is_number, quoting
from rec_core.data.sources.table.reading import Layout
from rec_core.data.sources.table.records import by_line, first_records, one_sign
from rec_core.data.sources.table.slices import Slices
from rec_core.errors import DataError

# The likelier first; a bar that is doubled is one separator.
_SEPARATORS = ("\t", ";", ",", "::", "||", "|", "\x01", "^", "~", " ")
_LOOKED_AT = 200  # records
_WIDEST = 500  # columns
_ABOVE = 20  # lines above the names that are looked at
_NEARLY = 0.9
_SAID = re.compile(r"(?i)sep=(.)\s*")
_COMMENTS = ("#", "%", "//")
_COMMA, _POINT, _THOUSANDS = re.compile(r"[+-]?\d+,\d+"), re.compile(r"[+-]?\d+\.\d+"), re.compile(r"\d{1,3}(,\d{3})+")
Known = Callable[[str], bool]


def require_narrow(names: Sequence[str], name: str) -> None:
    """Refuse a table of users × items, and what is wide for another reason: no log has so many columns."""
    if len(names) > _WIDEST:
        raise DataError(
            f"'{name}' has {len(names):,} columns, and at most {_WIDEST} are read. A log has one row per interaction: "
            "turn a table of users × items into rows of user, item and value (`melt` in pandas), and name that file."
        )


def text_layout(
    found: Slices, encoding: str, name: str, separator: str, is_known: Known
) -> tuple[Layout, tuple[Question, ...]]:
    """Return how a text is laid out, and what its lines leave open; a ``separator`` that is given is not guessed.

    Raises:
        DataError: if it has more columns than a log.
    """
    texts = [_with_plain_ends(text_of(part, encoding)) for part in (found.start, *found.parts)]
    skip, said, comment, named = _above(texts[0])
    body = texts[0].split("\n", skip)[-1]
    layout = Layout(encoding=encoding, separator=separator or said or _separator(body[:HELD]))
    require_narrow(max(first_records(body[:HELD], layout, 10), key=len, default=[]), name)
    spaces = _has_spaces(body[:HELD], layout.separator)
    texts = [body, *texts[1:]]
    layout = layout.model_copy(update={"spaces": spaces, "comment": _comment_below(texts, comment)})
    layout = layout.model_copy(update=quoting(texts, layout))
    records = first_records(body[:HELD], layout.model_copy(update={"header": False}), _LOOKED_AT)
    if not comment:
        skip, records = _without_titles(body, layout, skip, records, is_known)
    header = is_header(records, is_known)
    if comment and not header and _names_in_comment(named, layout, records):
        skip, header = skip - 1, True
    decimal = _decimal(records[1:] if header else records)
    layout = layout.model_copy(update={"skip": skip, "header": bool(header), "decimal": decimal})
    return layout, _of_header(records) if header is None and len(records) > 2 else ()


def _with_plain_ends(text: str) -> str:
    text = text.replace("\r\n", "\n")
    return text.replace("\r", "\n") if "\n" not in text else text


def _above(text: str) -> tuple[int, str, str, str]:
    """Return how many lines of comments, or one that says the separator, begin a text; the separator that is said;
    the sign that begins comments; and the last of them, which may hold the names.
    """
    lines = text.split("\n", _ABOVE * 5)
    if said := _SAID.fullmatch(lines[0]):
        return 1, said[1], "", ""
    for sign in _COMMENTS:
        count = next((at for at, line in enumerate(lines) if line and not line.startswith(sign)), 0)
        rest = [line for line in lines[count:] if line]
        if count and lines[0].startswith(sign) and rest:
            while not lines[count - 1]:
                count -= 1
            if sum(line.startswith(sign) for line in rest) <= len(rest) / 10:
                return count, "", sign, lines[count - 1].removeprefix(sign).strip()
    return 0, "", "", ""


def _names_in_comment(named: str, layout: Layout, records: Sequence[Sequence[str]]) -> bool:
    """Return True if the last comment has as many fields as most records, and none is a number."""
    fields = by_line(named, layout.separator)
    return len(fields) == _width(records) > 1 and not any(map(is_number, fields))


def _comment_below(texts: Sequence[str], sign: str) -> str:
    """Return the sign that begins comments at the top, if some lines below begin with it, too."""
    return sign if sign and any(f"\n{sign}" in text or text.startswith(sign) for text in texts) else ""


def _width(records: Sequence[Sequence[str]]) -> int:
    return max(Counter(map(len, records)).items(), key=lambda one: one[1], default=(0, 0))[0]


def _without_titles(
    body: str, layout: Layout, skip: int, records: list[list[str]], is_known: Known
) -> tuple[int, list[list[str]]]:
    """Return what is skipped with titles that stand above names, and the records below them."""
    width = _width(records)
    at = next((at for at, record in enumerate(records[:_ABOVE]) if len(record) == width), 0)
    if not at or not is_header(records[at:], is_known) or is_header(records[:1], is_known):
        return skip, records
    if any(len(list(filter(None, record))) * 2 > width for record in records[:at]):
        return skip, records  # broken rows, say, or names of another width
    lines = body.split("\n", _ABOVE * 2)
    sign = one_sign(layout)
    plain = (len(by_line(line.replace(layout.separator, sign), sign)) == width for line in lines)
    return skip + next((at for at, fits in enumerate(plain) if fits), 0), records[at:]


def _separator(text: str) -> str:
    """Return the separator that gives most records the same number of fields, at least two.

    Of those alike, it is the one whose first record has as many, then the one with most fields; blanks separate last.
    """
    ranked = {
        separator: max(
            _agreement(text, separator, quoted, spaces) for quoted in (True, False) for spaces in (False, True)
        )
        for separator in _SEPARATORS
    }
    doubled = "||" in text and "|" not in text.replace("||", "")
    ranked["|" if doubled else "||"] = 0.0, False, False, 0
    found = max(_SEPARATORS, key=ranked.__getitem__)
    return found if ranked[found][0] else ","


def _agreement(text: str, separator: str, quoted: bool, spaces: bool) -> tuple[float, bool, bool, int]:
    records = first_records(text, Layout(separator=separator, quoted=quoted, spaces=spaces), _LOOKED_AT)
    widths = Counter(map(len, records))
    width, count = max(widths.items(), key=lambda one: one[1], default=(0, 0))
    if width < 2:
        return 0.0, False, False, 0
    return round(count / widths.total(), 1), len(records[0]) == width, separator != " ", width


def _has_spaces(text: str, separator: str) -> bool:
    """Return True if blanks follow nearly every separator; if it is one itself, if several stand for one."""
    lines = [line for line in text.split("\n", _LOOKED_AT)[:_LOOKED_AT] if line]
    if separator == " ":
        return sum("  " in line.strip("\r") for line in lines) * 2 > len(lines)
    after = [field for line in lines for field in line.split(separator)[1:] if field]
    return bool(after) and sum(field.startswith(" ") for field in after) >= _NEARLY * len(after)


def _decimal(records: Sequence[Sequence[str]]) -> str:
    """Return the sign in numbers with fractions: a comma if a column of numbers has some that are no thousands."""
    for column in zip(*(record for record in records if len(record) == _width(records)), strict=True):
        some = [value.strip() for value in column if value.strip()]
        numbers = sum(map(is_number, some))
        if numbers < _NEARLY * len(some) or any(map(_POINT.fullmatch, some)):
            continue
        if any(_COMMA.fullmatch(value) and not _THOUSANDS.fullmatch(value) for value in some):
            return ","
    return "."


def _of_header(records: Sequence[Sequence[str]]) -> tuple[Question, ...]:
    first = ", ".join(records[0])[:60]
    choices = (
        Choice("false", "it is a row", f"“{first}” is an interaction"),
        Choice("true", "it names the columns", f"“{first}” are names"),
    )
    return (Question("header", "Does the first line name the columns, or is it a row?", choices),)

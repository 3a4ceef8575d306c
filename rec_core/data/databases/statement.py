"""Which statements are asked of a database: one SELECT, which changes nothing.

The databases themselves are told to change nothing; this refuses in one sentence what they would refuse in their own
ways, and two statements in one text, of which some databases run both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rec_core.errors import DataError

LONGEST = 20_000  # characters of a query
_READS = ("select", "with", "values")
_EXAMPLE = "Write one SELECT, such as SELECT user_id, item_id, time FROM events."
# What encloses text that is no part of the statement: comments, text, names, PostgreSQL's dollars.
_TOKEN = re.compile(
    r"""
    (?P<comment>--[^\n]*|/\*) | (?P<text>'|(?<!\w)[eE]') | (?P<name>"|`) | (?P<dollar>(?<!\w)\$(?:[^\W\d]\w*)?\$)
    | (?P<word>[^\W\d][\w$]*) | (?P<sign>[();])
    """,
    re.VERBOSE,
)


def required(query: str) -> str:
    """Return a query without the semicolon that may end it.

    Raises:
        DataError: if it is not one statement that begins as those do that read.
    """
    query = query.strip()
    if len(query) > LONGEST:
        raise DataError(f"The query has {len(query):,} characters, and at most {LONGEST:,} are taken. Make it a view.")
    if "\0" in query:
        raise DataError(f"The query holds a zero byte, which no statement may. {_EXAMPLE}")
    found = list(_tokens(query))
    ends = [place for place, token in found if token == ";"]
    words = [token for _, token in found if token not in "();"]
    if ends and any(place > ends[0] and token != ";" for place, token in found):
        raise DataError(f"The query holds more than one statement. {_EXAMPLE}")
    if not words:
        raise DataError(f"The query is empty. {_EXAMPLE}")
    if words[0] not in _READS:
        raise DataError(
            f"The query begins with '{words[0][:30].upper()}'; only queries that read are asked of a database. "
            f"{_EXAMPLE}"
        )
    return query[: ends[0]].strip() if ends else query


def has_order(query: str) -> bool:
    """Return True if a query says in which order its rows come."""
    depth, before = 0, ""
    for _, token in _tokens(query):
        depth += (token == "(") - (token == ")")
        if depth == 0 and before == "order" and token == "by":
            return True
        before = token
    return False


def _tokens(query: str) -> Iterator[tuple[int, str]]:
    """Yield words, in small letters, parentheses and semicolons of a statement, each with its place."""
    place = 0
    while found := _TOKEN.search(query, place):
        place = found.end()
        kind, token = str(found.lastgroup), found.group()
        if kind in ("word", "sign"):
            yield found.start(), token.lower()
        elif kind == "name":
            place = _end(query, place, token)
        elif kind == "text":
            place = _end(query, place, "'", escapes=len(token) > 1)
        elif kind == "dollar":
            place = _end(query, place, token)
        elif token == "/*":
            place = _end(query, place, "*/")


def _end(query: str, place: int, closing: str, escapes: bool = False) -> int:
    """Return where what ``closing`` closes ends.

    Raises:
        DataError: if it does not.
    """
    while (found := query.find(closing, place)) >= 0:
        slashes = len(query[:found]) - len(query[:found].rstrip("\\"))
        if not (escapes and slashes % 2):
            return found + len(closing)
        place = found + 1
    what = "A comment" if closing == "*/" else "A quotation mark"
    raise DataError(f"{what} of the query is never closed. Close it.")

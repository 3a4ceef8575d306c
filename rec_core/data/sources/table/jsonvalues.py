"""JSON that is not one object a line: an array of objects, or objects over several lines, read one after the other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import IO

from rec_core.data.sources.table.opening import name_of
from rec_core.errors import DataError

_CHUNK = 1 << 20  # characters that are read at a time
_LONGEST = 16 << 20  # characters of an object
_BETWEEN = re.compile(r"[\s,\[\]\ufeff]*")
_CUT = 16  # characters at the end of what was read in which an error may be due to what was not


def values(text: IO[str], path: str = "") -> Iterator[tuple[int, object]]:
    """Yield each value of a text with the line on which it begins; numbers are texts, as they are written.

    What is cut off at the end is yielded as None.

    Raises:
        DataError: naming the line after which it is no JSON; what follows cannot be told apart.
    """
    decoder = json.JSONDecoder(parse_float=str, parse_int=str)
    held, at, line, ended = "", 0, 1, False
    while True:
        begin = _end_of_gap(held, at)
        line += held.count("\n", at, begin)
        at = begin
        if at == len(held):
            held, at = text.read(_CHUNK), 0
            if not held:
                return
            continue
        try:
            value, end = decoder.raw_decode(held, at)
        except (ValueError, RecursionError) as error:
            if not ended and _is_cut(error, held) and len(held) - at < _LONGEST:
                more = text.read(_CHUNK)
                held, at, ended = held[at:] + more, 0, not more
                continue
            if ended and _is_cut(error, held):
                yield line, None
                return
            raise DataError(
                f"'{name_of(path)}', line {line:,}: the value that begins there is no JSON, so that what follows "
                "cannot be told apart. Fix it, or write one object a line (JSON lines)."
            ) from error
        yield line, value
        line += held.count("\n", at, end)
        at = end


def _end_of_gap(text: str, at: int) -> int:
    found = _BETWEEN.match(text, at)
    return found.end() if found else at


def _is_cut(error: Exception, held: str) -> bool:
    """Return True if more text may make a value of what is none."""
    if not isinstance(error, json.JSONDecodeError):
        return False
    return error.msg.startswith("Unterminated string") or error.pos >= len(held) - _CUT

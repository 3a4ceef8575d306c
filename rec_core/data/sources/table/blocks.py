"""Blocks under the id of an item, as the Netflix Prize has them: ``1:``, then lines of user, rating and date."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from rec_core.data.sources.table.opening import opened
from rec_core.data.sources.table.reading import Layout

ID = "item"  # what the id above a block is called
_ABOVE = re.compile(r"\w[\w.-]{0,63}:[ \t]*\r?")
_ABOVE_BYTES = re.compile(rb"^(\w[\w.-]{0,63}):[ \t]*\r?\n", re.MULTILINE)
_CHUNK, _LONGEST = 1 << 20, 32 << 20
_LOOKED_AT = 1000  # lines


def lines_below(text: str) -> list[str] | None:
    r"""Return the lines below the ids of a text of such blocks, None if it is none.

    >>> lines_below("1:\n7,3,2005-09-06\n8,5,2005-05-13\n2:\n9,4,2005-10-19\n")
    ['7,3,2005-09-06', '8,5,2005-05-13', '9,4,2005-10-19']
    """
    lines = [line for line in text.split("\n")[:_LOOKED_AT] if line.strip()]
    if not lines or not _ABOVE.fullmatch(lines[0]):
        return None
    below = [line for line in lines if not _ABOVE.fullmatch(line)]
    return below if below and not any(line.rstrip().endswith((":", "{")) for line in below) else None


def sampled(text: str, separator: str, most: int) -> tuple[list[str], list[list[str]]]:
    """Return the names of the columns of such a text, and its first records."""
    records: list[list[str]] = []
    above = ""
    for line in text.split("\n")[: most + 1]:
        if _ABOVE.fullmatch(line):
            above = line.strip()[:-1]
        elif line.strip():
            records.append([above, *line.rstrip("\r").split(separator)])
    widths = [len(record) for record in records]
    width = max(set(widths), key=widths.count, default=2)
    return [ID, *(f"column {place}" for place in range(1, width))], [one for one in records if len(one) == width]


@contextmanager
def rows_of(path: str, layout: Layout) -> Iterator[Any]:
    """Give the bytes of a file of separated values; of blocks, with the id as the first field of each line."""
    with opened(path) as stream:
        yield _Joined(stream, layout.separator.encode()) if layout.form == "blocks" else stream


def lines(text: IO[str]) -> Iterator[int]:
    """Yield the line of each record below the ids."""
    return (at for at, line in enumerate(text, 1) if line.strip() and not _ABOVE.fullmatch(line.rstrip("\n")))


class _Joined(io.RawIOBase):
    """A stream in which the id above a block is the first field of its lines."""

    def __init__(self, stream: IO[bytes], separator: bytes) -> None:
        super().__init__()
        self._stream, self._separator = stream, separator
        self._id, self._rest, self._ready = b"", b"", b""

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._stream.tell()

    def readinto(self, buffer: Any) -> int:
        while not self._ready:
            data = self._stream.read(_CHUNK)
            if not data and not self._rest:
                return 0
            whole, _, rest = (self._rest + data).rpartition(b"\n") if data else (self._rest, b"", b"")
            self._rest = rest
            if len(rest) > _LONGEST:  # no such line: the reader says so
                whole, self._rest = rest, b""
            if whole or not data:
                self._ready = self._joined(whole + b"\n")
        count = min(len(buffer), len(self._ready))
        buffer[:count], self._ready = self._ready[:count], self._ready[count:]
        return count

    def _joined(self, data: bytes) -> bytes:
        first, *others = _ABOVE_BYTES.split(data)
        found = [self._with_id(first)]
        for at in range(0, len(others), 2):
            self._id = others[at]
            found.append(self._with_id(others[at + 1]))
        return b"".join(found)

    def _with_id(self, body: bytes) -> bytes:
        before = self._id + self._separator
        if b"\n\n" in body or body[:1] in (b"\n", b"\r") or b"\n\r" in body:
            return b"".join(before + line + b"\n" for line in body.split(b"\n") if line.strip())
        return before + body[:-1].replace(b"\n", b"\n" + before) + b"\n" if body else b""

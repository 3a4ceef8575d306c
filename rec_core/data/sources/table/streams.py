"""Bytes of a text as pyarrow takes them: UTF-8, and separators of one sign."""

from __future__ import annotations

import codecs
import io
from typing import IO, Any

from rec_core.data.sources.table.encodings import BROKEN, codec
from rec_core.data.sources.table.reading import Layout
from rec_core.data.sources.table.records import ESCAPED, STAND_IN


def prepared(stream: IO[bytes], layout: Layout) -> Any:
    """Return a stream of UTF-8 whose separator is one sign; what is not of the encoding is not of UTF-8, either."""
    found: Any = stream if layout.encoding == "utf-8" else _Recoded(stream, codec(layout.encoding))
    if layout.escape:
        for pair, sign in ESCAPED.items():
            found = _Replaced(found, pair.encode(), sign.encode())
    return found if len(layout.separator) == 1 else _Replaced(found, layout.separator.encode(), STAND_IN.encode())


class Watched(io.RawIOBase):
    """A stream in which quotation marks are noticed, from the first block with one on line ends, and one ``name``.

    ``lines`` is the number of line ends in all of the stream, None if there were blocks without quotation marks before;
    """

    def __init__(self, stream: IO[bytes], name: bytes) -> None:
        super().__init__()
        self._stream, self._name, self._last, self._names = stream, name, b"", 0
        self.has_quotes = False
        self.lines: int | None = 0

    @property
    def is_named(self) -> bool:
        """Whether the name was read more than once."""
        return self._names > 1

    def readable(self) -> bool:
        """Return True."""
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """Return up to ``size`` bytes."""
        data = self._stream.read(-1 if size is None else size)
        if self.has_quotes or b'"' in data:
            self.has_quotes = True
            self.lines = None if self.lines is None else self.lines + ends(data)
        elif data:
            self.lines = None
        if self._name and self._names < 2:
            self._names += data.count(self._name) + (self._name in self._last + data[: len(self._name) - 1])
            self._last = data[max(0, len(data) - len(self._name) + 1) :]
        return data


def ends(data: bytes) -> int:
    """Return how many lines end in some bytes."""
    return data.count(b"\n") or data.count(b"\r")


class _Recoded(io.RawIOBase):
    """A stream of text in some encoding, in UTF-8."""

    def __init__(self, stream: IO[bytes], encoding: str) -> None:
        super().__init__()
        self._stream, self._decoder, self._held = stream, codecs.getincrementaldecoder(encoding)(BROKEN), b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._held:
            data = self._stream.read(len(buffer))
            self._held = self._decoder.decode(data, final=not data).encode("utf-8", "surrogateescape")
            if not data:
                break
        ready, self._held = self._held[: len(buffer)], self._held[len(buffer) :]
        buffer[: len(ready)] = ready
        return len(ready)


class _Replaced(io.RawIOBase):
    """A stream in which one sign stands for each pair of two."""

    def __init__(self, stream: IO[bytes], pair: bytes, sign: bytes) -> None:
        super().__init__()
        self._stream, self._pair, self._sign, self._held = stream, pair, sign, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._held + self._stream.read(len(buffer) - len(self._held))
        ready = data.replace(self._pair, self._sign)
        # What may be the first half of a pair waits for the second.
        ends = ready.endswith(self._pair[:1]) and len(data) > len(self._held)
        self._held = ready[-1:] if ends else b""
        ready = ready[:-1] if ends else ready
        if not ready and ends:
            return self.readinto(buffer)
        buffer[: len(ready)] = ready
        return len(ready)

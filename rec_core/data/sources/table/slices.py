"""Slices of a whole file: what its first lines do not show, such as one name in Chinese, may stand far below."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from rec_core.data.sources.table.addresses import is_elsewhere
from rec_core.data.sources.table.opening import HELD, opened, size_of, start_of

_WHOLE = 8 << 20  # bytes up to which a file is looked at from end to end
_FIRST, _SLICE, _SLICES = 4 << 20, 1 << 19, 8  # bytes of the beginning and of each slice below it, and how many
_SCANNED = 1 << 28  # bytes up to which all of a file is searched for bytes that are not ASCII


@dataclass(frozen=True)
class Slices:
    """Parts of a file in order: the first is its beginning, ``whole`` if there is nothing more.

    The beginning and all others end with a line unless ``whole``; each of the others begins with a line, too.
    ``odd`` are further blocks of whole lines with bytes that are not ASCII, where no part has any.
    """

    start: bytes
    parts: tuple[bytes, ...] = ()
    odd: tuple[bytes, ...] = ()
    whole: bool = True


def slices(path: str) -> Slices:
    """Return parts of a file, unpacked; the errors are those of ``opened``."""
    if is_elsewhere(path):  # every byte of it is fetched
        start = start_of(path)
        return Slices(start) if len(start) < HELD else Slices(_lines(start), whole=False)
    size, packed = size_of(path)
    with opened(path) as stream:
        start = stream.read(_WHOLE + 1)
        if len(start) <= _WHOLE:
            return Slices(start)
        start = start[:_FIRST]
        if packed or is_wide(start):
            return Slices(_lines(start), whole=False)
        parts = tuple(_below(stream, size))
        clean = start.isascii() and all(part.isascii() for part in parts) and size <= _SCANNED
        return Slices(_lines(start), parts, tuple(_odd(stream)) if clean else (), whole=False)


def is_wide(start: bytes) -> bool:
    """Return True for text of two bytes a sign, whose lines do not end with one byte."""
    return start.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in start[:4096]


def _below(stream: IO[bytes], size: int) -> Iterator[bytes]:
    step = (size - _FIRST) // _SLICES
    for number in range(_SLICES):
        stream.seek(_FIRST + number * step)
        yield _inner(stream.read(_SLICE))


def _odd(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield the first blocks of a file that are not ASCII."""
    stream.seek(0)
    found, rest = 0, b""
    while found < _SLICES and (block := stream.read(1 << 20)):
        block = rest + block
        lines = _lines(block)
        rest = block[len(lines) :] if len(lines) < len(block) else b""
        if not lines.isascii():
            found += 1
            yield lines
    if rest and not rest.isascii():
        yield rest


def _lines(block: bytes) -> bytes:
    """Return a block without what follows its last line end; a block without any, as it is."""
    end = max(block.rfind(b"\n"), block.rfind(b"\r") if b"\n" not in block else -1)
    return block[: end + 1] if end >= 0 else block


def _inner(block: bytes) -> bytes:
    """Return the whole lines within a block."""
    begin = block.find(b"\n") if b"\n" in block else block.find(b"\r")
    return _lines(block[begin + 1 :]) if begin >= 0 else b""

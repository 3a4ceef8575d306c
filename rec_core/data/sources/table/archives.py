"""What is packed, read as it is unpacked: gzip, bz2, xz, zstd and lz4, and the files in a tar or a zip.

Nothing is written, and nothing is unpacked that comes to far more than a log would.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import IO, Any, Literal, NamedTuple

from rec_core.data.sources import files
from rec_core.data.sources.table.places import is_table, name_of
from rec_core.data.sources.table.unread import require_known, require_no_workbook
from rec_core.errors import DataError

GZIP, ZIP, PARQUET = b"\x1f\x8b", b"PK\x03\x04", b"PAR1"
DAMAGED = "'{name}' is damaged, or its copy was cut off: fetch it again."
BROKEN = EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, zipfile.BadZipFile, tarfile.TarError
_AHEAD = 512  # bytes that tell what is packed: a tar's first header
_LAYERS = 3  # of packing, such as a .csv.gz in a .tar.gz
_DICTIONARY = 1 << 28  # bytes of memory that unpacking may take: xz at its strongest takes 65 MB
_MOST, _MOST_IN_SEQUENCE = 1000, 100  # files of an archive, and of a tar in which each is unpacked after those before
_BLOCK = 1 << 16
_XZ, _ZSTD, _LZ4 = b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18"
_NAMES = {GZIP: "gzip", b"BZh": "bz2", _XZ: "xz", _ZSTD: "zstd", _LZ4: "lz4"}


def is_packed(start: bytes) -> bool:
    """Return True if a file that begins so holds more bytes than it takes."""
    return bool(kind(start)) or start.startswith(PARQUET)


class Member(NamedTuple):
    """A file in an archive: its number there, its name, and its bytes when it is unpacked."""

    number: int
    name: str
    size: int


def members(raw: IO[bytes], name: str) -> list[Member] | None:
    """Return the files with rows that an archive holds, in order of names; None for what is no archive.

    Raises:
        DataError: if it holds none, is damaged, or so many that reading them would never end.
    """
    with ExitStack() as stack:
        stream, start = _uncompressed(raw, name, stack)
        require_known(start, name)
        if start.startswith(ZIP) and stream is raw:
            infos = _zip(raw, name).infolist()
            require_no_workbook([one.filename for one in infos], name)
            held = [Member(n, one.filename, one.file_size) for n, one in enumerate(infos) if not one.is_dir()]
        elif _is_tar(start):
            with _tar(stream, name, stream is raw) as archive:
                held = [Member(n, one.name, one.size) for n, one in enumerate(archive) if one.isreg()]
        else:
            return None
    shown = [one for one in held if not _is_hidden(one.name)]
    found = sorted((one for one in shown if is_table(name_of(one.name))), key=lambda one: one.name) or shown
    if not found:
        raise DataError(f"'{name}' holds no file. Name another one.")
    most = _MOST if stream is raw else _MOST_IN_SEQUENCE
    if len(found) > most:
        raise DataError(
            f"'{name}' holds {len(found):,} files, and at most {most:,} are read from such an archive: unpack it, and "
            "name the folder."
        )
    return found


@contextmanager
def unpacked(raw: IO[bytes], name: str, number: int | None = None) -> Iterator[IO[bytes]]:
    """Give what a file holds, unpacked; of an archive, the file of this ``number``.

    Raises:
        DataError: if it is packed in a way that cannot be used, or unpacks to far more than a log.
    """
    with ExitStack() as stack:
        stream, start = _uncompressed(raw, name, stack)
        if number is not None:
            if start.startswith(ZIP):
                inside = stack.enter_context(_zip_member(stack.enter_context(_zip(raw, name)), number, name))
            else:
                inside = _tar_member(stack.enter_context(_tar(stream, name, stream is raw)), number, name)
            stream, start = _uncompressed(_bounded(inside, raw.tell, name), name, stack, raw.tell)
        if stream is not raw and start.startswith(PARQUET):
            raise DataError(f"'{name}' is a packed Parquet file, which is read in any order: unpack it, and name that.")
        yield stream


def _uncompressed(
    stream: Any, name: str, stack: ExitStack, packed: Callable[[], int] | None = None
) -> tuple[IO[bytes], bytes]:
    """Return a stream without the compressions around it, and how it begins."""
    packed = packed or stream.tell
    for _ in range(_LAYERS):
        start = _ahead(stream)
        if (unpack := _packing(start)) is None:
            break
        stream = _bounded(stack.enter_context(unpack(stream)), packed, name)
    return stream, _ahead(stream)


def _ahead(stream: Any) -> bytes:
    if hasattr(stream, "raw") and isinstance(stream.raw, _Bounded):
        return bytes(stream.peek(_AHEAD)[:_AHEAD])
    start = stream.read(_AHEAD)
    stream.seek(0)
    return bytes(start)


def kind(start: bytes) -> str:
    """Return how a file that begins so is packed, outermost: gzip, bz2, xz, zstd, lz4, zip or tar; "" if it is not."""
    if _packing(start) is not None:
        return next(name for sign, name in _NAMES.items() if start.startswith(sign))
    return "zip" if start.startswith(ZIP) else "tar" if _is_tar(start) else ""


def _packing(start: bytes) -> Callable[[Any], Any] | None:
    """Return what unpacks a file that begins so, None where it is not packed."""
    if start.startswith(GZIP):
        return lambda stream: gzip.GzipFile(fileobj=stream)
    if start.startswith(b"BZh") and start[4:10] in (b"1AY&SY", b"\x17rE8P\x90"):
        return lambda stream: _Decompressed(stream, bz2.BZ2Decompressor)
    if start.startswith(_XZ):
        return lambda stream: _Decompressed(stream, lambda: lzma.LZMADecompressor(memlimit=_DICTIONARY))
    if start.startswith(_ZSTD):
        return lambda stream: _arrow(stream, "zstd")
    if start.startswith(_LZ4):
        return lambda stream: _arrow(stream, "lz4")
    return None


def _arrow(stream: Any, codec: str) -> Any:
    import pyarrow as pa

    return pa.CompressedInputStream(pa.PythonFile(stream, mode="r"), codec)


class _Decompressed(io.RawIOBase):
    """What bz2 or xz packed, in one stream or in several one after the other."""

    def __init__(self, stream: Any, decompressor: Callable[[], Any]) -> None:
        super().__init__()
        self._stream, self._new, self._at, self._held = stream, decompressor, decompressor(), b""
        self._ended = False

    def read(self, size: int = -1) -> bytes:
        while not self._ended:
            if self._at.eof:
                rest = (self._at.unused_data or self._stream.read(_BLOCK)).lstrip(b"\0")  # xz fills up with zeros
                while not rest and (block := self._stream.read(_BLOCK)):
                    rest = block.lstrip(b"\0")
                if not rest:
                    self._ended = True
                    break
                self._at, self._held = self._new(), rest
            elif self._at.needs_input and not self._held:
                self._held = self._stream.read(_BLOCK)
                if not self._held:
                    raise EOFError
            data: bytes = self._at.decompress(self._held, size)
            self._held = b""
            if data:
                return data
        return b""


def _zip(raw: IO[bytes], name: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(raw)
    except (NotImplementedError, ValueError, IndexError, struct.error) as error:  # what its list of files says
        raise DataError(DAMAGED.format(name=name)) from error


def _zip_member(archive: zipfile.ZipFile, number: int, name: str) -> IO[bytes]:
    info = archive.infolist()[number]
    if info.flag_bits & 1:
        raise DataError(f"'{name}' is packed with a password: unpack it, and name the file in it.")
    try:
        return archive.open(info)
    except (NotImplementedError, RuntimeError) as error:  # Deflate64, say, which Windows uses for what is large
        raise DataError(
            f"'{name}' is packed in a way that is not known here: unpack it, and name the file in it."
        ) from error


def _is_tar(start: bytes) -> bool:
    try:
        tarfile.TarInfo.frombuf(start, "utf-8", "surrogateescape")
    except (tarfile.TarError, ValueError):
        return False
    return True


def _tar(stream: IO[bytes], name: str, seekable: bool) -> tarfile.TarFile:
    """Open a tar; one that is packed is read from its beginning to its end."""
    mode: Literal["r:", "r|"] = "r:" if seekable else "r|"
    try:
        return tarfile.open(fileobj=stream, mode=mode, encoding="utf-8", errors="surrogateescape")
    except (ValueError, OverflowError) as error:  # what its headers say
        raise DataError(DAMAGED.format(name=name)) from error


def _tar_member(archive: tarfile.TarFile, number: int, name: str) -> IO[bytes]:
    for place, info in enumerate(archive):
        if place == number and (stream := archive.extractfile(info)) is not None:
            return stream
    raise DataError(DAMAGED.format(name=name))


def _is_hidden(member: str) -> bool:
    """Return True for what a file manager or Spark adds to an archive."""
    return any(part.startswith(("._", ".DS_Store", "__MACOSX", "_SUCCESS")) for part in member.split("/"))


def _bounded(stream: Any, packed: Callable[[], int], name: str) -> Any:
    return io.BufferedReader(_Bounded(stream, packed, name), 1 << 20)


class _Bounded(io.RawIOBase):
    """A stream of what is unpacked, which ends with an error where that is far more than what was read for it."""

    def __init__(self, stream: Any, packed: Callable[[], int], name: str) -> None:
        super().__init__()
        self._stream, self._packed, self._name, self._given = stream, packed, name, 0

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._given

    def readinto(self, buffer: Any) -> int:
        count = 0
        while count < min(_AHEAD, len(buffer)) and (data := self._stream.read(min(_BLOCK, len(buffer) - count))):
            buffer[count : count + len(data)] = data
            count += len(data)
        self._given += count
        if self._given > max(files.LARGEST, files.DENSEST * self._packed()):
            raise DataError(
                f"'{self._name}' unpacks to more than {files.DENSEST} times its size, as no log does; reading was "
                "stopped. If it is one nevertheless, unpack it and name the file."
            )
        return count

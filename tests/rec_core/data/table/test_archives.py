"""Logs that are packed, one file or several: read as the same rows in a plain file, or refused in a sentence."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from rec_core.data.sources import Folders, files
from rec_core.data.sources.table import sniff, source
from rec_core.data.sources.table.opening import packing_of, size_of
from rec_core.errors import CorelensError, DataError
from tests.conftest import log_csv, own

_FOLDERS = Folders(None, Path("no-downloads"))
_LINE = b"1,5,4,1000000000\n"


def _arrow(data: bytes, codec: str) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, codec) as stream:
        stream.write(data)
    return bytes(sink.getvalue())


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": lambda data: _arrow(data, "zstd"),
    "lz4": lambda data: _arrow(data, "lz4"),
}


def tar_of(held: Mapping[str, bytes], format: int = tarfile.PAX_FORMAT) -> bytes:
    """Return a tar with these files, in a folder that is an entry of its own."""
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", format=format) as archive:
        folder = tarfile.TarInfo("inside")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, data in held.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return sink.getvalue()


def zip_of(held: Mapping[str, bytes]) -> bytes:
    """Return a zip with these files."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in held.items():
            archive.writestr(name, data)
    return sink.getvalue()


def _written(folder: Path, data: bytes, name: str) -> Path:
    (folder / name).write_bytes(data)
    return folder / name


def _as_plain(folder: Path, path: Path) -> None:
    """Assert that a file holds the rows of the plain log in the same folder."""
    found, wanted = own(path).load(_FOLDERS), own(folder / "log.csv").load(_FOLDERS)
    for name in ("user", "item", "rating", "time"):
        assert np.array_equal(getattr(found.interactions, name), getattr(wanted.interactions, name)), name
    assert found.catalogue.user_ids.tolist() == wanted.catalogue.user_ids.tolist()
    assert found.rejected.count == 0


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_packed_log_holds_the_rows_of_the_plain_one(tmp_path: Path, packing: str) -> None:
    data = log_csv(tmp_path).read_bytes()
    path = _written(tmp_path, PACKINGS[packing](data), f"log.csv.{packing}")
    _as_plain(tmp_path, path)
    assert size_of(str(path)) == (path.stat().st_size, True)


@pytest.mark.parametrize("packing", ["bz2", "xz"])
def test_streams_one_after_the_other_are_one_file(tmp_path: Path, packing: str) -> None:
    """As pbzip2, pixz and `cat` write them; xz may fill up with zeros between them."""
    data, pack = log_csv(tmp_path).read_bytes(), PACKINGS[packing]
    cuts = [data[at : at + 50_000] for at in range(0, len(data), 50_000)]
    joined = (b"\0" * 8 if packing == "xz" else b"").join(map(pack, [*cuts, b""]))
    _as_plain(tmp_path, _written(tmp_path, joined, f"log.csv.{packing}"))


@pytest.mark.parametrize("format", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
@pytest.mark.parametrize("packing", ["", *PACKINGS])
def test_a_tar_with_one_file_holds_the_rows_of_it(tmp_path: Path, packing: str, format: int) -> None:
    data = log_csv(tmp_path).read_bytes()
    held = {"._log.csv": b"made by a file manager", "inside/log.csv": data, "inside/README": b"Cite us."}
    path = _written(tmp_path, PACKINGS.get(packing, bytes)(tar_of(held, format)), f"log.tar.{packing}")
    _as_plain(tmp_path, path)
    assert packing_of(str(path)) == "tar"


@pytest.mark.parametrize("archive", [tar_of, zip_of])
def test_a_packed_file_in_an_archive_is_unpacked_too(
    tmp_path: Path, archive: Callable[[Mapping[str, bytes]], bytes]
) -> None:
    data = gzip.compress(log_csv(tmp_path).read_bytes())
    _as_plain(tmp_path, _written(tmp_path, archive({"log.csv.gz": data}), "log.archive"))


@pytest.mark.parametrize("packing", [*PACKINGS, "tar", "tar.xz", "zip"])
def test_what_was_packed_and_cut_off_is_damaged(tmp_path: Path, packing: str) -> None:
    rng = np.random.default_rng(0)
    text = "user,item\n" + "".join(f"{u},{i}\n" for u, i in rng.integers(0, 10**9, (100_000, 2)).tolist())
    whole = _packed(packing, text.encode())
    for left in (len(whole) - 40_000, len(whole) // 2):
        path = _written(tmp_path, whole[:left], "log.packed")
        with pytest.raises(DataError, match=r"'log.packed' is damaged, or its copy was cut off: fetch it again"):
            own(path).load(_FOLDERS)


def _packed(packing: str, data: bytes) -> bytes:
    if packing == "zip":
        return zip_of({"log.csv": data})
    archive, _, compressed = packing.partition(".")
    if archive == "tar":
        return PACKINGS.get(compressed, bytes)(tar_of({"log.csv": data}))
    return PACKINGS[packing](data)


@pytest.mark.parametrize("packing", [*PACKINGS, "tar.gz", "zip"])
def test_what_unpacks_to_far_more_than_a_log_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packing: str
) -> None:
    monkeypatch.setattr(files, "LARGEST", 1 << 22)
    path = _written(tmp_path, _packed(packing, _LINE * (1 << 20)), "log.packed")
    with pytest.raises(DataError, match=r"'log.packed' unpacks to more than 50 times its size"):
        own(path).load(_FOLDERS)


def test_packings_within_packings_count_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST", 1 << 22)
    bomb = bz2.compress(bz2.compress(_LINE * (1 << 21)))
    with pytest.raises(DataError, match="unpacks to more than 50 times its size"):
        own(_written(tmp_path, gzip.compress(bomb), "log.csv.gz")).load(_FOLDERS)


def test_xz_that_asks_for_gigabytes_of_memory_is_refused(tmp_path: Path) -> None:
    """The size of its dictionary stands in its header; the memory would be taken before a byte is read."""
    large = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 20}]
    data = bytearray(lzma.compress(_LINE * 1000, filters=large))
    at = data.index(b"\x21\x01\x10")  # filter LZMA2, one byte of properties: 1 MB
    data[at + 2] = 40  # 4 GB
    head = bytes(data[12 : 12 + (data[12] + 1) * 4 - 4])
    data[12 + len(head) : 16 + len(head)] = _crc(head)
    with pytest.raises(DataError, match=r"'log.xz' is damaged"):
        sniff(str(_written(tmp_path, bytes(data), "log.xz")))


def _crc(data: bytes) -> bytes:
    return zlib.crc32(data).to_bytes(4, "little")


def test_a_tar_of_links_and_pipes_holds_no_file(tmp_path: Path) -> None:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        for name, kind in (("a.csv", tarfile.SYMTYPE), ("b.csv", tarfile.FIFOTYPE), ("c.csv", tarfile.CHRTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
    with pytest.raises(DataError, match=r"'log.tar' holds no file"):
        sniff(str(_written(tmp_path, sink.getvalue(), "log.tar")))


def test_a_password_is_said(tmp_path: Path) -> None:
    raw = bytearray(zip_of({"log.csv": _LINE * 9}))
    for head, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(head) + at] |= 1
    with pytest.raises(DataError, match=r"'log.zip' is packed with a password: unpack it, and name the file in it"):
        sniff(str(_written(tmp_path, bytes(raw), "log.zip")))


@pytest.mark.parametrize("count", [30, pytest.param(200, marks=pytest.mark.slow)])
@pytest.mark.parametrize("packing", [*PACKINGS, "tar", "tar.bz2", "zip"])
def test_a_packed_file_that_was_changed_anywhere_is_read_or_refused(tmp_path: Path, packing: str, count: int) -> None:
    rng = np.random.default_rng(1)
    whole = _packed(packing, b"user,item,rating,timestamp\n" + _LINE * 40)
    for number in range(count):
        broken = bytearray(whole)
        for at in rng.integers(0, len(whole) if number % 2 else min(len(whole), 600), 1 + number % 5):
            broken[at] = rng.integers(256)
        kept = rng.integers(1, len(broken)) if number % 7 == 0 else len(broken)
        path, said = _written(tmp_path, bytes(broken[:kept]), "log"), ""
        try:
            own(path).load(_FOLDERS)
        except CorelensError as error:
            said = str(error)
            said.encode()
        assert "Make it readable" not in said


def test_memory_is_guarded_for_packed_files_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    text = "user,item\n" + "".join(f"{u},{i}\n" for u, i in rng.integers(0, 10**6, (200_000, 2)).tolist())
    for packing in (*PACKINGS, "tar.xz", "zip"):
        log = own(_written(tmp_path, _packed(packing, text.encode()), f"log.{packing}"))
        monkeypatch.setattr(source, "available", lambda: 5_000_000)
        with pytest.raises(DataError, match=r"about 0\.[12] million rows"):
            log.load(_FOLDERS)
        monkeypatch.setattr(source, "available", lambda: 20_000_000)
        assert len(log.load(_FOLDERS).interactions) == 200_000


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"7z\xbc\xaf\x27\x1c\0\4", "is a 7-Zip archive, which is not read. Unpack it, and name the file in it."),
        (b"Rar!\x1a\x07\x01\0", "is a RAR archive, which is not read. Unpack it"),
        (
            b"SQLite format 3\0" + b"\0" * 90,
            "is a SQLite database, which is not read. Read it with a query: --data sql",
        ),
        (b"ARROW1\0\0" + b"\0" * 90, "is an Arrow or Feather file, which is not read. Save its rows as CSV or Parquet"),
        (b"%PDF-1.7\n", "is a PDF, which is not read. Save its rows as CSV or Parquet"),
        (zip_of({"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"}), "is an Office file, such as an Excel"),
    ],
)
def test_what_is_not_read_is_refused_by_what_it_is(tmp_path: Path, data: bytes, said: str) -> None:
    with pytest.raises(DataError) as error:
        sniff(str(_written(tmp_path, data, "log.csv")))
    assert said in str(error.value)


def test_text_that_begins_as_another_file_does_is_text(tmp_path: Path) -> None:
    for name in ("ORC", "FEA1", "BZh91"):
        path = _written(tmp_path, f"{name},item\n1,2\n3,4\n".encode(), "log.csv")
        assert sniff(str(path)).names == [name, "item"]

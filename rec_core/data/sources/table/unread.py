"""Files that are known by their first bytes and are not read: each is refused by what it is, with what to do."""

from __future__ import annotations

from collections.abc import Sequence

from rec_core.errors import DataError

_UNPACK = "Unpack it, and name the file in it."
_CONVERT = "Save its rows as CSV or Parquet, and name that file."
_KNOWN = {
    b"7z\xbc\xaf\x27\x1c": ("a 7-Zip archive", _UNPACK),
    b"Rar!\x1a\x07": ("a RAR archive", _UNPACK),
    b"\x1f\x9d": ("packed by compress", _UNPACK),
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": ("an old Office file, such as an Excel workbook", _CONVERT),
    b"SQLite format 3\0": ("a SQLite database", 'Read it with a query: --data sqlite:///PATH --query "SELECT …".'),
    b"Obj\x01": ("an Avro file", _CONVERT),
    b"ORC": ("an ORC file", _CONVERT),
    b"ARROW1": ("an Arrow or Feather file", _CONVERT),
    b"FEA1": ("a Feather file", _CONVERT),
    b"\x89HDF\r\n\x1a\n": ("an HDF5 file", _CONVERT),
    b"\x93NUMPY": ("a NumPy array", _CONVERT),
    b"%PDF-": ("a PDF", _CONVERT),
}
_BOOKS = ("[Content_Types].xml", "META-INF/manifest.xml")  # what Office files hold, which are zips


def require_known(start: bytes, name: str) -> None:
    """Refuse a file that begins as one of a kind that is not read.

    Raises:
        DataError: saying what it is, and what to do.
    """
    for sign, (what, remedy) in _KNOWN.items():
        if start.startswith(sign) and (b"\0" in start or len(sign) > 4):
            raise DataError(f"'{name}' is {what}, which is not read. {remedy}")


def require_no_workbook(held: Sequence[str], name: str) -> None:
    """Refuse a zip that is an Office file, such as an Excel workbook.

    Raises:
        DataError: saying so, and what to do.
    """
    if any(one in _BOOKS for one in held):
        raise DataError(f"'{name}' is an Office file, such as an Excel workbook, which is not read. {_CONVERT}")

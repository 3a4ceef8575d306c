"""Which addresses a log may be read from: files of this machine, object stores, and web servers.

fsspec knows several dozen kinds of addresses, among them some that read files of this machine (``file://``,
``local://``), that name one inside another (``tar://a::file://b``), or that run something (``jupyter://``). What is not
listed here is refused before fsspec sees it.
"""

from __future__ import annotations

from rec_core.errors import DataError

STORES = ("s3", "gs", "gcs", "abfs", "abfss", "az", "adl", "hf")
WEB = ("https", "http")
_HERE = ("file", "local")
_ELSEWHERE, _CHAIN = "://", "::"


def is_elsewhere(path: str) -> bool:
    """Return True if a path is an address, such as ``s3://bucket/log.csv``, and not a place on this machine."""
    return _ELSEWHERE in path


def scheme_of(address: str) -> str:
    """Return the scheme of an address.

    >>> scheme_of("S3://bucket/log.csv")
    's3'
    """
    return address.partition(_ELSEWHERE)[0].strip().lower()


def require_allowed(path: str, schemes: tuple[str, ...] = STORES + WEB) -> None:
    """Refuse an address of a kind that is not among ``schemes``, and one address inside another.

    Raises:
        DataError: saying what is allowed, and what to do.
    """
    if not is_elsewhere(path):
        return
    listed = ", ".join(f"{one}://" for one in schemes)
    if _CHAIN in path:
        raise DataError(
            f"An address inside another one ({_CHAIN}) is not read. Unpack the file, and name it by its path or by one "
            f"of {listed}."
        )
    if scheme_of(path) in _HERE:
        raise DataError(f"Name the file by its path, without '{scheme_of(path)}{_ELSEWHERE}'.")
    if scheme_of(path) not in schemes:
        raise DataError(
            f"Addresses that begin with '{scheme_of(path)[:20]}://' are not read here. Copy the file to this machine "
            f"and name its path, or use one of {listed}."
        )

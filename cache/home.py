"""Where everything is kept, and how much of it: settings of this machine, from the environment."""

from __future__ import annotations

import os
from pathlib import Path

from cache.ledger import Ledger
from cache.private import home as home  # light, for the server's start
from cache.store import DiskStore
from rec_core.data.sources import Folders
from rec_core.errors import CorelensError

_LIMIT_GB, _UPLOADS_GB = 20.0, 2.0


def folders(data_dir: str | None = None) -> Folders:
    """Return where data are looked for: ``data_dir`` or ``CORELENS_DATA`` first, then the downloads."""
    local = data_dir or os.environ.get("CORELENS_DATA")
    return Folders(Path(local).resolve() if local else None, home() / "data")


def store_limit() -> int:
    """Return how many bytes of results are kept: ``CORELENS_STORE_GB`` gigabytes, by default 20.

    Raises:
        CorelensError: if that is not a number above 0.
    """
    return _bytes("CORELENS_STORE_GB", _LIMIT_GB)


def uploads_limit() -> int:
    """Return the limit in bytes of all uploaded files together: ``CORELENS_UPLOADS_GB`` gigabytes, by default 2.

    Raises:
        CorelensError: if that is not a number above 0.
    """
    return _bytes("CORELENS_UPLOADS_GB", _UPLOADS_GB)


def _bytes(name: str, usual: float) -> int:
    text = os.environ.get(name) or str(usual)
    try:
        gigabytes = float(text)
    except ValueError:
        gigabytes = 0.0
    if not 0 < gigabytes < float("inf"):
        raise CorelensError(f"{name} is '{text}'; set it to a number of gigabytes above 0, or leave it out.")
    return int(gigabytes * 1e9)


def open_store(folder: Path) -> DiskStore:
    """Return the store of a home folder, which keeps to its limit and spares what is pinned."""
    return DiskStore(folder, limit=store_limit(), pinned=Ledger(folder).pins)

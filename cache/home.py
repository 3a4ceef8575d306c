"""The folder where everything is kept: ``CORELENS_HOME``, by default ``.corelens`` in the current folder."""

from __future__ import annotations

import os
from pathlib import Path

from rec_core.data.sources import Folders


def home() -> Path:
    """Return the folder of store, ledger, downloads and job files."""
    return Path(os.environ.get("CORELENS_HOME") or ".corelens").resolve()


def folders(data_dir: str | None = None) -> Folders:
    """Return where data are looked for: ``data_dir`` or ``CORELENS_DATA`` first, then the downloads."""
    local = data_dir or os.environ.get("CORELENS_DATA")
    return Folders(Path(local).resolve() if local else None, home() / "data")

"""Where what was compiled on this machine is kept: by user and machine, whatever the home folder of the results."""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path


def home() -> Path:
    """Return where all machine code of this user is kept."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "corelens"


def folder(name: str, code: str) -> Path:
    """Return the folder of the machine code called ``name``, of that version of its source, by this numba."""
    return home() / f"{name}-{code}-numba-{version('numba')}"

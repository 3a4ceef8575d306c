"""Where what was compiled for a user is kept, whatever the home folder of the results; for this machine alone."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

_NOWHERE = Path("/dev/null/corelens")  # what cannot be made there is said to be so, with the remedy


def home() -> Path:
    """Return where all machine code of this user is kept."""
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "corelens"
    except RuntimeError:  # the user has no home folder
        return _NOWHERE


def folder(name: str, code: str) -> Path:
    """Return the folder of the machine code called ``name``, of that version of its source, by this numba."""
    return home() / f"{name}-{code}-numba-{version('numba')}-{platform.node() or 'here'}"

"""Errors that nobody expected: what a reader is told of one, and the file in the home that has the rest."""

from __future__ import annotations

import contextlib
import time
import traceback
from pathlib import Path

from cache.home import home

FILE = "errors.log"
_MOST = 1 << 20  # bytes of the file; beyond that the older half goes


def noted(error: BaseException, doing: str = "") -> str:
    """Write an error with its stack into the home, and return the sentence for a reader."""
    place = home() / FILE
    try:
        _write(place, error, doing)
    except (OSError, ValueError):
        where = "It could not be written down, because the home folder cannot be written"
    else:
        where = f"The details are in '{place}'"
    return (
        f"Something went wrong inside Corelens ({type(error).__name__}). Results are kept. {where}; please report it."
    )


def _write(place: Path, error: BaseException, doing: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(OSError):
        if place.stat().st_size > _MOST:
            place.write_bytes(place.read_bytes()[-_MOST // 2 :])
    stack = "".join(traceback.format_exception(error))
    text = f"{time.strftime('%Y-%m-%d %H:%M:%S')} {doing}\n{stack}\n"
    with place.open("ab") as file:
        file.write(text.encode("utf-8", "backslashreplace"))
    place.chmod(0o600)

"""Files that people sent, or that hold what a database returned: each written once and whole, up to a size in all, and
gone when nothing uses them.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from cache import private
from rec_core.errors import DataError, reason

_UNUSED = 3600  # seconds for which a file stays that no log is taken from
_LONGEST = 80  # characters of a name


@dataclass(frozen=True)
class Uploads:
    """The files in a folder, each below a name made of its sender and its contents."""

    folder: Path

    def keep(self, owner: str, name: str, contents: bytes, limit: int, used: Collection[str]) -> Path:
        """Return where a file is that ``owner`` sent; it is written where it is not there yet.

        Args:
            owner: who sent it.
            name: what the sender calls it; any text.
            contents: all of it.
            limit: bytes that all files together may take.
            used: the paths that logs are read from, which stay.

        Raises:
            DataError: if there is no room for it, or it cannot be written.
        """
        mark = hashlib.sha256(owner.encode() + b"\0" + contents).hexdigest()[:32]
        place = self.folder / mark / _plain(Path(name).name)
        try:
            if place.exists():
                os.utime(place)
                return place
            self._require_room(len(contents), limit, used)
            private.write(place, contents)
        except OSError as error:
            raise DataError(
                f"The file could not be kept ({reason(error)}). Free some disk space and send it again."
            ) from error
        return place

    def keep_written(
        self, owner: str, name: str, write: Callable[[IO[bytes], int], str], limit: int, used: Collection[str]
    ) -> Path:
        """Return where a file is that ``write`` wrote, of which only its beginning is ever in memory.

        Args:
            owner: for whom it is.
            name: of the file.
            write: writes it, given how many bytes it may take; returns what tells its contents from others.
            limit: bytes that all files together may take.
            used: the paths that logs are read from, which stay.

        Raises:
            DataError: if it cannot be written; ``write`` refuses what there is no room for.
        """
        name = _plain(name)
        temporary = self.folder / f"new-{secrets.token_hex(8)}" / name
        try:
            self.sweep(used)
            private.folder(temporary.parent)
            with private.create(temporary) as file:
                contents = write(file, limit - self._taken())
                file.flush()
                os.fsync(file.fileno())
            place = self.folder / hashlib.sha256(f"{owner}\0{contents}".encode()).hexdigest()[:32] / name
            if place.exists():
                os.utime(place)
            else:
                temporary.replace(private.folder(place.parent) / name)
        except OSError as error:
            raise DataError(
                f"What the query returns could not be kept ({reason(error)}). Free some disk space and ask again."
            ) from error
        finally:
            self.discard(temporary)
            with suppress(OSError):  # its file is gone, under its own name
                temporary.parent.rmdir()
        return place

    def sweep(self, used: Collection[str], unused: float = _UNUSED) -> None:
        """Remove files that no log is read from, ``unused`` seconds after they were looked at last."""
        for file in self._files():
            with suppress(OSError):
                if str(file) not in used and time.time() - file.stat().st_mtime > unused:
                    self.discard(file)

    def discard(self, place: Path) -> None:
        """Remove a file, if it is one of these."""
        if place.is_relative_to(self.folder):
            with suppress(OSError):  # it takes room, and does no harm
                place.unlink()
                place.parent.rmdir()

    def _require_room(self, n_bytes: int, limit: int, used: Collection[str]) -> None:
        self.sweep(used)
        taken = self._taken()
        if taken + n_bytes > limit:
            raise DataError(
                f"No room for this file: sent files take {taken / 1e6:,.0f} MB of {limit / 1e6:,.0f} MB. Forget logs "
                "that you do not need, name the file by its path, or start the app with a larger CORELENS_UPLOADS_GB."
            )

    def _taken(self) -> int:
        return sum(file.stat().st_size for file in self._files())

    def _files(self) -> Iterator[Path]:
        return (file for file in self.folder.glob("*/*") if file.is_file())


def _plain(name: str) -> str:
    """Return a name for a file, made of any text."""
    return re.sub(r"[^\w. -]+", "_", name).lstrip(". ")[-_LONGEST:].strip() or "log"

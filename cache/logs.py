"""People's own logs: which files they named, and what they said of them; the list is in the ledger.

A log that was removed can be brought back; its runs are there again then, because they are called by what was read.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cache.ledger import Ledger, OwnLog
from rec_core.data import sources
from rec_core.data.sources.table import Reading, Table, titled
from rec_core.errors import SpecError
from rec_core.specs import checked


@dataclass(frozen=True)
class Logs:
    """The logs of a home folder."""

    ledger: Ledger

    def keep(self, log: Table) -> None:
        """Write a log down, in place of the one of its name, and have it among the sources of data.

        One that is called by its file's name keeps the title that it was given before.
        """
        before = next((one for one in self.ledger.logs() if one.name == log.name), None)
        title = before.title if before and not log.is_titled else log.title
        reading = json.dumps(log.reading.model_dump(exclude_defaults=True))
        self.ledger.keep_log(OwnLog(log.name, title, log.path, reading, log.items_path, time.time()))
        self.register()

    def rename(self, name: str, title: str) -> None:
        """Call a log by another title."""
        self._change(name, lambda log: log._replace(title=titled(title)))

    def remove(self, name: str) -> None:
        """Take a log off the list; its file and its runs stay where they are."""
        self._change(name, lambda log: log._replace(removed_at=time.time()))

    def bring_back(self, name: str) -> None:
        """Put a log that was removed on the list again."""
        self._change(name, lambda log: log._replace(removed_at=0.0))

    def forget(self, name: str) -> None:
        """Forget a log that was removed; a file that was sent goes with it, unless another log is of it."""
        kept = {path for log in self.ledger.logs() if log.name != name for path in (log.path, log.items_path)}
        gone = [log.path for log in self.ledger.logs() if log.name == name and log.path not in kept]
        self.ledger.forget_log(name)
        for path in map(Path, gone):
            if path.is_relative_to(self.uploads):
                with suppress(OSError):  # it takes room, and does no harm
                    path.unlink()

    @property
    def uploads(self) -> Path:
        """Where files that were sent are kept."""
        return self.ledger.folder / "uploads"

    def listed(self) -> list[Table]:
        """Return the logs on the list under titles that differ, the oldest first.

        One that this version cannot read is left out.
        """
        return sources.distinct(_read(log for log in self.ledger.logs() if not log.removed_at))

    def removed(self) -> list[Table]:
        """Return the logs that were removed, the latest last."""
        gone = [log for log in self.ledger.logs() if log.removed_at]
        return sources.distinct(_read(sorted(gone, key=lambda log: log.removed_at)))

    def register(self) -> None:
        """Have the logs on the list, and no others, among the sources of data of this process."""
        sources.register(self.listed())

    def _change(self, name: str, change: Callable[[OwnLog], OwnLog]) -> None:
        for log in self.ledger.logs():
            if log.name == name:
                self.ledger.keep_log(change(log))
        self.register()


def _read(logs: Iterable[OwnLog]) -> list[Table]:
    found = []
    for log in logs:
        with suppress(SpecError, ValueError, TypeError, RecursionError):  # of another version, or damaged
            found.append(
                Table.called(log.name, log.title, log.path, checked(Reading, json.loads(log.reading)), log.items_path)
            )
    return found

"""People's own logs: which files they named, and what they said of them; the list is in the ledger.

A log that was removed can be brought back; its runs are there again then, because they are called by what was read.
Every log has an owner, who alone can change it or take it off the list; others may use it where the owner shares it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from cache.ledger import Ledger, OwnLog
from cache.uploads import Uploads
from rec_core.data import databases, sources
from rec_core.data.sources.table import Brought, Queried, Reading, Table, titled
from rec_core.data.sources.table.opening import exists
from rec_core.errors import SpecError
from rec_core.specs import checked

_SPLIT = "split"  # beside how a log is read: where the files are that its split holds out

REMOVED = " (removed)"  # ends the title of a log that is off the list and has runs


@dataclass(frozen=True)
class Logs:
    """The logs of a home folder as ``owner`` has them; the empty owner is the account that keeps the folder."""

    ledger: Ledger
    owner: str = ""

    def keep(self, log: Table, shared: bool | None = None) -> None:
        """Write a log down as the owner's, in place of theirs of its name, and have it among the sources of data.

        One that is called by its file's name keeps the title that it was given before; who may use it stays as it was
        where ``shared`` is None.
        """
        before = next((one for one in self._own() if one.name == log.name), None)
        title = before.title if before and not log.is_titled else log.title
        reading = json.dumps(log.reading.model_dump(exclude_defaults=True) | _split_of(log))
        shared = bool(before and before.shared) if shared is None else shared
        self.ledger.keep_log(
            OwnLog(log.name, title, log.path, reading, log.items_path, time.time(), 0.0, self.owner, int(shared))
        )
        self.register()

    def rename(self, name: str, title: str) -> None:
        """Call a log by another title."""
        self._change(name, lambda log: log._replace(title=titled(title)))

    def share(self, name: str, shared: bool) -> None:
        """Let everybody use a log, or its owner alone."""
        self._change(name, lambda log: log._replace(shared=int(shared)))

    def remove(self, name: str) -> None:
        """Take a log off the list; its file and its runs stay where they are."""
        self._change(name, lambda log: log._replace(removed_at=time.time()))

    def bring_back(self, name: str) -> None:
        """Put a log that was removed on the list again."""
        self._change(name, lambda log: log._replace(removed_at=0.0))

    def forget(self, name: str) -> None:
        """Forget a log that was removed; a file that was sent goes with it, unless another log is of it."""
        gone = [path for log in self._own() if log.name == name for path in _paths(log)]
        self.ledger.forget_log(name, self.owner)
        kept = self.files()
        for path in gone:
            if path and path not in kept:
                self.uploads.discard(Path(path))
        self.register()

    @property
    def uploads(self) -> Uploads:
        """Files that were sent."""
        return Uploads(self.ledger.folder / "uploads")

    def ask(self, address: str, query: str, limit: int) -> tuple[str, Queried]:
        """Ask a database, and return the path of the file that holds what it returned, and what that was.

        Files of this kind and files that were sent may take ``limit`` bytes together.

        Raises:
            DataError: one sentence, without a password.
        """
        database, found = databases.Database.of(address), Queried()

        def write(file: IO[bytes], room: int) -> str:
            nonlocal found
            found = databases.ask(database, query, file, room)
            return f"{found.query}\0{found.returned}"

        place = self.uploads.keep_written(self.owner, f"query of {database.name}", write, limit, self.files())
        return str(place), found

    def files(self) -> set[str]:
        """Return the paths that anybody's logs are read from, those of removed logs too."""
        return {path for log in self.ledger.logs() for path in _paths(log) if path}

    def listed(self) -> list[Table]:
        """Return the owner's logs on the list under titles that differ, the oldest first.

        One that this version cannot read is left out.
        """
        return sources.distinct(_read(log for log in self._own() if not log.removed_at))

    def removed(self) -> list[Table]:
        """Return the owner's logs that were removed, the latest last."""
        gone = [log for log in self._own() if log.removed_at]
        return sources.distinct(_read(sorted(gone, key=lambda log: log.removed_at)))

    def of_others(self) -> list[Table]:
        """Return the logs that others share, the oldest first, but for those that the owner has too."""
        own = {log.name for log in self._own() if not log.removed_at}
        shared = [log for log in self.ledger.logs() if log.shared and not log.removed_at and log.owner != self.owner]
        return _read({log.name: log for log in reversed(shared) if log.name not in own}.values())[::-1]

    def is_shared(self, name: str) -> bool:
        """Return True if the owner lets everybody use a log."""
        return any(log.shared for log in self._own() if log.name == name)

    def usable(self) -> set[str]:
        """Return the names of the logs that the owner may use: their own, and those that others share.

        A log that they removed is among them while there are runs on it: these stay listed.
        """
        gone = {log.name for log in self._own() if log.removed_at}
        return {log.name for log in (*self.listed(), *self.of_others())} | (gone & self._with_runs(gone))

    def register(self) -> None:
        """Have everybody's logs on the list among the sources of data of this process, and removed ones with runs.

        Pages show each person those that are ``usable``; a worker needs all. Where several have the same log, it stands
        by the path of the first whose file is there.
        """
        found: dict[str, Table] = {}
        kept = self.ledger.logs()
        for log in _read(log for log in kept if not log.removed_at):
            if log.name not in found or not exists(found[log.name].path):
                found[log.name] = log
        gone = {log.name: log for log in kept if log.removed_at and log.name not in found}
        some = self._with_runs(gone)
        removed = {log.name for log in gone.values() if log.name in some}
        found |= {log.name: log for log in _read(gone[name] for name in removed)}
        told_apart = sources.distinct(found.values())
        sources.register(
            replace(log, title=f"{log.title}{REMOVED}") if log.name in removed else log for log in told_apart
        )

    def _with_runs(self, some: Collection[str]) -> set[str]:
        """Return those of some logs that runs were asked for on."""
        return self.ledger.with_runs() & set(some) if some else set()

    def _own(self) -> list[OwnLog]:
        return [log for log in self.ledger.logs() if log.owner == self.owner]

    def _change(self, name: str, change: Callable[[OwnLog], OwnLog]) -> None:
        for log in self._own():
            if log.name == name:
                self.ledger.keep_log(change(log))
        self.register()


def _read(logs: Iterable[OwnLog]) -> list[Table]:
    found = []
    for log in logs:
        with suppress(
            SpecError, ValueError, TypeError, KeyError, AttributeError, RecursionError
        ):  # of another version, or damaged
            said = json.loads(log.reading)
            split = said.pop(_SPLIT, None)
            one = Table.called(log.name, log.title, log.path, checked(Reading, said), log.items_path)
            found.append(one if split is None else Brought.of_log(one, split.get("validation", ""), split["test"]))
    return found


def _split_of(log: Table) -> dict[str, dict[str, str]]:
    """Return where the files are that a log's split holds out, as it is written beside how the log is read."""
    return {_SPLIT: log.held_out} if isinstance(log, Brought) else {}


def _paths(log: OwnLog) -> list[str]:
    """Return the paths of all files that a log is read from."""
    with suppress(ValueError, AttributeError):
        return [log.path, log.items_path, *map(str, json.loads(log.reading).get(_SPLIT, {}).values())]
    return [log.path, log.items_path]

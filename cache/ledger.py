"""Which runs were asked for, and what people add to them: SQLite in WAL mode, safe for several processes at once.

The ledger never says how a run stands; that is derived from store and scheduler (``cache.jobs``).
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from cache import private
from cache.kinds import Kind
from cache.schema import MIGRATIONS
from rec_core import specs
from rec_core.errors import CorelensError, SpecError, reason, remedy
from rec_core.specs import ExperimentSpec


@dataclass(frozen=True)
class Asked:
    """A job that was asked for: its key, its kind, its spec and when (Unix seconds)."""

    key: str
    kind: Kind
    spec: ExperimentSpec
    asked_at: float


@dataclass(frozen=True)
class Note:
    """What someone wrote about a run: a title and a text."""

    title: str = ""
    text: str = ""


class Written(NamedTuple):
    """A sweep as it is written down (``cache.listed`` reads it): texts, but for two times in seconds."""

    name: str
    kind: str
    asked: str
    asked_at: float
    paused: str
    spent: float
    ended: str


class OwnLog(NamedTuple):
    """A log of somebody's as it is written down (``cache.logs`` reads it): texts, but for two times, 0 if never.

    ``owner`` is empty for the account that keeps the home folder; ``shared`` is 1 for a log that everybody may use.
    """

    name: str
    title: str
    path: str
    reading: str
    items_path: str
    added_at: float
    removed_at: float = 0.0
    owner: str = ""
    shared: int = 0


_CHANGES = {column: f"UPDATE sweeps SET {column} = ? WHERE name = ?" for column in ("asked", "paused", "ended")}


# A damaged file may hold texts that are none: SQLite's own errors quote them, and Python then raises another.
_DAMAGED = sqlite3.DatabaseError, UnicodeError


class Ledger:
    """The ledger in ``folder``, created when first needed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._path = folder / "ledger.sqlite3"
        self._listed: dict[Kind, tuple[list[tuple[str, float]], list[Asked]]] = {}

    def ask(self, key: str, kind: Kind, spec: ExperimentSpec) -> None:
        """Write down that this job was asked for; asking again moves it to the end."""
        row = (key, kind, json.dumps(spec.model_dump()), time.time())
        with self._transaction() as database:
            database.execute("INSERT OR REPLACE INTO jobs VALUES (?, ?, ?, ?)", row)

    def asked(self, kind: Kind = "run") -> list[Asked]:
        """Return all jobs of a kind, the oldest first. A spec that this version cannot read is left out.

        Pages ask several times at every rerun; all of a list is read only when it is not the same any more.
        """
        with self._reading() as database:
            when = _rows(database, "SELECT key, asked_at FROM jobs WHERE kind = ? ORDER BY asked_at", kind)
            known, read = self._listed.get(kind, ([], []))
            if when == known:
                return list(read)
            rows = _rows(database, "SELECT * FROM jobs WHERE kind = ? ORDER BY asked_at", kind)
        read = [asked for row in rows if (asked := _read(*row)) is not None]
        if len(read) == len(rows):  # what cannot be read now may be later: its data set may be registered
            self._listed[kind] = [(one.key, one.asked_at) for one in read], read
        return list(read)

    def with_runs(self) -> set[str]:
        """Return the names of the data sets that runs were asked for on, also of those that are not known here."""
        with self._reading() as database:
            rows = _rows(
                database,
                "SELECT DISTINCT json_extract(spec, '$.data.dataset') FROM jobs WHERE kind = ? AND json_valid(spec)",
                "run",
            )
        return {name for (name,) in rows if isinstance(name, str)}

    def lately(self, count: int) -> list[Asked]:
        """Return the jobs of all kinds that were asked for last, the newest first, at most so many."""
        with self._reading() as database:
            rows = _rows(database, "SELECT * FROM jobs ORDER BY asked_at DESC LIMIT ?", count)
        return [asked for row in rows if (asked := _read(*row)) is not None]

    def is_lost(self) -> bool:
        """Say whether there is no list at all, or an empty file in its place."""
        try:
            return self._path.stat().st_size == 0
        except OSError:
            return True

    def has(self, key: str) -> bool:
        """Say whether this job was ever asked for."""
        with self._reading() as database:
            return bool(_rows(database, "SELECT 1 FROM jobs WHERE key = ?", key))

    def forget(self, key: str) -> None:
        """Forget that this job was asked for; what people added to it stays."""
        with self._transaction() as database:
            database.execute("DELETE FROM jobs WHERE key = ?", (key,))

    def pin(self, scope: str, key: str) -> None:
        """Pin the run ``key`` as the baseline of ``scope``, in place of the one before."""
        with self._transaction() as database:
            database.execute("INSERT OR REPLACE INTO pins VALUES (?, ?)", (scope, key))

    def pinned(self, scope: str) -> str | None:
        """Return the key of the baseline of ``scope``, or None if none was pinned."""
        with self._reading() as database:
            return next((key for (key,) in _rows(database, "SELECT key FROM pins WHERE scope = ?", scope)), None)

    def pins(self) -> frozenset[str]:
        """Return the keys of all pinned runs."""
        with self._reading() as database:
            return frozenset(key for (key,) in _rows(database, "SELECT key FROM pins"))

    def annotate(self, key: str, note: Note) -> None:
        """Write down what someone says about ``key``, in place of what was said before."""
        with self._transaction() as database:
            database.execute("INSERT OR REPLACE INTO notes VALUES (?, ?, ?)", (key, note.title, note.text))

    def note(self, key: str) -> Note:
        """Return what was said about ``key``; empty if nothing was."""
        with self._reading() as database:
            rows = _rows(database, "SELECT title, text FROM notes WHERE key = ?", key)
        return Note(*rows[0]) if rows else Note()

    def rename(self, key: str, name: str) -> None:
        """Call the runs of the group ``key`` by a name; by none again where it is empty."""
        with self._transaction() as database:
            database.execute("DELETE FROM names WHERE key = ?", (key,))
            if name:
                database.execute("INSERT INTO names VALUES (?, ?)", (key, name))

    def names(self) -> dict[str, str]:
        """Return the names that people gave, by the groups' keys."""
        with self._reading() as database:
            return dict(_rows(database, "SELECT key, name FROM names"))

    def keep_sweep(self, sweep: Written) -> None:
        """Write down a sweep, in place of the one of its name."""
        with self._transaction() as database:
            database.execute("INSERT OR REPLACE INTO sweeps VALUES (?, ?, ?, ?, ?, ?, ?)", sweep)

    def change_sweep(self, name: str, **changed: str) -> None:
        """Change what was asked of a sweep, why it is paused, or what it came to: ``asked``, ``paused``, ``ended``."""
        with self._transaction() as database:
            for column, value in changed.items():
                database.execute(_CHANGES[column], (value, name))

    def spend(self, name: str, seconds: float) -> None:
        """Add to the time in which a sweep went on."""
        with self._transaction() as database:
            database.execute("UPDATE sweeps SET spent = spent + ? WHERE name = ?", (seconds, name))

    def forget_sweep(self, name: str) -> None:
        """Forget a sweep; its runs stay."""
        with self._transaction() as database:
            database.execute("DELETE FROM sweeps WHERE name = ?", (name,))

    def keep_log(self, log: OwnLog) -> None:
        """Write down a log, in place of its owner's one of that name."""
        with self._transaction() as database:
            database.execute("INSERT OR REPLACE INTO logs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", log)

    def logs(self) -> list[OwnLog]:
        """Return everybody's logs, the oldest first, those that were removed too."""
        with self._reading() as database:
            return [OwnLog(*row) for row in _rows(database, "SELECT * FROM logs ORDER BY added_at")]

    def forget_log(self, name: str, owner: str = "") -> None:
        """Forget somebody's log for good; others who have the same keep theirs."""
        with self._transaction() as database:
            database.execute("DELETE FROM logs WHERE name = ? AND owner = ?", (name, owner))

    def sweeps(self) -> list[Written]:
        """Return all sweeps, the oldest first."""
        with self._reading() as database:
            return [Written(*row) for row in _rows(database, "SELECT * FROM sweeps ORDER BY asked_at")]

    def restore(self, runs: Iterable[Asked]) -> None:
        """Write down runs that are in the store and not here: the list was lost, or left empty."""
        rows = [(run.key, run.kind, json.dumps(run.spec.model_dump()), run.asked_at) for run in runs]
        if rows:
            with self._transaction() as database:
                database.executemany("INSERT OR IGNORE INTO jobs VALUES (?, ?, ?, ?)", rows)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """Open the ledger to look: no lock, no file made, and on a disk that cannot be written too."""
        try:
            database = sqlite3.connect(":memory:") if self.is_lost() else self._opened("mode=ro")
        except _DAMAGED as error:
            raise _unusable(self._path, error) from error
        try:
            yield database
        except _DAMAGED as error:
            raise _unusable(self._path, error) from error
        finally:
            database.close()

    @contextmanager
    def reading(self) -> Iterator[Callable[..., list[Any]]]:
        """Open the ledger for another module: yield a function that returns the rows of a query."""
        with self._reading() as database:
            yield partial(_rows, database)

    def write(self, statement: str, *values: str | int) -> int:
        """Execute one statement for another module; return how many rows it changed."""
        with self._transaction() as database:
            return database.execute(statement, values).rowcount

    def _opened(self, how: str) -> sqlite3.Connection:
        """Open the list to look; where its folder cannot be written, as what it was when it was written last."""
        database = sqlite3.connect(f"{self._path.as_uri()}?{how}", uri=True, timeout=10)
        database.text_factory = _as_text
        try:
            _known_version(database)
        except sqlite3.OperationalError as error:
            database.close()
            if "immutable" in how or "unable to open" not in str(error):
                raise
            return self._opened(f"{how}&immutable=1")
        except BaseException:
            database.close()
            raise
        return database

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            private.folder(self._path.parent)
            private.touch(self._path)  # SQLite gives the files beside it the same mode
            database = sqlite3.connect(self._path, timeout=10, isolation_level=None)
        except (OSError, sqlite3.OperationalError) as error:
            raise _unusable(self._path, error) from error
        try:
            # IMMEDIATE: two processes that read and then write would otherwise lose one another's rows.
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("BEGIN IMMEDIATE")
            _migrate(database)
            yield database
            database.execute("COMMIT")
        except _DAMAGED as error:
            raise _unusable(self._path, error) from error
        finally:
            database.close()


def _unusable(path: Path, error: Exception) -> CorelensError:
    place = f"The list of runs in '{path.parent.name}/{path.name}'"
    if isinstance(error, OSError):
        return CorelensError(f"{place} cannot be written ({reason(error)}); {remedy(error)}, then try again.")
    if "full" in str(error):
        return CorelensError(f"{place} cannot be written: the disk is full. Free some space, then try again.")
    if "readonly" in str(error) or _is_read_only(path.parent):
        return CorelensError(
            f"{place} cannot be written: the disk is read-only. What is finished can be looked at; to run something, "
            "start Corelens with another folder CORELENS_HOME."
        )
    return CorelensError(
        f"{place} cannot be read or written; check the disk, or move the file away: the list is then made anew "
        "from the results, which are kept in files of their own and are safe."
    )


def _is_read_only(folder: Path) -> bool:
    try:
        return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def _rows(database: sqlite3.Connection, query: str, *values: str | int) -> list[Any]:
    """Return the rows that a query finds; none where the ledger is older than the table, or holds none yet.

    A row of a damaged file may hold what its table never does, such as nothing. It is left out, and the others stay.
    """
    try:
        found = database.execute(query, values)
    except sqlite3.OperationalError as error:
        if "no such table" not in str(error):
            raise
        return []
    wanted: list[Any] = [_HELD.get(column[0], object) for column in found.description]
    return [row for row in found.fetchall() if all(map(isinstance, row, wanted))]


_HELD = dict.fromkeys(("asked_at", "spent", "added_at", "removed_at"), (int, float)) | dict.fromkeys(
    "key kind spec name scope title text path reading items_path asked paused ended".split(), str
)


def _as_text(raw: bytes) -> str:
    """Return a text of the ledger; bytes that are none, as on a damaged disk, are replaced."""
    return raw.decode("utf-8", "replace")


def _known_version(database: sqlite3.Connection) -> int:
    version: int = database.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise CorelensError(
            "The list of runs was written by a newer Corelens; update this one, or start it with another folder "
            "CORELENS_HOME."
        )
    return version


def _migrate(database: sqlite3.Connection) -> None:
    version = _known_version(database)
    for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
        for statement in filter(str.strip, script.split(";")):
            database.execute(statement)
        database.execute(f"PRAGMA user_version = {number}")


def _read(key: str, kind: Kind, spec: str, asked_at: float) -> Asked | None:
    parsed = parsed_spec(spec)
    return None if parsed is None else Asked(key, kind, parsed, asked_at)


_parsed: dict[str, ExperimentSpec] = {}


def parsed_spec(text: str) -> ExperimentSpec | None:
    """Return the spec that a row holds, None if this version cannot read it.

    Rows never change, and pages read all of them at every rerun, so what was read is remembered; what could not be read
    is not: its data set may be registered later.
    """
    if text not in _parsed:
        try:
            _parsed[text] = specs.revive(json.loads(text))
        except (SpecError, ValueError, AttributeError, TypeError, KeyError, RecursionError):
            return None
    return _parsed[text]

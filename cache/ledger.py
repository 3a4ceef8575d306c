"""Which runs were asked for, and what people add to them: SQLite in WAL mode, safe for several processes at once.

The ledger never says how a run stands; that is derived from store and scheduler (``cache.jobs``).
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cache.kinds import Kind
from rec_core import specs
from rec_core.errors import CorelensError, SpecError
from rec_core.specs import ExperimentSpec

# Each entry takes the schema one version up; entries are never edited, only added.
_MIGRATIONS = (
    """
    CREATE TABLE jobs (
        key TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        spec TEXT NOT NULL,
        asked_at REAL NOT NULL
    );
    CREATE INDEX jobs_by_time ON jobs (kind, asked_at);
    """,
    """
    CREATE TABLE pins (scope TEXT PRIMARY KEY, key TEXT NOT NULL);
    CREATE TABLE notes (key TEXT PRIMARY KEY, title TEXT NOT NULL, text TEXT NOT NULL);
    """,
)


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


class Ledger:
    """The ledger in ``folder``, created when first needed."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "ledger.sqlite3"

    def ask(self, key: str, kind: Kind, spec: ExperimentSpec) -> None:
        """Write down that this job was asked for; asking again moves it to the end."""
        row = (key, kind, json.dumps(spec.model_dump()), time.time())
        with self._transaction() as database:
            database.execute("INSERT OR REPLACE INTO jobs VALUES (?, ?, ?, ?)", row)

    def asked(self, kind: Kind = "run") -> list[Asked]:
        """Return all jobs of a kind, the oldest first. A spec that this version cannot read is left out."""
        with self._transaction() as database:
            rows = database.execute("SELECT * FROM jobs WHERE kind = ? ORDER BY asked_at", (kind,)).fetchall()
        return [asked for row in rows if (asked := _read(*row)) is not None]

    def has(self, key: str) -> bool:
        """Say whether this job was ever asked for."""
        with self._transaction() as database:
            return database.execute("SELECT 1 FROM jobs WHERE key = ?", (key,)).fetchone() is not None

    def pin(self, scope: str, key: str) -> None:
        """Pin the run ``key`` as the baseline of ``scope``, in place of the one before."""
        with self._transaction() as database:
            database.execute("INSERT OR REPLACE INTO pins VALUES (?, ?)", (scope, key))

    def pinned(self, scope: str) -> str | None:
        """Return the key of the baseline of ``scope``, or None if none was pinned."""
        with self._transaction() as database:
            row = database.execute("SELECT key FROM pins WHERE scope = ?", (scope,)).fetchone()
        return row[0] if row else None

    def pins(self) -> frozenset[str]:
        """Return the keys of all pinned runs."""
        with self._transaction() as database:
            return frozenset(key for (key,) in database.execute("SELECT key FROM pins"))

    def annotate(self, key: str, note: Note) -> None:
        """Write down what someone says about ``key``, in place of what was said before."""
        with self._transaction() as database:
            database.execute("INSERT OR REPLACE INTO notes VALUES (?, ?, ?)", (key, note.title, note.text))

    def note(self, key: str) -> Note:
        """Return what was said about ``key``; empty if nothing was."""
        with self._transaction() as database:
            row = database.execute("SELECT title, text FROM notes WHERE key = ?", (key,)).fetchone()
        return Note(*row) if row else Note()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            database = sqlite3.connect(self._path, timeout=10, isolation_level=None)
        except (OSError, sqlite3.OperationalError) as error:
            raise _unusable(self._path) from error
        try:
            # IMMEDIATE: two processes that read and then write would otherwise lose one another's rows.
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("BEGIN IMMEDIATE")
            _migrate(database)
            yield database
            database.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            raise _unusable(self._path) from error
        finally:
            database.close()


def _unusable(path: Path) -> CorelensError:
    return CorelensError(
        f"The list of runs in '{path.parent.name}/{path.name}' cannot be read or written; check the disk, or move the "
        "file away to start a new list. Results are kept in files of their own and are safe."
    )


def _migrate(database: sqlite3.Connection) -> None:
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version > len(_MIGRATIONS):
        raise CorelensError(
            "The list of runs was written by a newer Corelens; update this one, or choose another folder with "
            "CORELENS_HOME."
        )
    for number, script in enumerate(_MIGRATIONS[version:], start=version + 1):
        for statement in filter(str.strip, script.split(";")):
            database.execute(statement)
        database.execute(f"PRAGMA user_version = {number}")


def _read(key: str, kind: Kind, spec: str, asked_at: float) -> Asked | None:
    parsed = _parse(spec)
    return None if parsed is None else Asked(key, kind, parsed, asked_at)


_parsed: dict[str, ExperimentSpec] = {}


def _parse(text: str) -> ExperimentSpec | None:
    """Return the spec that a row holds, None if this version cannot read it.

    Rows never change, and pages read all of them at every rerun, so what was read is remembered; what could not be read
    is not: its data set may be registered later.
    """
    if text not in _parsed:
        try:
            _parsed[text] = specs.revive(json.loads(text))
        except (SpecError, ValueError, AttributeError):
            return None
    return _parsed[text]

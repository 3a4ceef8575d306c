from __future__ import annotations

import multiprocessing
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import pytest

from cache.jobs import Jobs
from cache.ledger import Ledger, Note, OwnLog, Written
from cache.listed import SweepList
from cache.logs import Logs
from cache.store import DiskStore
from rec_core.__main__ import main
from rec_core.data.sources import Folders
from rec_core.errors import CorelensError
from rec_core.experiment import Experiment
from rec_core.stages import Artifact
from tests.conftest import key, quick


def test_what_was_asked_for_is_remembered_in_order(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    specs = [quick(seed=n) for n in range(3)]
    for spec in specs:
        ledger.ask(key(spec), "run", spec)
    ledger.ask("proxy", "prepare", specs[0])
    assert [asked.spec for asked in Ledger(tmp_path).asked()] == specs
    ledger.ask(key(specs[0]), "run", specs[0])
    assert [asked.key for asked in ledger.asked()] == [key(specs[n]) for n in (1, 2, 0)]
    assert [asked.kind for asked in ledger.asked("prepare")] == ["prepare"]
    assert ledger.has(key(specs[0]))
    assert not ledger.has("nobody asked")


def _ask_many(folder: Path, process: int) -> None:
    ledger = Ledger(folder)
    for n in range(25):
        ledger.ask(f"{process}-{n}", "run", quick(seed=n))


def test_eight_processes_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_ask_many, args=(tmp_path, n)) for n in range(8)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [p.exitcode for p in processes] == [0] * 8
    assert len(Ledger(tmp_path).asked()) == 200


def test_a_ledger_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    Ledger(tmp_path).ask("k", "run", quick())
    with sqlite3.connect(tmp_path / "ledger.sqlite3") as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(CorelensError, match="written by a newer Corelens"):
        Ledger(tmp_path).asked()


def test_a_damaged_ledger_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite3").write_bytes(b"this is no database, not at all " * 200)
    with pytest.raises(CorelensError, match="move the file away: the list is then made anew"):
        Ledger(tmp_path).asked()


def test_a_spec_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.ask("good", "run", quick())
    ledger.ask("bad", "run", quick())
    with sqlite3.connect(tmp_path / "ledger.sqlite3") as database:
        database.execute("""UPDATE jobs SET spec = '{"method": {"name": "gone"}}' WHERE key = 'bad'""")
    assert [asked.key for asked in ledger.asked()] == ["good"]


def test_pins_and_notes_are_remembered(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    assert ledger.pinned("here") is None
    assert ledger.note("run") == Note()
    for name in ("one", "two"):
        ledger.pin("here", name)
        ledger.annotate("run", Note(f"Title {name}", "<b>text</b>"))
    assert Ledger(tmp_path).pinned("here") == "two"
    assert Ledger(tmp_path).note("run") == Note("Title two", "<b>text</b>")


def test_a_ledger_of_the_first_version_is_taken_along(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "ledger.sqlite3") as database:
        database.execute(
            "CREATE TABLE jobs (key TEXT PRIMARY KEY, kind TEXT NOT NULL, spec TEXT NOT NULL, asked_at REAL NOT NULL)"
        )
        database.execute("INSERT INTO jobs VALUES ('old', 'run', ?, 1.0)", (quick().model_dump_json(),))
        database.execute("PRAGMA user_version = 1")
    ledger = Ledger(tmp_path)
    ledger.pin("here", "old")
    assert [asked.key for asked in ledger.asked()] == ["old"]
    assert ledger.pinned("here") == "old"


@pytest.mark.alone
def test_looking_takes_no_lock_and_makes_no_file(tmp_path: Path) -> None:
    """Every page looks, also while another process writes, and where the disk is full or read-only."""
    ledger = Ledger(tmp_path)
    assert (ledger.asked(), ledger.has("k"), ledger.pins(), ledger.note("k")) == ([], False, frozenset(), Note())
    assert list(tmp_path.iterdir()) == []
    ledger.ask("k", "run", quick())
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite3", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM jobs")
        begin = time.monotonic()
        assert [asked.key for asked in ledger.asked()] == ["k"]
        assert time.monotonic() - begin < 1
        writer.execute("ROLLBACK")


def test_a_ledger_on_a_read_only_disk_can_be_looked_at(tmp_path: Path) -> None:
    Ledger(tmp_path / "home").ask("k", "run", quick())
    mount = subprocess.run(["mount", "--bind", "-o", "ro", tmp_path / "home", tmp_path / "home"], check=False)
    if mount.returncode:
        pytest.skip("needs the right to mount")
    try:
        ledger = Ledger(tmp_path / "home")
        with pytest.raises(CorelensError, match="read-only"):
            ledger.ask("l", "run", quick())
        assert [asked.key for asked in ledger.asked()] == ["k"]
    finally:
        subprocess.run(["umount", tmp_path / "home"], check=True)


@pytest.mark.parametrize("lost", [b"", None])
def test_a_lost_list_of_runs_is_made_anew_from_the_results(lost: bytes | None, tmp_path: Path) -> None:
    jobs = Jobs(tmp_path, Folders(None, tmp_path / "data"))
    made = [quick(seed=seed) for seed in (0, 1)]
    for spec in made:
        key = Experiment(spec, jobs.store, jobs.folders).result().key
        jobs.ledger.ask(key, "run", spec)
    for file in tmp_path.glob("ledger.sqlite3*"):
        file.unlink()
    if lost is not None:
        (tmp_path / "ledger.sqlite3").write_bytes(lost)
    again = Jobs(tmp_path, jobs.folders)
    assert sorted(spec.seed for spec, _ in again.finished().runs) == [0, 1]
    assert sorted(asked.spec.seed for asked in Ledger(tmp_path).asked()) == [0, 1]


def test_a_full_disk_is_called_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("cache.ledger._migrate", full)
    with pytest.raises(CorelensError, match="cannot be written: the disk is full"):
        Ledger(tmp_path).ask("k", "run", quick())


def test_a_lost_list_is_made_anew_before_a_new_one_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One run of the command line began a new list, and all others stayed lost."""
    monkeypatch.setenv("CORELENS_HOME", str(tmp_path))
    jobs = Jobs(tmp_path, Folders(None, tmp_path / "data"))
    Experiment(quick(seed=5), jobs.store, jobs.folders).result()
    assert (
        main(["run", "--dataset", "synthetic-10k", "--set", "train.epochs=1", "--json", str(tmp_path / "x.json")]) == 0
    )
    assert sorted(asked.spec.seed for asked in Ledger(tmp_path).asked()) == [0, 5]


def test_what_was_asked_for_lately_comes_newest_first(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for n in range(5):
        ledger.ask(str(n), "run" if n % 2 else "prepare", quick(seed=n))
    assert [asked.key for asked in ledger.lately(3)] == ["4", "3", "2"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a ledger that holds a few of everything."""
    folder = tmp_path_factory.mktemp("whole")
    ledger = Ledger(folder)
    for seed in range(5):
        ledger.ask(f"k{seed}", "run", quick(seed=seed))
        ledger.pin(f"scope {seed}", f"k{seed}")
        ledger.annotate(f"k{seed}", Note("A title", "A text"))
        ledger.rename(f"k{seed}", f"Name {seed}")
        ledger.keep_log(OwnLog(f"log-{seed}", "Our shop", "/log.csv", "{}", "", 1.0))
        ledger.keep_sweep(Written(f"sweep {seed}", "plan", "{}", 1.0, "", 0.0, ""))
    place = folder / "ledger.sqlite3"
    with closing(sqlite3.connect(place)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.execute("PRAGMA journal_mode = DELETE")
    return place.read_bytes()


_LOOKS: dict[str, Callable[[Ledger], object]] = {
    "asked": lambda ledger: ledger.asked(),
    "lately": lambda ledger: ledger.lately(3),
    "has": lambda ledger: ledger.has("k1"),
    "pins": lambda ledger: ledger.pins(),
    "pinned": lambda ledger: ledger.pinned("scope 1"),
    "note": lambda ledger: ledger.note("k1"),
    "names": lambda ledger: ledger.names(),
    "logs": lambda ledger: [Logs(ledger).listed(), Logs(ledger).removed()],
    "sweeps": lambda ledger: SweepList(ledger).all(),
}


def _rewrite(folder: Path, query: str, *values: object) -> None:
    with closing(sqlite3.connect(folder / "ledger.sqlite3")) as database, database:
        database.execute("PRAGMA writable_schema = ON")
        database.execute("PRAGMA synchronous = OFF")
        database.execute("UPDATE sqlite_schema SET sql = replace(sql, 'NOT NULL', '')")
    with closing(sqlite3.connect(folder / "ledger.sqlite3")) as database, database:
        database.execute("PRAGMA synchronous = OFF")
        database.execute(query, values)


_COLUMNS = {
    "jobs": "key kind spec asked_at",
    "pins": "scope key",
    "notes": "key title text",
    "names": "key name",
    "sweeps": "name kind asked asked_at paused spent ended",
    "logs": "name title path reading items_path added_at removed_at",
}


_ODD = (None, b"\xff\xfe", "\x00", "null", "[]", "5", 7, "\ud7ff" * 3)


@pytest.mark.parametrize(("table", "column"), [(t, c) for t, columns in _COLUMNS.items() for c in columns.split()])
def test_a_row_that_holds_what_it_never_does_ends_nothing(
    tmp_path: Path, whole: bytes, table: str, column: str
) -> None:
    for value in _ODD:
        (tmp_path / "ledger.sqlite3").write_bytes(whole)
        # Bytes as text, whatever they are: that is what a flipped bit leaves.
        written = "CAST(? AS TEXT)" if isinstance(value, bytes) else "?"
        _rewrite(tmp_path, f"UPDATE {table} SET {column} = {written} WHERE rowid = 2", value)
        ledger = Ledger(tmp_path)
        for look in _LOOKS.values():
            look(ledger)
        assert len(ledger.asked()) >= 4
        assert len(ledger.names()) >= 4


@pytest.mark.parametrize("seed", range(4))
def test_a_ledger_with_flipped_bits_is_read_or_said(tmp_path: Path, whole: bytes, seed: int) -> None:
    place, rng = tmp_path / "ledger.sqlite3", np.random.default_rng(seed)
    for number in range(40):
        broken = bytearray(whole)
        for at in rng.integers(0, len(whole), rng.integers(1, 40)):
            broken[at] ^= 1 << int(rng.integers(8))
        place.write_bytes(broken)
        for look in _LOOKS.values():
            with suppress(CorelensError):
                look(Ledger(tmp_path))
        if number % 8 == 0:  # each waits for the disk
            with suppress(CorelensError):
                Ledger(tmp_path).pin("scope 1", "k2")


def test_a_file_in_place_of_the_home_is_said_with_its_remedy(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.write_text("")
    with pytest.raises(CorelensError, match="a file has the name of a folder there: move it away, or start Corelens"):
        Ledger(home).ask("k", "run", quick())
    folders = Folders(None, tmp_path)
    with pytest.raises(CorelensError, match="a file has the name of a folder there: move it away"):
        Experiment(quick(), DiskStore(home), folders).result()


def test_a_result_that_verifies_and_is_none_is_made_again(tmp_path: Path) -> None:
    store, folders = DiskStore(tmp_path / "home"), Folders(None, tmp_path)
    made = Experiment(quick(), store, folders).result()
    for stored in (made.key, *made.stage_keys.values()):
        found = store.get(stored)
        assert found is not None
        store.put(stored, Artifact({}, {}, found.stage))  # its manifest has the right hash
        again = Experiment(quick(), DiskStore(tmp_path / "home"), folders)
        assert again.result().metrics == made.metrics
        store.put(stored, found)

"""A store keeps to its limit, gives up what is needed least, and sweeps what killed writers left."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest

from cache import home
from cache.store import DiskStore
from rec_core.canonical import digest
from rec_core.errors import CorelensError
from rec_core.stages import Artifact

SIZE = 80_000  # bytes of one array


def _artifact(stage: str, **meta: object) -> Artifact:
    return Artifact({"x": np.zeros(SIZE // 8)} if stage != "run" else {}, dict(meta), stage)


def _age(folder: Path, key: str, hours: float) -> None:
    """Make an object look as if it was used so many hours ago."""
    os.utime(folder / "objects" / key[:2] / key / "manifest.json", (time.time() - hours * 3600,) * 2)


def _fill(store: DiskStore, folder: Path) -> dict[str, str]:
    """Put two runs with their parts, one of them to be pinned, and loose results; the oldest first."""
    keys = {}
    age = time.time() - 20 * 86_400
    for name, stage in [
        ("pinned train", "train"),
        ("train", "train"),
        ("used select", "select"),
        ("old loose select", "select"),
        ("loose proxy", "proxy"),
        ("new loose select", "select"),
    ]:
        keys[name] = digest(name)
        store.put(keys[name], _artifact(stage))
        age += 86_400
        _age(folder, keys[name], hours=(time.time() - age) / 3600)
    runs = {"run": ["train", "used select"], "pinned run": ["pinned train"]}
    for name, parts in runs.items():
        keys[name] = digest(name)
        store.put(keys[name], _artifact("run", stage_keys={part: keys[part] for part in parts}))
    return keys


@pytest.mark.parametrize(
    ("kept", "gone"),
    [
        (6, []),
        (5, ["old loose select"]),
        (4, ["old loose select", "new loose select"]),
        (3, ["old loose select", "new loose select", "loose proxy"]),
        (2, ["old loose select", "new loose select", "loose proxy", "train"]),
        (0, ["old loose select", "new loose select", "loose proxy", "train", "used select", "pinned train"]),
    ],
)
def test_what_is_needed_least_goes_first(tmp_path: Path, kept: int, gone: list[str]) -> None:
    keys = _fill(DiskStore(tmp_path), tmp_path)
    store = DiskStore(tmp_path, limit=kept * (SIZE + 1000) + 2000, pinned=lambda: {keys["pinned run"]})
    store.tidy()
    assert [name for name, key in keys.items() if not store.has(key)] == [name for name in keys if name in gone]
    assert store.has(keys["run"])
    assert store.has(keys["pinned run"])


def test_growing_beyond_the_limit_tidies_by_itself(tmp_path: Path) -> None:
    store = DiskStore(tmp_path, limit=5 * SIZE)
    for number in range(30):
        store.put(digest(number), _artifact("select"))
        assert store.get(digest(number)) is not None
        _age(tmp_path, digest(number), hours=2)
    objects = list((tmp_path / "objects").glob("*/*/0.npy"))
    assert sum(path.stat().st_size for path in objects) <= 6 * SIZE
    assert store.get(digest(0)) is None


def test_what_was_read_lately_stays(tmp_path: Path) -> None:
    keys = _fill(DiskStore(tmp_path), tmp_path)
    assert DiskStore(tmp_path).get(keys["old loose select"]) is not None
    store = DiskStore(tmp_path, limit=5 * (SIZE + 1000) + 2000)
    store.tidy()
    assert store.has(keys["old loose select"])
    assert not store.has(keys["new loose select"])


def test_leftovers_of_killed_writers_are_swept_and_busy_ones_are_not(tmp_path: Path) -> None:
    store = DiskStore(tmp_path)
    store.put(digest(1), _artifact("select"))
    shelf = next((tmp_path / "objects").iterdir())
    for name, hours in (("new-dead", 2), ("old-dead", 30), ("new-busy", 0)):
        (shelf / name).mkdir()
        (shelf / name / "0.npy").write_bytes(b"half")
        os.utime(shelf / name, (time.time() - hours * 3600,) * 2)
    store.tidy()
    assert sorted(path.name for path in shelf.iterdir()) == sorted([digest(1), "new-busy"])


def test_a_limit_is_a_number_of_gigabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CORELENS_STORE_GB", raising=False)
    assert home.store_limit() == 20e9
    monkeypatch.setenv("CORELENS_STORE_GB", "0.5")
    assert home.store_limit() == 5e8
    for wrong in ("0", "-1", "much", "inf", "nan"):
        monkeypatch.setenv("CORELENS_STORE_GB", wrong)
        with pytest.raises(CorelensError, match=f"CORELENS_STORE_GB is '{wrong}'; set it to a number"):
            home.store_limit()


def test_nothing_goes_while_it_is_unknown_what_is_pinned(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite3").write_bytes(b"no database at all " * 500)
    store = home.open_store(tmp_path)
    keys = _fill(store, tmp_path)
    store._limit = 1
    store.tidy()
    assert all(store.has(key) for key in keys.values())


def test_what_is_used_from_memory_is_used(tmp_path: Path) -> None:
    store = DiskStore(tmp_path, limit=1)
    store.put(digest(1), _artifact("split"))
    assert store.get(digest(1)) is not None
    _age(tmp_path, digest(1), hours=48)
    assert store.get(digest(1)) is not None  # from memory
    store.tidy()
    assert store.has(digest(1))
    _age(tmp_path, digest(1), hours=48)
    store.tidy()
    assert not store.has(digest(1))


def test_parts_of_a_run_that_is_being_made_and_sentences_of_failed_jobs_stay(tmp_path: Path) -> None:
    store = DiskStore(tmp_path, limit=1)
    store.put(digest("fresh"), _artifact("train"))
    store.put(digest("outcome"), Artifact({}, {"state": "failed"}, "outcome"))
    _age(tmp_path, digest("outcome"), hours=1000)
    store.tidy()
    assert store.has(digest("fresh"))
    assert store.has(digest("outcome"))

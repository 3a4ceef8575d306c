from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from cache import objects
from cache.store import DiskStore
from rec_core.canonical import digest
from rec_core.stages import Artifact, MemoryStore, StageStore

KEY = digest({"name": "a key"})
ARTIFACT = Artifact({"rows": np.arange(1000), "titles": np.array(["Café", "=1+1"])}, {"metric": 0.5, "none": None})


@pytest.fixture(params=["memory", "disk"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> StageStore:
    return MemoryStore() if request.param == "memory" else DiskStore(tmp_path)


def _same(found: Artifact | None) -> bool:
    return (
        found is not None
        and found.meta == ARTIFACT.meta
        and all(np.array_equal(found.arrays[name], array) for name, array in ARTIFACT.arrays.items())
    )


def test_every_store_gives_back_what_was_put(store: StageStore) -> None:
    assert store.get(KEY) is None
    assert not store.has(KEY)
    store.put(KEY, ARTIFACT)
    assert store.has(KEY)
    assert _same(store.get(KEY))
    store.put(KEY, Artifact({}, {"metric": 1}))
    again = store.get(KEY)
    assert again is not None
    assert again.meta == {"metric": 1}


def test_another_process_sees_the_same(tmp_path: Path) -> None:
    DiskStore(tmp_path).put(KEY, ARTIFACT)
    assert _same(DiskStore(tmp_path).get(KEY))


def _objects(folder: Path) -> list[Path]:
    return sorted(p for p in (folder / "objects").rglob("*") if p.is_file())


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize("harm", ["flip", "cut", "empty", "remove"])
def test_a_damaged_object_is_a_miss_and_can_be_replaced(tmp_path: Path, number: int, harm: str) -> None:
    DiskStore(tmp_path).put(KEY, ARTIFACT)
    path = _objects(tmp_path)[number]
    raw = bytearray(path.read_bytes())
    if harm == "flip":
        raw[len(raw) // 2] ^= 1
    path.write_bytes(bytes({"flip": raw, "cut": raw[: len(raw) // 2]}.get(harm, b"")))
    if harm == "remove":
        path.unlink()
    assert DiskStore(tmp_path).get(KEY) is None
    assert not DiskStore(tmp_path).has(KEY)
    DiskStore(tmp_path).put(KEY, ARTIFACT)
    assert _same(DiskStore(tmp_path).get(KEY))


def test_a_changed_number_in_the_manifest_does_not_pass(tmp_path: Path) -> None:
    DiskStore(tmp_path).put(KEY, ARTIFACT)
    manifest = next(p for p in _objects(tmp_path) if p.name == "manifest.json")
    manifest.write_text(manifest.read_text().replace("0.5", "0.9"))
    assert DiskStore(tmp_path).get(KEY) is None


def test_a_future_format_is_a_miss(tmp_path: Path) -> None:
    DiskStore(tmp_path).put(KEY, ARTIFACT)
    manifest = next(p for p in _objects(tmp_path) if p.name == "manifest.json")
    body = json.loads(manifest.read_text())["body"] | {"format": 99}
    manifest.write_text(json.dumps({"sha256": digest(body), "body": body}))
    assert DiskStore(tmp_path).get(KEY) is None


def test_what_is_read_cannot_be_changed_by_accident(tmp_path: Path) -> None:
    DiskStore(tmp_path).put(KEY, ARTIFACT)
    found = DiskStore(tmp_path).get(KEY)
    assert found is not None
    with pytest.raises(ValueError, match="read-only"):
        found.arrays["rows"][0] = 7


def test_memory_is_bounded(tmp_path: Path) -> None:
    store = DiskStore(tmp_path, memory_bytes=20_000)
    keys = [digest(n) for n in range(10)]
    for n, key in enumerate(keys):
        store.put(key, Artifact({"x": np.full(1000, n)}, {}))
        store.get(key)
    assert store._memory._bytes <= 20_000
    found = store.get(keys[0])
    assert found is not None
    assert found.arrays["x"][0] == 0


WRITER = """
import sys, numpy as np
from pathlib import Path
from cache import objects
from cache.store import DiskStore
from rec_core.stages import Artifact
store = DiskStore(Path(sys.argv[1]))
n = 0
while True:
    n += 1
    store.put(sys.argv[2], Artifact({"x": np.full(20_000, n), "y": np.full(20_000, n)}, {"n": n}))
    print(n, flush=True)
"""


def test_a_killed_writer_leaves_a_whole_object(tmp_path: Path) -> None:
    for attempt in range(8):
        command = [sys.executable, "-c", WRITER, str(tmp_path), KEY]
        writer = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])
        assert writer.stdout is not None
        for _ in range(3):
            writer.stdout.readline()
        time.sleep(0.003 * attempt)
        os.kill(writer.pid, signal.SIGKILL)
        writer.communicate()
        found = DiskStore(tmp_path).get(KEY)
        if found is not None:  # killed between moving the old object aside and the new one in: a miss, never a mixture
            assert (found.arrays["x"] == found.meta["n"]).all()
            assert (found.arrays["y"] == found.meta["n"]).all()
    DiskStore(tmp_path).put(KEY, ARTIFACT)
    assert _same(DiskStore(tmp_path).get(KEY))


def _put_often(folder: Path, number: int) -> None:
    store = DiskStore(folder)
    for _ in range(20):
        store.put(KEY, Artifact({"x": np.full(5000, number)}, {"n": number}))


def test_many_writers_of_one_key_never_mix(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_put_often, args=(tmp_path, n)) for n in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [w.exitcode for w in writers] == [0] * 4
    found = DiskStore(tmp_path).get(KEY)
    assert found is not None
    assert (found.arrays["x"] == found.meta["n"]).all()
    assert not list((tmp_path / "objects").rglob("new-*"))


LARGE = Artifact({"x": np.arange(1 << 18, dtype=np.int64)}, {})  # 2 MB


def test_presence_is_a_look_at_the_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    DiskStore(tmp_path).put(KEY, LARGE)
    monkeypatch.setattr("cache.objects._verifies", lambda path, sha256: pytest.fail("an array was hashed"))
    monkeypatch.setattr("cache.objects._load", lambda path: pytest.fail("an array was read"))
    assert DiskStore(tmp_path).has(KEY)
    assert not DiskStore(tmp_path).has(digest("nothing"))
    next(p for p in _objects(tmp_path) if p.name == "0.npy").write_bytes(b"short")
    assert not DiskStore(tmp_path).has(KEY)


def test_hashes_are_checked_once_per_process_and_object(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    DiskStore(tmp_path).put(KEY, LARGE)
    hashed: list[Path] = []
    verifies = objects._verifies

    def count(path: Path, sha256: str) -> bool:
        hashed.append(path)
        return verifies(path, sha256)

    monkeypatch.setattr("cache.objects._verifies", count)
    for _ in range(3):
        assert DiskStore(tmp_path).get(KEY) is not None
    assert len(hashed) == 1
    DiskStore(tmp_path).put(KEY, LARGE)  # another object under the same key
    assert DiskStore(tmp_path).get(KEY) is not None
    assert len(hashed) == 2


def test_large_arrays_are_mapped_and_stay_readable_when_they_are_replaced(tmp_path: Path) -> None:
    store = DiskStore(tmp_path)
    store.put(KEY, LARGE)
    found = store.get(KEY)
    assert found is not None
    assert isinstance(found.arrays["x"].base, np.memmap)
    assert store._memory._bytes == 0
    with pytest.raises(ValueError, match="read-only"):
        found.arrays["x"][0] = 7
    store.remove(KEY)
    assert found.arrays["x"][-1] == (1 << 18) - 1


@pytest.mark.alone
@pytest.mark.slow
def test_a_split_as_large_as_movielens_32m_is_looked_at_in_no_time(tmp_path: Path) -> None:
    rows = {name: np.zeros(32_000_000, kind) for name, kind in (("user", "i4"), ("item", "i4"), ("time", "i8"))}
    DiskStore(tmp_path).put(KEY, Artifact(rows, {}))
    code = f"""
import psutil, time
from pathlib import Path
from cache import objects
from cache.store import DiskStore
store, before, begin = DiskStore(Path({str(tmp_path)!r})), psutil.Process().memory_info().rss, time.perf_counter()
assert store.has({KEY!r})
assert time.perf_counter() - begin < 0.05, time.perf_counter() - begin
found = store.get({KEY!r})
assert found.arrays["user"][-1] == 0
assert psutil.Process().memory_full_info().uss - before < 100e6  # 512 MB of arrays; mapped pages are the system's
"""
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=True)


def test_mapped_arrays_are_not_kept_open_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes a file descriptor, of which a process has a thousand."""
    monkeypatch.setattr("cache.store._MOST_MAPPED", 5)
    store = DiskStore(tmp_path)
    for number in range(12):
        store.put(digest(number), Artifact({"x": np.full(1 << 17, number)}, {}))
        assert store.get(digest(number)) is not None
    assert psutil.Process().num_fds() < 200
    assert store._memory._mapped == len(store._memory._kept) == 5


def test_a_new_object_under_an_old_key_is_hashed_again(tmp_path: Path) -> None:
    """File systems give a new file the number of one that was removed."""
    store = DiskStore(tmp_path)
    for _ in range(20):
        store.put(KEY, LARGE)
        assert store.get(KEY) is not None
        store.remove(KEY)
        store.put(KEY, LARGE)
        path = next(p for p in _objects(tmp_path) if p.name == "0.npy")
        raw = bytearray(path.read_bytes())
        raw[-1] ^= 1
        path.write_bytes(raw)
        assert DiskStore(tmp_path).get(KEY) is None

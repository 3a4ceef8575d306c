"""What lies in a home folder is its owner's alone, whatever the umask and the maker."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cache import private
from cache.jobs import Jobs
from cache.ledger import Ledger
from cache.logs import Logs
from cache.store import DiskStore
from rec_core.data.sources import Folders
from rec_core.experiment import Experiment
from tests.conftest import quick


@pytest.fixture(params=[0o000, 0o022], ids=["umask 000", "umask 022"])
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def _open_to_others(folder: Path) -> list[str]:
    every = [folder, *folder.rglob("*")]
    return [str(place) for place in every if stat.S_IMODE(place.stat().st_mode) & 0o077]


@pytest.mark.usefixtures("_umask")
def test_what_is_made_is_closed_to_others(tmp_path: Path) -> None:
    home = tmp_path / "home"
    Experiment(quick(), DiskStore(home), Folders(None, home / "data")).result()
    Ledger(home).ask("key", "run", quick())
    Logs(Ledger(home)).uploads.keep("", "log.csv", b"user,item\n", 10**6, ())
    private.write(home / "servers" / "8501.html", b"secret")
    assert {place.name for place in home.iterdir()} >= {"objects", "ledger.sqlite3", "uploads", "servers"}
    assert _open_to_others(home) == []


@pytest.mark.usefixtures("_umask")
def test_the_files_beside_the_ledger_are_closed_while_it_is_written(tmp_path: Path) -> None:
    with Ledger(tmp_path / "home")._transaction() as database:
        database.execute("INSERT INTO names VALUES ('a', 'b')")
        names = {place.name for place in (tmp_path / "home").iterdir()}
        assert names == {"ledger.sqlite3", "ledger.sqlite3-wal", "ledger.sqlite3-shm"}
        assert _open_to_others(tmp_path / "home") == []


def test_the_command_line_closes_its_home_and_leaves_what_it_writes_elsewhere_to_the_umask(tmp_path: Path) -> None:
    out, home = tmp_path / "out.json", tmp_path / "home"
    command = [
        sys.executable,
        "-m",
        "rec_core",
        "run",
        "--dataset",
        "synthetic-10k",
        "--set",
        "train.epochs=1",
        "--json",
        str(out),
    ]
    subprocess.run(command, env=os.environ | {"CORELENS_HOME": str(home)}, check=True, capture_output=True, umask=0o002)
    assert _open_to_others(home) == []
    assert stat.S_IMODE(out.stat().st_mode) == 0o664


def _left_open(home: Path) -> Path:
    """Return a home folder as earlier versions left it."""
    for name in (
        "objects/ab/ab12/0.npy",
        "uploads/0123/log.csv",
        "jobs/worker.log",
        "data/ml-1m.zip",
        "ledger.sqlite3",
    ):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(b"")
    for place in [home, *home.rglob("*")]:
        place.chmod(0o777 if place.is_dir() else 0o666)
    return home


def test_a_home_that_an_earlier_version_left_open_is_closed_when_it_is_opened(tmp_path: Path) -> None:
    home = _left_open(tmp_path / "home")
    Jobs(home, Folders(None, home / "data"))
    assert _open_to_others(home) == []


def test_what_is_not_corelens_own_is_left_as_it_is(tmp_path: Path) -> None:
    home = _left_open(tmp_path / "home")
    (tmp_path / "elsewhere").mkdir(mode=0o755)
    (home / "objects" / "link").symlink_to(tmp_path / "elsewhere")
    (home / "thesis.txt").touch(mode=0o644)
    private.tighten(home)
    assert _open_to_others(tmp_path / "elsewhere") == [str(tmp_path / "elsewhere")]
    assert stat.S_IMODE(home.stat().st_mode) == 0o777  # shared with what else is in it
    assert stat.S_IMODE((home / "thesis.txt").stat().st_mode) == 0o644
    assert all(not _open_to_others(home / name) for name in ("uploads", "jobs", "data", "ledger.sqlite3"))


@pytest.mark.skipif(os.getuid() != 0 and os.environ.get("CI") != "true", reason="only root gives folders away")
def test_what_belongs_to_another_account_is_left_as_it_is(tmp_path: Path) -> None:
    home = _left_open(tmp_path / "home")
    os.chown(home, 65534, 65534)
    private.tighten(home)
    assert stat.S_IMODE(home.stat().st_mode) == 0o777


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "file"
    private.write(place, b"before")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        private.write(place, b"after")
    assert place.read_bytes() == b"before"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]

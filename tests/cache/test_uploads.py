"""Files that people sent: whose they are, how long they stay, and how many fit."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from cache.home import uploads_limit
from cache.uploads import Uploads
from rec_core.errors import CorelensError, DataError

ROOM = 10**6


def _age(place: Path, seconds: float) -> None:
    os.utime(place, (time.time() - seconds,) * 2)


def test_the_same_file_of_one_person_is_one_and_of_two_people_two(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    first = uploads.keep("one", "log.csv", b"1", ROOM, ())
    _age(first, 100)
    inode = first.stat().st_ino
    assert uploads.keep("one", "log.csv", b"1", ROOM, ()) == first
    assert first.stat().st_ino == inode  # it is not written again
    assert time.time() - first.stat().st_mtime < 50  # and is in use
    assert uploads.keep("two", "log.csv", b"1", ROOM, ()) != first
    assert uploads.keep("one", "log.csv", b"2", ROOM, ()) != first


@pytest.mark.parametrize(
    "name", ["../../../etc/cron.d/x", "/etc/passwd", "..", ".", "", "\0", "a" * 5000, "..\\x", ".htaccess"]
)
def test_any_name_becomes_one_in_the_folder(name: str, tmp_path: Path) -> None:
    place = Uploads(tmp_path).keep("one", name, b"1", ROOM, ())
    assert place.parent.parent == tmp_path
    assert not place.name.startswith(".")
    assert place.read_bytes() == b"1"


def test_files_that_no_log_is_read_from_go_after_an_hour(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    used, unused, new = (uploads.keep("one", "log.csv", text, ROOM, ()) for text in (b"1", b"2", b"3"))
    _age(used, 7200)
    _age(unused, 7200)
    uploads.sweep({str(used)})
    assert (used.exists(), unused.exists(), new.exists()) == (True, False, True)
    assert not unused.parent.exists()


def test_all_of_them_have_a_limit_and_what_nothing_uses_makes_room(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    first = uploads.keep("one", "log.csv", b"1" * 60, 100, ())
    with pytest.raises(DataError, match="No room for this file") as refused:
        uploads.keep("two", "log.csv", b"2" * 60, 100, ())
    assert "CORELENS_UPLOADS_GB" in str(refused.value)
    assert uploads.keep("one", "log.csv", b"1" * 60, 100, ()) == first
    _age(first, 7200)
    uploads.keep("two", "log.csv", b"2" * 60, 100, ())
    assert not first.exists()


def test_only_files_of_the_folder_are_discarded(tmp_path: Path) -> None:
    (tmp_path / "log.csv").touch()
    Uploads(tmp_path / "uploads").discard(tmp_path / "log.csv")
    assert (tmp_path / "log.csv").exists()


def test_the_limit_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    assert uploads_limit() == 2_000_000_000
    monkeypatch.setenv("CORELENS_UPLOADS_GB", "0.5")
    assert uploads_limit() == 500_000_000
    monkeypatch.setenv("CORELENS_UPLOADS_GB", "much")
    with pytest.raises(CorelensError, match="CORELENS_UPLOADS_GB is 'much'"):
        uploads_limit()

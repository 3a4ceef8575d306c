"""Paths that people name: none makes Corelens wait or fail without a sentence."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from rec_core.data.sources import Folders
from rec_core.data.sources.table import Columns, Reading, Table, layout_of, sniff
from rec_core.data.sources.table import places as paths
from rec_core.data.sources.table.opening import hash_of, size_of, start_of, version_of
from rec_core.data.sources.table.places import absolute, exists
from rec_core.errors import DataError

_FOLDERS = Folders(None, Path("no-downloads"))


def _within(seconds: float, work: Callable[[], object]) -> object:
    """Return the result of ``work``, or the error that it ends with; fail where it takes longer."""
    found: list[object] = []

    def do() -> None:
        try:
            found.append(work())
        except BaseException as error:
            found.append(error)

    thread = threading.Thread(target=do, daemon=True)
    thread.start()
    thread.join(seconds)
    assert found, "it waits"
    return found[0]


@pytest.mark.parametrize("what", ["a pipe", "a socket", "a device"])
def test_what_may_wait_for_ever_is_never_opened(tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log.csv"
    if what == "a pipe":
        os.mkfifo(path)
    elif what == "a socket":
        monkeypatch.chdir(tmp_path)  # a socket's path has to be short
        socket.socket(socket.AF_UNIX).bind("log.csv")
    else:
        path.symlink_to("/dev/zero")
    error = _within(10, lambda: sniff(str(path)))
    assert isinstance(error, DataError)
    assert f"'log.csv' is {what}, which is not opened." in str(error)
    assert _within(10, lambda: hash_of(str(path))) == "unreadable"
    assert _within(10, lambda: size_of(str(path))) == (0, False)
    log = Table.called("log-0", "Log", str(path), Reading(columns=Columns(user="u", item="i")), "")
    assert isinstance(_within(10, lambda: log.load(_FOLDERS)), DataError)
    assert _within(10, lambda: log.fingerprint(_FOLDERS))


@pytest.mark.parametrize(
    "path",
    [
        "a\0b.csv",
        "x" * 5000,
        "/" + "y" * 300 + "/log.csv",
        "/no-such-folder/" + "z" * 300,
        "é" * 200,
        "~nobody-of-this-name/log.csv",
        "\udc80.csv",
        "reference://x",
        "jupyter://x",
        "memory://nothing",
        "no-such-scheme://x",
        "tar://x::file:///etc/hostname",
        "zip://x::file:///etc/hostname",
        "://",
        "",
        "/proc/self/mem",
    ],
)
def test_paths_that_can_be_none_are_said_in_a_sentence(path: str) -> None:
    for use in (sniff, layout_of, start_of):
        with pytest.raises(DataError) as error:
            use(path)
        assert len(str(error.value)) < 500
        str(error.value).encode()
    assert hash_of(path)
    assert version_of(path) is not None
    exists(path)
    size_of(path)
    with suppress(DataError):
        absolute(path)


def test_a_folder_of_too_many_files_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "_MOST", 20)
    for number in range(30):
        (tmp_path / f"{number}.txt").touch()
    with pytest.raises(DataError, match="holds more than 20 files and folders: name the one with the rows"):
        sniff(str(tmp_path))

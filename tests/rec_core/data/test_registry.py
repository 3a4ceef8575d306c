"""The list of sources: whole for everybody who goes through it, whatever other threads change."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from rec_core.data.sources import SOURCES, register
from rec_core.data.sources.table import Columns, Reading, Table
from rec_core.errors import DataError


def _log(number: int) -> Table:
    reading = Reading(columns=Columns(user="u", item="i"))
    return Table.called(f"log-{number:012x}", f"Log {number}", str(Path("log.csv")), reading, "")


_LOOKS: dict[str, Callable[[], object]] = {
    "names": lambda: [name for name in SOURCES if name.startswith("log-")],
    "items": lambda: {name: source.title for name, source in SOURCES.items()},
    "values": lambda: sorted(source.title for source in SOURCES.values()),
    "joined": lambda: ", ".join(SOURCES),
    "copied": lambda: dict(SOURCES.items()),
}


@pytest.mark.parametrize("look", _LOOKS)
def test_the_list_can_be_gone_through_while_it_is_changed(look: str) -> None:
    logs, done, before = [_log(number) for number in range(200)], threading.Event(), sys.getswitchinterval()
    failed: list[BaseException] = []

    def change() -> None:
        for times in range(400):
            register(logs[times % 7 :: 1 + times % 3])
        done.set()

    sys.setswitchinterval(1e-6)
    thread = threading.Thread(target=change)
    thread.start()
    try:
        while not done.is_set():
            try:
                _LOOKS[look]()
            except (RuntimeError, DataError) as error:
                failed.append(error)
    finally:
        thread.join()
        sys.setswitchinterval(before)
    assert failed == []


def test_what_is_gone_is_said_and_what_is_always_there_stays() -> None:
    register([_log(1), _log(2)])
    assert [name for name in SOURCES if name.startswith("log-")] == [_log(1).name, _log(2).name]
    register([_log(2)])
    assert _log(1).name not in SOURCES
    assert SOURCES.get(_log(1).name) is None
    with pytest.raises(DataError, match="is not on the list any more"):
        SOURCES[_log(1).name]
    assert "ml-1m" in SOURCES

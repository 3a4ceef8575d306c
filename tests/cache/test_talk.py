"""Nobody waits long for a scheduler that is late, and what it said last stands meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from cache.launcher import scheduler
from cache.launcher.scheduler import Scheduler
from cache.launcher.talk import Talk


def test_calls_are_made_in_order_and_bring_their_answers() -> None:
    talk, made = Talk(), list[int]()
    answers = [talk.tell(partial(made.append, number)) for number in range(5)]
    assert talk.ask(lambda: 7, seconds=10) == 7
    assert made == [0, 1, 2, 3, 4]
    assert all(answer.done() for answer in answers)
    with pytest.raises(ZeroDivisionError):
        talk.ask(lambda: 1 // 0, seconds=10)
    assert not talk.is_busy


def test_who_asks_waits_only_so_long_and_the_call_is_made_all_the_same() -> None:
    talk, may_end, made = Talk(), threading.Event(), list[str]()

    def call() -> None:
        may_end.wait()
        made.append("made")

    with pytest.raises(TimeoutError):
        talk.ask(call, seconds=0.01)
    assert talk.is_busy
    may_end.set()
    talk.ask(lambda: None, seconds=10)
    assert made == ["made"]


class _Hangs:
    """A client whose scheduler answers, or takes its time."""

    def __init__(self) -> None:
        self.answers = threading.Event()
        self.states: dict[str, str] = {"k": "running"}


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> tuple[Scheduler, _Hangs]:
    client, of = _Hangs(), Scheduler(lambda: "tls://somewhere", lambda: None)  # type: ignore[arg-type,return-value]
    monkeypatch.setattr(of, "_connect", lambda: client)

    def ask(client: _Hangs, function: Callable[..., Any], **arguments: Any) -> Any:
        client.answers.wait()
        return client.states

    monkeypatch.setattr(scheduler, "_ask", ask)
    monkeypatch.setattr(scheduler, "_PATIENCE", 0.2)
    monkeypatch.setattr(scheduler, "_PAUSE", 0.05)
    return of, client


def test_looks_at_a_scheduler_that_hangs_are_quick_and_show_what_was_known(hanging: tuple[Scheduler, _Hangs]) -> None:
    """A look took 27 s once."""
    of, client = hanging
    client.answers.set()
    assert (of.states(), of.is_late) == ({"k": "running"}, False)
    client.answers.clear()
    client.states = {"k": "running", "later": "waiting"}
    begin = time.monotonic()
    assert [of.states() for _ in range(20)] == [{"k": "running"}] * 20
    assert time.monotonic() - begin < 2  # one of them waited
    client.answers.set()  # the question that is still open is answered now, and counts
    end = time.monotonic() + 10
    while of.is_late:
        assert time.monotonic() < end
        time.sleep(0.01)
    assert of.states() == client.states


def test_looks_of_several_readers_at_once_do_not_take_each_other_for_lateness(
    hanging: tuple[Scheduler, _Hangs],
) -> None:
    """What is not answered counts as gone where the scheduler is not late: every job would begin again."""
    of, client = hanging
    client.answers.set()
    found: list[dict[str, Any]] = []
    readers = [threading.Thread(target=lambda: found.append(of.states())) for _ in range(20)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert found == [{"k": "running"}] * 20

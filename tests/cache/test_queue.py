"""The queue: what is handed over again when a scheduler or a worker dies, how often, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cache.jobs import AGAIN, LOST, Jobs
from cache.outcomes import Outcome, save_outcome
from cache.queue import OUT_OF_MEMORY, Queue
from cache.worker import execute, make
from rec_core.data.sources import Folders
from rec_core.experiment import Experiment
from tests.conftest import key, quick
from tests.launchers import Busy

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def alone(tmp_path: Path) -> tuple[Jobs, Busy]:
    """Return jobs whose launcher forgets them where ``states().clear()`` says so, as one whose scheduler was killed."""
    launcher = Busy()
    return Jobs(tmp_path, Folders(None, tmp_path / "data"), launcher), launcher


def test_what_waited_when_the_scheduler_died_is_handed_over_again(alone: tuple[Jobs, Busy]) -> None:
    """It was called interrupted, killed or out of memory, and had to be asked for by hand."""
    (jobs, launcher), spec = alone, quick("random")
    jobs.ask(spec)
    beside = set(launcher.states())  # its controls are lost with it
    launcher.states().clear()
    assert jobs.job(spec).state in ("waiting", "running")
    assert set(launcher.states()) == beside
    launcher.states().clear()
    assert [job.key for job in jobs.active()] == [key(spec)]
    launcher.states().clear()
    assert jobs.failed() == []
    launcher.states().clear()
    assert [job.state for job in jobs.runs([spec])] == ["running"]
    launcher.states().clear()
    jobs.tend()  # as the app does where nobody looks
    assert set(launcher.states()) == beside


def test_a_look_while_a_run_is_asked_for_does_not_call_it_lost(
    alone: tuple[Jobs, Busy], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The strip counted a run without result for a second, which another thread was just asking for."""
    (jobs, _), seen = alone, list[str]()
    other = Jobs(jobs._home, jobs.folders, Busy())
    for name in ("put", "ask"):
        of = jobs._queue if name == "put" else jobs.ledger
        real = getattr(of, name)

        def look_after(*arguments: Any, real: Callable[..., None] = real) -> None:
            real(*arguments)
            seen.append(other.job(quick("random")).state)

        monkeypatch.setattr(of, name, look_after)
    jobs.ask(quick("random"), with_controls=False)
    assert len(seen) == 2
    assert set(seen) <= {"new", "waiting", "running"}


def test_another_process_hands_over_what_a_killed_one_had_asked_for(alone: tuple[Jobs, Busy]) -> None:
    jobs, _ = alone
    jobs.ask(quick("random"))
    launcher = Busy()
    other = Jobs(jobs._home, jobs.folders, launcher)
    assert other.job(quick("random")).state == "running"
    assert key(quick("random")) in launcher.states()
    assert other.job(quick("greedy")).state == "new"  # nobody asked for it


def test_a_late_scheduler_is_waited_for(alone: tuple[Jobs, Busy]) -> None:
    (jobs, launcher), spec = alone, quick("random")
    jobs.ask(spec)
    launcher.states().clear()
    launcher.is_late = True
    assert jobs.job(spec).state == "waiting"
    assert launcher.states() == {}


def test_what_ended_is_not_handed_over_again(alone: tuple[Jobs, Busy]) -> None:
    jobs, launcher = alone
    done, failed, cancelled, lost = (quick("random", seed=seed) for seed in range(4))
    for spec in (done, failed, cancelled, lost):
        jobs.ask(spec, with_controls=False)
    make("run", Experiment(done, jobs.store, jobs.folders))  # and the worker is killed before it says that it ended
    save_outcome(jobs.store, key(failed), Outcome("failed", "It failed."))
    jobs.cancel(key(cancelled))
    launcher.states().clear()
    assert [jobs.job(spec).state for spec in (done, failed, cancelled)] == ["done", "failed", "cancelled"]
    assert list(launcher.states()) == [key(lost)]
    make("run", Experiment(lost, jobs.store, jobs.folders))
    launcher.states().clear()
    jobs.tend()
    jobs.store.remove(key(lost))
    job = jobs.job(lost)  # nothing trains because a file was removed
    assert (job.state, job.message, launcher.states()) == ("interrupted", LOST, {})


def test_what_died_too_often_says_why_until_it_is_asked_for_again(alone: tuple[Jobs, Busy]) -> None:
    (jobs, launcher), spec = alone, quick("random")
    jobs.ask(spec, with_controls=False)
    queue = Queue(jobs.ledger)
    for cause in ("killed by signal 9", OUT_OF_MEMORY, OUT_OF_MEMORY):
        launcher.states().clear()
        jobs.tend()
        assert key(spec) in launcher.states()
        assert queue.begin(key(spec), "1/2")
        queue.died("1/3", "another worker")
        queue.died("1/2", cause)
    launcher.states()[key(spec)] = "waiting"  # handed over before the last death was noted
    (job,) = jobs.failed()
    assert job.state == jobs.job(spec).state == "interrupted"
    assert job.message == (
        "Its worker process died three times (killed by signal 9, out of memory). Choose a smaller embedding size or "
        "batch size, then run it again. Finished steps are kept."
    )
    assert launcher.states() == {}
    jobs.ask(spec, with_controls=False)
    launcher.states().clear()
    jobs.tend()
    assert key(spec) in launcher.states()
    launcher.states().clear()
    jobs.dismiss(key(spec))
    assert jobs.job(spec).state == "new"
    assert launcher.states() == {}


def test_what_is_stopped_by_others_is_not_given_up_soon(alone: tuple[Jobs, Busy]) -> None:
    """A scheduler that was killed says nothing about its jobs; but nothing is begun for ever."""
    (jobs, launcher), spec = alone, quick("random")
    jobs.ask(spec, with_controls=False)
    begun = 0
    while jobs.job(spec).state == "running":
        assert Queue(jobs.ledger).begin(key(spec), f"1/{begun}")
        begun += 1
        assert begun < 100
        launcher.states().clear()
    assert begun == 20
    assert "stopped 20 times while this ran" in jobs.job(spec).message


def test_a_job_that_waits_says_that_it_starts_again(alone: tuple[Jobs, Busy]) -> None:
    (jobs, launcher), spec = alone, quick("random")
    jobs.ask(spec, with_controls=False)
    assert Queue(jobs.ledger).begin(key(spec), "1/2")
    for state, message in (("waiting", AGAIN), ("starting", f"{AGAIN} Starting a worker process.")):
        launcher.states()[key(spec)] = state  # type: ignore[assignment]
        assert jobs.job(spec).state == "waiting"
        assert jobs.job(spec).message.startswith(message)


def test_a_job_that_is_handed_over_twice_is_done_once(
    alone: tuple[Jobs, Busy], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two apps of one home may both notice that the scheduler is gone."""
    (jobs, launcher), spec, made = alone, quick("random"), list[str]()
    monkeypatch.setattr("cache.worker.make", lambda kind, experiment: made.append(kind))
    monkeypatch.setattr("cache.launcher.inside.teller", lambda topic: launcher.told.append)
    monkeypatch.setattr("cache.launcher.inside.cancel_flag", lambda key: lambda: False)
    jobs.ask(spec, with_controls=False)
    jobs.cancel(key(spec))
    execute(key(spec), "run", spec.model_dump_json(), str(jobs._home), "")
    assert made == []  # it was cancelled on its way
    launcher.states().clear()
    assert jobs.job(spec).state == "cancelled"
    jobs.ask(spec, with_controls=False)
    execute(key(spec), "run", spec.model_dump_json(), str(jobs._home), "")
    assert made == ["run"]
    make("run", Experiment(spec, jobs.store, jobs.folders))
    execute(key(spec), "run", spec.model_dump_json(), str(jobs._home), "")
    assert made == ["run"]

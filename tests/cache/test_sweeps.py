"""Sweeps go on by themselves, whatever happens to them, and no run of one is made twice."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from cache.jobs import Jobs
from cache.kinds import STAGES
from cache.launcher import JobState
from cache.ledger import Ledger
from cache.outcomes import Outcome, save_outcome
from cache.queue import Queue
from cache.sweeps import BY_HAND, Sweeps
from rec_core import specs
from rec_core.data.sources import Folders
from rec_core.errors import CorelensError
from rec_core.experiment import Experiment
from rec_core.selection.quota import Quota
from rec_core.selection.random import Random
from rec_core.selection.recent import Recent
from rec_core.specs import ExperimentSpec
from rec_core.stages import RUN
from rec_core.stages.controls import KEPT_CONTROLS
from rec_core.sweeps import Plan, Question
from tests.conftest import quick


class ByHand:
    """A launcher whose workers work when they are told to."""

    workers = 2
    is_late = False
    has_workers = True

    def __init__(self) -> None:
        self.given: dict[str, tuple[str, ...]] = {}
        self.made: list[str] = []
        self.kinds: list[str] = []
        self.fails: Callable[[ExperimentSpec], str] = lambda spec: ""

    def submit(self, key: str, function: Callable[..., None], *args: str, later: bool = False) -> None:
        self.given.setdefault(key, args)

    def states(self) -> dict[str, JobState]:
        return {key: "running" if place < self.workers else "waiting" for place, key in enumerate(self.given)}

    def failures(self) -> dict[str, str]:
        return {}

    def events(self, topic: str) -> Sequence[Any]:
        return ()

    def cancel(self, key: str) -> bool:
        return self.given.pop(key, None) is not None

    def close(self) -> None:
        pass

    def work(self, jobs: Jobs) -> None:
        """Do everything that was given."""
        for key, (kind, spec, *_) in list(self.given.items()):
            parsed = specs.parse(json.loads(spec))
            if why := self.fails(parsed):
                save_outcome(jobs.store, key, Outcome("failed", why))
            else:
                Experiment(parsed, jobs.store, jobs.folders).graph.get(STAGES[kind])  # type: ignore[index]
                self.made.append(key)
                self.kinds.append(kind)
            Queue(jobs.ledger).remove(key)
            del self.given[key]


@pytest.fixture
def launcher() -> ByHand:
    return ByHand()


@pytest.fixture
def jobs(tmp_path: Path, launcher: ByHand) -> Jobs:
    return Jobs(tmp_path, Folders(None, tmp_path / "data"), launcher)


@pytest.fixture
def sweeps(jobs: Jobs) -> Sweeps:
    return Sweeps(jobs)


SMALL = quick(model="co-occurrence", train={"epochs": 1})


def plan(*methods: Any, ratios: tuple[float, ...] = (0.1, 0.2), seeds: tuple[int, ...] = (0,)) -> Plan:
    return Plan.of(SMALL, methods or (Random(),), ("co-occurrence",), ("implicit",), ratios, seeds)


def finish(sweeps: Sweeps, launcher: ByHand, jobs: Jobs, rounds: int = 50) -> None:
    """Go on and work until nothing is asked for any more."""
    for _ in range(rounds):
        sweeps.go_on()
        if not launcher.given:
            return
        launcher.work(jobs)
    raise AssertionError("still at it")


def runs_made(launcher: ByHand, of: Plan) -> list[str]:
    keys = {RUN.key(cell) for cell in of.cells}
    return [key for key in launcher.made if key in keys]


def test_a_plan_is_done_a_few_runs_at_a_time_and_each_once(sweeps: Sweeps, launcher: ByHand, jobs: Jobs) -> None:
    wanted = plan(Random(), Recent(), seeds=(0, 1))
    sweeps.ask("small", wanted)
    assert sweeps.standing(sweeps.named("small")).count("new") == len(wanted.cells) == 10
    sweeps.go_on()
    assert 0 < len([key for key in launcher.given if key in {RUN.key(cell) for cell in wanted.cells}]) <= 4
    finish(sweeps, launcher, jobs)
    standing = sweeps.standing(sweeps.named("small"))
    assert standing.is_over
    assert standing.count("done") == 10
    assert sorted(runs_made(launcher, wanted)) == sorted({RUN.key(cell) for cell in wanted.cells})
    first = {cell.keeps_everything for cell in wanted.cells if RUN.key(cell) == runs_made(launcher, wanted)[0]}
    assert first == {True}  # so that the figure says something early


def test_a_run_in_the_store_is_not_asked_for(sweeps: Sweeps, launcher: ByHand, jobs: Jobs) -> None:
    wanted = plan()
    Experiment(wanted.cells[0], jobs.store, jobs.folders).result()
    sweeps.ask("small", wanted)
    finish(sweeps, launcher, jobs)
    assert len(runs_made(launcher, wanted)) == len(wanted.cells) - 1


def test_another_process_goes_on_where_one_stopped(
    sweeps: Sweeps, launcher: ByHand, jobs: Jobs, tmp_path: Path
) -> None:
    """The app was killed, and the machine restarted: what ran is lost, what is finished is not."""
    wanted = plan(seeds=(0, 1))
    sweeps.ask("small", wanted)
    sweeps.go_on()
    launcher.work(jobs)
    sweeps.go_on()  # these are lost
    done = set(runs_made(launcher, wanted))
    assert done
    later = ByHand()
    after = Jobs(tmp_path, Folders(None, tmp_path / "data"), later)
    again = Sweeps(after)
    assert [sweep.name for sweep in again.all()] == ["small"]
    finish(again, later, after)
    assert again.standing(again.named("small")).is_over
    assert not done & set(runs_made(later, wanted))


def test_what_fails_alone_waits_to_be_asked_for_again(sweeps: Sweeps, launcher: ByHand, jobs: Jobs) -> None:
    launcher.fails = lambda spec: "No memory." if spec.ratio == 0.2 and not spec.keeps_everything else ""
    sweeps.ask("small", plan())
    finish(sweeps, launcher, jobs)
    standing = sweeps.standing(sweeps.named("small"))
    assert standing.is_stuck
    assert (standing.count("failed"), standing.count("done"), standing.sweep.paused) == (1, 2, "")
    launcher.fails = lambda spec: ""
    sweeps.resume("small")
    finish(sweeps, launcher, jobs)
    assert sweeps.standing(sweeps.named("small")).is_over
    assert len(launcher.made) == len(set(launcher.made))


def test_a_run_whose_worker_always_dies_is_not_begun_for_ever(sweeps: Sweeps, launcher: ByHand, jobs: Jobs) -> None:
    wanted = plan()
    bad = RUN.key(wanted.cells[-1])
    sweeps.ask("small", wanted)
    begun = 0
    for _ in range(12):
        sweeps.go_on()
        if bad in launcher.given:
            begun += 1
            Queue(jobs.ledger).begin(bad, "1/2")
            Queue(jobs.ledger).died("1/2", "killed by signal 9")
            del launcher.given[bad]
        launcher.work(jobs)
    assert begun == 3
    assert sweeps.standing(sweeps.named("small")).is_stuck
    sweeps.resume("small")
    finish(sweeps, launcher, jobs)
    assert sweeps.standing(sweeps.named("small")).is_over


def test_several_runs_that_fail_with_one_sentence_pause_the_sweep(sweeps: Sweeps, launcher: ByHand, jobs: Jobs) -> None:
    launcher.fails = lambda spec: "" if spec.keeps_everything else "The disk is full."
    wanted = plan(Random(), Recent(), Quota(), ratios=(0.1, 0.2, 0.3, 0.4))
    sweeps.ask("small", wanted)
    finish(sweeps, launcher, jobs)
    standing = sweeps.standing(sweeps.named("small"))
    assert standing.sweep.paused == "The disk is full."
    assert standing.count("failed") < 6
    assert standing.count("new") > 6


def test_a_paused_sweep_stops_what_runs_and_goes_on_when_it_is_told_to(
    sweeps: Sweeps, launcher: ByHand, jobs: Jobs
) -> None:
    sweeps.ask("small", plan())
    sweeps.go_on()
    sweeps.pause("small")
    assert not [key for key in launcher.given if key in {RUN.key(cell) for cell in plan().cells}]
    sweeps.go_on()
    assert sweeps.named("small").paused == BY_HAND
    assert sweeps.standing(sweeps.named("small")).count("waiting", "running") == 0
    sweeps.resume("small")
    finish(sweeps, launcher, jobs)
    assert sweeps.standing(sweeps.named("small")).is_over


def test_a_sweep_that_is_extended_runs_what_is_new(sweeps: Sweeps, launcher: ByHand, jobs: Jobs) -> None:
    sweeps.ask("small", plan())
    finish(sweeps, launcher, jobs)
    before = list(launcher.made)
    sweeps.extend("small", plan().extended(plan(Recent(), ratios=(0.5,))))
    more = sweeps.named("small").asked
    assert isinstance(more, Plan)
    assert not sweeps.standing(sweeps.named("small")).is_over
    finish(sweeps, launcher, jobs)
    assert len(runs_made(launcher, more)) == len(more.cells) == 7
    assert launcher.made[: len(before)] == before


def test_a_result_that_is_put_out_of_the_store_is_not_made_for_ever(
    sweeps: Sweeps, launcher: ByHand, jobs: Jobs
) -> None:
    wanted = plan()
    sweeps.ask("small", wanted)
    for _ in range(6):
        sweeps.go_on()
        launcher.work(jobs)
        jobs.store.remove(RUN.key(wanted.cells[-1]))
    assert launcher.made.count(RUN.key(wanted.cells[-1])) == 2


def test_a_clock_that_is_set_changes_nothing(
    sweeps: Sweeps, launcher: ByHand, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    wall = time.time
    sweeps.ask("small", plan(seeds=(0, 1)))
    for hours in (0, 1, -1):
        monkeypatch.setattr(time, "time", lambda hours=hours: wall() + 3600 * hours)
        sweeps.go_on()
        launcher.work(jobs)
    finish(sweeps, launcher, jobs)
    standing = sweeps.standing(sweeps.named("small"))
    assert standing.is_over
    assert standing.sweep.spent < 60
    assert len(launcher.made) == len(set(launcher.made))


def test_the_smallest_part_is_found_and_the_answer_is_kept(sweeps: Sweeps, launcher: ByHand, jobs: Jobs) -> None:
    base = SMALL.with_(method={"name": "users"}, ratio=0.2)
    sweeps.ask("smallest", Question.of(base, "recall@10", 0.5, 10.0))
    finish(sweeps, launcher, jobs)
    standing = sweeps.standing(sweeps.named("smallest"))
    assert standing.is_over
    assert standing.answer is not None
    assert standing.answer.ending == "confirmed"
    assert standing.answer.confirmed is not None
    jobs.store.remove(RUN.key(standing.answer.confirmed.spec))
    sweeps.go_on()
    assert not launcher.given  # an answer is an answer
    assert sweeps.standing(sweeps.named("smallest")).answer == standing.answer


def test_a_search_measures_controls_of_its_answer_alone(sweeps: Sweeps, launcher: ByHand, jobs: Jobs) -> None:
    base = SMALL.with_(method={"name": "users"}, ratio=0.2)
    sweeps.ask("smallest", Question.of(base, "recall@10", 0.5, 10.0))
    finish(sweeps, launcher, jobs)
    answer = sweeps.standing(sweeps.named("smallest")).answer
    assert answer is not None
    assert answer.confirmed is not None
    assert [kind for kind in launcher.kinds if kind.startswith("controls")] == ["controls", "controls-kept"]
    last_run = max(place for place, kind in enumerate(launcher.kinds) if kind == "run")
    assert all(place > last_run for place, kind in enumerate(launcher.kinds) if kind.startswith("controls"))
    assert KEPT_CONTROLS.key(answer.confirmed.spec) in launcher.made


def test_a_search_whose_time_is_up_says_what_it_has(sweeps: Sweeps, launcher: ByHand, jobs: Jobs) -> None:
    base = SMALL.with_(method={"name": "users"}, ratio=0.2)
    sweeps.ask("smallest", Question.of(base, "recall@10", 0.5, 1.0))
    for _ in range(2):
        sweeps.go_on()
        launcher.work(jobs)
    Ledger(jobs.ledger.folder).spend("smallest", 120.0)
    sweeps.go_on()
    standing = sweeps.standing(sweeps.named("smallest"))
    assert standing.is_over
    assert standing.answer is not None
    assert standing.answer.ending == "time"


def test_a_search_whose_runs_fail_is_paused_with_the_reason(sweeps: Sweeps, launcher: ByHand, jobs: Jobs) -> None:
    launcher.fails = lambda spec: "No memory."
    sweeps.ask("smallest", Question.of(SMALL.with_(method={"name": "users"}), "recall@10", 0.5, 10.0))
    finish(sweeps, launcher, jobs)
    assert sweeps.named("smallest").paused == "No memory."


def test_sweeps_are_listed_newest_first_and_forgotten_on_request(sweeps: Sweeps) -> None:
    sweeps.ask("one", plan())
    sweeps.ask("two", plan())
    assert [sweep.name for sweep in sweeps.all()] == ["two", "one"]
    sweeps.forget("one")
    assert [sweep.name for sweep in sweeps.all()] == ["two"]
    with pytest.raises(CorelensError, match="no sweep called 'one'"):
        sweeps.named("one")

"""A search keeps to its minutes: its own runs tell how long the next ones take, and it stops where that is too long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from rec_core.__main__ import main
from rec_core.cli import sweeps
from rec_core.cli.common import result_of
from rec_core.data.sources import Folders
from rec_core.estimate import parts_of_view, rates_here
from rec_core.experiment import Experiment, View
from rec_core.results import RunResult
from rec_core.specs import ExperimentSpec
from rec_core.stages import EVALUATE, TRAIN, MemoryStore
from rec_core.sweeps import minutes as module
from rec_core.sweeps.minutes import Minutes
from tests.conftest import quick


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def _idle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "slowdown", lambda: 1.0)


@pytest.fixture(scope="module")
def looked() -> tuple[Callable[[ExperimentSpec], View], RunResult, ExperimentSpec]:
    """How to look at experiments in a store, and a run that ranked 20 of 150 users."""
    store, folders = MemoryStore(), Folders(None, Path("no-downloads"))
    spec = quick("random", model="co-occurrence", ratio=0.5).with_(evaluation={"users": 20})
    return (lambda one: View(one, store, folders)), Experiment(spec, store, folders).result(), spec


def test_ranking_and_training_are_each_as_slow_as_they_were(
    looked: tuple[Callable[[ExperimentSpec], View], RunResult, ExperimentSpec],
) -> None:
    """A search that ranks a few users sees how slow ranking is before it ranks everybody."""
    look, result, spec = looked
    rates = rates_here({})
    clock = Clock()
    limit = Minutes(1.0, look, rates, clock)
    everybody = spec.with_(evaluation={"users": 0}, seed=7)
    expected, few = parts_of_view(look(everybody), rates), parts_of_view(look(spec), rates)
    assert expected[EVALUATE.doing] == pytest.approx(few[EVALUATE.doing] * 150 / 20)
    assert limit.lacking([everybody]) == 0.0
    assert limit.lacking([everybody] * 100_000) == pytest.approx(100_000 * sum(expected.values()) - 60, rel=1e-3)
    slow = {"train": few[TRAIN.doing], "evaluate": 40.0}
    for _ in range(3):
        limit.learn(spec, replace(result, seconds=slow))
    pace = (few[EVALUATE.doing] + 3 * 40.0) / (4 * few[EVALUATE.doing])  # what was expected counts as one run more
    rest = sum(expected.values()) - expected[EVALUATE.doing]
    wanted = 1000 * (rest + pace * expected[EVALUATE.doing]) - 60
    assert limit.lacking([everybody] * 1000) == pytest.approx(wanted, rel=1e-3)


def test_when_the_time_is_over_nothing_may_begin(
    looked: tuple[Callable[[ExperimentSpec], View], RunResult, ExperimentSpec],
) -> None:
    look, _, spec = looked
    clock = Clock()
    limit = Minutes(1.0, look, rates_here({}), clock)
    clock.now += 59.9
    assert limit.left == pytest.approx(0.1)
    clock.now += 0.2
    assert limit.lacking([spec]) > 0.1
    assert limit.spent == pytest.approx(60.1)


FIND = [
    "find", "--dataset", "synthetic-10k", "--model", "co-occurrence", "--metric", "recall@10_all", "--keep", "0.3",
    "--minutes", "5",
]  # fmt: skip


def _found(
    seconds: Callable[[ExperimentSpec], float], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[float, list[ExperimentSpec]]:
    """Search with runs that take some ``seconds`` each; return how long that took, and the runs that ended."""
    monkeypatch.setenv("CORELENS_HOME", str(folder / "home"))
    clock, made = Clock(), []

    def timed(spec: ExperimentSpec, args: object, bar: object, *more: bool) -> RunResult:
        clock.now += seconds(spec)
        result = result_of(spec, args, bar, *more)  # type: ignore[arg-type]
        made.append(spec)
        return replace(result, seconds={"train": 0.0, "evaluate": seconds(spec)})

    monkeypatch.setattr(sweeps, "result_of", timed)
    monkeypatch.setattr(sweeps, "Minutes", partial(Minutes, now=clock))
    monkeypatch.setattr(sweeps, "ranked_users", lambda metric, split: 20)
    assert main(FIND) == 0
    return clock.now - 1000.0, made


def test_find_does_not_begin_to_confirm_where_that_takes_longer_than_is_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on large catalogues: 8 s to rank 20 users, so a minute to rank all 150, twenty times."""
    took, made = _found(lambda spec: 8.0 if spec.evaluation.users else 60.0, tmp_path, monkeypatch)
    assert took < 300
    assert not [spec for spec in made if not spec.evaluation.users]
    said = capsys.readouterr().out
    assert "The time ended before new seeds confirmed it. Allow about " in said
    assert "reliably" not in said
    allowed = float(said.split("Allow about ")[1].split()[0])
    assert allowed == pytest.approx((took + 20 * 60) / 60, rel=0.2)


def test_find_stops_confirming_where_runs_turn_out_to_take_longer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    took, made = _found(lambda spec: 1.0 if spec.evaluation.users else 60.0, tmp_path, monkeypatch)
    assert took <= 300
    assert [spec for spec in made if not spec.evaluation.users]
    said = capsys.readouterr().out
    assert "The time ended before new seeds confirmed it. Allow about " in said
    assert "reliably" not in said


def test_a_run_is_stopped_when_the_time_is_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, made = _found(lambda spec: 400.0, tmp_path, monkeypatch)
    assert made == []
    said = capsys.readouterr().out
    assert "5 min 0 s were too short to find out.\nAllow about " in said

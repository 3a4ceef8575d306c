"""Tunings: which runs they are, what is proposed next, and what tuning on a part is worth, against plain arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from rec_core.analysis.tuning import best_tested, cost, tuned, validated, validations
from rec_core.errors import SpecError
from rec_core.evaluation.ranking import RECALL
from rec_core.models import MODELS
from rec_core.replicates import Estimate
from rec_core.results import RunResult
from rec_core.specs import ExperimentSpec
from rec_core.stages import RUN
from rec_core.sweeps.space import Configuration, propose
from rec_core.sweeps.tuning import Tuning, outcome, proposed, trials
from tests.conftest import quick

BASE = quick("recent", ratio=0.2)
SOME = tuple(Configuration(learning_rate=rate, dim=8) for rate in (0.001, 0.002, 0.003, 0.004, 0.005))


def tuning(base: ExperimentSpec = BASE, seeds: tuple[int, ...] = (0,)) -> Tuning:
    return Tuning.of(base, SOME, seeds)


def result(spec: ExperimentSpec, validation: float, test: float, seconds: float = 1.0) -> RunResult:
    history: list[dict[str, float | None]] = [
        {"epoch": 1, "validation_recall@10": 0.0},
        {"epoch": 2, "validation_recall@10": validation},
    ]
    costs = {"pretrain": 0.0, "select": 0.5, "train": seconds}
    return RunResult(spec.model_dump(), RUN.key(spec), 10, 5, {"recall@10": test}, {}, history, 2, costs, {}, {}, costs)


def test_every_configuration_is_trained_in_every_way_with_nothing_else_changed() -> None:
    made = tuning(seeds=(0, 1))
    assert made.ways == ("part", "random", "few epochs", "full")
    for way in made.ways:
        for configuration, runs in zip(SOME, made.runs(way), strict=True):
            assert [run.seed for run in runs] == [0, 1]
            assert {run.train.learning_rate for run in runs} == {configuration.learning_rate}
            assert {run.model.model_dump()["dim"] for run in runs} == {8}
    assert {run.method.name for runs in made.runs("random") for run in runs} == {"random"}
    assert all(run.keeps_everything for way in ("full", "few epochs") for runs in made.runs(way) for run in runs)
    assert len(made.cells) == 5 * 2 * 4
    assert len(Tuning.of(quick("random", ratio=0.2), SOME, [0]).cells) == 5 * 3


def test_few_epochs_cost_as_much_as_the_part() -> None:
    base = quick("recent", ratio=0.1, train={"epochs": 40})
    made = Tuning.of(base, [*SOME[:4], Configuration(epochs=20)], [0])
    assert [runs[0].train.epochs for runs in made.runs("few epochs")] == [4, 4, 4, 4, 2]


def test_the_cheapest_runs_come_first() -> None:
    made = tuning()
    ordered = made.in_order(lambda spec: 1.0 if spec.keeps_everything else spec.ratio)
    assert not any(spec.keeps_everything for spec in ordered[:10])
    assert {RUN.key(spec) for spec in ordered} == {RUN.key(spec) for spec in made.cells}


@pytest.mark.parametrize(
    ("base", "count", "said"),
    [
        (quick("full"), 5, "a ratio below 100 %"),
        (quick("random", ratio=1.0), 5, "a ratio below 100 %"),
        (BASE, 4, "configurations"),
    ],
)
def test_what_cannot_be_tuned_is_said(base: ExperimentSpec, count: int, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        Tuning.of(base, SOME[:count], [0])


def test_a_model_that_is_counted_has_nothing_to_tune() -> None:
    with pytest.raises(SpecError, match="counted, not trained"):
        propose(quick("recent", model="ease"), 3)


@pytest.mark.parametrize("feedback", ["explicit", "implicit"])
@pytest.mark.parametrize("model", [name for name, kind in MODELS.items() if kind.is_trained])
def test_what_is_proposed_can_be_trained_and_is_the_same_again(model: str, feedback: str) -> None:
    if feedback not in MODELS[model].feedbacks:
        return
    base = quick("recent", feedback, model)
    first = propose(base, 12)
    assert first == propose(base, 12)
    assert len(set(first)) == 12
    specs = [configuration.of(base) for configuration in first]
    assert all(
        base.train.learning_rate / 10 <= spec.train.learning_rate <= base.train.learning_rate * 10 for spec in specs
    )
    assert all(1 <= spec.train.epochs <= base.train.epochs for spec in specs)
    assert {spec.train.negatives for spec in specs} == {4} or feedback == "implicit"


def test_later_proposals_are_nearer_to_what_did_well() -> None:
    """Of a rate that is best at one place: those proposed after twenty values are nearer to it than chance is."""
    base = quick("recent", train={"epochs": 8})

    def value(one: Configuration) -> float:
        assert one.learning_rate is not None
        return -abs(np.log10(one.learning_rate / 0.002))

    first = propose(base, 20)
    told = [(one, value(one)) for one in first]
    later = propose(base, 10, told)
    assert np.mean([value(one) for one in later]) > np.mean([value for _, value in told]) + 0.1


def test_more_is_proposed_from_what_the_part_says() -> None:
    made = tuning()
    more = proposed(made, 3, lambda spec: result(spec, spec.train.learning_rate, 0.1))
    assert more.configurations[:5] == made.configurations
    assert len(more.configurations) == 8
    assert len(set(more.configurations)) == 8


def test_what_tuning_comes_to_is_what_plain_arithmetic_says() -> None:
    made, rng = tuning(), np.random.default_rng(1)
    by_validation, by_test = rng.random((2, 2, 5))  # (part, full) x configurations
    place = {one.learning_rate: at for at, one in enumerate(SOME)}

    def of(spec: ExperimentSpec) -> RunResult | None:
        side, at = int(spec.keeps_everything), place[spec.train.learning_rate]
        return result(spec, by_validation[side, at], by_test[side, at], 1.0 + side)

    def share(ours: object, theirs: object) -> Estimate:
        one, other = (of(specs[0]) for specs in (ours, theirs))  # type: ignore[index]
        assert one is not None
        assert other is not None
        return Estimate(one.metrics["recall@10"] / other.metrics["recall@10"], 0.0, 0.0, 1)

    found = outcome(made, of, RECALL, share)
    part, full = found["part"], found["full"]
    assert part.order.value == pytest.approx(stats.kendalltau(by_validation[0], by_validation[1]).statistic)
    assert part.order.low <= part.order.value <= part.order.high
    assert part.chosen == by_validation[0].argmax()
    assert full.chosen == by_validation[1].argmax()
    assert part.kept is not None
    assert part.kept.mean == pytest.approx(by_test[1][part.chosen] / by_test[1].max())
    assert part.seconds == pytest.approx(5 * 1.0 + 0.5)  # rows are chosen once
    assert full.seconds == pytest.approx(5 * 2.0 + 0.5)
    assert full.order.value == pytest.approx(1.0)


def test_only_what_was_made_both_ways_is_compared() -> None:
    made = tuning()
    gone = RUN.key(made.runs("full")[2][0])

    def of(spec: ExperimentSpec) -> RunResult | None:
        return None if RUN.key(spec) == gone else result(spec, spec.train.learning_rate, 0.1)

    assert trials(made, "full", of)[2] == ()
    found = outcome(made, of, RECALL, lambda ours, theirs: None)
    assert found["part"].order.n == 4
    assert found["part"].chosen == 4
    assert found["part"].kept is None
    assert outcome(made, lambda spec: None, RECALL, lambda ours, theirs: None) == {}
    assert tuned([], [], lambda place: None) is None


def test_errors_are_better_the_smaller_they_are() -> None:
    base = quick("recent", "explicit", "mf")
    lines: list[dict[str, float | None]] = [{"epoch": 1, "validation_rmse": 0.9}, {"epoch": 2, "validation_rmse": 1.2}]
    runs = [
        RunResult(base.model_dump(), "", 1, 1, {"rmse": rmse}, {}, lines, best, {}, {}, {})
        for rmse, best in ((1.0, 1), (0.8, 2))
    ]
    assert [validated(run) for run in runs] == [-0.9, -1.2]
    assert validations([[runs[0]], [], [runs[1]]]) == {0: -0.9, 2: -1.2}
    from rec_core.evaluation.rating import RMSE

    assert best_tested([[runs[0]], [runs[1]]], RMSE) == 1


def test_rows_are_chosen_once_per_seed() -> None:
    runs = [[result(BASE.with_(seed=seed), 0.1, 0.1, 2.0) for seed in (0, 1)] for _ in range(3)]
    assert cost(runs) == pytest.approx(3 * 2 * 2.0 + 2 * 0.5)


def test_a_tuning_is_read_back_as_it_was_written() -> None:
    made = tuning()
    assert Tuning.model_validate_json(made.model_dump_json()) == made

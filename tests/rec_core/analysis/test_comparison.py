from __future__ import annotations

from dataclasses import replace

import pytest

from rec_core.analysis.comparison import UNKNOWN, Compared, baseline_spec, controls_table, table
from rec_core.analysis.evidence import Evidence
from rec_core.evaluation.ranking import RECALL
from rec_core.figures.quality_time import quality_against_time
from rec_core.figures.style import mark
from rec_core.replicates import Estimate, Group
from rec_core.results import RunResult
from rec_core.selection import METHODS
from rec_core.specs import ExperimentSpec
from rec_core.wording.comparison import headline, named, named_controls
from tests.conftest import key, quick


def _result(spec: ExperimentSpec, metric: float, control: float, seconds: float) -> RunResult:
    name, control_name = ("rmse", "user_item_bias") if spec.feedback == "explicit" else ("recall@10", "most_popular")
    return RunResult(
        spec=spec.model_dump(),
        key=key(spec),
        n_train=1000,
        n_selected=1000 if spec.method.name == "full" else 200,
        metrics={name: metric},
        controls={control_name: {name: control}, f"{control_name}_kept": {name: control * 0.999}},
        history=[{"epoch": 1, "loss": 0.5, f"validation_{name}": metric, "seconds": 1.0}],
        best_epoch=1,
        seconds={"load": 9, "pretrain": 0, "select": 0, "train": seconds, "evaluate": 9, "total": 18 + seconds},
        stage_keys={},
        versions={},
        cpu_seconds={"load": 9, "pretrain": 0, "select": 0, "train": seconds, "evaluate": 9, "total": 18 + seconds},
    )


def _group(spec: ExperimentSpec, *results: RunResult) -> Group:
    return Group(tuple(spec.with_(seed=seed) for seed in range(len(results))), results)


def _run(feedback: str, ours: float, full: float, control: float, seconds: float = 2) -> Compared:
    spec = quick("gradient", feedback)
    whole = baseline_spec(spec)
    return Compared(
        _group(spec, _result(spec, ours, control, seconds)), _group(whole, _result(whole, full, control, 10))
    )


def test_shares_of_quality_and_time_equal_the_hand_worked_case() -> None:
    run = _run("implicit", ours=0.3, full=0.6, control=0.4)
    assert run.quality_kept == pytest.approx(0.5)
    assert run.control_kept == pytest.approx(0.4 / 0.6)
    assert run.gain == pytest.approx(-0.1)
    assert run.time_saved == pytest.approx(0.8)
    assert run.speed_up == pytest.approx(5)


def test_for_errors_lower_is_better() -> None:
    run = _run("explicit", ours=1.0, full=0.8, control=0.9)
    assert run.quality_kept == pytest.approx(0.8)
    assert run.best_control[0] == "user_item_bias_kept"
    assert run.gain == pytest.approx(0.8991 - 1.0)


def test_the_headline_never_lets_quality_kept_stand_alone() -> None:
    first, second = headline(_run("implicit", ours=0.3, full=0.6, control=0.4), _evidence(-0.1, 0.5))
    assert first == "Gradient at 20 % keeps 50 % (48 % to 52 %, one seed) of Recall@10 and saves 80 % of the CPU time."
    assert second.startswith(
        "That is far worse than the control “most popular” (0.400, which keeps 67 %), which needs no training: −0.100 ("
    )
    better = headline(_run("implicit", ours=0.5, full=0.6, control=0.4), _evidence(0.1, 0.8))[1]
    assert better.startswith("That is better than the control “most popular”")
    # An error is not something to keep a share of.
    errors = headline(_run("explicit", ours=1.0, full=0.8, control=0.9), _evidence(-0.1, 0.8))[0]
    assert "of quality by RMSE" in errors


def test_a_difference_that_may_be_chance_is_neither_better_nor_worse() -> None:
    """Greedy 0.440 against most popular 0.439 read “better”; paired over users it is 0.3 standard errors."""
    for gain in (0.0012, -0.0012):
        one = _run("implicit", ours=0.439 + gain, full=0.592, control=0.439)
        said = " ".join(headline(one, _evidence(gain, 0.743, error=0.004)))
        assert "There is no clear difference from the control “most popular”" in said
        assert "0.001 (−0.00" in said
        assert not {"better", "worse"} & set(said.replace(":", " ").split())
    said = " ".join(headline(_run("implicit", 0.44, 0.59, 0.439), None))
    assert "cannot be said" in said
    assert not {"better", "worse"} & set(said.split())


def _evidence(gain: float, kept: float | None, error: float = 0.01, seeds: int = 1) -> Evidence:
    share = None if kept is None else Estimate(kept, error, 1000, seeds)
    return Evidence(Estimate(gain, error, 1000, seeds), share)


def test_time_claims_are_cpu_seconds_and_rest_on_runs_that_had_a_core() -> None:
    run = _run("implicit", 0.3, 0.6, 0.4)
    (ours,) = run.group.results
    waited = replace(ours, seconds=ours.seconds | {"train": 3.6})  # by the clock; 2 of them on a core
    shared = replace(run, group=_group(run.spec, waited))
    assert (shared.time_saved, shared.speed_up) == (None, None)
    assert "time" not in headline(shared, _evidence(-0.1, 0.5))[0]
    assert shared.seconds == 2
    hardly = replace(run, group=_group(run.spec, replace(ours, seconds=ours.seconds | {"train": 3.4})))
    assert hardly.time_saved == pytest.approx(0.8)
    older = replace(run, group=_group(run.spec, replace(ours, cpu_seconds={})))
    assert older.time_saved is None
    assert older.seconds == 2


def test_epochs_are_said_where_they_are_a_part_of_the_time_saved() -> None:
    run = _run("implicit", 0.3, 0.6, 0.4)
    (ours,) = run.group.results
    twice = replace(run, group=_group(run.spec, replace(ours, history=ours.history * 2)))
    assert "saves 80 % of the CPU time (2 epochs against 1)" in headline(twice, _evidence(-0.1, 0.5))[0]
    frame = table([twice], "nobody")
    assert frame["epochs"].tolist() == [2]
    assert frame["row_us"].tolist() == pytest.approx([1e6 * 2 / (2 * 200)])


@pytest.mark.parametrize(("curve", "short"), [([0.1, 0.2, 0.3], True), ([0.1, 0.3, 0.2], False), ([0.3], False)])
def test_a_baseline_that_was_not_trained_to_its_end_is_said_to_be_so(curve: list[float], short: bool) -> None:
    """Full data with three epochs allowed was the 100 % of a headline while it still learnt."""
    spec = quick("full", train={"epochs": 3})
    history: list[dict[str, float | None]] = [{"epoch": n, "validation_recall@10": v} for n, v in enumerate(curve, 1)]
    whole = _group(spec, replace(_result(spec, 0.6, 0.4, 10), history=history))
    ours = quick("gradient", train={"epochs": 3})
    for one in (Compared(_group(ours, _result(ours, 0.3, 0.4, 2)), whole), Compared(whole, whole)):
        said = headline(one, _evidence(-0.1, 0.5))[1]
        assert ("Full data was not trained to its end: the best of 3 epochs is the last one allowed" in said) == short
    names = named(table([Compared(whole, whole)], "nobody"))["method"].tolist()
    assert names == ["Full data" + (" (not trained to its end)" if short else "")]


def test_full_data_without_quality_or_time_divide_nothing() -> None:
    run = _run("implicit", ours=0.0, full=0.0, control=0.0)
    (full,) = run.baseline.results if run.baseline else ()
    for one in (run, replace(run, baseline=_group(baseline_spec(run.spec), replace(full, cpu_seconds={"train": 0})))):
        assert one.kept is None
        said = " ".join(headline(one, _evidence(0.0, None, error=0)))
        assert "nan" not in said
        assert "no clear difference" in said
        table([one], "nobody")


def test_a_slow_method_and_a_missing_baseline_are_said() -> None:
    slow = headline(_run("implicit", 0.3, 0.6, 0.4, seconds=20), _evidence(-0.1, 0.5))[0]
    assert "but takes 2 times the CPU time" in slow
    alone = replace(_run("implicit", 0.3, 0.6, 0.4), baseline=None)
    assert headline(alone, _evidence(-0.1, None))[0] == "Gradient at 20 % gives Recall@10 0.300 in 2.0 s of CPU time."
    assert (alone.quality_kept, alone.time_saved, alone.speed_up) == (None, None, None)


def test_the_baseline_stands_on_top_and_then_the_best() -> None:
    full, runs = quick("full"), [_run("implicit", 0.3, 0.6, 0.4), _run("implicit", 0.5, 0.6, 0.4)]
    whole = _group(full, _result(full, 0.6, 0.4, 10))
    frame = named(table([*runs, Compared(whole, whole)], key(full)))
    assert frame["recall@10"].tolist() == [0.6, 0.5, 0.3]
    assert frame["is_baseline"].tolist() == [True, False, False]
    assert frame["report"].isna().all()
    assert named(table([], key(full))).empty


def test_a_row_says_what_is_cheaper_and_at_least_as_good() -> None:
    def one(method: str, value: float, ratio: float = 0.2) -> Compared:
        spec = quick(method, ratio=ratio)
        return Compared(_group(spec, _result(spec, value, 0.2, 1)), None)

    every = [one("full", 0.3), one("random", 0.25), one("gradient", 0.25), one("recent", 0.26), one("window", 0.1)]
    elsewhere = one("recent", 0.21, ratio=0.1)  # random rows of which there are none
    frame = named(table([*every, elsewhere], "nobody"))
    said = dict(zip(zip(frame["method"], frame["ratio"], strict=True), frame["no_better"], strict=True))
    by_method = {method.split(" (")[0]: text for (method, _), text in said.items() if text}
    assert by_method == {"Gradient": "random rows", "Window": "random rows; most popular"}


def test_controls_say_what_they_are_counted_on() -> None:
    frame = named_controls(controls_table(_run("implicit", 0.3, 0.6, 0.4).group, RECALL))
    assert frame["control"].tolist() == ["Most popular", "Most popular"]
    assert frame["counted_on"].tolist() == ["full train split", "kept rows"]


def test_the_chart_has_a_point_per_run_and_a_line_per_control() -> None:
    runs = [_run("implicit", 0.3, 0.6, 0.4), _run("implicit", 0.5, 0.6, 0.4)]
    exhibit = quality_against_time(runs, runs[0].group.key, "caption", UNKNOWN)
    figure = exhibit.figure
    assert len(exhibit.table) == 2
    assert [trace.name for trace in figure.data] == ["Gradient"]
    assert list(figure.data[0].y) == [0.3, 0.5]
    assert [shape.y0 for shape in figure.layout.shapes] == [0.4]


def test_every_method_has_a_mark_of_its_own() -> None:
    marks = {(mark(name).colour, mark(name).symbol) for name in METHODS}
    assert len(marks) == len(METHODS)
    assert mark("greedy", pretrain=False).symbol.endswith("-open")


def test_several_seeds_are_averaged_seed_by_seed() -> None:
    """Each share of quality and of time is taken of the same seed's baseline, of those seeds that have one."""
    spec, full = quick("gradient"), quick("full")
    ours = _group(spec, *(_result(spec, metric, 0.2, s) for metric, s in ((0.3, 2), (0.4, 4), (0.9, 9))))
    whole = _group(full, _result(full, 0.6, 0.2, 10), _result(full, 0.5, 0.2, 8))
    one = Compared(ours, whole)
    assert one.kept is not None
    assert one.kept.mean == pytest.approx((0.5 + 0.8) / 2)
    assert one.kept.count == 2
    assert one.time_saved == pytest.approx((0.8 + 0.5) / 2)
    assert one.value == pytest.approx((0.3 + 0.4 + 0.9) / 3)
    assert one.gain == pytest.approx(one.value - 0.2)
    assert "2 seeds)" in headline(one, None)[0]
    assert named(table([one], "nobody")).seed.tolist() == ["0, 1, 2"]

from __future__ import annotations

from dataclasses import replace

import pytest

from rec_core.analysis.comparison import Compared, baseline_spec, controls_table, table
from rec_core.figures.quality_time import quality_against_time
from rec_core.figures.style import mark
from rec_core.replicates import Group
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
    first, second = headline(_run("implicit", ours=0.3, full=0.6, control=0.4))
    assert first == "Gradient at 20 % keeps 50 % of Recall@10 and saves 80 % of the time (one seed)."
    assert second.startswith("That is far worse than the control “most popular” (0.400, which keeps 67 %)")
    assert headline(_run("implicit", ours=0.5, full=0.6, control=0.4))[1].startswith("That is better than")
    # An error is not something to keep a share of.
    assert "keeps 80 % of quality by RMSE" in headline(_run("explicit", ours=1.0, full=0.8, control=0.9))[0]


def test_a_slow_method_and_a_missing_baseline_are_said() -> None:
    assert "but takes 2 times as long" in headline(_run("implicit", 0.3, 0.6, 0.4, seconds=20))[0]
    alone = replace(_run("implicit", 0.3, 0.6, 0.4), baseline=None)
    assert headline(alone)[0] == "Gradient at 20 % gives Recall@10 0.300 in 2.0 s."
    assert (alone.quality_kept, alone.time_saved, alone.speed_up) == (None, None, None)


def test_the_baseline_stands_on_top_and_then_the_best() -> None:
    full, runs = quick("full"), [_run("implicit", 0.3, 0.6, 0.4), _run("implicit", 0.5, 0.6, 0.4)]
    whole = _group(full, _result(full, 0.6, 0.4, 10))
    frame = named(table([*runs, Compared(whole, whole)], key(full)))
    assert frame["recall@10"].tolist() == [0.6, 0.5, 0.3]
    assert frame["is_baseline"].tolist() == [True, False, False]
    assert frame["report"].isna().all()
    assert named(table([], key(full))).empty


def test_controls_say_what_they_are_counted_on() -> None:
    frame = named_controls(controls_table(_run("implicit", 0.3, 0.6, 0.4).group))
    assert frame["control"].tolist() == ["Most popular", "Most popular"]
    assert frame["counted_on"].tolist() == ["full train split", "kept rows"]


def test_the_chart_has_a_point_per_run_and_a_line_per_control() -> None:
    runs = [_run("implicit", 0.3, 0.6, 0.4), _run("implicit", 0.5, 0.6, 0.4)]
    exhibit = quality_against_time(runs, runs[0].group.key, "caption")
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
    assert "(2 seeds)" in headline(one)[0]
    assert named(table([one], "nobody")).seed.tolist() == ["0, 1, 2"]

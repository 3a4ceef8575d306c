"""Curves of quality against ratio: what is read off them, against plain definitions and SciPy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from rec_core.analysis import columns as col
from rec_core.analysis.comparison import UNKNOWN, Compared, Intervals, baseline_spec
from rec_core.analysis.frontier import (
    alike,
    bounds,
    break_even,
    clear_best,
    costs,
    lines,
    pareto,
    random_rows,
    ratio_of,
    rise,
    smallest,
    table,
)
from rec_core.evaluation.ranking import RECALL
from rec_core.replicates import Estimate, Group
from rec_core.results import RunResult
from rec_core.specs import ExperimentSpec
from rec_core.wording.frontier import answer, ending, grid
from tests.conftest import key, quick

SECONDS = {"load": 9.0, "pretrain": 2.0, "select": 1.0, "train": 10.0, "evaluate": 9.0, "total": 31.0}


def result(spec: ExperimentSpec, value: float) -> RunResult:
    return RunResult(
        spec=spec.model_dump(),
        key=key(spec),
        n_train=1000,
        n_selected=round(1000 * (1.0 if spec.keeps_everything else spec.ratio)),
        metrics={RECALL.name: value},
        controls={"most_popular": {RECALL.name: 0.1}},
        history=[{"epoch": 1, f"validation_{RECALL.name}": value}],
        best_epoch=1,
        seconds=SECONDS,
        stage_keys={},
        versions={},
        cpu_seconds=SECONDS,
    )


def compared(method: str, ratio: float, values: Sequence[float], full: float = 0.6) -> Compared:
    spec = quick(method, ratio=ratio)
    seeds = range(len(values))
    specs = tuple(spec.with_(seed=seed) for seed in seeds)
    whole = tuple(baseline_spec(one) for one in specs)
    return Compared(
        Group(specs, tuple(map(result, specs, values))),
        Group(whole, tuple(result(one, full) for one in whole)),
        RECALL,
    )


def kept(half: float, freedom: float = 100.0) -> object:
    """Return what measures the share kept, with an interval of that half width."""
    error = half / float(stats.t.ppf(0.975, freedom)) if freedom else 0.0
    return lambda one: Estimate(one.quality_kept, error, freedom, len(one.group.results))


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=12))
def test_the_pareto_front_is_what_nothing_dominates(points: list[tuple[int, int]]) -> None:
    def dominated(place: int) -> bool:
        cost, gain = points[place]
        return any(c <= cost and g >= gain and (c, g) != (cost, gain) for c, g in points)

    front = pareto([cost for cost, _ in points], [gain for _, gain in points])
    assert sorted(front) == [place for place in range(len(points)) if not dominated(place)]
    assert [points[place][0] for place in front] == sorted(points[place][0] for place in front)


@pytest.mark.parametrize(
    ("gains", "best"),
    [
        ([0.05, 0.10], True),  # better than both
        ([0.05, 0.01], False),  # better than one
        ([0.026, 0.026], True),
        ([0.021, 0.10], True),  # Holm: the larger p-value is compared with all of the level
        ([0.021, 0.021], False),  # each alone is better; together they are not sure
        ([None, 0.10], False),
    ],
)
def test_bold_is_what_is_better_than_all_others_together(gains: list[float | None], best: bool) -> None:
    assert _is_bold(gains, seeds=3) == best
    assert not _is_bold(gains, seeds=1)  # another seed may say otherwise


def _is_bold(gains: list[float | None], seeds: int) -> bool:
    """Of differences with a standard error of 0.01, at their ratio alone: a tie of two is no best."""
    groups = [compared("recent", 0.1, [0.5]), compared("random", 0.1, [0.4]), compared("quota", 0.1, [0.3])]
    alone = compared("recent", 0.2, [0.6])
    by = dict(zip(("random", "quota"), gains, strict=True))

    def gain(one: Compared, other: Compared) -> Estimate | None:
        assert one is groups[0]
        found = by[other.spec.method.name]
        return None if found is None else Estimate(found, 0.01, 1e6, seeds)

    found = clear_best([*groups, alone], gain)
    assert found <= {groups[0].group.key}
    return bool(found)


def test_a_table_for_a_paper_has_ways_by_ratios() -> None:
    every = [compared("random", 0.1, [0.4, 0.5]), compared("recent", 0.1, [0.45]), compared("recent", 0.5, [0.6])]
    told = replace(UNKNOWN, value=lambda one: Estimate(one.value, 0.01, 1e9, len(one.group.results)))
    cells, bold = grid(every, {every[2].group.key}, told)
    assert list(cells) == ["Method", "10 %", "50 %"]
    assert cells["10 %"].tolist() == ["0.450 ± 0.020", "0.450 ± 0.020*"]  # one seed is marked
    assert cells["50 %"].tolist() == ["", "0.600 ± 0.020*"]
    assert grid(every, set(), UNKNOWN)[0]["10 %"].tolist() == ["0.450", "0.450"]
    assert bold == {"10 %": [], "50 %": [1]}


def test_lines_hold_one_way_to_keep_rows_by_ratio() -> None:
    every = [compared("random", 0.5, [0.5]), compared("recent", 0.1, [0.4]), compared("random", 0.1, [0.3])]
    found = list(lines(every).values())
    assert [[ratio_of(one) for one in line] for line in found] == [[0.1, 0.5], [0.1]]


def test_the_smallest_part_is_the_first_whose_corrected_bound_reaches_the_goal() -> None:
    two = [0.594, 0.594]
    every = [
        compared("random", 0.5, [0.6, 0.6]),
        compared("random", 0.05, [0.575, 0.575]),  # keeps 96 %, which is not reliable
        compared("random", 0.2, [0.55, 0.55]),
        compared("recent", 0.1, two),
        compared("full", 1.0, [0.6, 0.6]),
        compared("rs2", 0.05, [0.6, 0.6]),  # keeps no rows
    ]
    found = smallest(every, 0.95, kept(0.02))  # type: ignore[arg-type]
    assert found.sure is not None
    assert found.likely is not None
    assert (found.sure[0].spec.method.name, found.sure[0].spec.ratio) == ("recent", 0.1)
    assert (found.likely[0].spec.method.name, found.likely[0].spec.ratio) == ("random", 0.05)
    assert (found.tried, found.replicated, found.largest) == (4, 4, 0.5)
    nowhere = smallest(every, 0.9999, kept(0.02))  # type: ignore[arg-type]
    assert nowhere.sure is None
    assert nowhere.likely is not None
    assert nowhere.likely[0].spec.ratio == 0.5
    unsure = smallest(every, 0.95, kept(0.0, freedom=0.0))  # type: ignore[arg-type]
    assert unsure.sure is None


def test_one_seed_is_never_reliable() -> None:
    every = [compared("random", 0.2, [0.6]), compared("recent", 0.5, [0.6]), compared("recent", 0.1, [0.6, 0.6])]
    found = smallest(every[:2], 0.95, kept(0.001))  # type: ignore[arg-type]
    assert found.sure is None
    assert (found.tried, found.replicated) == (2, 0)
    assert "One seed confirms nothing." in answer(found, RECALL)[1]
    beside = smallest(every, 0.95, kept(0.001))  # type: ignore[arg-type]
    assert beside.sure is not None
    assert beside.sure[0] is every[2]  # what has one seed stops no line


def test_a_line_is_tested_from_its_largest_ratio_and_ends_where_it_fails() -> None:
    line = [compared("recent", ratio, [0.6 * share] * 2) for ratio, share in ((0.1, 0.99), (0.2, 0.96), (0.5, 0.98))]
    bound = bounds(line, kept(0.01))  # type: ignore[arg-type]
    assert [bound[one.group.key] for one in line] == pytest.approx([0.95, 0.95, 0.97])
    assert smallest(line, 0.96, kept(0.01)).sure == (line[2], kept(0.01)(line[2]))  # type: ignore[arg-type,operator]


@pytest.mark.parametrize(("ways", "level"), [(1, 0.025), (2, 0.025), (5, 0.01)])
def test_lines_share_the_level(ways: int, level: float) -> None:
    methods = ("recent", "random", "quota", "users", "easy")[:ways]
    line = [compared(method, 0.2, [0.6, 0.6]) for method in methods]
    for at_least in bounds(line, lambda one: Estimate(1.0, 0.01, 7, 2, ((0.02, 1.0),))).values():
        half = math.hypot(0.01 * stats.t.isf(level, 7), 0.02 * stats.t.isf(level, 1))
        assert at_least == pytest.approx(1 - half)


RATIOS = (0.05, 0.2, 0.5, 1.0)


def curve(
    rng: np.random.Generator, seeds: int = 3
) -> tuple[list[Compared], dict[float, dict[int, NDArray[np.float64]]]]:
    """Return random rows at some ratios with full data, and what each of 200 users got in every seed."""
    users = rng.normal(size=200)
    values = {
        ratio: {s: 0.4 + 0.03 * math.log2(ratio) + users + 0.05 * rng.normal(size=200) for s in range(seeds)}
        for ratio in RATIOS
    }
    means = {ratio: [float(one.mean()) for one in by_seed.values()] for ratio, by_seed in values.items()}
    line = [compared("random" if ratio < 1 else "full", ratio, means[ratio]) for ratio in RATIOS]
    return line, values


def test_what_doubling_adds_is_the_slope_of_each_user() -> None:
    """Users differ much more than ratios do; every ratio has the same users."""
    line, values = curve(np.random.default_rng(3))
    told = replace(UNKNOWN, users=lambda one: values[ratio_of(one)])
    found = rise(line, told)
    assert found is not None
    assert found.ratios == (0.2, 0.5, 1.0)
    x = [math.log2(ratio) for ratio in RATIOS[1:]]
    by_user = np.array([np.mean(list(values[ratio].values()), axis=0) for ratio in RATIOS[1:]])
    each = np.array([stats.linregress(x, one).slope for one in by_user.T])
    assert found.slope.mean == pytest.approx(each.mean())
    assert found.slope.error == pytest.approx(stats.sem(each))
    assert found.slope.count == 3
    assert found.is_rising
    assert not found.is_flat(0.4, 0.02)
    assert found.is_flat(0.4, 0.2)
    assert rise(line[:3], told) is None
    assert rise(line, UNKNOWN) is None


def test_one_seed_cannot_say_that_a_curve_still_rises() -> None:
    line, values = curve(np.random.default_rng(3), seeds=1)
    found = rise(line, replace(UNKNOWN, users=lambda one: values[ratio_of(one)]))
    assert found is not None
    assert found.slope.low > 0
    assert not found.is_rising
    assert not found.is_flat(0.4, 0.2)
    assert ending(found, 0.4, RECALL).startswith("One seed cannot tell whether more data would help: each doubling")


def test_choosing_pays_for_itself_once_trainings_have_saved_what_it_cost() -> None:
    assert break_even(30.0, 10.0, 50.0) == 0.75
    assert break_even(100.0, 10.0, 50.0) == 2.5
    assert break_even(1.0, 50.0, 50.0) is None


def test_the_table_has_a_row_per_group_with_costs_apart() -> None:
    told = Intervals(lambda one: Estimate(one.value, 0.01, 1e9, 2), kept(0.02), lambda one: None)  # type: ignore[arg-type]
    frame = table([compared("random", 0.5, [0.3, 0.5]), compared("full", 1.0, [0.6])], told)
    first = frame.iloc[0]
    assert (first[col.RATIO], first[col.RATINGS], first[col.SEEDS], first[col.VALUE]) == (0.5, 500, 2, 0.4)
    assert first[col.HALF] == pytest.approx(0.0196, abs=1e-5)
    assert (first[col.SHARE_KEPT], first[col.KEPT_FROM]) == (pytest.approx(2 / 3), pytest.approx(2 / 3 - 0.02))
    assert (first[col.CHOOSING_S], first[col.TRAIN_S]) == (3.0, 10.0)
    whole = frame.iloc[1]
    assert whole[col.SHARE_KEPT] == 1.0
    assert math.isnan(whole[col.KEPT_FROM])
    assert whole[col.HALF] == pytest.approx(0.0196, abs=1e-5)  # full data have an interval too
    assert first[col.KEPT_AT_LEAST] == pytest.approx(2 / 3 - 0.02)


def test_random_rows_end_in_their_own_full_data() -> None:
    """Random rows from one start and full data from another were fitted as one curve."""
    every = [compared("random", ratio, [ratio]) for ratio in (0.2, 0.5)]
    train = {**quick().train.model_dump(), "start": "kept"}
    other = quick("full", train=train)
    own = Compared(every[0].baseline, every[0].baseline, RECALL)  # type: ignore[arg-type]
    foreign = Compared(Group((other,), (result(other, 0.9),)), None, RECALL)
    assert random_rows([foreign, *every, own, compared("recent", 0.2, [0.5])]) == [*every, own]
    assert random_rows([foreign]) == []


def test_what_choosing_and_training_cost_is_a_mean_over_seeds() -> None:
    assert costs(compared("random", 0.5, [0.3, 0.5]).group) == (3.0, 10.0)


def test_settings_that_do_not_count_for_a_model_keep_no_run_off_its_frontier() -> None:
    """A counted model has no epochs: the page said that nothing was measured beside runs that differed in those."""
    ours = quick("users", model="co-occurrence", train={"epochs": 2, "patience": 2})
    other = quick("random", model="co-occurrence", train={"epochs": 9, "patience": 0}, seed=3)
    one = Compared(Group((ours,), (result(ours, 0.5),)), None, RECALL)
    assert alike([one], other) == [one]
    trained = quick("users", train={"epochs": 2})
    counts = Compared(Group((trained,), (result(trained, 0.5),)), None, RECALL)
    assert alike([counts], quick("users", train={"epochs": 9})) == []
    assert alike([counts], quick("random", train={"epochs": 2, "start": "kept"}, ratio=0.5)) == [counts]
    assert alike([counts], quick("users", train={"epochs": 2}, proxy={"epochs": 3})) == []

"""Curves of quality against ratio: what is read off them, against plain definitions and SciPy."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from rec_core.analysis import columns as col
from rec_core.analysis.comparison import Compared, baseline_spec
from rec_core.analysis.frontier import (
    alike,
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
from rec_core.wording.frontier import grid
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
    """Of differences with a standard error of 0.01, at their ratio alone: a tie of two is no best."""
    groups = [compared("recent", 0.1, [0.5]), compared("random", 0.1, [0.4]), compared("quota", 0.1, [0.3])]
    alone = compared("recent", 0.2, [0.6])
    by = dict(zip(("random", "quota"), gains, strict=True))

    def gain(one: Compared, other: Compared) -> Estimate | None:
        assert one is groups[0]
        found = by[other.spec.method.name]
        return None if found is None else Estimate(found, 0.01, 1e6, 1)

    assert clear_best([*groups, alone], gain) == ({groups[0].group.key} if best else set())


def test_a_table_for_a_paper_has_ways_by_ratios() -> None:
    every = [compared("random", 0.1, [0.4, 0.5]), compared("recent", 0.1, [0.45]), compared("recent", 0.5, [0.6])]
    cells, bold = grid(every, {every[2].group.key})
    assert list(cells) == ["Method", "10 %", "50 %"]
    half = stats.t.ppf(0.975, 1) * np.std([0.4, 0.5], ddof=1) / math.sqrt(2)
    assert cells["10 %"].tolist() == [f"0.450 ± {half:.3f}", "0.450"]
    assert cells["50 %"].tolist() == ["", "0.600"]
    assert bold == {"10 %": [], "50 %": [1]}


def test_lines_hold_one_way_to_keep_rows_by_ratio() -> None:
    every = [compared("random", 0.5, [0.5]), compared("recent", 0.1, [0.4]), compared("random", 0.1, [0.3])]
    found = list(lines(every).values())
    assert [[ratio_of(one) for one in line] for line in found] == [[0.1, 0.5], [0.1]]


def test_the_smallest_part_is_the_first_whose_interval_reaches_the_goal() -> None:
    every = [
        compared("random", 0.5, [0.6]),
        compared("random", 0.05, [0.575]),  # keeps 96 %, which is not sure
        compared("random", 0.2, [0.55]),
        compared("recent", 0.1, [0.594]),
        compared("full", 1.0, [0.6]),
        compared("rs2", 0.05, [0.6]),  # keeps no rows
    ]
    found = smallest(every, 0.95, kept(0.02))  # type: ignore[arg-type]
    assert found.sure is not None
    assert found.likely is not None
    assert (found.sure[0].spec.method.name, found.sure[0].spec.ratio) == ("recent", 0.1)
    assert (found.likely[0].spec.method.name, found.likely[0].spec.ratio) == ("random", 0.05)
    assert (found.tried, found.largest) == (4, 0.5)
    nowhere = smallest(every, 0.9999, kept(0.02))  # type: ignore[arg-type]
    assert nowhere.sure is None
    assert nowhere.likely is not None
    assert nowhere.likely[0].spec.ratio == 0.5
    unsure = smallest(every, 0.95, kept(0.0, freedom=0.0))  # type: ignore[arg-type]
    assert unsure.sure is None


def test_what_doubling_adds_is_the_slope_that_scipy_fits() -> None:
    rng = np.random.default_rng(3)
    ratios = (0.05, 0.2, 0.5, 1.0)
    values = {ratio: [0.4 + 0.03 * math.log2(ratio) + rng.normal(0, 0.004) for _ in range(3)] for ratio in ratios}
    line = [compared("random" if ratio < 1 else "full", ratio, values[ratio]) for ratio in ratios]
    found = rise(line)
    assert found is not None
    assert found.ratios == (0.2, 0.5, 1.0)
    x = [math.log2(ratio) for ratio in ratios[1:] for _ in range(3)]
    expected = stats.linregress(x, [value for ratio in ratios[1:] for value in values[ratio]])
    assert found.slope.mean == pytest.approx(expected.slope)
    assert found.slope.error == pytest.approx(expected.stderr)
    assert found.slope.p == pytest.approx(expected.pvalue)
    assert found.is_rising
    assert not found.is_flat(0.4, 0.02)
    assert found.is_flat(0.4, 0.2)
    assert rise(line[:3]) is None


def test_choosing_pays_for_itself_once_trainings_have_saved_what_it_cost() -> None:
    assert break_even(30.0, 10.0, 50.0) == 0.75
    assert break_even(100.0, 10.0, 50.0) == 2.5
    assert break_even(1.0, 50.0, 50.0) is None


def test_the_table_has_a_row_per_group_with_costs_apart() -> None:
    frame = table([compared("random", 0.5, [0.3, 0.5]), compared("full", 1.0, [0.6])], kept(0.02))  # type: ignore[arg-type]
    first = frame.iloc[0]
    assert (first[col.RATIO], first[col.RATINGS], first[col.SEEDS], first[col.VALUE]) == (0.5, 500, 2, 0.4)
    assert first[col.HALF] == pytest.approx(0.1 * stats.t.ppf(0.975, 1))
    assert (first[col.SHARE_KEPT], first[col.KEPT_FROM]) == (pytest.approx(2 / 3), pytest.approx(2 / 3 - 0.02))
    assert (first[col.CHOOSING_S], first[col.TRAIN_S]) == (3.0, 10.0)
    whole = frame.iloc[1]
    assert whole[col.SHARE_KEPT] == 1.0
    assert math.isnan(whole[col.KEPT_FROM])
    assert math.isnan(whole[col.HALF])


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

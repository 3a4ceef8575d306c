"""Finding the smallest part that keeps enough, against looking at every part of made-up curves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rec_core.data import splits
from rec_core.data.interactions import Catalogue, Dataset, Interactions, Split
from rec_core.data.texts import texts
from rec_core.evaluation import METRICS
from rec_core.replicates import Estimate
from rec_core.specs import ExperimentSpec
from rec_core.sweeps.search import (
    ERROR,
    GRID,
    LOOKS,
    Answer,
    OutOfTimeError,
    Question,
    Wanted,
    candidates,
    ranked_users,
    search,
    ways,
)
from tests.conftest import quick

KEEP = 0.95
BASE = quick("recent")
QUESTION = Question(base=BASE, metric="recall@10", keep=KEEP)
Curve = Mapping[float, float]  # ratio → what is kept


def judged(curves: Mapping[str, Curve], confirmed: Mapping[str, Curve] | None = None) -> Callable[..., Estimate]:
    """Return a judge that knows the curve of each method; other seeds may see another one."""

    def judge(ours: Sequence[ExperimentSpec], full: Sequence[ExperimentSpec]) -> Estimate:
        assert [one.seed for one in ours] == [one.seed for one in full]
        assert all(one.keeps_everything for one in full)
        seen = confirmed if confirmed is not None and len(ours) > 1 else curves
        return Estimate(seen[ours[0].method.name][ours[0].ratio], 1e-4, 1e9, len(ours))

    return judge


def run(judge: Callable[..., Estimate], question: Question = QUESTION) -> tuple[Answer, list[Wanted]]:
    """Return the answer, and everything that was asked for on the way to it."""
    asked: list[Wanted] = []
    conversation = search(question, judge, None)
    while True:
        try:
            asked.append(next(conversation))
        except StopIteration as over:
            return over.value, asked


def cells(asked: Sequence[Wanted]) -> set[ExperimentSpec]:
    """Return the parts that were waited for while searching, full data not among them."""
    return {one for wanted in asked for one in wanted.now if not one.keeps_everything and one.seed == BASE.seed}


def smallest(*curves: Curve) -> float | None:
    """Return the smallest ratio at which any curve keeps enough, by looking at all of them."""
    return min((ratio for curve in curves for ratio in GRID if curve[ratio] >= KEEP), default=None)


def rising(reaches_at: int, steep: float = 0.05) -> Curve:
    """Return a curve that reaches what is asked for at a place of the grid, and rises on."""
    return {ratio: KEEP + 0.001 + steep * (place - reaches_at) for place, ratio in enumerate(GRID)}


NOTHING = dict.fromkeys(GRID, 0.2)


@given(st.integers(0, len(GRID) - 1), st.integers(0, len(GRID) - 1))
def test_of_curves_that_rise_the_smallest_part_is_found_in_few_runs(recent: int, random: int) -> None:
    curves = {"recent": rising(recent), "random": rising(random)}
    answer, asked = run(judged(curves))
    assert answer.ending == "confirmed"
    assert answer.chosen is not None
    assert answer.confirmed is not None
    assert answer.chosen.spec.ratio == answer.confirmed.spec.ratio == smallest(*curves.values())
    assert len(cells(asked)) <= 13  # of 26


@given(st.integers(2, len(GRID) - 1), st.integers(1, 2))
def test_a_part_behind_a_dip_is_found(at: int, width: int) -> None:
    """Quality falls below what is asked for just before it stays above."""
    dipped = dict(rising(max(at - width - 1, 0)))
    for place in range(max(at - width, 1), at):
        dipped[GRID[place]] = KEEP - 0.01
    answer, _ = run(judged({"recent": dipped, "random": NOTHING}))
    assert answer.chosen is not None
    assert answer.chosen.spec.ratio == smallest(dipped)


@pytest.mark.parametrize(("level", "ratio"), [(0.99, GRID[0]), (0.2, None)])
def test_a_flat_curve_ends_at_its_smallest_part_or_nowhere(level: float, ratio: float | None) -> None:
    answer, asked = run(judged({"recent": dict.fromkeys(GRID, level), "random": NOTHING}))
    assert (None if answer.chosen is None else answer.chosen.spec.ratio) == ratio
    assert answer.ending == ("not confirmed" if ratio is None else "confirmed")
    assert len(cells(asked)) < 12


@given(st.integers(0, 2**32 - 1))
def test_of_a_noisy_curve_what_is_named_keeps_enough(seed: int) -> None:
    noise = np.random.default_rng(seed).normal(0, 0.02, len(GRID))
    curve = {ratio: value + off for (ratio, value), off in zip(rising(6, 0.01).items(), noise, strict=True)}
    answer, _ = run(judged({"recent": curve, "random": NOTHING}))
    best = smallest(curve)
    if answer.chosen is None:
        assert curve[GRID[-1]] < KEEP
        return
    assert best is not None
    assert curve[answer.chosen.spec.ratio] >= KEEP
    assert answer.chosen.spec.ratio >= best
    if answer.confirmed is not None:
        assert curve[answer.confirmed.spec.ratio] >= KEEP


def test_a_way_that_fails_below_what_another_found_is_given_up_after_one_run() -> None:
    _, asked = run(judged({"recent": rising(3), "random": rising(9)}))
    assert len({one for one in cells(asked) if one.method.name == "random"}) == 1


def test_the_order_of_the_tests_goes_from_larger_subsets_down_to_the_promising_one() -> None:
    def ratios(place: int) -> list[float]:
        return [one.ratio for one in candidates(BASE, GRID, place)]

    assert ratios(3) == [GRID[9], GRID[7], GRID[5], GRID[3]]
    assert ratios(8) == [GRID[12], GRID[10], GRID[8]]
    assert ratios(len(GRID)) == [GRID[-1]]


def test_a_smaller_subset_is_confirmed_only_after_the_larger_ones() -> None:
    answer, asked = run(judged({"recent": rising(3), "random": NOTHING}, {"recent": rising(5), "random": NOTHING}))
    assert answer.ending == "confirmed"
    assert answer.confirmed is not None
    assert answer.confirmed.spec.ratio == GRID[5]
    assert [one.spec.ratio for one in answer.checked] == [GRID[9], GRID[7], GRID[5], GRID[3]]
    fresh = {one.seed for wanted in asked for one in wanted.now} - {BASE.seed}
    assert len(fresh) == LOOKS[0]
    dipped = {**rising(3), GRID[7]: KEEP - 0.01}
    answer, _ = run(judged({"recent": rising(3), "random": NOTHING}, {"recent": dipped, "random": NOTHING}))
    assert answer.confirmed is not None
    assert answer.confirmed.spec.ratio == GRID[9]


def test_only_seeds_that_chose_nothing_are_reported() -> None:
    answer, _ = run(judged({"recent": rising(3, 0.2), "random": NOTHING}, {"recent": rising(3), "random": NOTHING}))
    assert answer.confirmed is not None
    assert answer.confirmed.spec.seed != BASE.seed
    assert answer.confirmed.kept is not None
    assert answer.confirmed.kept.count == LOOKS[0]
    assert answer.confirmed.kept.mean == rising(3)[GRID[3]]


def test_where_it_is_close_more_seeds_are_asked_and_each_look_has_its_share_of_the_error() -> None:
    from scipy import stats

    error = 0.01  # of one seed, and the candidate keeps 0.3 % more than is asked for

    def judge(ours: Sequence[ExperimentSpec], full: Sequence[ExperimentSpec]) -> Estimate:
        return Estimate(KEEP + 0.003, error / len(ours) ** 0.5, 1e9, len(ours))

    needed = (stats.norm.isf(ERROR / len(LOOKS)) * error / 0.003) ** 2
    assert run(judge)[0].ending == "not confirmed"  # 73 seeds would be needed
    error = 0.005
    answer, _ = run(judge)
    assert answer.confirmed is not None
    assert answer.confirmed.kept is not None
    assert answer.confirmed.kept.count == next(look for look in LOOKS if look >= needed / 4)


def test_one_that_looks_too_bad_is_given_up_and_one_seed_confirms_nothing() -> None:
    low = {"recent": dict.fromkeys(GRID, KEEP - 0.001), "random": NOTHING}
    answer, asked = run(judged({"recent": rising(3), "random": NOTHING}, low))
    assert answer.ending == "not confirmed"
    assert answer.confirmed is None
    assert len({one.seed for wanted in asked for one in wanted.now}) == 1 + LOOKS[0]
    assert Estimate(2.0, 0.0, 0.0, 1).at_least(ERROR) < 0


def test_what_is_confirmed_stays_so_when_the_time_ends() -> None:
    def judge(ours: Sequence[ExperimentSpec], full: Sequence[ExperimentSpec]) -> Estimate:
        close = ours[0].ratio == GRID[3]
        return Estimate(KEEP + 0.003, 0.01 if close else 1e-4, 1e9, len(ours))

    question = Question(base=BASE, metric="recall@10", keep=KEEP, ratios=(GRID[3], GRID[7]))
    conversation = search(question, judge, None)
    while max(one.seed for one in next(conversation).now) <= LOOKS[0]:
        pass
    with pytest.raises(StopIteration) as over:
        conversation.throw(OutOfTimeError())
    assert over.value.value.ending == "confirmed"
    assert over.value.value.confirmed.spec.ratio == GRID[7]


def small(n_users: int, n_items: int, each: int) -> Split:
    user = np.repeat(np.arange(n_users), each).astype(np.int32)
    rows = Interactions(user, (np.arange(len(user)) % n_items).astype(np.int32), None, np.arange(len(user)))
    names = texts([""] * n_items)
    data = Dataset(rows, Catalogue(np.arange(n_users), np.arange(n_items), names, names))
    return splits.leave_one_out(data, "last", "next-to-last", np.random.default_rng(0))


def test_a_search_ranks_some_users_among_all_items_where_ranking_everybody_costs_more_than_training() -> None:
    sparse, dense = small(3000, 9000, 12), small(100, 60, 12)
    assert ranked_users(METRICS["recall@10_all"], sparse) == 500 * 30_000 // 9000
    assert ranked_users(METRICS["recall@10"], sparse) == 1000
    assert ranked_users(METRICS["recall@10_all"], dense) == ranked_users(METRICS["recall@10"], dense) == 0


@pytest.mark.parametrize(("metric", "confirming"), [("recall@10_all", 0), ("recall@10", 1666)])
def test_runs_that_confirm_rank_everybody_by_whom_the_metric_is_judged(metric: str, confirming: int) -> None:
    question = Question(base=BASE, metric=metric, keep=KEEP)
    conversation = search(question, judged({"recent": rising(3), "random": NOTHING}), None, users=1666)
    asked = []
    while True:
        try:
            asked.append(next(conversation))
        except StopIteration as over:
            answer = over.value
            break
    ranked = {(one.seed == BASE.seed, one.evaluation.users) for wanted in asked for one in wanted.now}
    assert ranked == {(True, 1666), (False, confirming)}
    assert answer.full is None or answer.full.evaluation.users == 0


def test_answers_are_read_again_those_of_older_versions_too() -> None:
    answer, _ = run(judged({"recent": rising(3), "random": NOTHING}))
    assert Answer.from_json(answer.to_json()) == answer
    written = answer.to_json()
    written["refuted"] = written.pop("checked")[:1]
    older = Answer.from_json(written)
    assert older.confirmed == answer.confirmed
    assert older.checked == (answer.checked[0], answer.confirmed)


def test_a_search_that_runs_out_of_time_says_what_it_has() -> None:
    conversation = search(QUESTION, judged({"recent": rising(3), "random": NOTHING}), None)
    wanted = next(conversation)
    while len({one.seed for one in wanted.now}) == 1:  # until it would confirm
        wanted = next(conversation)
    with pytest.raises(StopIteration) as over:
        conversation.throw(OutOfTimeError())
    assert over.value.value.ending == "time"
    assert over.value.value.chosen.spec.ratio == GRID[3]
    conversation = search(QUESTION, judged({}), None)
    next(conversation)
    with pytest.raises(StopIteration) as over:
        conversation.throw(OutOfTimeError())
    assert over.value.value == Answer("time", None, None, ())


def test_full_data_without_quality_decides_nothing() -> None:
    answer, _ = run(lambda ours, full: None)  # type: ignore[arg-type, return-value]
    assert answer.ending == "nothing"


def test_random_rows_are_among_the_ways_and_none_is_tried_twice() -> None:
    assert [way.method.name for way in ways(QUESTION, None)] == ["recent", "random"]
    chosen = Question(base=quick("random"), metric="recall@10")
    assert [way.method.name for way in ways(chosen, None)] == ["random"]
    full = Question(base=quick("full"), metric="recall@10")
    assert [way.method.name for way in ways(full, None)] == ["random"]


def test_a_question_about_another_feedbacks_metric_is_refused() -> None:
    with pytest.raises(ValueError, match="no metric of this feedback"):
        Question(base=BASE, metric="rmse")

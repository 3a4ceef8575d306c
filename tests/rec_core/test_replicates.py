"""Groups of runs: estimates and paired differences against SciPy, hand-worked cases and simulations."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from rec_core.evaluation.ranking import RECALL
from rec_core.evaluation.rating import RMSE
from rec_core.replicates import (
    Estimate,
    Group,
    difference,
    group_key,
    groups,
    holm,
    level,
    over_seeds,
    share,
    slope,
    together,
    verdict,
)
from rec_core.results import RunResult
from tests.conftest import key, quick

Values = NDArray[np.float64]


def _result(name: str) -> RunResult:
    return RunResult({}, name, 10, 2, {"recall@10": 0.5}, {}, [], 1, {}, {}, {})


def test_runs_that_differ_in_nothing_but_the_seed_are_a_group() -> None:
    specs = [quick(seed=3), quick("gradient"), quick(seed=1), quick(ratio=0.3)]
    found = groups((spec, _result(key(spec))) for spec in specs)
    assert [[spec.seed for spec in group.specs] for group in found] == [[1, 3], [0], [0]]
    assert found[0].key == key(quick(seed=1))
    assert found[0].keys == {key(quick(seed=1)), key(quick(seed=3))}
    assert group_key(quick(seed=1)) == group_key(quick(seed=3)) != group_key(quick("gradient"))


def test_a_groups_metric_is_the_mean_over_seeds() -> None:
    results = (_result("a"), RunResult({}, "b", 10, 2, {"recall@10": 0.7}, {}, [], 1, {}, {}, {}))
    assert Group((quick(), quick(seed=1)), results).metric("recall@10") == pytest.approx(0.6)


def test_an_estimate_over_seeds_is_students() -> None:
    values = [0.70, 0.74, 0.72]
    found = over_seeds(values)
    assert (found.low, found.high) == pytest.approx(stats.t.interval(0.95, 2, np.mean(values), stats.sem(values)))
    assert found.p == pytest.approx(stats.ttest_1samp(values, 0).pvalue)
    alone = over_seeds([0.7])
    assert (alone.low, alone.high, alone.count, alone.p) == (0.7, 0.7, 1, 1.0)


def test_one_seed_is_the_paired_t_test_over_users() -> None:
    rng = np.random.default_rng(0)
    ours, theirs = rng.normal(size=200), rng.normal(size=200)
    found, expected = difference(RECALL, {0: ours}, {0: theirs}), stats.ttest_rel(ours, theirs)
    assert found.mean == pytest.approx((ours - theirs).mean())
    assert found.p == pytest.approx(expected.pvalue)
    assert (found.low, found.high) == pytest.approx(tuple(expected.confidence_interval(0.95)))


def test_users_and_seeds_are_both_counted() -> None:
    """Users: variance of their mean differences / n. Seeds: of theirs / S, less half of what users' chance adds."""
    ours = np.array([[3.0, 0.0, 1.0, 1.0], [3.0, 0.0, 0.0, 1.0]])  # no hits, so that no users are added
    theirs = np.array([[2.0, 0.0, 1.0, 1.0], [3.0, 0.0, 0.0, 0.0]])
    alike = difference(RECALL, _seeds(ours), _seeds(theirs))
    assert alike.mean == pytest.approx(0.25)
    assert alike.error**2 == pytest.approx(np.var([0.5, 0.0, 0.0, 0.5], ddof=1) / 4)
    assert alike.freedom == 3
    assert alike.more == ((0.0, 1.0),)  # the seeds agree exactly
    apart = ours - np.array([[0.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 1.0]])
    found = difference(RECALL, _seeds(ours), _seeds(ours - apart))
    cells = [apart[s, u] - apart[:, u].mean() - apart[s].mean() + apart.mean() for s in range(2) for u in range(4)]
    chance = sum(cell**2 for cell in cells) / (1 * 3)  # the mean square of what neither a user nor a seed explains
    ((error, freedom),) = found.more
    assert error**2 == pytest.approx(np.var([0.75, 0.0], ddof=1) / 2 - chance / (2 * 4) / 2)
    assert freedom == 1


def test_seeds_are_paired_by_what_they_are_and_not_by_their_place() -> None:
    rng = np.random.default_rng(1)
    ours, theirs = rng.random((2, 50)) + np.array([[0.0], [0.3]]), rng.random((2, 50)) + np.array([[0.2], [0.0]])
    paired = difference(RECALL, {0: ours[0], 1: ours[1]}, {1: theirs[1], 0: theirs[0]})
    assert paired.more == difference(RECALL, _seeds(ours), _seeds(theirs)).more
    found = difference(RECALL, {0: ours[0], 1: ours[1]}, {1: theirs[0], 2: theirs[1]})
    assert found.error**2 == pytest.approx(np.var(ours.mean(axis=0) - theirs.mean(axis=0), ddof=1) / 50)
    each = [
        np.var(side.mean(axis=1), ddof=1) - np.var(side[0] - side[1], ddof=1) / 2 / 50 / 2 for side in (ours, theirs)
    ]
    assert found.more[0][0] ** 2 == pytest.approx(np.mean(each) * (1 / 2 + 1 / 2))
    assert found.more[0][1] == 2


def test_one_seed_against_several_has_their_variance_too() -> None:
    rng = np.random.default_rng(2)
    ours, theirs = rng.random((3, 50)) + rng.random((3, 1)), rng.random(50)
    found = difference(RECALL, _seeds(ours), {7: theirs})
    assert found.error**2 == pytest.approx(np.var(ours.mean(axis=0) - theirs, ddof=1) / 50)
    left = ours - ours.mean(axis=0) - ours.mean(axis=1, keepdims=True) + ours.mean()
    of_seeds = np.var(ours.mean(axis=1), ddof=1) - (left**2).sum() / (2 * 49) / 50 / 2
    assert found.more[0][0] ** 2 == pytest.approx(of_seeds * (1 / 3 + 1))
    assert found.count == 1


@pytest.mark.parametrize("more", [(), ((0.02, 2.0),), ((0.0, 2.0),), ((0.02, 2.0), (0.01, 4.0))])
def test_p_is_the_level_at_which_the_interval_holds_zero(more: tuple[tuple[float, float], ...]) -> None:
    for mean in (0.0, 0.004, -0.03, 0.5):
        found = Estimate(mean, 0.01, 500, 3, more)
        half = np.sqrt(sum((stats.t.isf(found.p / 2, f) * e) ** 2 for e, f in ((0.01, 500), *more)))
        assert half == pytest.approx(abs(mean), rel=1e-6) or found.p in (1e-12, 1.0)
        assert (found.p <= 0.05) == (not found.low <= 0 <= found.high)


def _seeds(values: Values) -> dict[int, Values]:
    return dict(enumerate(values))


def test_the_difference_of_two_root_mean_squares_is_that_of_the_roots() -> None:
    ours, theirs = {0: np.full(100, 1.0)}, {0: np.full(100, 4.0)}  # squared errors: RMSE 1 and 2
    found = difference(RMSE, ours, theirs)
    assert [found.mean, found.error] == pytest.approx([1.0, 0.0])
    rng = np.random.default_rng(3)
    errors = rng.normal(size=(2, 1, 4000)) * np.array([1.0, 1.1])[:, None, None]
    found = difference(RMSE, {0: errors[0, 0] ** 2}, {0: errors[1, 0] ** 2})
    drawn = rng.integers(4000, size=(400, 4000))
    roots = [np.sqrt((errors[side, 0] ** 2)[drawn].mean(axis=1)) for side in (0, 1)]
    assert found.error == pytest.approx(np.std(roots[1] - roots[0]), rel=0.1)  # the bootstrap says the same


def test_equal_groups_do_not_differ() -> None:
    same = {0: np.random.default_rng(0).random(30)}
    for metric in (RECALL, RMSE):
        found = difference(metric, same, same)
        assert (found.mean, found.p) == (0.0, 1.0)
        assert verdict(found) == "no clear difference"


def _rounds(seeds: int, others: int, of_seeds: float, of_chance: float, true: float, rounds: int) -> list[Estimate]:
    """Draw users, seeds, and each user's chance with each seed anew in each round; return the differences found."""
    rng, found = np.random.default_rng(5), []
    for _ in range(rounds):
        users, prefer = rng.normal(size=400), 0.3 * rng.normal(size=400)
        ours, theirs = (
            {
                first + i: level + users + of_seeds * rng.normal() + of_chance * rng.normal(size=400)
                for i in range(count)
            }
            for level, count, first in ((true + prefer, seeds, 0), (0.0, others, 0 if seeds == others else 10))
        )
        found.append(difference(RECALL, ours, theirs))
    return found


def _check_cover(seeds: int, others: int, of_seeds: float, of_chance: float) -> None:
    """One seed says nothing of other seeds: its interval is for the runs that were made."""
    found = _rounds(seeds, others, of_seeds if seeds > 1 else 0.0, of_chance, 0.1, 1000)
    covered = sum(one.low <= 0.1 <= one.high for one in found) / len(found)
    assert 0.93 <= covered <= 0.985, covered  # 1,000 simulations tell 0.98 from 0.985 not quite


@pytest.mark.parametrize("seeds", [1, 3, 5])
def test_intervals_cover_at_about_their_level(seeds: int) -> None:
    _check_cover(seeds, seeds, 0.02, 0.3)


@pytest.mark.slow
@pytest.mark.parametrize("of_chance", [0.1, 0.3, 0.6])
@pytest.mark.parametrize("of_seeds", [0.0, 0.01, 0.03, 0.1])
@pytest.mark.parametrize(("seeds", "others"), [(3, 3), (5, 5), (5, 3)])
def test_intervals_cover_whatever_is_noisy(seeds: int, others: int, of_seeds: float, of_chance: float) -> None:
    _check_cover(seeds, others, of_seeds, of_chance)


@pytest.mark.parametrize("seeds", [1, 3, 5])
def test_equal_methods_are_seldom_called_different(seeds: int) -> None:
    found = _rounds(seeds, seeds, 0.02 if seeds > 1 else 0.0, 0.3, 0.0, 1000)
    assert sum(verdict(one) != "no clear difference" for one in found) <= 0.05 * 1000 + 2 * np.sqrt(1000 * 0.05 * 0.95)


def test_holm_keeps_the_error_of_a_family() -> None:
    """Of five equal methods looked at together, one is called different in at most 5 % of all looks."""
    found = _rounds(3, 3, 0.02, 0.3, 0.0, 1500)
    families = [found[first : first + 5] for first in range(0, 1500, 5)]
    wrong = sum(any(says != "no clear difference" for says in together(family)) for family in families)
    assert wrong / len(families) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / len(families))


def test_holm_is_the_hand_worked_case() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == pytest.approx([1.0, 1.0])
    assert holm([]) == []


def test_a_verdict_needs_an_interval_without_zero() -> None:
    clear, unclear = Estimate(0.05, 0.01, 100, 1), Estimate(0.05, 0.04, 100, 1)
    assert (verdict(clear), verdict(unclear)) == ("better", "no clear difference")
    assert verdict(Estimate(-0.05, 0.01, 100, 1)) == "worse"
    assert verdict(clear, p=holm([clear.p, 0.2, 0.4] * 40)[0]) == "better"
    assert verdict(Estimate(0.022, 0.01, 100, 1), p=0.06) == "no clear difference"
    for one in (clear, unclear):
        assert (verdict(one) == "no clear difference") == (one.low <= 0 <= one.high)


def test_the_share_of_quality_has_the_interval_that_the_bootstrap_gives() -> None:
    """Users are drawn together, so that the two sides stay paired."""
    rng = np.random.default_rng(4)
    hard = rng.random(3000)
    ours, theirs = ((rng.random(3000) < p * hard).astype(float) for p in (0.6, 0.9))
    errors = rng.normal(size=3000)
    squares = [(errors + 0.3 * rng.normal(size=3000)) ** 2, (0.8 * errors) ** 2]
    drawn = rng.integers(3000, size=(500, 3000))
    found, of_errors = share(RECALL, {0: ours}, {0: theirs}), share(RMSE, {0: squares[0]}, {0: squares[1]})
    assert found is not None
    assert of_errors is not None
    assert found.mean == pytest.approx(ours.mean() / theirs.mean())
    assert found.error == pytest.approx(np.std(ours[drawn].mean(1) / theirs[drawn].mean(1)), rel=0.1)
    assert of_errors.mean == pytest.approx(np.sqrt(squares[1].mean() / squares[0].mean()))
    roots = np.sqrt(squares[1][drawn].mean(1) / squares[0][drawn].mean(1))
    assert of_errors.error == pytest.approx(np.std(roots), rel=0.1)
    assert found.count == 1


def test_shares_are_taken_seed_by_seed_of_the_seeds_that_both_have() -> None:
    rng = np.random.default_rng(5)
    ours = {seed: rng.random(40) for seed in (0, 1, 2)}
    theirs = {seed: rng.random(40) + 1 for seed in (1, 2, 9)}
    found = share(RECALL, ours, theirs)
    assert found is not None
    shares = [ours[seed].mean() / theirs[seed].mean() for seed in (1, 2)]
    assert found.mean == pytest.approx(np.mean(shares))
    each = [r * (ours[s] / ours[s].mean() - theirs[s] / theirs[s].mean()) for r, s in zip(shares, (1, 2), strict=True)]
    assert found.error**2 == pytest.approx(np.var(np.mean(each, axis=0), ddof=1) / 40)
    chance = np.var(each[0] - each[1], ddof=1) / 2  # each user's with each seed
    assert found.more[0][0] ** 2 == pytest.approx(max(np.var(shares, ddof=1) / 2 - chance / 40 / 2 / 2, 0))
    assert found.count == 2


def test_there_is_no_share_of_nothing() -> None:
    none, some = np.zeros(30), np.ones(30)
    assert share(RECALL, {0: some}, {0: none}) is None
    assert share(RECALL, {0: some}, {1: some}) is None
    nothing_kept = share(RECALL, {0: none}, {0: some})
    assert nothing_kept is not None
    assert nothing_kept.mean == 0.0
    assert nothing_kept.high > 0.05
    whole = share(RECALL, {0: some}, {0: some})
    assert whole is not None
    assert whole.mean == 1.0
    assert whole.low < 0.95


def test_differences_that_are_looked_at_together_are_adjusted() -> None:
    gains = [Estimate(2.1, 1.0, 1e6, 1), Estimate(0.1, 1.0, 1e6, 1), Estimate(-9.0, 1.0, 1e6, 1)]
    assert verdict(gains[0]) == "better"
    assert together(gains) == ["no clear difference", "no clear difference", "worse"]
    assert together([]) == []


@pytest.mark.parametrize("n_users", [10, 19, 30, 69])
def test_intervals_of_few_users_hold_the_truth(n_users: int) -> None:
    """Every outcome, times its probability: of users served alike, an interval of no width held it in 10 %."""
    hits = np.arange(n_users + 1)
    found = [level(RECALL, {0: (np.arange(n_users) < k).astype(float)}) for k in hits]
    low, high = (np.array([getattr(one, end) for one in found]) for end in ("low", "high"))
    for p in np.linspace(0.01, 0.99, 99):
        holds = (low <= p) & (p <= high)
        assert stats.binom.pmf(hits, n_users, p)[holds].sum() > 0.93, p


@pytest.mark.parametrize("n_users", [10, 19, 30])
def test_differences_of_few_users_hold_the_truth(n_users: int) -> None:
    up, down = np.array([(i, j) for i in range(n_users + 1) for j in range(n_users + 1 - i)]).T
    place = np.arange(n_users)
    ours = (place < up[:, None]).astype(float)
    theirs = ((place >= up[:, None]) & (place < (up + down)[:, None])).astype(float)
    found = [difference(RECALL, {0: one}, {0: other}) for one, other in zip(ours, theirs, strict=True)]
    low, high = (np.array([getattr(one, end) for one in found]) for end in ("low", "high"))
    outcomes = np.stack([up, down, n_users - up - down], axis=1)
    for better, worse in [(0.01, 0.0), (0.05, 0.0), (0.1, 0.1), (0.3, 0.0), (0.3, 0.45), (0.45, 0.1), (0.5, 0.5)]:
        holds = (low <= better - worse) & (better - worse <= high)
        probability = stats.multinomial.pmf(outcomes, n_users, [better, worse, 1 - better - worse])
        assert probability[holds].sum() > 0.93, (better, worse)


@pytest.mark.parametrize("n_users", [10, 19, 30, 69])
@pytest.mark.parametrize("p", [0.05, 0.5, 0.95])
def test_shares_of_few_users_hold_the_truth_or_are_unknown(n_users: int, p: float) -> None:
    rng, found = np.random.default_rng(6), []
    for _ in range(400):
        theirs = (rng.random(n_users) < p).astype(float)
        ours = np.where(rng.random(n_users) < 0.6, theirs, rng.random(n_users) < p).astype(float)
        kept = share(RECALL, {0: ours}, {0: theirs})
        found.append(kept is None or kept.freedom <= 0 or kept.low <= 1 <= kept.high)
    assert np.mean(found) > 0.93


def test_users_who_are_served_alike_leave_room_for_others() -> None:
    """As the rule of three says: of 19 hits in 19, up to about 15 % of others may be missed."""
    hits = {0: np.ones(19)}
    assert level(RECALL, hits).low == pytest.approx(1 - 3 / 19, abs=0.03)
    kept, gain = share(RECALL, hits, hits), difference(RECALL, hits, hits)
    assert kept is not None
    assert kept.low < 0.9
    assert gain.low < -0.1
    assert share(RECALL, {0: np.ones(1)}, {0: np.ones(1)}).freedom == 0.0  # type: ignore[union-attr]


def test_a_share_of_what_may_be_nothing_has_no_interval() -> None:
    few = np.zeros(30)
    few[0] = 1.0
    found = share(RECALL, {0: np.ones(30)}, {0: few})
    assert found is not None
    assert found.mean == pytest.approx(30.0)
    assert found.freedom == 0.0
    assert np.isnan(found.ends).all()
    assert not found.is_replicated


def test_the_interval_of_a_metric_counts_users_and_seeds() -> None:
    rng = np.random.default_rng(7)
    values = 3 * rng.random((3, 40)) + rng.random((3, 1))  # no hits, so that no users are added
    found = level(RECALL, _seeds(values))
    assert found.mean == pytest.approx(values.mean())
    assert found.error**2 == pytest.approx(np.var(values.mean(axis=0), ddof=1) / 40)
    left = values - values.mean(axis=0) - values.mean(axis=1, keepdims=True) + values.mean()
    chance = (left**2).sum() / (2 * 39) / 40
    assert found.more[0][0] ** 2 == pytest.approx(np.var(values.mean(axis=1), ddof=1) / 3 - chance / 3 / 2)
    alone = level(RECALL, {0: values[0]})
    assert (alone.low, alone.high) == pytest.approx(stats.t.interval(0.95, 39, values[0].mean(), stats.sem(values[0])))
    assert (alone.count, alone.is_replicated) == (1, False)


def test_the_interval_of_an_error_is_that_of_the_root() -> None:
    rng = np.random.default_rng(8)
    squares = rng.normal(size=4000) ** 2
    found = level(RMSE, {0: squares})
    drawn = rng.integers(4000, size=(400, 4000))
    assert found.mean == pytest.approx(np.sqrt(squares.mean()))
    assert found.error == pytest.approx(np.std(np.sqrt(squares[drawn].mean(axis=1))), rel=0.1)


def test_one_seed_has_no_lower_bound() -> None:
    found = Estimate(0.99, 0.01, 100, 3, ((0.02, 2.0),))
    assert found.at_least() == pytest.approx(found.low)
    assert found.at_least(0.01) < found.low
    assert Estimate(0.99, 0.0001, 6000, 1).at_least() == -np.inf


def test_a_slope_is_that_of_each_user_and_seed() -> None:
    rng = np.random.default_rng(9)
    along = [-2.0, -1.0, 0.0]
    values = 5 * rng.random((3, 2, 50)) + np.arange(3)[:, None, None]  # groups, seeds, users
    found = slope(RECALL, along, [_seeds(group) for group in values])
    assert found is not None
    each = np.array([[stats.linregress(along, values[:, s, u]).slope for u in range(50)] for s in range(2)])
    assert found.mean == pytest.approx(each.mean())
    assert found.error == pytest.approx(stats.sem(each.mean(axis=0)))
    falling = slope(RMSE, along, [_seeds(group) for group in values])
    assert falling is not None
    assert falling.mean < 0  # a growing error
    assert slope(RECALL, along, [{0: values[0, 0]}, {1: values[1, 0]}, {0: values[2, 0]}]) is None


@pytest.mark.parametrize("seeds", [3, 5])
def test_a_flat_truth_is_seldom_called_rising(seeds: int) -> None:
    """Groups share users, of whom some need more rows than others, and seeds of one number share some of their chance.

    Taken as independent runs, 3 to 7 % of such curves were called rising.
    """
    rng, rising, n_users = np.random.default_rng(10), [], 300
    along = np.log2([0.2, 0.4, 0.5, 1.0])
    for _ in range(1000):
        often, luck, needs = rng.uniform(0.3, 0.7, n_users), rng.random(n_users), 0.1 * rng.normal(size=n_users)
        shared, line = 0.01 * rng.normal(size=(seeds, 1)), []
        for place in along - along.mean():
            chance = np.where(rng.random((seeds, n_users)) < 0.5, luck, rng.random((seeds, n_users)))
            served = often + needs * place + shared + 0.01 * rng.normal(size=(seeds, 1))
            line.append(_seeds((chance < served).astype(float)))
        found = slope(RECALL, list(along), line)
        assert found is not None
        rising.append(found.low > 0)
    assert np.mean(rising) <= 0.025 + 2 * np.sqrt(0.025 * 0.975 / 1000), np.mean(rising)

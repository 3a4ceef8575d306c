"""The methods that give each user a quota, and those that go by time: each equal to a slow, obvious loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rec_core.data.interactions import Feedback
from rec_core.errors import SelectionError
from rec_core.models import Fitted, SimpleMF
from rec_core.selection import Candidates
from rec_core.selection.after_date import AfterDate
from rec_core.selection.easy import Easy, losses
from rec_core.selection.mixed import Mixed
from rec_core.selection.quota import Quota
from rec_core.selection.quotas import quotas
from rec_core.selection.recent import Recent
from tests.conftest import interactions

ROWS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 5), st.integers(0, 3)), min_size=1, max_size=40
)  # user, item, time


def _candidates(rows: list[tuple[int, int, int]], timed: bool = True, feedback: Feedback = "implicit") -> Candidates:
    user, item, time = map(list, zip(*rows, strict=True))
    ratings = np.random.default_rng(0).integers(1, 6, len(rows)).astype(float).tolist()
    train = replace(interactions(user, item, ratings), time=np.array(time, np.int64) if timed else None)
    rng = np.random.default_rng(0)  # few distinct scores, so that some are equal
    params = {name: rng.integers(-1, 2, (6, 2)).astype(np.float32) for name in ("user", "item")}
    candidates = Candidates(train, 6, feedback, Fitted(SimpleMF(dim=4), params))
    return replace(candidates, values=losses(candidates))


def _of_each(candidates: Candidates, alpha: float, budget: int) -> list[int]:
    n_rows = np.bincount(candidates.train.user, minlength=candidates.n_users)
    return quotas(n_rows, alpha, budget, np.random.default_rng(0)).tolist()


def _check_quota(candidates: Candidates, kept: np.ndarray, alpha: float, wanted: Callable[[int], float]) -> None:
    """Hold each user's kept rows to be the most wanted ones."""
    user = candidates.train.user
    counts = np.bincount(user[kept], minlength=candidates.n_users)
    owned = np.bincount(user, minlength=candidates.n_users)
    assert (np.abs(counts - _of_each(candidates, alpha, len(kept))) <= 1).all()  # a remainder is drawn by lot
    assert (counts <= owned).all()
    for one in range(candidates.n_users):
        own = np.flatnonzero(user == one).tolist()
        ours = sorted(wanted(row) for row in own if row in set(kept.tolist()))
        best = sorted(map(wanted, own), reverse=True)[: counts[one]]
        assert ours == sorted(best)


@given(ROWS, st.sampled_from([0.0, 0.3, 1.0]), st.data())
def test_quota_keeps_the_popular_or_the_unpopular_rows_of_each_user(
    rows: list[tuple[int, int, int]], alpha: float, data: st.DataObject
) -> None:
    candidates, budget = _candidates(rows), data.draw(st.integers(1, len(rows)))
    count = np.bincount(candidates.train.item)[candidates.train.item]
    liked = Quota(order="popular", alpha=alpha).select(candidates, budget, np.random.default_rng(0)).rows
    _check_quota(candidates, liked, alpha, lambda row: count[row])
    rare = Quota(order="unpopular", alpha=alpha).select(candidates, budget, np.random.default_rng(0)).rows
    _check_quota(candidates, rare, alpha, lambda row: -count[row])
    chance = Quota(alpha=alpha).select(candidates, budget, np.random.default_rng(0)).rows
    _check_quota(candidates, chance, alpha, lambda row: 0.0)


def test_quota_draws_rows_of_a_user_by_lot() -> None:
    candidates = _candidates([(0, 0, 0)] * 4)
    drawn = {Quota().select(candidates, 1, np.random.default_rng(seed)).rows[0] for seed in range(40)}
    assert drawn == {0, 1, 2, 3}


@pytest.mark.parametrize("feedback", ["implicit", "explicit"])
@given(rows=ROWS, part=st.sampled_from([0.0, 0.5, 1.0]), data=st.data())
def test_easy_keeps_easier_rows_and_then_the_next_easiest(
    feedback: Feedback, rows: list[tuple[int, int, int]], part: float, data: st.DataObject
) -> None:
    candidates, budget = _candidates(rows, feedback=feedback), data.draw(st.integers(1, len(rows)))
    loss, user = losses(candidates), candidates.train.user
    hard = Easy(order="hardest").select(candidates, budget, np.random.default_rng(0)).rows
    _check_quota(candidates, hard, 0.0, lambda row: loss[row])
    kept = Easy(part=part).select(candidates, budget, np.random.default_rng(0)).rows
    for one in range(6):
        own = np.flatnonzero(user == one)
        n_easy, ours = int(np.ceil(part * len(own))), np.sort(loss[np.intersect1d(kept, own)])
        ascending = np.sort(loss[own])
        if len(ours) <= n_easy:  # any of the easier ones
            assert not len(ours) or ours[-1] <= ascending[n_easy - 1]
        else:
            assert ours.tolist() == ascending[: len(ours)].tolist()


def test_the_proxys_loss_is_that_of_its_feedback() -> None:
    clicks, ratings = (_candidates([(0, 1, 0), (1, 2, 0)], feedback=f) for f in ("implicit", "explicit"))
    score = clicks.proxy.predict(clicks.train.user, clicks.train.item)
    assert losses(clicks) == pytest.approx(np.log(1 + np.exp(-score)))
    assert losses(ratings) == pytest.approx((score - ratings.train.rated) ** 2)


@given(ROWS, st.data())
def test_the_window_by_date_is_the_end_of_the_log(rows: list[tuple[int, int, int]], data: st.DataObject) -> None:
    candidates, budget = _candidates(rows), data.draw(st.integers(1, len(rows)))
    kept = AfterDate().select(candidates, budget, np.random.default_rng(0)).rows
    newest_first = sorted(range(len(rows)), key=lambda row: (rows[row][2], row), reverse=True)
    assert kept.tolist() == sorted(newest_first[:budget])


def test_without_times_there_is_no_window_by_date() -> None:
    with pytest.raises(SelectionError, match="choose Recent, for which the order of each user's rows is enough"):
        AfterDate().select(_candidates([(0, 0, 0)], timed=False), 1, np.random.default_rng(0))


@given(ROWS, st.sampled_from([0.0, 0.4, 1.0]), st.data())
def test_mixed_is_recent_and_a_random_rest(
    rows: list[tuple[int, int, int]], newest: float, data: st.DataObject
) -> None:
    candidates, budget = _candidates(rows), data.draw(st.integers(1, len(rows)))
    kept = Mixed(newest=newest).select(candidates, budget, np.random.default_rng(0)).rows
    count = round(newest * budget)
    recent = Recent().select(candidates, count, np.random.default_rng(0)).rows if count else np.zeros(0, np.int64)
    assert len(kept) == len(set(kept.tolist())) == budget
    assert set(recent.tolist()) <= set(kept.tolist())


def test_the_rest_of_mixed_is_drawn_from_all_that_is_left() -> None:
    candidates = _candidates([(0, 0, time) for time in range(6)])
    drawn = [Mixed(newest=0.5).select(candidates, 2, np.random.default_rng(seed)).rows.tolist() for seed in range(60)]
    assert {kept[0] for kept in drawn} == {0, 1, 2, 3, 4}
    assert {kept[1] for kept in drawn} == {5}

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rec_core.data.interactions import Interactions
from rec_core.selection import Candidates
from rec_core.selection.lots import keys
from rec_core.selection.quotas import quotas, user_lots
from rec_core.selection.recent import Recent
from tests.conftest import interactions

ACTIVITY = st.lists(st.integers(0, 40), min_size=1, max_size=12).filter(sum)


def _by_bisection(n_rows: list[int], alpha: float, budget: int) -> list[Fraction]:
    """Raise c until the quotas hold the budget."""
    wanted = [Fraction(n**alpha) if n else Fraction(0) for n in n_rows]
    low, high = Fraction(0), Fraction(max(n_rows))
    for _ in range(80):
        c = (low + high) / 2
        held = sum(min(Fraction(n), c * w) for n, w in zip(n_rows, wanted, strict=True))
        low, high = (c, high) if held < budget else (low, c)
    return [min(Fraction(n), high * w) for n, w in zip(n_rows, wanted, strict=True)]


@given(ACTIVITY, st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.data())
def test_quotas_are_the_budget_poured_over_the_users(n_rows: list[int], alpha: float, data: st.DataObject) -> None:
    budget = data.draw(st.integers(1, sum(n_rows)))
    got = quotas(np.array(n_rows), alpha, budget, np.random.default_rng(0)).tolist()
    exact = _by_bisection(n_rows, alpha, budget)
    assert sum(got) == budget
    assert all(q <= n for q, n in zip(got, n_rows, strict=True))
    assert all(abs(q - e) < 1 + 1e-6 for q, e in zip(got, exact, strict=True))  # cut off, or one more
    more = [float(e - int(e)) for q, e in zip(got, exact, strict=True) if q > e]
    cut = [float(e - q) for q, e in zip(got, exact, strict=True) if q < e]
    assert not more or not cut or min(more) >= max(cut) - 1e-5  # the largest fractions got what was left


def test_quotas_worked_out_by_hand() -> None:
    rng = np.random.default_rng(0)
    assert quotas(np.array([1, 5, 10]), 0.0, 9, rng).tolist() == [1, 4, 4]
    assert quotas(np.array([4, 8, 12]), 1.0, 6, rng).tolist() == [1, 2, 3]
    assert quotas(np.array([4, 16, 0]), 0.5, 6, rng).tolist() == [2, 4, 0]
    lucky = {tuple(quotas(np.array([3, 3, 3]), 0.0, 4, np.random.default_rng(seed)).tolist()) for seed in range(30)}
    assert lucky == {(2, 1, 1), (1, 2, 1), (1, 1, 2)}  # equal fractions are drawn by lot


def _slowly(train: Interactions, quota: list[int]) -> list[int]:
    """Give every user the newest of their rows, one user after the other."""
    kept: list[int] = []
    for user, count in enumerate(quota):
        own = np.flatnonzero(train.user == user).tolist()
        time = own if train.time is None else train.time
        own.sort(key=lambda row: (time[row] if train.time is not None else 0, row), reverse=True)
        kept += own[:count]
    return sorted(kept)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=40), st.booleans(), st.data())
def test_recent_keeps_the_newest_rows_of_each_user(
    rows: list[tuple[int, int]], timed: bool, data: st.DataObject
) -> None:
    """Also for one user, equal times, missing times, and users without a row."""
    user, time = np.array(rows, np.int64).T
    train = interactions(user.tolist(), [0] * len(rows))
    train = replace(train, time=time if timed else None)
    budget, alpha = data.draw(st.integers(1, len(rows))), data.draw(st.sampled_from([0.0, 0.3, 1.0]))
    got = Recent(alpha=alpha).select(Candidates(train, 6, "implicit"), budget, np.random.default_rng(1)).rows
    lot = user_lots(user, 6, keys(np.random.default_rng(1)))
    quota = quotas(np.bincount(user, minlength=6), alpha, budget, np.random.default_rng(), lot)
    assert got.tolist() == _slowly(train, quota.tolist())


@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_alpha_says_how_much_heavy_users_count(alpha: float) -> None:
    train = interactions([0] * 90 + [1] * 10, [0] * 100)
    rows = Recent(alpha=alpha).select(Candidates(train, 2, "implicit"), 20, np.random.default_rng(0)).rows
    assert np.bincount(train.user[rows]).tolist() == ([10, 10] if alpha == 0 else [18, 2])

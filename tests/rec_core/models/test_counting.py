"""The recommenders that only count, each equal to a slow, obvious one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rec_core.models import counting
from tests.conftest import interactions

N_USERS, N_ITEMS = 6, 7
# Someone without a row, something without a row, and pairs more than once, among others.
LOG = st.lists(st.tuples(st.integers(0, N_USERS - 2), st.integers(0, N_ITEMS - 2)), min_size=1, max_size=40)
STORED = pytest.mark.parametrize("share", [0.0, 2.0], ids=["arrays", "sparse"])


def _x(log: list[tuple[int, int]]) -> tuple[counting.Sparse, np.ndarray]:
    user, item = map(list, zip(*log, strict=True))
    dense = np.zeros((N_USERS, N_ITEMS))
    dense[user, item] = 1
    return counting.matrix(interactions(user, item), N_USERS, N_ITEMS), dense


def _store(patch: pytest.MonkeyPatch, share: float) -> None:
    """Have matrices kept as arrays from this share of numbers on."""
    patch.setattr(counting, "_DENSE", share)
    patch.setattr(counting, "_FULL", share)


@STORED
@given(log=LOG)
def test_neighbourhood_adds_up_what_was_chosen_together(share: float, log: list[tuple[int, int]]) -> None:
    x, dense = _x(log)
    count = dense.sum(0)
    with pytest.MonkeyPatch.context() as patch:
        _store(patch, share)
        got = counting.neighbourhood(x)(np.arange(N_USERS))
    for user in range(N_USERS):
        for item in range(N_ITEMS):
            score = 0.001 * count[item] / count.max()
            for other in np.flatnonzero(dense[user]):
                if other != item:
                    score += (dense[:, other] * dense[:, item]).sum() / np.sqrt(count[other])
            assert got[user, item] == pytest.approx(score, rel=1e-5, abs=1e-7)


def _walked(dense: np.ndarray, user: int, steps: int) -> np.ndarray:
    """Go from item to user to item, one place after the other."""
    begin = dense[user] / max(dense[user].sum(), 1)
    place = begin
    for _ in range(steps):
        moved = np.zeros(N_ITEMS)
        for item in np.flatnonzero(place):
            users = np.flatnonzero(dense[:, item])
            for other in users:
                moved += place[item] / len(users) * dense[other] / dense[other].sum()
        place = counting.RESTART * begin + (1 - counting.RESTART) * moved
    return place


@STORED
@given(log=LOG)
def test_a_walk_goes_from_items_to_users_and_on(share: float, log: list[tuple[int, int]]) -> None:
    x, dense = _x(log)
    with pytest.MonkeyPatch.context() as patch:
        _store(patch, share)
        got = counting.walk(x)(np.arange(N_USERS))
    steps = 4 if share else 1
    np.testing.assert_allclose(got, [_walked(dense, user, steps) for user in range(N_USERS)], atol=1e-5)


def test_a_walk_goes_by_users_where_that_is_less_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three users of many items each: T has more numbers than X, twice."""
    _store(monkeypatch, 2.0)
    rng = np.random.default_rng(0)
    dense = (rng.random((3, 40)) < 0.6).astype(float)
    user, item = np.nonzero(dense)
    x = counting.matrix(interactions(user.tolist(), item.tolist()), 3, 40)
    moved = dense / dense.sum(1)[:, None]
    step = (dense / np.maximum(dense.sum(0), 1)).T @ moved
    assert np.count_nonzero(step) > 2 * x.nnz
    place = moved
    for _ in range(4):
        place = 0.3 * moved + 0.7 * place @ step
    np.testing.assert_allclose(counting.walk(x)(np.arange(3)), place, atol=1e-6)

from __future__ import annotations

import numpy as np
import pytest

from rec_core.data.interactions import Interactions, Split
from rec_core.errors import SelectionError
from rec_core.selection import Candidates, WholeUsers, budget

ORDERS = ("random", "strata", "latest")


def _candidates(seed: int, timed: bool = True) -> Candidates:
    """Return rows with ties in time, of users some of whom have none."""
    rng = np.random.default_rng(seed)
    n_users, n = int(rng.integers(1, 12)), int(rng.integers(1, 80))
    user = rng.integers(0, n_users, n, dtype=np.int32)
    time = rng.integers(0, 15, n) if timed else None
    return Candidates(Interactions(user, np.arange(n, dtype=np.int32), None, time), n_users, "implicit")


def _obviously(candidates: Candidates, count: int, newest: float, users: list[int]) -> list[int]:
    """Return the rows: users one after the other, the newest part of each, then what is left of each."""
    rows, chosen, rest = candidates.train, [], []
    for user in users:
        own = [row for row in range(len(rows)) if rows.user[row] == user]
        own.sort(key=lambda row: (-rows.time[row] if rows.time is not None else 0, -row))
        first = max(1, int(np.ceil(newest * len(own))))
        chosen += own[:first]
        rest += own[first:]
    return sorted([*chosen, *rest][:count])


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("newest", [1.0, 0.5, 0.1])
@pytest.mark.parametrize("seed", range(8))
def test_users_are_kept_one_after_the_other(order: str, newest: float, seed: int) -> None:
    given, method = _candidates(seed), WholeUsers(order=order, newest=newest)
    users = method._users(given, np.bincount(given.train.user, minlength=given.n_users), np.random.default_rng(3))
    assert sorted(users.tolist()) == list(range(given.n_users))
    for ratio in (0.001, 0.3, 0.999, 1.0):
        count = budget(ratio, len(given.train))
        rows = method.select(given, count, np.random.default_rng(3)).rows
        assert rows.tolist() == _obviously(given, count, newest, users.tolist())


def test_those_seen_latest_are_those_with_the_newest_rows() -> None:
    rows = Interactions(np.array([0, 1, 1, 2], np.int32), np.arange(4, dtype=np.int32), None, np.array([5, 1, 9, 7]))
    given = Candidates(rows, 4, "implicit")
    assert WholeUsers(order="latest").select(given, 2, np.random.default_rng(0)).rows.tolist() == [1, 2]
    assert WholeUsers(order="latest").select(given, 3, np.random.default_rng(0)).rows.tolist() == [1, 2, 3]


def test_without_times_users_cannot_be_ordered_by_them() -> None:
    with pytest.raises(SelectionError, match="needs times, and these data have none; choose users at random"):
        WholeUsers(order="latest").select(_candidates(0, timed=False), 1, np.random.default_rng(0))
    given = _candidates(1, timed=False)
    rows = WholeUsers(newest=0.5).select(given, 3, np.random.default_rng(0)).rows
    assert len(rows) == 3


def test_strata_hold_light_and_heavy_users_alike(small_split: Split) -> None:
    """The activity of those kept is closer to that of all than by chance alone, whatever the seed."""
    train, n_users = small_split.train, small_split.catalogue.n_users
    given, n_rows = Candidates(train, n_users, "implicit"), np.bincount(train.user, minlength=n_users)

    def off(order: str) -> float:
        method = WholeUsers(order=order)
        firsts = [method._users(given, n_rows, np.random.default_rng(seed))[:30] for seed in range(40)]
        return float(np.mean([abs(n_rows[some].mean() - n_rows.mean()) for some in firsts]))

    assert off("strata") < 0.5 * off("random")

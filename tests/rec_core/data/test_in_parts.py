"""Large logs are worked on part by part: the same rows come of it as all at once, and little memory is new."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import astuple
from functools import partial
from typing import TypeVar
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rec_core.data import in_parts, repeats
from rec_core.data.filtering import k_core, rounds
from rec_core.data.interactions import Catalogue, Dataset, Interactions, Split
from rec_core.data.repeats import REPEATS, Repeats
from rec_core.data.splits import global_time, leave_one_out
from rec_core.data.texts import texts
from rec_core.errors import DataError
from rec_core.selection import Candidates, Method, budget
from rec_core.selection.after_date import AfterDate
from rec_core.selection.quota import Quota
from rec_core.selection.random import Random
from rec_core.selection.recent import Recent
from rec_core.selection.whole_users import WholeUsers

T = TypeVar("T")
RULES: list[Method] = [
    Recent(),
    Recent(alpha=0.0, draw="generator"),
    Quota(),
    Quota(order="popular"),
    Quota(order="unpopular", alpha=0.5, draw="generator"),
    Random(),
    Random(draw="hash"),
    WholeUsers(newest=0.5),
    AfterDate(),
]
ROWS = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 5), st.integers(0, 4)), min_size=12, max_size=80)


def _data(rows: list[tuple[int, int, int]], timed: bool, rated: bool = True) -> Dataset:
    user, item, time = (np.array(part) for part in zip(*rows, strict=True))
    stars = (np.arange(len(rows)) / 4).astype(np.float32) if rated else None
    interactions = Interactions(user.astype(np.int32), item.astype(np.int32), stars, time if timed else None)
    names = texts([""] * (item.max() + 1))
    return Dataset(interactions, Catalogue(np.arange(user.max() + 1), np.arange(item.max() + 1), names, names))


def _made(n: int, per_user: int, rng: np.random.Generator) -> Dataset:
    """Return ``n`` rows, unevenly spread, many at the same second, some pairs twice."""
    user, item = (
        (rng.random(n) ** 1.7 * n / per_user).astype(np.int32),
        (rng.random(n) ** 3 * n / per_user * 2).astype(np.int32),
    )
    rows = Interactions(user, item, rng.integers(1, 6, n).astype(np.float32), rng.integers(0, n // 20, n))
    names = texts([""] * (int(item.max()) + 1))
    return Dataset(rows, Catalogue(np.arange(int(user.max()) + 1), np.arange(len(names)), names, names))


def _split(data: Dataset, rule: Repeats, by_date: bool = False) -> Split:
    filtered = k_core(repeats.settle(data, rule)[0], 3)
    if by_date:
        return global_time(filtered, 0.1)
    return leave_one_out(filtered, "last", "random", np.random.default_rng(3))


def _kept(split: Split, method: Method) -> np.ndarray:
    candidates = Candidates(split.train, split.catalogue.n_users, "implicit")
    count = budget(0.3, len(split.train))
    return method.select(candidates, count, np.random.default_rng(5)).rows


def _said(value: object) -> object:
    """Return a split as plain values, which can be compared."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    return [_said(part) for part in value] if isinstance(value, tuple) else value


@given(ROWS, st.booleans(), st.booleans(), st.sampled_from(list(REPEATS)), st.integers(1, 30))
@settings(max_examples=300)
def test_parts_give_the_same_rows(
    rows: list[tuple[int, int, int]], timed: bool, rated: bool, rule: Repeats, at_once: int
) -> None:
    data = _data(rows, timed, rated)

    def found() -> object:
        try:
            split = _split(data, rule)
        except DataError as error:
            return str(error)
        methods = [method for method in RULES if timed or method.name != "window-by-date"]
        return _said(astuple(split)), [_kept(split, method).tolist() for method in methods]

    at_a_time = found()
    with patch.object(in_parts, "AT_ONCE", at_once):
        assert found() == at_a_time


@given(st.lists(st.integers(0, 9), max_size=50), st.integers(1, 20))
def test_each_row_is_in_one_part_and_each_user_too(users: list[int], at_once: int) -> None:
    user = np.array(users, np.int32)
    with patch.object(in_parts, "AT_ONCE", at_once):
        parts = list(in_parts.by_user(user))
        assert in_parts.counts(user, 4).tolist() == np.bincount(user, minlength=4).tolist()
        assert in_parts.distinct(user / 2).tolist() == np.unique(user / 2).tolist()
        assert in_parts.looked_up(np.arange(10) ** 2, user).tolist() == [one**2 for one in users]
    assert sorted(np.concatenate([*parts, np.empty(0, np.intp)]).tolist()) == list(range(len(users)))
    whose = [set(user[part].tolist()) for part in parts]
    assert sum(map(len, whose)) == len(set(users))
    assert all((np.diff(part) > 0).all() for part in parts)
    # Whoever is first in a part may have any number of rows.
    assert all((user[part] > min(one)).sum() < at_once for part, one in zip(parts, whose, strict=True) if one)


def test_what_is_new_takes_little_memory() -> None:
    """A row takes 20 bytes, and what is kept of all rows once more while it is cut out; the rest says which rows."""
    data = _made(1_000_000, 100, np.random.default_rng(0))
    with patch.object(in_parts, "AT_ONCE", 1 << 15):
        split, taken = _peak(lambda: _split(data, "latest"))
        assert taken < 50
        for method, most in (
            (Recent(), 16),
            (Quota(), 24),
            (Random(), 12),
            (Random(draw="hash"), 16),
            (AfterDate(), 16),
        ):
            _, taken = _peak(partial(_kept, split, method))
            assert taken < most, method


def _peak(work: Callable[[], T]) -> tuple[T, float]:
    """Return what ``work`` makes, and how much memory it took at once, in megabytes: bytes a row of a million."""
    tracemalloc.start()
    try:
        return work(), tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


@pytest.mark.slow
def test_five_million_rows_are_the_same_in_parts() -> None:
    data = _made(5_000_000, 10, np.random.default_rng(1))
    assert rounds(data, 3) > 1

    def found() -> list[np.ndarray]:
        kept = []
        for split in (_split(data, "latest"), _split(data, "sum", by_date=True)):
            arrays = [getattr(part, name) for part in split.known for name in ("user", "item", "rating", "time")]
            kept += [array for array in arrays if array is not None]
            kept += [_kept(split, method) for method in RULES]
        return kept

    with patch.object(in_parts, "AT_ONCE", len(data.interactions)):
        at_a_time = found()
    with patch.object(in_parts, "AT_ONCE", 100_000):
        assert all(np.array_equal(a, b) for a, b in zip(found(), at_a_time, strict=True))

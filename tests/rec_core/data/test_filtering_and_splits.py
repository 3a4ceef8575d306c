from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rec_core.data import filtering, negatives, splits
from rec_core.data.interactions import Catalogue, Dataset, Interactions, Split, by_user_and_time, compact
from rec_core.data.sources import SOURCES, Folders
from rec_core.data.texts import texts
from rec_core.errors import DataError
from rec_core.evaluation.ranking import sampled_ranks
from rec_core.wording.data import fewer_negatives
from tests.conftest import experiment, interactions, quick


def _dataset(rows: Interactions) -> Dataset:
    n_users, n_items = int(rows.user.max()) + 1, int(rows.item.max()) + 1
    names = texts([f"Film {i}" for i in range(n_items)])
    return Dataset(rows, Catalogue(np.arange(n_users) + 10, np.arange(n_items) + 100, names, names))


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=60, unique=True), st.integers(1, 4)
)
def test_the_k_core_equals_the_obvious_loop(pairs: list[tuple[int, int]], minimum: int) -> None:
    kept = set(pairs)
    while True:
        users = {u for u, _ in kept if sum(u == v for v, _ in kept) >= minimum}
        items = {i for _, i in kept if sum(i == j for _, j in kept) >= minimum}
        smaller = {(u, i) for u, i in kept if u in users and i in items}
        if smaller == kept:
            break
        kept = smaller
    data = _dataset(interactions([u for u, _ in pairs], [i for _, i in pairs]))
    if not kept:
        with pytest.raises(DataError, match="No user and item is left"):
            filtering.k_core(data, minimum)
        return
    out = filtering.k_core(data, minimum)
    ids = zip(out.catalogue.user_ids[out.interactions.user], out.catalogue.item_ids[out.interactions.item], strict=True)
    assert [(u - 10, i - 100) for u, i in ids] == [pair for pair in pairs if pair in kept]


def test_the_last_by_time_is_tested_and_ties_go_by_file_order() -> None:
    rows = Interactions(
        np.array([0, 0, 0, 0, 1, 1, 1], np.int32),
        np.arange(7, dtype=np.int32),
        np.ones(7, np.float32),
        np.array([5, 9, 9, 1, 3, 2, 1]),
    )
    split = splits.leave_one_out(_dataset(rows), "last", "next-to-last", np.random.default_rng(0))
    assert split.test.item.tolist() == [2, 4]
    assert split.validation.item.tolist() == [1, 5]
    assert split.train.item.tolist() == [0, 3, 6]


@pytest.mark.parametrize("test", ["last", "random"])
@pytest.mark.parametrize("validation", ["random", "next-to-last"])
def test_a_split_is_a_partition(test: str, validation: str) -> None:
    rng = np.random.default_rng(1)
    rows = interactions(np.repeat(np.arange(20), 6).tolist(), rng.integers(0, 30, 120).tolist())
    split = splits.leave_one_out(_dataset(rows), test, validation, rng)  # type: ignore[arg-type]
    assert split.test.user.tolist() == split.validation.user.tolist() == list(range(20))
    times = np.concatenate([part.time for part in (split.train, split.validation, split.test) if part.time is not None])
    assert sorted(times.tolist()) == list(range(120))


def test_random_rules_choose_uniformly() -> None:
    rows = interactions([0] * 5, [0, 1, 2, 3, 4])
    drawn = [
        int(splits.leave_one_out(_dataset(rows), "random", "random", np.random.default_rng(s)).test.item[0])
        for s in range(500)
    ]
    assert np.bincount(drawn, minlength=5).min() > 60


def test_too_few_interactions_are_said_in_a_sentence() -> None:
    with pytest.raises(DataError, match="fewer than 3 interactions"):
        splits.leave_one_out(_dataset(interactions([0, 0], [0, 1])), "last", "random", np.random.default_rng(0))


def test_negatives_are_distinct_unknown_and_uniform(small_split: Split) -> None:
    drawn = negatives.sample_negatives(small_split, 99, np.random.default_rng(0))
    for user in range(small_split.catalogue.n_users):
        known: set[int] = set()
        for part in (small_split.train, small_split.validation, small_split.test):
            known |= set(part.item[part.user == user].tolist())
        mine = drawn[user].tolist()
        assert len(set(mine)) == 99
        assert not known & set(mine)


def test_negatives_of_validation_leave_out_what_validation_knows_alone(small_split: Split) -> None:
    parts = small_split.validated
    drawn = negatives.sample_negatives(small_split, 99, np.random.default_rng(0), parts)
    known = {(user, item) for part in parts for user, item in zip(part.user.tolist(), part.item.tolist(), strict=True)}
    pairs = {(user, item) for user, items in enumerate(drawn.tolist()) for item in items}
    assert len(pairs) == 99 * small_split.catalogue.n_users
    assert not known & pairs
    tested = set(zip(small_split.test.user.tolist(), small_split.test.item.tolist(), strict=True))
    assert tested & pairs  # they are as unknown to validation as any other


def test_every_unknown_item_is_equally_likely() -> None:
    rows = interactions([0, 0, 0], [0, 3, 6])
    split = splits.leave_one_out(_dataset(rows), "last", "random", np.random.default_rng(0))
    drawn = [negatives.sample_negatives(split, 3, np.random.default_rng(s))[0] for s in range(2000)]
    counts = np.bincount(np.concatenate(drawn), minlength=7)
    assert counts[[0, 3, 6]].sum() == 0
    assert np.abs(counts[[1, 2, 4, 5]] / 2000 - 0.75).max() < 0.04


def test_where_fewer_negatives_exist_all_of_them_are_taken(small_split: Split) -> None:
    """Each user's own number: one who knows half of the items does not make it easy for the others."""
    n_items = small_split.catalogue.n_items
    drawn = negatives.sample_negatives(small_split, 350, np.random.default_rng(0))
    parts = (small_split.train, small_split.validation, small_split.test)
    for user in range(small_split.catalogue.n_users):
        known = {item for part in parts for item in part.item[part.user == user].tolist()}
        own = [item for item in drawn[user].tolist() if item != negatives.ABSENT]
        assert len(own) == len(set(own)) == min(350, n_items - len(known))
        assert not known & set(own)
    assert (drawn == negatives.ABSENT).any()
    assert (drawn != negatives.ABSENT).all(axis=1).any()
    said = fewer_negatives(drawn)
    assert f"at least {(drawn != negatives.ABSENT).sum(axis=1).min()}" in said
    assert fewer_negatives(drawn[:, :5]) == ""


def test_absent_negatives_are_no_rivals(small_split: Split) -> None:
    few = np.full((small_split.catalogue.n_users, 20), negatives.ABSENT, np.int32)
    few[:, :2] = negatives.sample_negatives(small_split, 2, np.random.default_rng(0))
    rng = np.random.default_rng(1)
    table = rng.random((small_split.catalogue.n_users, small_split.catalogue.n_items)).astype(np.float32)

    def score(users: np.ndarray, items: np.ndarray) -> np.ndarray:
        return table[users[:, None], items]

    held_out = small_split.test
    both = [sampled_ranks(score, held_out, drawn) for drawn in (few, few[:, :2])]
    assert both[0].tolist() == both[1].tolist()


def test_too_few_unknown_items_to_rank_among_are_said_with_settings_that_pages_have(small_split: Split) -> None:
    user = np.concatenate([np.arange(3), np.zeros(9, np.int64)]).astype(np.int32)
    item = np.concatenate([np.zeros(3, np.int64), np.arange(1, 10)]).astype(np.int32)
    few = Interactions(user, item, None, None)
    split = Split(
        few,
        few.take(np.arange(3)),
        few.take(np.arange(3)),
        small_split.catalogue.take(
            np.arange(small_split.catalogue.n_users) < 3, np.arange(small_split.catalogue.n_items) < 12
        ),
    )
    with pytest.raises(DataError, match="lower smallest number of ratings per user and item") as caught:
        negatives.sample_negatives(split, 99, np.random.default_rng(0))
    assert "knows all but 2 of the 12 items" in str(caught.value)
    assert negatives.sample_negatives(split, 2, np.random.default_rng(0)).shape == (3, 2)  # as few were asked for


def test_movielens_1m_has_the_known_counts(movielens: Folders) -> None:
    data = SOURCES["ml-1m"].load(movielens)
    stars = np.bincount(data.interactions.rated.astype(int))[1:]
    assert stars.tolist() == [56_174, 107_557, 261_197, 348_971, 226_310]
    assert data.interactions.rated.mean(dtype=np.float64) == pytest.approx(3.581564, abs=1e-6)
    assert (data.catalogue.n_users, data.catalogue.n_items) == (6_040, 3_706)
    filtered = filtering.k_core(data, 5)
    assert (filtered.catalogue.n_users, filtered.catalogue.n_items) == (6_040, 3_416)
    spec = quick(data={"dataset": "ml-1m"})
    assert len(experiment(spec, movielens).split.train) == 987_531


def test_the_smaller_movielens_have_the_known_counts(movielens: Folders) -> None:
    data = SOURCES["ml-100k"].load(movielens)
    stars = np.bincount(data.interactions.rated.astype(int))[1:]
    assert stars.tolist() == [6_110, 11_370, 27_145, 34_174, 21_201]
    assert SOURCES["ml-100k"].fingerprint(movielens) == ""
    small = SOURCES["ml-latest-small"].load(movielens)
    assert (len(small.interactions), small.catalogue.n_users, small.catalogue.n_items) == (100_836, 610, 9_724)
    assert SOURCES["ml-latest-small"].fingerprint(movielens) == ""


def test_negatives_are_those_of_drawing_again_what_is_known_or_stands_there(small_split: Split) -> None:
    """The plain form: every draw looked at in every round; the same generator gives the same negatives."""
    n_users, n_items = small_split.catalogue.n_users, small_split.catalogue.n_items
    parts = (small_split.train, small_split.validation, small_split.test)
    known = [{int(i) for part in parts for i in part.item[part.user == user]} for user in range(n_users)]
    rng = np.random.default_rng(7)
    drawn = rng.integers(0, n_items, (n_users, 50))
    while True:
        again = np.array(
            [[d in known[user] or d in row[:at] for at, d in enumerate(row)] for user, row in enumerate(drawn.tolist())]
        )
        if not again.any():
            break
        drawn[again] = rng.integers(0, n_items, int(again.sum()))
    found = negatives.sample_negatives(small_split, 50, np.random.default_rng(7))
    assert found.tolist() == drawn.tolist()


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(-5, 5)), min_size=1, max_size=40), st.booleans())
def test_users_and_times_are_sorted_together_equal_ones_in_file_order(pairs: list[tuple[int, int]], far: bool) -> None:
    user, time = np.array(pairs, np.int64).T
    time = time * (1 << 60 if far else 1)
    rows = Interactions(user.astype(np.int32), user.astype(np.int32), None, time)
    assert by_user_and_time(rows).tolist() == np.lexsort((time, user)).tolist()


@given(st.lists(st.integers(-3, 40), min_size=1, max_size=40), st.sampled_from(["int32", "int64", "far", "text"]))
def test_positions_of_ids_are_those_of_a_sort(numbers: list[int], kind: str) -> None:
    ids = {
        "int32": np.array(numbers, np.int32),
        "int64": np.array(numbers),
        "far": np.array(numbers) * 10**12,
        "text": np.array([f"u{n}" for n in numbers]),
    }[kind]
    found, place, *_ = compact(ids, ids)
    expected, inverse = np.unique(ids, return_inverse=True)
    assert found.tolist() == expected.tolist()
    assert found.dtype == ids.dtype
    assert place.tolist() == inverse.tolist()

"""Metrics at any K, with one relevant item a user or several, against definitions written out user by user."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from rec_core.evaluation import METRICS, Metric, PerUser, metrics_of
from rec_core.evaluation.at_k import AT_K, NEVER
from rec_core.evaluation.metric import RELEVANT, as_cut, cut
from rec_core.evaluation.ranking import ALL_ITEMS, SAMPLED, ranks

KINDS = list(AT_K)
Lists = list[list[float]]


def _by_hand(kind: str, rank: list[float], k: int) -> float:
    """The value of one user, from the ranks of their relevant items."""
    hits = [one for one in rank if one <= k]
    best = min(len(rank), k)
    if kind == "recall":
        return len(hits) / len(rank)
    if kind == "ndcg":
        return sum(1 / math.log2(1 + one) for one in hits) / sum(
            1 / math.log2(1 + place) for place in range(1, best + 1)
        )
    if kind == "hitrate":
        return float(bool(hits))
    if kind == "mrr":
        return 1 / min(hits) if hits else 0.0
    before = [sum(other < one for other in rank) + (1 + sum(other == one for other in rank)) / 2 for one in hits]
    return sum(place / one for place, one in zip(before, hits, strict=True)) / best


def _named(kind: str, k: int) -> Metric:
    return METRICS[f"{kind}@{k}_all"]


@given(
    st.lists(
        st.lists(st.one_of(st.integers(2, 60).map(lambda n: n / 2), st.just(float(NEVER))), min_size=1, max_size=9)
    ),
    st.sampled_from(KINDS),
    st.integers(1, 40),
)
def test_every_metric_equals_its_definition(users: Lists, kind: str, k: int) -> None:
    kept = np.array([rank for user in users for rank in user], np.float32)
    per_user: PerUser = {ALL_ITEMS: kept, RELEVANT: np.array([len(user) for user in users], np.int64)}
    expected = [_by_hand(kind, user, k) for user in users]
    assert _named(kind, k).values(per_user).tolist() == pytest.approx(expected, abs=1e-12)


@given(st.lists(st.integers(2, 60).map(lambda n: n / 2), min_size=1), st.sampled_from(KINDS), st.integers(1, 40))
def test_one_relevant_item_is_a_special_case_to_the_last_digit(users: list[float], kind: str, k: int) -> None:
    kept, ones = np.array(users, np.float32), np.ones(len(users), np.int64)
    one: PerUser = {ALL_ITEMS: kept}
    alone = _named(kind, k).values(one)
    assert np.array_equal(alone, _named(kind, k).values({**one, RELEVANT: ones}))
    assert alone.tolist() == pytest.approx([_by_hand(kind, [user], k) for user in users])


@pytest.mark.parametrize("k", [1, 5, 20, 80])
def test_without_ties_ndcg_equals_scikit_learn(k: int) -> None:
    rng = np.random.default_rng(k)
    scores, relevant = rng.normal(size=(40, 60)), rng.random((40, 60)) < 0.2
    relevant[:, 0] = True
    user, item = np.nonzero(relevant)
    others = np.where(np.arange(60) == item[:, None], -np.inf, scores[user])
    per_user = {ALL_ITEMS: ranks(scores[user, item], others), RELEVANT: relevant.sum(axis=1)}
    assert METRICS[f"ndcg@{k}_all"].value(per_user) == pytest.approx(ndcg_score(relevant, scores, k=k))


def test_ties_among_relevant_items_give_no_more_than_1() -> None:
    tied = {ALL_ITEMS: np.array([1.5, 1.5], np.float32), RELEVANT: np.array([2])}
    assert METRICS["map@5_all"].value(tied) == pytest.approx(1.0)
    assert METRICS["recall@1_all"].value(tied) == 0.0
    assert METRICS["ndcg@5_all"].value(tied) < 1.0


def test_what_can_never_be_found_is_no_hit_at_any_k() -> None:
    kept = {ALL_ITEMS: np.array([1.0, NEVER], np.float32), RELEVANT: np.array([2])}
    assert METRICS["recall@999999_all"].value(kept) == 0.5
    assert METRICS["hitrate@999999_all"].value(kept) == 1.0


@pytest.mark.parametrize(
    ("name", "title", "part"),
    [
        ("recall@20", "Recall@20", SAMPLED),
        ("map@7_all", "MAP@7, all items", ALL_ITEMS),
        ("mrr@100", "MRR@100", SAMPLED),
        ("hitrate@3_all", "HitRate@3, all items", ALL_ITEMS),
    ],
)
def test_any_k_is_known_by_its_name(name: str, title: str, part: str) -> None:
    metric = METRICS[name]
    assert (metric.name, metric.title, metric.part) == (name, title, part)
    assert metric is METRICS[name]
    assert name in METRICS
    assert name not in list(METRICS) or metric in METRICS.values()


@pytest.mark.parametrize(
    "name", ["recall@0", "recall@", "recall@-1", "recall@2.5", "recall@9999999", "f1@10", "rmse@10"]
)
def test_what_is_no_metric_is_refused(name: str) -> None:
    assert name not in METRICS
    with pytest.raises(KeyError):
        METRICS[name]


def test_what_is_listed_of_one_test_row_a_user_is_as_it_was() -> None:
    assert [metric.name for metric in metrics_of("implicit")] == [
        "recall@10",
        "ndcg@10",
        "recall@10_all",
        "ndcg@10_all",
    ]
    assert [metric.name for metric in metrics_of("explicit")] == ["rmse", "mae"]
    several = [metric.name for metric in metrics_of("implicit", several=True)]
    assert several[:2] == ["recall@20_all", "ndcg@20_all"]
    assert set(several) >= {"hitrate@20_all", "map@20_all", "mrr@20_all", "recall@10_all", "ndcg@10_all"}
    assert not [name for name in several if not name.endswith("_all")]


def test_errors_of_several_rows_count_row_by_row() -> None:
    error, counts = np.array([1.0, 2.0, 2.0, 3.0]), np.array([3, 0, 1])
    per_user = {"error": error, RELEVANT: counts}
    assert METRICS["rmse"].value(per_user) == pytest.approx(math.sqrt((error**2).mean()))
    assert METRICS["mae"].value(per_user) == pytest.approx(2.0)
    assert len(METRICS["rmse"].values(per_user)) == 3


def test_counts_go_with_results_of_cut_histories() -> None:
    kept = {ALL_ITEMS: np.array([1.0, 30.0]), RELEVANT: np.array([2])}
    assert METRICS["recall@10_all"].value(cut(as_cut(kept))) == 0.5
    assert cut(kept) == {}

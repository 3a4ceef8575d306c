from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import mean_absolute_error, ndcg_score, root_mean_squared_error, top_k_accuracy_score

from rec_core.data.interactions import Split
from rec_core.evaluation import METRICS, evaluate, headline_metric, measure
from rec_core.evaluation.ranking import NDCG, RECALL, all_item_ranks, all_item_ranks_of, ranks, sampled_ranks
from rec_core.evaluation.rating import RMSE
from rec_core.evaluation.shown import Shown


def _ranking(rank: np.ndarray) -> dict[str, float]:
    return {metric.name: metric.value({metric.part: rank}) for metric in (RECALL, NDCG)}


def test_without_ties_the_metrics_equal_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(300, 100))
    got = _ranking(ranks(scores[:, 0], scores[:, 1:]))
    relevant = np.zeros((300, 100))
    relevant[:, 0] = 1
    assert got["ndcg@10"] == pytest.approx(ndcg_score(relevant, scores, k=10))
    assert got["recall@10"] == pytest.approx(
        top_k_accuracy_score(np.zeros(300, int), scores, k=10, labels=np.arange(100))
    )


def test_ties_share_the_mean_of_their_places() -> None:
    others = np.array([[3.0, 2.0, 2.0, 1.0], [0.0, 0.0, 0.0, 0.0], [9.0, 9.0, 9.0, 9.0]])
    assert ranks(np.array([2.0, 0.0, 1.0]), others).tolist() == [3.0, 3.0, 5.0]


def test_a_model_that_says_the_same_of_everything_gets_no_hit() -> None:
    rank = ranks(np.zeros(50), np.zeros((50, 99)))
    assert set(rank.tolist()) == {50.5}
    assert _ranking(rank) == {"recall@10": 0.0, "ndcg@10": 0.0}


@given(st.lists(st.floats(1, 200), min_size=1, max_size=50))
def test_metrics_are_shares_and_ndcg_is_at_most_recall(values: list[float]) -> None:
    got = _ranking(np.array(values, np.float32))
    assert 0 <= got["ndcg@10"] <= got["recall@10"] <= 1


def test_rating_errors_equal_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    true, predicted = rng.integers(1, 6, 500), rng.normal(3, 1, 500)
    got = measure("explicit", {"error": predicted - true})
    assert got["rmse"] == pytest.approx(root_mean_squared_error(true, predicted))
    assert got["mae"] == pytest.approx(mean_absolute_error(true, predicted))


def _score(split: Split) -> tuple[np.ndarray, object]:
    rng = np.random.default_rng(1)
    table = rng.integers(0, 30, (split.catalogue.n_users, split.catalogue.n_items)).astype(np.float32)  # many ties
    return table, lambda users, items: table[users[:, None], items]


def test_all_item_ranks_equal_brute_force(small_split: Split) -> None:
    table, score = _score(small_split)
    got = all_item_ranks(score, small_split)  # type: ignore[arg-type]
    for user in range(small_split.catalogue.n_users):
        known = set(small_split.train.item[small_split.train.user == user].tolist())
        known |= {int(small_split.validation.item[user])}
        held_out = int(small_split.test.item[user])
        mine = table[user, held_out]
        others = [table[user, i] for i in range(small_split.catalogue.n_items) if i not in known and i != held_out]
        expected = 1 + sum(o > mine for o in others) + sum(o == mine for o in others) / 2
        assert got[user] == pytest.approx(expected)


def test_what_is_shown_is_the_first_ten_of_what_a_user_does_not_have(small_split: Split) -> None:
    n_users, n_items = small_split.catalogue.n_users, small_split.catalogue.n_items
    table = np.random.default_rng(2).permutation(n_users * n_items).reshape(n_users, n_items).astype(np.float32)
    shown = Shown(n_items)
    all_item_ranks(lambda users, items: table[users[:, None], items], small_split, look=shown.look)
    expected = np.zeros(n_items, int)
    for user in range(n_users):
        known = {int(item) for part in small_split.known for item in part.item[part.user == user]}
        order = [int(item) for item in np.argsort(-table[user]) if int(item) not in known]
        expected[order[:10]] += 1
    assert shown.counts.tolist() == expected.tolist()
    few = Shown(5)
    few.look(np.array([[1.0, -np.inf, 0.5, -np.inf, 0.1]]))
    assert few.counts.tolist() == [1, 0, 1, 0, 1]


def test_sampled_ranks_use_the_given_negatives(small_split: Split) -> None:
    table, score = _score(small_split)
    negatives = np.random.default_rng(0).integers(0, small_split.catalogue.n_items, (small_split.catalogue.n_users, 5))
    got = sampled_ranks(score, small_split.test, negatives)  # type: ignore[arg-type]
    user = 17
    mine = table[user, small_split.test.item[user]]
    others = table[user, negatives[user]]
    assert got[user] == 1 + (others > mine).sum() + (others == mine).sum() / 2


def test_controls_come_from_the_full_split_and_from_the_kept_rows(small_split: Split) -> None:
    kept = small_split.train.take(np.arange(0, len(small_split.train), 5))
    found = evaluate.evaluate_ratings(lambda u, i: np.full(i.shape, 3.0), small_split, kept)
    test = small_split.test.rated
    expected = root_mean_squared_error(test, np.full(len(test), kept.rated.mean(dtype=np.float64)))
    assert found.controls["global_mean_kept"]["rmse"] == pytest.approx(expected)
    assert set(found.controls) == {
        f"{name}{suffix}" for name in ("global_mean", "item_mean", "user_item_bias") for suffix in ("", "_kept")
    }
    assert found.per_user["error"] == pytest.approx(3.0 - test)


def test_a_metric_knows_which_way_is_better() -> None:
    assert RMSE.best({"a": 1.0, "b": 0.5}) == "b"
    assert RECALL.best({"a": 1.0, "b": 0.5}) == "a"
    assert [RMSE.gain(0.8, 1.0), RECALL.gain(0.8, 1.0)] == pytest.approx([0.2, -0.2])
    assert (RMSE.share(1.0, 0.8), RECALL.share(0.3, 0.6)) == (0.8, 0.5)
    assert (RMSE.share(0.0, 0.8), RECALL.share(0.3, 0.0)) == (None, None)
    assert (RMSE.direction, RECALL.direction) == ("lower is better", "higher is better")
    assert [headline_metric(feedback).name for feedback in ("explicit", "implicit")] == ["rmse", "recall@10"]


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_has_a_value_per_user_and_a_title(name: str) -> None:
    metric = METRICS[name]
    per_user = {"error": np.linspace(-1, 2, 40), "rank": np.arange(1.0, 41), "rank_all": np.arange(1.0, 41)}
    assert metric.values(per_user).shape == (40,)
    assert np.isfinite(metric.value(per_user))
    assert metric.title
    perfect = {"error": np.zeros(40), "rank": np.ones(40), "rank_all": np.ones(40)}
    assert metric.gain(metric.value(perfect), metric.value(per_user)) > 0


def test_a_score_that_is_not_a_number_ranks_last() -> None:
    """A model that diverged would rank first everywhere: nothing is greater than nan, and nothing equals it."""
    nan, out = np.nan, -np.inf  # -inf marks items that do not count
    others = np.array([[0.1, 0.2, 0.3, out], [nan, nan, nan, out], [nan, 0.2, 0.9, out], [0.1, 0.2, nan, out]])
    assert ranks(np.array([nan, nan, 0.5, out]), others).tolist() == [4.0, 4.0, 2.0, 4.0]
    assert set(ranks(np.full(5, nan), np.full((5, 99), nan)).tolist()) == {100.0}


@pytest.mark.parametrize("repeated", [False, True])
def test_one_ranking_for_everybody_is_ranked_like_any_other(small_split: Split, repeated: bool) -> None:
    """Counted from one sort instead of from everybody's scores: with ties, and with pairs that stand there twice."""
    train = small_split.train
    rows = np.concatenate([np.arange(len(train)), np.arange(0, len(train), 3)]) if repeated else np.arange(len(train))
    split = replace(small_split, train=train.take(rows))
    scores = np.random.default_rng(0).integers(0, 9, split.catalogue.n_items)
    plainly = all_item_ranks(lambda users, items: np.broadcast_to(scores[items], (len(users), items.shape[1])), split)
    assert all_item_ranks_of(scores, split).tolist() == plainly.tolist()

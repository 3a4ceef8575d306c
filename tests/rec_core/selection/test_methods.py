from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from rec_core.data.interactions import Feedback, Interactions, Split
from rec_core.errors import SelectionError
from rec_core.models import Fitted, Shape, SimpleMF
from rec_core.selection import METHODS, Candidates, budget, gradient, greedy
from rec_core.selection.base import whole_users
from rec_core.selection.clustering import Clustering, shares
from rec_core.selection.gradient import Gradient
from rec_core.selection.greedy import Greedy
from rec_core.selection.random import Random
from rec_core.selection.window import Window, between
from tests.conftest import interactions


def _candidates(split: Split, feedback: Feedback = "explicit", bias: bool = False) -> Candidates:
    rng = np.random.default_rng(0)
    catalogue, model = split.catalogue, SimpleMF(dim=8, bias=bias)
    proxy = model.start(Shape(catalogue.n_users, catalogue.n_items, 3.5), rng)
    if bias:
        proxy["user"][:, -1] = rng.normal(size=catalogue.n_users)
        proxy["item"][:, -1] = rng.normal(size=catalogue.n_items)
    candidates = Candidates(split.train, catalogue.n_users, feedback, Fitted(model, proxy))
    return replace(candidates, values=gradient.norms(candidates))


@pytest.mark.parametrize("name", [name for name in METHODS if name != "full"])
@pytest.mark.parametrize("ratio", [0.001, 0.037, 0.2, 0.5, 0.999])
def test_every_method_keeps_exactly_the_budget(name: str, ratio: float, small_split: Split) -> None:
    method, count = METHODS[name](), budget(ratio, len(small_split.train))
    chosen = [method.select(_candidates(small_split), count, np.random.default_rng(seed)) for seed in (1, 1)]
    runs = [coreset.rows for coreset in chosen]
    assert all(coreset.weights is None or len(coreset.weights) == count for coreset in chosen)
    assert len(runs[0]) == len(np.unique(runs[0])) == count
    assert runs[0].min() >= 0
    assert runs[0].max() < len(small_split.train)
    assert (np.diff(runs[0]) > 0).all()
    assert np.array_equal(runs[0], runs[1])


@pytest.mark.parametrize("feedback", ["explicit", "implicit"])
@pytest.mark.parametrize("bias", [False, True])
def test_closed_form_norms_equal_autograd(feedback: Feedback, bias: bool, small_split: Split) -> None:
    candidates = _candidates(small_split, feedback, bias)
    rows = np.random.default_rng(0).choice(len(small_split.train), 300, replace=False)
    params = {name: torch.from_numpy(array).double() for name, array in candidates.proxy.params.items()}
    for row in rows:
        u = params["user"][small_split.train.user[row]].clone().requires_grad_()
        score = candidates.proxy.model.predict(params, u, params["item"][small_split.train.item[row]]).reshape(())
        rating = torch.tensor(float(small_split.train.rated[row]), dtype=torch.float64)
        loss = (
            functional.mse_loss(score, rating)
            if feedback == "explicit"
            else functional.binary_cross_entropy(torch.sigmoid(score), torch.ones((), dtype=torch.float64))
        )
        loss.backward()
        assert u.grad is not None
        embedding = u.grad[:-1] if bias else u.grad  # the bias column is no part of the embedding
        assert candidates.scores[row] == pytest.approx(embedding.norm().item(), rel=1e-5, abs=1e-5)


def test_gradient_keeps_the_largest_norms(small_split: Split) -> None:
    candidates = _candidates(small_split)
    rows = Gradient().select(candidates, 500, np.random.default_rng(0)).rows
    rest = np.setdiff1d(np.arange(len(small_split.train)), rows)
    assert candidates.scores[rows].min() >= candidates.scores[rest].max()


def test_windows_lie_between_the_easiest_and_the_hardest(small_split: Split) -> None:
    candidates = _candidates(small_split)
    scores, count, rng = candidates.scores, 500, np.random.default_rng(0)
    ordered = np.sort(scores)
    kept = {p: Window(position=p).select(candidates, count, rng).rows for p in (0.0, 0.5, 1.0)}
    middle = round(0.5 * (len(scores) - count))
    assert np.sort(scores[kept[0.0]]) == pytest.approx(ordered[:count])
    assert np.sort(scores[kept[0.5]]) == pytest.approx(ordered[middle : middle + count])
    assert np.sort(scores[kept[1.0]]) == pytest.approx(ordered[-count:])
    gradients = Gradient().select(candidates, count, rng).rows
    assert np.sort(scores[gradients]) == pytest.approx(np.sort(scores[kept[1.0]]))


def test_extreme_scores_give_finite_norms() -> None:
    proxy = {"user": np.array([[1e3]], np.float32), "item": np.array([[1e3], [-1e3]], np.float32)}
    found = gradient.norms(Candidates(interactions([0, 0], [0, 1]), 1, "implicit", Fitted(SimpleMF(), proxy)))
    assert found.tolist() == [0.0, 1000.0]


def _radius(points: np.ndarray, centres: tuple[int, ...]) -> float:
    distance = np.linalg.norm(points[:, None] - points[list(centres)][None], axis=2)
    return float(distance.min(axis=1).max())


@given(st.integers(0, 10_000), st.integers(1, 4))
def test_greedy_covers_within_twice_the_optimum(seed: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(9, 2)).astype(np.float32)
    taken = greedy.k_center(points, np.ones(9, np.int64), k, int(rng.integers(9)))
    best = min(_radius(points, centres) for centres in itertools.combinations(range(9), k))
    assert len(set(taken.tolist())) == k
    assert _radius(points, tuple(taken)) <= 2 * best + 1e-4


def test_greedy_starts_in_the_cover_and_takes_nobody_twice() -> None:
    points = np.zeros((6, 3), np.float32)  # all equal: every distance is 0
    taken = greedy.k_center(points, np.ones(6, np.int64), 6, 4)
    assert taken[0] == 4
    assert sorted(taken.tolist()) == list(range(6))


def _by_hand(points: np.ndarray, weights: np.ndarray, total: int, start: int) -> list[int]:
    """Measure every user against every centre, in float64."""
    taken, nearest = [start], np.full(len(points), np.inf)
    while weights[taken].sum() < total:
        nearest = np.minimum(nearest, ((points.astype(float) - points[taken[-1]]) ** 2).sum(axis=1))
        nearest[taken] = -np.inf
        taken.append(int(nearest.argmax()))
    return taken


@pytest.mark.parametrize("kind", ["spread", "grid", "one place"])
@pytest.mark.parametrize(("n", "width"), [(1, 3), (30, 1), (700, 5), (1500, 32)])
def test_many_users_get_the_same_centres(kind: str, n: int, width: int) -> None:
    """Whole numbers have exact distances, and many that are equal: the first of those is taken."""
    many_users = pytest.importorskip("rec_core.selection.many_users")
    rng = np.random.default_rng(n)
    points = {
        "spread": rng.normal(size=(n, width)) * rng.lognormal(size=(n, 1)),
        "grid": rng.integers(-2, 3, (n, width)),
        "one place": np.ones((n, width)),
    }[kind].astype(np.float32)
    weights = rng.integers(1, 50, n)
    for share in (0.05, 0.6, 1.0):
        total, start = max(1, int(share * weights.sum())), int(rng.integers(n))
        expected = _by_hand(points, weights, total, start)
        assert many_users.k_center(points, weights, total, start).tolist() == expected
        if kind != "spread":  # rounding may exchange two that are as far but for the last digit
            assert greedy.k_center(points, weights, total, start).tolist() == expected


def test_the_fast_search_is_used_for_many_users_only(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not Greedy().library(6040)
    assert Greedy().library(100_000) == "rec_core.selection.many_users"
    monkeypatch.setattr(greedy, "why_slow", lambda: "This processor is too old.")
    assert not Greedy().library(100_000)


def test_many_users_are_searched_fast(monkeypatch: pytest.MonkeyPatch, small_split: Split) -> None:
    """Through the method: the same rows as from the plain search."""
    candidates = _candidates(small_split)
    plain = Greedy().select(candidates, 700, np.random.default_rng(0)).rows
    monkeypatch.setattr(greedy, "_MANY", 2)
    monkeypatch.setattr(greedy, "k_center", None)
    assert (Greedy().select(candidates, 700, np.random.default_rng(0)).rows == plain).all()


def test_whole_users_cut_only_the_last_one() -> None:
    train = interactions([0, 1, 0, 2, 1, 2, 2, 0], list(range(8)))
    rows = whole_users(train, np.array([2, 0, 1]), 5, np.random.default_rng(0))
    assert {3, 5, 6} <= set(rows.tolist())
    assert len(set(rows.tolist()) & {0, 2, 7}) == 2
    cut = {tuple(whole_users(train, np.array([2, 0, 1]), 4, np.random.default_rng(s)).tolist()) for s in range(50)}
    assert len(cut) == 3  # each of user 0's rows can be the one that is kept


def test_clustering_takes_users_nearest_to_their_centroid() -> None:
    """Two clear groups of users; the budget covers the nearest half of each."""
    centre = np.repeat([[0.0, 0.0], [100.0, 0.0]], 6, axis=0)
    away = np.tile([1.0, 2.0, 3.0, -1.0, -2.0, -3.0], 2)
    points = (centre + np.column_stack([np.zeros(12), away])).astype(np.float32)
    train = interactions(np.repeat(np.arange(12), 5).tolist(), [0] * 60)
    proxy = Fitted(SimpleMF(), {"user": points, "item": np.zeros((1, 2), np.float32)})
    candidates = Candidates(train, 12, "explicit", proxy)
    rows = Clustering(clusters=2).select(candidates, 20, np.random.default_rng(0)).rows
    assert set(train.user[rows].tolist()) == {0, 3, 6, 9}


@given(st.lists(st.integers(0, 50), min_size=1, max_size=8).filter(sum), st.floats(0, 1))
def test_shares_add_up_and_never_exceed_their_group(sizes: list[int], part: float) -> None:
    total = int(part * sum(sizes))
    got = shares(np.array(sizes), total)
    assert got.sum() == total
    assert (got <= sizes).all()


def test_random_prefers_no_row() -> None:
    train: Interactions = interactions([0] * 10, list(range(10)))
    candidates = Candidates(train, 1, "explicit")
    counts = np.zeros(10)
    for seed in range(2000):
        counts[Random().select(candidates, 3, np.random.default_rng(seed)).rows] += 1
    assert np.abs(counts / 2000 - 0.3).max() < 0.04


@pytest.mark.parametrize("method", ["greedy", "clustering"])
def test_embeddings_too_large_for_distances_are_said_in_a_sentence(method: str, small_split: Split) -> None:
    """Squares that overflow had greedy take nan for the farthest, and keep a tenth of its budget without a word."""
    model = SimpleMF(dim=8, init_std=1e20)
    shape = Shape(small_split.catalogue.n_users, small_split.catalogue.n_items, 0.0)
    fitted = Fitted(model, model.start(shape, np.random.default_rng(0)))
    candidates = Candidates(small_split.train, shape.n_users, "implicit", fitted)
    with pytest.raises(SelectionError, match="too large to measure distances between users"):
        METHODS[method]().select(candidates, 100, np.random.default_rng(0))


@given(st.lists(st.integers(0, 4), min_size=1, max_size=30), st.data())
def test_a_window_is_what_a_stable_sort_gives(values: list[int], data: st.DataObject) -> None:
    scores = np.array(values, np.float32)
    count = data.draw(st.integers(1, len(scores)))
    first = data.draw(st.integers(0, len(scores) - count))
    expected = np.sort(np.argsort(scores, kind="stable")[first : first + count])
    assert between(scores, first, count).tolist() == expected.tolist()

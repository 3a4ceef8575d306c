"""Models served from the profile, against slow and obvious implementations and against what others have written."""

from __future__ import annotations

import math
from typing import get_args

import numpy as np
import pytest
from numpy.typing import NDArray

from rec_core.data.histories import Histories, histories
from rec_core.data.interactions import Interactions
from rec_core.errors import TrainingError
from rec_core.models import EASE, CoOccurrence, Counted, Fitted, FoldIn, ItemSVD, NextItem, Params, Served, Shape
from rec_core.models import co_occurrence as rules
from rec_core.models.counting import matrix, neighbourhood
from rec_core.models.served import CHOSEN, MOST_ITEMS, Profile, weights
from rec_core.training import kernels

N_USERS, N_ITEMS = 30, 20
SHAPE = Shape(N_USERS, N_ITEMS, 3.0)
PROFILES: list[Profile] = [profile for profile in get_args(Profile) if profile != CHOSEN]


def _log(n: int = 300, seed: int = 0) -> Interactions:
    """Return rows with ties in time, repeated pairs, a user and an item without any."""
    rng = np.random.default_rng(seed)
    user, item = rng.integers(0, N_USERS - 1, n), rng.integers(0, N_ITEMS - 1, n) ** 2 // N_ITEMS
    rating = rng.integers(1, 6, n).astype(np.float32)
    return Interactions(user.astype(np.int32), item.astype(np.int32), rating, rng.integers(0, 40, n))


def _rng() -> np.random.Generator:
    return np.random.default_rng(1)


def _every() -> dict[str, Served]:
    return {
        "co-occurrence": CoOccurrence(rank=6, profile="decayed-2"),
        "not factored": CoOccurrence(rank=0, profile="newest-5"),
        "svd": ItemSVD(rank=6, profile="all"),
        "ease": EASE(profile="decayed-1"),
        "next item": NextItem(dim=6, context=4),
        "fold-in": FoldIn(dim=6, init_std=0.3),
        "fold-in, biases": FoldIn(dim=6, init_std=0.3, bias=True),
    }


def _params(model: Served) -> Params:
    if isinstance(model, Counted):
        return model.fit(_log(), SHAPE, _rng())
    params, rng = model.start(SHAPE, _rng()), _rng()
    return {name: array + rng.normal(0, 0.1, array.shape).astype(np.float32) for name, array in params.items()}


def _information(model: CoOccurrence, rows: Interactions) -> NDArray[np.float64]:
    """Return M by its formula, pair by pair."""
    counts = np.zeros((N_ITEMS, N_ITEMS))
    for user in range(N_USERS):
        own = histories([rows], N_USERS).of(user)
        for first in range(len(own)):
            for second in range(first + 1, min(first + 1 + model.window, len(own))):
                counts[own[first], own[second]] += 1 / (second - first)
    before, after, total = counts.sum(1), counts.sum(0), counts.sum()
    smoothed = sum(after[j] ** model.smoothing for j in range(N_ITEMS) if after[j])
    found = np.zeros_like(counts)
    for i in range(N_ITEMS):
        for j in range(N_ITEMS):
            if counts[i, j]:
                q = total * after[j] ** model.smoothing / smoothed
                found[i, j] = math.log(1 + counts[i, j] * total / (before[i] * q))
    return found


@pytest.mark.parametrize("settings", [{}, {"window": 3}, {"smoothing": 1.0}, {"smoothing": 0.0, "window": 1}], ids=str)
@pytest.mark.parametrize("many", [False, True], ids=["array", "sparse"])
def test_co_occurrence_is_its_formula(settings: dict[str, float], many: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "_DENSE", 0 if many else N_ITEMS)
    model = CoOccurrence(rank=0, **settings)
    expected = _information(model, _log())
    assert (expected > 0).sum() > 30
    np.testing.assert_allclose(model.fit(_log(), SHAPE, _rng())["between"], expected, rtol=1e-5, atol=1e-6)
    left, values, right = np.linalg.svd(expected)
    best = (left[:, :5] * values[:5]) @ right[:5]
    found = CoOccurrence(rank=5, **settings).fit(_log(), SHAPE, _rng())
    np.testing.assert_allclose(found["source"] @ found["item"].T, best, atol=3e-2 * best.max())


def test_nothing_co_occurs_where_every_user_has_one_row() -> None:
    rows = Interactions(np.arange(5, dtype=np.int32), np.arange(5, dtype=np.int32), None, None)
    for rank in (0, 3):
        params = CoOccurrence(rank=rank).fit(rows, Shape(5, 5, 0.0), _rng())
        assert not any(np.nan_to_num(array, nan=1).any() for array in params.values() if rank == 0)
        assert all(np.isfinite(array).all() for array in params.values())


def test_ease_is_its_formula() -> None:
    x = matrix(_log(), N_USERS, N_ITEMS).toarray().astype(np.float64)
    inverse = np.linalg.inv(x.T @ x + 7.0 * np.eye(N_ITEMS))
    expected = np.array(
        [[0.0 if i == j else -inverse[i, j] / inverse[j, j] for j in range(N_ITEMS)] for i in range(N_ITEMS)]
    )
    np.testing.assert_allclose(EASE(penalty=7.0).fit(_log(), SHAPE, _rng())["between"], expected, atol=1e-6)
    each = [
        np.linalg.solve(_without(x, j).T @ _without(x, j) + 7.0 * np.eye(N_ITEMS), _without(x, j).T @ x[:, j])
        for j in (0, 4)
    ]
    np.testing.assert_allclose(expected[:, [0, 4]], np.transpose(each), atol=1e-9)  # ridge regression on all others


def _without(x: NDArray[np.float64], column: int) -> NDArray[np.float64]:
    left = x.copy()
    left[:, column] = 0
    return left


@pytest.mark.slow
def test_ease_and_neighbourhood_are_those_of_libraries() -> None:
    cornac, implicit = pytest.importorskip("cornac"), pytest.importorskip("implicit.nearest_neighbours")
    rows, x = _log(), matrix(_log(), N_USERS, N_ITEMS)
    users, items = np.nonzero(x.toarray())
    data = cornac.data.Dataset.from_uir(list(zip(users.tolist(), items.tolist(), np.ones(len(users)), strict=True)))
    theirs = cornac.models.EASE(lamb=7.0, posB=False, verbose=False).fit(data)
    ids = [data.iid_map[item] for item in np.unique(items)]
    ours = EASE(penalty=7.0).fit(rows, SHAPE, _rng())["between"][np.ix_(np.unique(items), np.unique(items))]
    np.testing.assert_allclose(ours, np.asarray(theirs.B)[np.ix_(ids, ids)], atol=1e-5)
    # Cosine divides by √c_i too; beside that ours adds a thousandth of popularity.
    cosine = implicit.CosineRecommender(K=N_ITEMS)
    cosine.fit(x.tocsr(), show_progress=False)
    similarity = cosine.similarity.toarray()
    np.fill_diagonal(similarity, 0)
    counts = np.maximum(x.toarray().sum(0), 1)
    popularity = 0.001 * x.toarray().sum(0) / x.toarray().sum(0).max()
    expected = x.toarray() @ similarity * np.sqrt(counts) + popularity
    np.testing.assert_allclose(neighbourhood(x)(np.arange(N_USERS)), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_weighs_rows_by_their_age(profile: Profile) -> None:
    age = np.arange(40)
    kind, _, number = profile.partition("-")
    plain = {
        "all": [1.0 for _ in age],
        "newest": [float(a < int(number or 0)) for a in age],
        "decayed": [1 / (1 + a / int(number or 1)) if a < 30 else 0.0 for a in age],
    }
    assert weights(age, profile).tolist() == pytest.approx(plain[kind])


@pytest.mark.parametrize("name", _every())
def test_scores_are_the_sums_of_what_the_rows_of_the_profile_say(name: str) -> None:
    """Of a user without rows, with one, with many, and with 2,000; for all items at once, for some, and by pairs."""
    model = _every()[name]
    params, items = _params(model), np.arange(N_ITEMS)
    rng, one = _rng(), np.ones(1, np.int32)
    item, rated = rng.integers(0, N_ITEMS, 2000, dtype=np.int32), rng.integers(1, 6, 2000).astype(np.float32)
    long = Interactions(np.full(2000, 2, np.int32), item, rated, np.arange(2000))
    short = Interactions(one, one, one.astype(np.float32), one.astype(np.int64))
    known = histories([_log().take(_log().user != 1), long, short], N_USERS)
    fitted = Fitted(model, params, known)
    score = kernels.scorer(fitted)
    users = np.array([N_USERS - 1, 1, 0, 2])
    every = score(users, items[None])
    for place, user in enumerate(users):
        own = slice(known.first[user], known.first[user + 1])
        rating = None if known.rating is None else known.rating[own]
        alone = Histories(np.array([0, own.stop - own.start]), known.item[own], rating)
        votes = model.votes(params, alone, items)
        assert votes.shape == (own.stop - own.start, N_ITEMS)
        np.testing.assert_allclose(every[place], votes.sum(0) + _of_nobody(model, params), rtol=1e-3, atol=1e-4)
    some = _rng().integers(0, N_ITEMS, (4, 3))
    np.testing.assert_allclose(score(users, some), np.take_along_axis(every, some, axis=1), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(fitted.predict(users, some[:, 0]), score(users, some)[:, 0], rtol=1e-4, atol=1e-5)
    assert len(fitted.embeddings("user")) == N_USERS
    assert len(fitted.embeddings("item")) == N_ITEMS


def _of_nobody(model: Served, params: Params) -> NDArray[np.float32]:
    """Return the scores of somebody without history."""
    if isinstance(model, NextItem):
        return params["item"][:, -1]
    if isinstance(model, FoldIn) and model.bias:
        return params["item"][:, -1] + params["mean"][0]
    return np.zeros(N_ITEMS, np.float32)


def test_embeddings_without_vectors_are_narrow_and_keep_distances() -> None:
    rng = np.random.default_rng(0)
    n_users, n_items, n = 80, 300, 4000
    user, item = rng.integers(0, n_users, n, dtype=np.int32), rng.integers(0, n_items, n, dtype=np.int32)
    rows, model = Interactions(user, item, None, np.arange(n)), EASE(profile="all", penalty=10.0)
    params, known = model.fit(rows, Shape(n_users, n_items, 0.0), _rng()), histories([rows], n_users)
    found = Fitted(model, params, known).embeddings("user")
    assert found.shape == (n_users, 64)
    exact = kernels.scorer(Fitted(model, params, known))(np.arange(n_users), np.arange(n_items)[None])
    apart = [np.linalg.norm(points[:40] - points[40:], axis=1) for points in (found, exact)]
    assert np.abs(apart[0] / apart[1] - 1).mean() < 0.15
    assert Fitted(model, params, known).embeddings("item").shape == (n_items, 64)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("profile", ["chosen", "newest-5", "decayed-2"])
def test_a_folded_in_user_solves_the_normal_equations(bias: bool, profile: Profile) -> None:
    """Least squares over rows, all items as weak zeros, and the penalty, each written out as a row of its own."""
    model = FoldIn(dim=5, init_std=0.4, bias=bias, profile=profile)
    params = {name: array.astype(np.float32) for name, array in _params(model).items()}
    rated = histories([_log()], N_USERS)
    for known in (rated, Histories(rated.first, rated.item)):
        of_clicks = known.rating is None
        plain = model.settled("implicit" if of_clicks else "explicit")
        given = params if plain.bias or not bias else {"user": params["user"][:, :-1], "item": params["item"][:, :-1]}
        found = plain.users(given, known)
        usual: Profile = "newest-20" if of_clicks else "all"
        for user in (0, 3, 7):
            own = slice(known.first[user], known.first[user + 1])
            item, weight = known.item[own], weights(known.age[own], usual if profile == CHOSEN else profile)
            v, target = given["item"].astype(np.float64), np.ones(len(item))
            if not of_clicks:
                assert known.rating is not None
                target = known.rating[own] - (params["mean"][0] + v[item, -1] if bias else 0)
                v = np.column_stack([v[:, :-1], np.ones(len(v))]) if bias else v
            width = v.shape[1]
            rows, wanted = [v[item] * np.sqrt(weight)[:, None]], [target * np.sqrt(weight)]
            if of_clicks:
                rows, wanted = [*rows, np.sqrt(model.unobserved) * v], [*wanted, np.zeros(len(v))]
            penalty = model.click_ridge if of_clicks else model.ridge
            rows, wanted = [*rows, np.sqrt(penalty) * np.eye(width)], [*wanted, np.zeros(width)]
            expected = np.linalg.lstsq(np.concatenate(rows), np.concatenate(wanted), rcond=None)[0]
            np.testing.assert_allclose(found[user], expected, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("model", [EASE(), CoOccurrence(rank=0)], ids=str)
def test_too_many_items_for_a_number_for_every_two_are_refused_with_a_remedy(model: Counted) -> None:
    assert model.why_not(MOST_ITEMS) == ""
    with pytest.raises(TrainingError, match=r"8,193 items, and takes 8,192 items at most\. Choose a model that has"):
        model.fit(_log(), Shape(N_USERS, MOST_ITEMS + 1, 0.0), _rng())


def test_what_is_not_trained_has_no_start_and_what_is_served_needs_histories() -> None:
    with pytest.raises(TrainingError, match="is not trained in epochs; choose a model that is"):
        EASE().start(SHAPE, _rng())
    with pytest.raises(TrainingError, match="is served from users' histories; hand them on with it"):
        kernels.scorer(Fitted(ItemSVD(), _params(ItemSVD(profile="all"))))

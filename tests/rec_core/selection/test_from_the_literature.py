"""Comparators from the literature, each against a slow, obvious form of its definition."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rec_core.models import Fitted, SimpleMF
from rec_core.selection import Candidates
from rec_core.selection.ccs import CCS, shared
from rec_core.selection.leverage import Leverage, leverages
from tests.conftest import interactions

SCORES = st.lists(st.integers(0, 30), min_size=1, max_size=60)


def _scored(scores: list[int]) -> Candidates:
    n = len(scores)
    return Candidates(interactions([0] * n, [0] * n), 1, "implicit", values=np.array(scores, np.float32))


@given(SCORES, st.sampled_from([0.0, 0.3, 0.9]), st.integers(1, 8), st.data())
def test_ccs_takes_alike_of_every_stratum(scores: list[int], left_out: float, strata: int, data: st.DataObject) -> None:
    budget = data.draw(st.integers(1, len(scores)))
    method = CCS(left_out=left_out, strata=strata)
    kept = method.select(_scored(scores), budget, np.random.default_rng(0)).rows
    assert len(kept) == len(set(kept.tolist())) == budget
    stay = max(budget, len(scores) - round(left_out * len(scores)))
    easier = sorted(scores)[:stay]
    assert max(scores[row] for row in kept) <= easier[-1]
    low, high = easier[0], easier[-1]

    def stratum(score: int) -> int:
        return 0 if low == high else min(int((score - low) / (high - low) * strata), strata - 1)

    sizes = np.bincount([stratum(score) for score in easier], minlength=strata)
    counts = np.bincount([stratum(scores[row]) for row in kept], minlength=strata)
    left, expected = budget, {}
    for done, which in enumerate(sorted(range(strata), key=lambda s: (sizes[s], s))):
        expected[which] = min(int(sizes[which]), left // (strata - done))
        left -= expected[which]
    assert counts.tolist() == [expected[which] for which in range(strata)]


def test_strata_share_what_small_ones_leave() -> None:
    assert shared(np.array([1, 10, 10]), 9).tolist() == [1, 4, 4]
    assert shared(np.array([3, 3, 3]), 9).tolist() == [3, 3, 3]


def _embedded(n: int, dim: int = 3) -> Candidates:
    rng = np.random.default_rng(1)
    params = {name: rng.normal(size=(9, dim)).astype(np.float32) for name in ("user", "item")}
    rows = interactions(rng.integers(0, 9, n).tolist(), rng.integers(0, 9, n).tolist())
    candidates = Candidates(rows, 9, "implicit", Fitted(SimpleMF(dim=4), params))
    return replace(candidates, values=leverages(candidates))


def test_leverages_are_the_diagonal_of_the_hat_matrix() -> None:
    candidates = _embedded(40)
    train, params = candidates.train, candidates.proxy.params
    x = (params["user"][train.user] * params["item"][train.item]).astype(float)
    hat = x @ np.linalg.pinv(x.T @ x) @ x.T
    np.testing.assert_allclose(candidates.scores, np.diag(hat), rtol=1e-3)
    assert candidates.scores.sum() == pytest.approx(3, rel=1e-3)  # as many as there are dimensions


def test_rows_are_drawn_with_their_chance_and_weigh_its_inverse() -> None:
    candidates, budget, rounds = _embedded(30), 12, 4000
    scores = candidates.scores.astype(float)
    wanted = 1 / 30 + scores / scores.sum()
    low, high = 0.0, 1e6
    for _ in range(200):  # c, by bisection
        c = (low + high) / 2
        low, high = (c, high) if np.minimum(1, c * wanted).sum() < budget else (low, c)
    chance = np.minimum(1, high * wanted)
    counts = np.zeros(30)
    for seed in range(rounds):
        coreset = Leverage().select(candidates, budget, np.random.default_rng(seed))
        counts[coreset.rows] += 1
    assert coreset.weights is not None
    inverse = 1 / chance[coreset.rows]
    np.testing.assert_allclose(coreset.weights / coreset.weights.sum(), inverse / inverse.sum(), rtol=1e-4)
    assert coreset.weights.mean() == pytest.approx(1)
    assert np.abs(counts / rounds - chance).max() < 4 * np.sqrt(0.25 / rounds)


def test_rows_that_say_nothing_are_drawn_at_random() -> None:
    candidates = replace(_embedded(20), values=np.zeros(20, np.float32))
    kept = Leverage().select(candidates, 5, np.random.default_rng(0))
    assert len(set(kept.rows.tolist())) == 5
    assert kept.weights is not None
    assert np.allclose(kept.weights, 1)

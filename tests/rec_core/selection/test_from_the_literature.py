"""Comparators from the literature, each against a slow, obvious form of its definition."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rec_core.data.sources import Folders
from rec_core.errors import SelectionError
from rec_core.models import Fitted, SimpleMF
from rec_core.selection import Candidates, Method
from rec_core.selection.base import Present
from rec_core.selection.ccs import CCS, shared
from rec_core.selection.leverage import Leverage, leverages
from rec_core.selection.rs2 import RS2
from rec_core.stages import RUN
from rec_core.stages.controls import stages
from tests.conftest import experiment, interactions, quick

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


def _rows(n: int) -> Candidates:
    return Candidates(interactions([0] * n, [0] * n), 1, "implicit")


def _never() -> Present:
    raise AssertionError("how training stands was asked for")


def _epochs(method: Method, candidates: Candidates, budget: int, count: int) -> list[np.ndarray]:
    drawn = islice(method.epochs(candidates, budget, np.random.default_rng(0), _never), count)
    return [coreset.rows for coreset in drawn]


@given(st.integers(1, 30), st.data())
def test_rs2_goes_through_all_rows_before_it_takes_one_again(n: int, data: st.DataObject) -> None:
    budget = data.draw(st.integers(1, n))
    taken = _epochs(RS2(), _rows(n), budget, 8)
    assert all(len(set(rows.tolist())) == budget for rows in taken)
    assert all((np.diff(rows) > 0).all() for rows in taken)
    counts = np.zeros(n, int)
    for rows in taken:
        counts[rows] += 1
        assert counts.max() - counts.min() <= 2  # an epoch may hold the end of one round and the beginning of the next


def test_rs2_may_draw_afresh() -> None:
    taken = _epochs(RS2(order="fresh"), _rows(10), 5, 300)
    counts = np.bincount(np.concatenate(taken), minlength=10)
    assert np.abs(counts / 300 - 0.5).max() < 4 * np.sqrt(0.25 / 300)
    assert len({tuple(rows.tolist()) for rows in taken}) > 100


def test_a_run_of_rs2_sees_other_rows_in_each_epoch(tmp_path: Path) -> None:
    folders = Folders(None, tmp_path)
    once, twice = (experiment(quick("rs2", ratio=0.01, train={"epochs": epochs}), folders) for epochs in (1, 2))
    assert once.coreset.rows.tolist() == twice.coreset.rows.tolist()
    losses = [row["loss"] for row in twice.trained.history]
    assert losses[0] == once.trained.history[0]["loss"]
    users = np.flatnonzero(np.abs(twice.trained.params["user"] - once.trained.params["user"]).sum(1))
    only_second = set(users.tolist()) - set(once.split.train.user[once.coreset.rows].tolist())
    assert only_second  # who had no row in the first epoch had one in the second
    assert twice.graph.get(RUN).n_selected == len(once.coreset.rows)
    assert [stage.name for stage in stages(twice.spec)] == ["controls"]  # no rows are kept to count on


def test_a_method_that_keeps_its_rows_has_no_epochs() -> None:
    with pytest.raises(SelectionError, match="keeps its rows; choose a method that selects anew"):
        Leverage().epochs(_rows(3), 1, np.random.default_rng(0), _never)

"""Methods that look at the model while it is trained, each against a slow, obvious form of its definition."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rec_core.data.interactions import Feedback
from rec_core.data.sources import Folders
from rec_core.models import Fitted, SimpleMF
from rec_core.selection import Candidates
from rec_core.selection.base import Coreset, Present
from rec_core.selection.easy import loss
from rec_core.selection.gradient import slope
from rec_core.selection.info_batch import InfoBatch, drawn
from rec_core.selection.reselected import Reselected
from rec_core.selection.rs2 import RS2
from rec_core.stages import RUN
from tests.conftest import experiment, interactions, quick

N, USERS, ITEMS = 60, 7, 9


def _given(feedback: Feedback = "implicit") -> tuple[Candidates, Present]:
    rng = np.random.default_rng(3)
    user, item = rng.integers(0, USERS, N), rng.integers(0, ITEMS, N)
    rows = interactions(user.tolist(), item.tolist(), rng.integers(1, 6, N).astype(float).tolist())
    params = {name: rng.normal(size=(n, 4)).astype(np.float32) for name, n in (("user", USERS), ("item", ITEMS))}
    fitted = Fitted(SimpleMF(dim=4), params)
    return Candidates(rows, USERS, feedback), Present(fitted, fitted.predict(rows.user, rows.item))


@pytest.mark.parametrize("feedback", ["explicit", "implicit"])
def test_rows_are_reselected_by_the_gradients_of_the_present_model(feedback: Feedback) -> None:
    candidates, present = _given(feedback)
    chosen = list(islice(Reselected(every=2).epochs(candidates, 12, np.random.default_rng(0), lambda: present), 4))
    assert chosen[0].rows.tolist() == chosen[1].rows.tolist()
    assert chosen[2].rows.tolist() == chosen[3].rows.tolist()
    norms = []
    for user, item, rating in zip(
        candidates.train.user, candidates.train.item, candidates.train.rated.tolist(), strict=True
    ):
        u = torch.tensor(present.fitted.params["user"][user], requires_grad=True)
        score = u @ torch.tensor(present.fitted.params["item"][item])
        loss = (score - rating) ** 2 if feedback == "explicit" else -torch.nn.functional.logsigmoid(score)
        loss.backward()
        assert u.grad is not None
        norms.append(float(u.grad.norm()))
    assert chosen[2].rows.tolist() == sorted(np.argsort(norms)[-12:].tolist())


@given(st.lists(st.booleans(), min_size=1, max_size=40), st.data())
def test_what_stays_of_each_kind_stands_for_all_of_it(hard: list[bool], data: st.DataObject) -> None:
    budget = data.draw(st.integers(1, len(hard)))
    mask = np.array(hard)
    coreset = drawn(mask, budget, np.random.default_rng(0))
    rows, weights = coreset.rows, coreset.weights
    assert weights is not None
    assert len(set(rows.tolist())) == budget
    assert (np.diff(rows) > 0).all()
    assert weights.mean() == pytest.approx(1, rel=1e-5)
    kept_hard, kept_easy = mask[rows].sum(), (~mask[rows]).sum()
    if kept_hard and kept_easy:  # the sum of weights is shared as the rows are
        assert weights[mask[rows]].sum() / weights.sum() == pytest.approx(mask.mean(), rel=1e-5)
    if mask.sum() <= 0.75 * budget - 1:
        assert kept_hard == mask.sum()  # all that are hard, where they fit in


def test_infobatch_draws_anew_in_every_epoch() -> None:
    candidates, present = _given()
    first, *later = islice(InfoBatch().epochs(candidates, 20, np.random.default_rng(0), lambda: present), 40)
    assert first.weights is None
    now = loss(present.predicted, None)
    hard = now >= now.mean()
    assert len({tuple(one.rows.tolist()) for one in later}) > 30
    kept = np.mean([hard[one.rows].sum() for one in later])
    assert kept == min(hard.sum(), 15)


def test_rs2_may_treat_users_alike() -> None:
    rows = interactions([0] * 30 + [1] * 10 + [2] * 2, list(range(42)))
    drawn_ = islice(
        RS2(order="balanced").epochs(Candidates(rows, 3, "implicit"), 12, np.random.default_rng(0), _no), 20
    )
    counts = [np.bincount(rows.user[one.rows], minlength=3).tolist() for one in drawn_]
    assert all(count == [5, 5, 2] for count in counts)


def _no() -> Present:
    raise AssertionError


@pytest.mark.parametrize("method", ["reselected", "infobatch"])
@pytest.mark.parametrize("feedback", ["explicit", "implicit"])
def test_a_run_looks_at_its_model_and_begins_with_the_coreset(tmp_path: Path, method: str, feedback: str) -> None:
    folders = Folders(None, tmp_path)
    once, twice = (experiment(quick(method, feedback, train={"epochs": n, "patience": 0}), folders) for n in (1, 3))
    assert twice.trained.history[0]["loss"] == once.trained.history[0]["loss"]
    plain = experiment(quick("random", feedback, train={"epochs": 1, "patience": 0}), folders)
    assert once.coreset.rows.tolist() == plain.coreset.rows.tolist()  # the first epoch knows of no model
    assert once.trained.history[0]["loss"] == plain.trained.history[0]["loss"]
    assert twice.graph.get(RUN).n_selected == len(plain.coreset.rows)
    assert len(twice.trained.history) == 3


@pytest.mark.parametrize(
    ("feedback", "model", "train"),
    [
        ("implicit", {"name": "mf"}, {}),
        ("implicit", {"name": "ncf"}, {}),
        ("explicit", {"name": "mf"}, {"residuals": "kept"}),
        ("implicit", {"name": "mf", "loss": "bpr"}, {}),
    ],
)
def test_the_second_epoch_takes_what_the_first_one_left_hard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, feedback: str, model: dict[str, str], train: dict[str, str]
) -> None:
    folders, taken, seen = Folders(None, tmp_path), list[np.ndarray](), list[Present]()

    def watched(
        self: Reselected, candidates: Candidates, budget: int, rng: np.random.Generator, now: Callable[[], Present]
    ) -> Iterator[Coreset]:
        def look() -> Present:
            seen.append(now())
            return seen[-1]

        for coreset in epochs(self, candidates, budget, rng, look):
            taken.append(coreset.rows)
            yield coreset

    epochs = Reselected.epochs
    monkeypatch.setattr(Reselected, "epochs", watched)
    once, twice = (
        experiment(
            quick("reselected", feedback, train={"epochs": n, "patience": 0} | train).with_(model=model), folders
        )
        for n in (1, 2)
    )
    assert len(twice.trained.history) == 2
    rows, fitted = once.split.train, once.model  # as it is after the first epoch
    expected = fitted.predict(rows.user, rows.item)
    n_items = once.split.catalogue.n_items
    if fitted.model.in_pairs:  # how far ahead of another item, which is drawn
        others = fitted.predict(rows.user.repeat(50), np.random.default_rng(0).integers(n_items, size=50 * len(rows)))
        ahead = expected - others.reshape(-1, 50).mean(axis=1)
        assert np.corrcoef(ahead, seen[0].predicted)[0, 1] > 0.5
        assert abs(ahead.mean() - seen[0].predicted.mean()) < 0.1 * ahead.std()
        return
    np.testing.assert_allclose(seen[0].predicted, expected, rtol=1e-3, atol=1e-3)
    rated = rows.rated if feedback == "explicit" else None
    pull = np.abs(slope(expected, rated)) * np.linalg.norm(fitted.embeddings("item"), axis=1)[rows.item]
    hardest = set(np.argsort(pull)[-len(taken[1]) :].tolist())
    assert len(hardest & set(taken[1].tolist())) > 0.99 * len(hardest)

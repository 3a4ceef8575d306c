"""The screen: what small recommenders keep of their finds, from train and validation alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rec_core import specs
from rec_core.data import splits
from rec_core.data.histories import histories
from rec_core.data.interactions import Catalogue, Dataset, Interactions, Split
from rec_core.data.sources import Folders
from rec_core.data.texts import texts
from rec_core.evaluation import METRICS
from rec_core.evaluation.ranking import NDCG_ALL, RECALL, SAMPLED, ranks, sampled_ranks
from rec_core.experiment import Experiment
from rec_core.models import CoOccurrence, Shape, baselines
from rec_core.selection import Candidates, WholeUsers, budget
from rec_core.selection.recent import Recent
from rec_core.selection.screen import (
    NEIGHBOURHOOD,
    OFF_BY,
    OFF_BY_SERVED,
    OFF_BY_SERVED_AMONG_ALL,
    POPULAR,
    RATIOS,
    SERVED,
    SVD,
    Screen,
    candidates,
    screen,
)
from rec_core.specs import Preset
from rec_core.stages import SCREEN, MemoryStore
from rec_core.wording.screen import answer
from tests.conftest import quick


def _negatives(split: Split) -> np.ndarray:
    shape = (split.catalogue.n_users, 30)
    return np.random.default_rng(3).integers(0, split.catalogue.n_items, shape).astype(np.int32)


def _screened(split: Split, ratio: float = 0.2, served: bool = False) -> Screen:
    given = Candidates(split.train, split.catalogue.n_users, "implicit")
    told: list[float] = []
    found = screen(
        given,
        split,
        _negatives(split),
        candidates(True, served),
        ratio,
        lambda: np.random.default_rng(0),
        told.append,
        served,
    )
    assert told == sorted(told)
    assert told[-1] == (1 if split.train.time is not None else pytest.approx(12 / 13))  # or one was no candidate
    return found


def _popular_finds(split: Split, rows: Interactions) -> float:
    """Count the items of ``rows``, and look for each validation item among the negatives."""
    count = baselines.popularity(rows, split.catalogue.n_items).astype(float)
    rank = ranks(count[split.validation.item], count[_negatives(split)])
    return float((rank <= 10).mean())


def test_what_is_found_is_a_recommenders_recall_on_validation(small_split: Split) -> None:
    found = _screened(small_split)
    assert found.full[POPULAR] == pytest.approx(_popular_finds(small_split, small_split.train))
    for one in found.tried:
        if one["method"]["name"] == "recent":
            method, count = Recent(alpha=one["method"]["alpha"]), budget(0.2, len(small_split.train))
            given = Candidates(small_split.train, small_split.catalogue.n_users, "implicit")
            kept = small_split.train.take(method.select(given, count, np.random.default_rng(0)).rows)
            assert one["found"][POPULAR] == pytest.approx(_popular_finds(small_split, kept))


def test_the_best_comes_first_and_is_predicted_at_every_ratio(small_split: Split) -> None:
    found = _screened(small_split)
    shares = [found.predicted(one) for one in found.tried]
    assert shares == sorted(shares, reverse=True)
    assert len(found.tried) == len(candidates(True))
    assert list(found.by_ratio) == sorted(RATIOS)
    assert found.by_ratio[0.2] == shares[0]
    assert list(_screened(small_split, 0.3).by_ratio) == sorted([*RATIOS, 0.3])


def test_the_test_split_is_not_looked_at(small_split: Split) -> None:
    """A leak is planted: every test item is the one that the user's train rows would never give away."""
    moved = (small_split.test.item + 7) % small_split.catalogue.n_items
    planted = replace(small_split, test=replace(small_split.test, item=moved))
    assert _screened(small_split) == _screened(planted)


def test_recency_is_chosen_where_it_counts_and_not_where_it_cannot() -> None:
    """Tastes that drift: the last items say most of the next one, and nothing of a random one."""
    rng = np.random.default_rng(0)
    n_users, n_items, length = 200, 120, 60
    begin = rng.integers(0, n_items, n_users)
    user = np.repeat(np.arange(n_users), length)
    step = np.tile(np.arange(length), n_users)
    item = (begin[user] + step + rng.integers(0, 6, len(user))) % n_items
    rows = Interactions(user.astype(np.int32), item.astype(np.int32), None, step.astype(np.int64))
    names = texts([""] * n_items)
    data = Dataset(rows, Catalogue(np.arange(n_users), np.arange(n_items), names, names))
    last = splits.leave_one_out(data, "last", "next-to-last", np.random.default_rng(0))
    assert _screened(last, 0.1).best["name"] in ("recent", "window-by-date")
    anywhere = splits.leave_one_out(data, "random", "random", np.random.default_rng(0))
    assert _screened(anywhere, 0.1).best["name"] not in ("recent", "window-by-date")


def test_data_without_times_are_screened_without_what_needs_them(small_split: Split) -> None:
    untimed = replace(small_split, train=replace(small_split.train, time=None))
    assert "window-by-date" not in {one["method"]["name"] for one in _screened(untimed).tried}


@pytest.mark.parametrize("test", ["last", "random"])
def test_a_screen_is_a_stage(test: str, folders: Folders) -> None:
    store, spec = MemoryStore(), quick("random", split={"test": test, "validation": "random"})
    found = Experiment(spec, store, folders).screened
    tried = {one["method"]["name"] for one in found.tried}
    assert ("easy" in tried) == (test == "random")  # which looks at a proxy
    again = Experiment(spec.with_(seed=9, model={"name": "mf"}), store, folders)
    assert again.graph.key(SCREEN) == SCREEN.key(spec) or test == "random"
    assert again.screened == found or test == "random"


@pytest.mark.parametrize(
    ("ratio", "together", "walked"), [(0.05, 0.3, 8), (0.01, 0.3, 8), (0.06, 0.3, 0), (0.05, 0.2, 0), (0.05, None, 0)]
)
def test_walks_are_for_few_rows_that_say_more_together(ratio: float, together: float | None, walked: int) -> None:
    found = {POPULAR: 0.2, SVD: 0.1} | ({} if together is None else {NEIGHBOURHOOD: together})
    assert Screen({}, [{"method": {}, "ratio": ratio, "found": found}], []).walked == walked


def test_where_popularity_hides_that_factors_lose_a_third_that_is_said() -> None:
    full = {POPULAR: 0.40, SVD: 0.50, NEIGHBOURHOOD: 0.45}
    hidden = Screen(
        full, [{"method": {"name": "recent"}, "ratio": 0.2, "found": full | {POPULAR: 0.51, SVD: 0.33}}], []
    )
    assert hidden.predicted(hidden.tried[0]) == pytest.approx(1.02)
    assert hidden.shares(hidden.tried[0]) == pytest.approx({POPULAR: 1.275, SVD: 0.66, NEIGHBOURHOOD: 1.0})
    assert hidden.lower == pytest.approx({SVD: 0.66})
    assert "At 20 %, Untrained SVD keeps only 66 %; models of this kind may lose" in answer(hidden, quick("recent"))
    agreed = Screen(full, [{"method": {"name": "recent"}, "ratio": 0.2, "found": full}], [])
    assert agreed.lower == {}
    assert "disagree" not in answer(agreed, quick("recent"))


def test_models_that_are_served_are_judged_by_the_metric_of_the_settings(small_split: Split) -> None:
    given = Candidates(small_split.train, small_split.catalogue.n_users, "implicit")
    methods, validation = [WholeUsers()], _negatives(small_split)
    found = screen(
        given, small_split, validation, methods, 0.2, lambda: np.random.default_rng(0), served=True, metric=NDCG_ALL
    )
    assert found.metric == NDCG_ALL.name
    catalogue, train = small_split.catalogue, small_split.train
    model = CoOccurrence(rank=64, profile="decayed-1")
    params = model.fit(train, Shape(catalogue.n_users, catalogue.n_items, 0.0), np.random.default_rng(0))
    score = model.scorer(params, histories([train], catalogue.n_users))
    gains = []
    for user, item in zip(small_split.validation.user, small_split.validation.item, strict=True):
        scores = score(np.array([user]), np.arange(catalogue.n_items)[None])[0]
        others = np.setdiff1d(np.arange(catalogue.n_items), [*train.item[train.user == user], item])
        rank = 1 + (scores[others] > scores[item]).sum() + 0.5 * (scores[others] == scores[item]).sum()
        gains.append(1 / np.log2(1 + rank) if rank <= 10 else 0.0)
    assert found.full[SERVED] == pytest.approx(np.mean(gains), rel=1e-4)


@pytest.mark.parametrize(("preset", "metric"), [("recommended", "recall@10_all"), ("report", "recall@10")])
def test_a_screen_of_a_served_model_says_what_it_is_judged_by(preset: Preset, metric: str, folders: Folders) -> None:
    data = {"dataset": "synthetic-10k"}
    spec = specs.preset(preset, "implicit", "co-occurrence", data=data, method={"name": "users"}, ratio=0.2)
    screened = Experiment(spec, MemoryStore(), folders).screened
    assert screened.metric == metric
    assert f"of {METRICS[metric].title}." in answer(screened, spec)


def test_models_that_are_served_are_screened_with_whole_users(small_split: Split) -> None:
    """What is found on a part of the users is what co-occurrence, counted on them, finds for everybody."""
    found = _screened(small_split, served=True)
    assert {one["method"]["name"] for one in found.tried} == {"users", "recent", "random"}
    assert all(set(one["found"]) == {SERVED} for one in found.tried)
    catalogue = small_split.catalogue
    method, count = WholeUsers(), budget(0.2, len(small_split.train))
    given = Candidates(small_split.train, catalogue.n_users, "implicit")
    kept = small_split.train.take(method.select(given, count, np.random.default_rng(0)).rows)
    model = CoOccurrence(rank=64, profile="decayed-1")
    params = model.fit(kept, Shape(catalogue.n_users, catalogue.n_items, 0.0), np.random.default_rng(0))
    score = model.scorer(params, histories([small_split.train], catalogue.n_users))
    expected = RECALL.value({SAMPLED: sampled_ranks(score, small_split.validation, _negatives(small_split))})
    one = next(one for one in found.tried if one["method"] == method.model_dump())
    assert one["found"][SERVED] == pytest.approx(expected)
    assert not found.starts_from_vectors
    assert (found.off_by, _screened(small_split).off_by) == (OFF_BY_SERVED, OFF_BY)
    assert replace(found, metric=NDCG_ALL.name).off_by == OFF_BY_SERVED_AMONG_ALL
    assert found.walked == 0
    leaky = replace(small_split, test=small_split.train.take(small_split.test.user))
    assert _screened(leaky, served=True) == found

"""Controls that train nothing: measured as models are, tuned on validation, and blind to the test split."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rec_core.data.interactions import Split
from rec_core.data.negatives import ABSENT
from rec_core.data.sources import Folders
from rec_core.evaluation import free, ranking
from rec_core.evaluation.controls import KEPT
from rec_core.experiment import Experiment, View
from rec_core.models import counting
from rec_core.stages import CONTROLS, KEPT_CONTROLS, MemoryStore
from rec_core.stages.controls import added, are_in
from tests.conftest import interactions, quick


def _negatives(split: Split, seed: int) -> np.ndarray:
    drawn = np.random.default_rng(seed).integers(0, split.catalogue.n_items, (split.catalogue.n_users, 20))
    drawn[::7, -3:] = ABSENT
    return drawn.astype(np.int32)


def test_both_ranks_are_those_of_a_model_with_the_same_scores(small_split: Split) -> None:
    negatives = _negatives(small_split, 0)
    table = np.random.default_rng(1).integers(0, 9, (small_split.catalogue.n_users, small_split.catalogue.n_items))
    got = ranking.ranks_of_rows(lambda users: table[users].astype(np.float32), small_split, negatives)

    def score(users: np.ndarray, items: np.ndarray) -> np.ndarray:
        return table[users[:, None], items].astype(np.float32)

    assert got["rank"].tolist() == ranking.sampled_ranks(score, small_split.test, negatives).tolist()
    assert got["rank_all"].tolist() == ranking.all_item_ranks(score, small_split).tolist()


def _measured(split: Split) -> dict[str, dict[str, np.ndarray]]:
    rng = np.random.default_rng(0)
    told: list[float] = []
    found = free.of_all_rows(split, _negatives(split, 1), _negatives(split, 2), rng, told.append)
    assert told == sorted(told)
    assert told[-1] == 1
    return {name: dict(parts) for name, parts in found.items()}


def test_controls_on_all_rows_and_on_kept_ones(small_split: Split) -> None:
    every = _measured(small_split)
    kept = free.of_kept_rows(
        small_split.train,
        small_split,
        _negatives(small_split, 1),
        _negatives(small_split, 2),
        np.random.default_rng(0),
        lambda done: None,
    )
    names = [name for name in free.NAMES if name != free.PROXY]
    assert sorted([*every, *kept]) == sorted(names)
    same = f"{free.SVD}{KEPT}"  # every row kept is all rows
    assert kept[same]["rank_all"].tolist() == every[free.SVD]["rank_all"].tolist()
    hits = {name: float((parts["rank_all"] <= 10).mean()) for name, parts in every.items()}
    chance = 10 / small_split.catalogue.n_items
    assert all(hit > 1.5 * chance for hit in hits.values()), hits


def test_the_weights_are_those_that_rank_best_on_validation(small_split: Split) -> None:
    """Of two mixes, one that looks at the validation item: it is chosen, and one that looks at the test item is not."""
    n_users, n_items = small_split.catalogue.n_users, small_split.catalogue.n_items
    ahead = np.zeros((n_users, n_items), np.float32)
    ahead[small_split.validation.user, small_split.validation.item] = 1
    behind = np.zeros((n_users, n_items), np.float32)
    behind[small_split.test.user, small_split.test.item] = 1
    both = np.stack([ahead, behind], axis=2)

    def taste(users: np.ndarray) -> np.ndarray:
        return np.arange(n_users)[users][:, None] * n_items + np.arange(n_items)[None]

    def mix(which: int) -> free.Mix:
        return lambda pairs, items: both.reshape(-1, 2)[pairs.astype(int), which]

    nothing = np.zeros(0)  # this taste looks at no row of a user
    served: list[object] = []

    def serve(rows: object) -> counting.Recommender:
        served.append(rows)
        return taste

    chosen = free._chosen(nothing, serve, [mix(1), mix(0)], small_split, _negatives(small_split, 1))
    assert np.array_equal(chosen("rows")(np.arange(n_users)), ahead)
    assert served == [nothing, "rows"]  # chosen where validation is served, then used to serve others


def test_the_test_split_changes_no_score(small_split: Split) -> None:
    """What a control says of other items than the held-out one is the same, whatever that is."""
    other = replace(small_split, test=small_split.test.take(np.arange(len(small_split.test))))
    moved = (small_split.test.item + 1) % small_split.catalogue.n_items
    other = replace(other, test=replace(other.test, item=moved))
    seen: list[np.ndarray] = []
    popularity = np.ones(small_split.catalogue.n_items, np.int64)
    for split in (small_split, other):
        rng = np.random.default_rng(0)
        every = free._counting(split.train, popularity, split, _negatives(split, 1), rng)
        x = free._matrix(split.train, split)
        seen.append(np.concatenate([one(x)(np.arange(9)) for one in every.values()]))
    assert np.array_equal(seen[0], seen[1])


def test_the_latest_tenth() -> None:
    rows = interactions([0] * 12 + [1] * 3, list(range(15)))
    timed = replace(rows, time=np.arange(15)[::-1].copy())
    assert free.newest(timed).item.tolist() == [1, 0]
    untimed = replace(rows, time=None)  # of each user's: two of twelve, one of three
    assert free.newest(untimed).item.tolist() == [10, 11, 14]


@pytest.mark.parametrize("method", ["random", "gradient", "full"])
def test_a_run_has_its_controls_once_they_are_measured(method: str, folders: Folders) -> None:
    store, spec = MemoryStore(), quick(method, proxy={"epochs": 1})
    one = Experiment(spec, store, folders)
    result = one.result()
    assert not are_in(result, spec)
    assert added(result, spec, store).controls == result.controls
    whole = one.result_with_controls()
    assert are_in(whole, spec)
    assert added(result, spec, store).controls == whole.controls
    assert store.has(CONTROLS.key(spec))
    assert store.has(KEPT_CONTROLS.key(spec)) == (method != "full")
    assert (free.PROXY in whole.controls) == (method == "gradient")
    view = View(spec, store, folders)
    for name in whole.controls:
        assert view.has_control(name)
        assert view.control_values(name, ranking.RECALL).mean() == pytest.approx(whole.controls[name]["recall@10"])


def test_ratings_have_none_of_them(folders: Folders) -> None:
    spec = quick("random", "explicit", "mf")
    result = Experiment(spec, MemoryStore(), folders).result()
    assert are_in(result, spec)


def test_of_very_many_items_no_two_are_compared(small_split: Split, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(free, "_MOST", small_split.catalogue.n_items - 1)
    assert sorted(_measured(small_split)) == sorted([free.RECENT_POPULAR, free.SVD, free.BLEND])

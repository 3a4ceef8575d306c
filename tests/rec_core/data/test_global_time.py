"""A split by date: what is asked for is later than anything that models were trained on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rec_core.analysis import recommend, slices
from rec_core.analysis.leakage import leakage
from rec_core.analysis.newcomers import newcomers
from rec_core.data import filtering, negatives, splits
from rec_core.data.interactions import Catalogue, Dataset, Interactions, Split
from rec_core.data.sources import SOURCES, Folders
from rec_core.data.sources.movielens import FILMS
from rec_core.data.texts import texts
from rec_core.errors import DataError
from rec_core.evaluation.ranking import all_item_ranks, all_item_ranks_of, ranks_of_rows, sampled_ranks
from rec_core.experiment import Experiment
from rec_core.models.baselines import popularity
from rec_core.specs import SplitSpec
from rec_core.stages import NEGATIVES, SPLIT, MemoryStore, measured_on
from rec_core.wording import data as wording
from rec_core.wording.numbers import percent
from tests.conftest import quick

Row = tuple[int, int, int]  # user, item, time


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a split have as few users as it may."""
    monkeypatch.setattr(splits, "_FEWEST", 1)


@pytest.fixture
def by_date(folders: Folders, crossing: None) -> Split:
    """A split by date that some users are not tested in, and some are new in."""
    return splits.global_time(filtering.k_core(SOURCES["synthetic-10k"].load(folders), 5), 0.1)


def _dataset(rows: list[Row], n_users: int = 6, n_items: int = 9) -> Dataset:
    user, item, time = (np.array([row[place] for row in rows]) for place in range(3))
    names = texts([f"Film {i}" for i in range(n_items)])
    some = Interactions(user.astype(np.int32), item.astype(np.int32), None, time.astype(np.int64))
    return Dataset(some, Catalogue(np.arange(n_users) + 10, np.arange(n_items), names, names))


def _obvious(rows: list[Row], share: float) -> dict[str, list[Row]]:
    """Return the parts of a split by date, ids as given, in a loop over users."""
    times = sorted(time for _, _, time in rows)
    first, second = times[int((1 - 2 * share) * len(rows))], times[int((1 - share) * len(rows))]
    parts: dict[str, list[Row]] = {"train": [], "validation": [], "test": [], "passed_over": [], "new": []}
    parts["train"] = [row for row in rows if row[2] < first]
    here = {user for user, _, _ in parts["train"]}
    for user in sorted({user for user, _, _ in rows}):
        for name, low, high in (("validation", first, second), ("test", second, times[-1] + 1)):
            window = sorted((row for row in rows if row[0] == user and low <= row[2] < high), key=lambda row: row[2])
            if window and user in here:
                parts[name].append(window[-1])
                parts["passed_over"] += window[:-1]
        own = sorted((row for row in rows if row[0] == user), key=lambda row: row[2])
        if own[0][2] >= second:
            parts["new"].append(own[0])
    return parts


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 8), st.integers(0, 12)), min_size=4, max_size=40, unique=True),
    st.sampled_from([0.1, 0.25, 0.4]),
)
def test_it_equals_the_obvious_loop(few: None, rows: list[Row], share: float) -> None:
    wanted = _obvious(rows, share)
    if not (wanted["validation"] and wanted["test"]):
        with pytest.raises(DataError, match="too few to measure on"):
            splits.global_time(_dataset(rows), share)
        return
    split = splits.global_time(_dataset(rows), share)
    ids = split.catalogue.user_ids - 10
    assert ids.tolist() == sorted({user for user, _, _ in wanted["train"]})
    for name in ("train", "validation", "test"):
        part = getattr(split, name)
        assert list(zip(ids[part.user].tolist(), part.item.tolist(), part.time.tolist(), strict=True)) == wanted[name]
    over = split.passed_over
    assert over.time is not None
    got = zip(ids[over.user].tolist(), over.item.tolist(), over.time.tolist(), strict=True)
    assert sorted(got) == sorted(wanted["passed_over"])
    assert split.new_users.tolist() == [item for _, item, _ in wanted["new"]]
    assert split.left_out == 6 - len(ids)


def test_no_train_row_is_as_late_as_what_is_asked_for(by_date: Split) -> None:
    times = [part.time for part in (by_date.train, by_date.validation, by_date.test)]
    train, validation, test = (time for time in times if time is not None)
    assert train.max() < validation.min()
    assert validation.max() < test.min()


def test_what_cannot_be_split_by_date_is_said(folders: Folders) -> None:
    data = SOURCES["synthetic-10k"].load(folders)
    with pytest.raises(DataError, match=r"Only \d+ users have .* Choose another share .*split.held_out"):
        splits.global_time(data, 0.01)
    rows = data.interactions
    without = Dataset(Interactions(rows.user, rows.item, rows.rating, None), data.catalogue)
    with pytest.raises(DataError, match="have no times, so they cannot be split by date"):
        splits.global_time(without, 0.1)


def test_nothing_is_ranked_against_what_the_user_has_by_then(by_date: Split) -> None:
    assert 1 < len(by_date.test) < by_date.catalogue.n_users
    drawn = negatives.sample_negatives(by_date, 99, np.random.default_rng(0))
    known: dict[int, set[int]] = {}
    for part in (by_date.train, by_date.validation, by_date.passed_over):
        for user, item in zip(part.user.tolist(), part.item.tolist(), strict=True):
            known.setdefault(user, set()).add(item)
    scores = np.random.default_rng(1).integers(0, 50, by_date.catalogue.n_items)

    def score(users: np.ndarray, items: np.ndarray) -> np.ndarray:
        return np.broadcast_to(scores[items], (len(users), items.shape[1])).astype(np.float32)

    def recommend_all(users: np.ndarray) -> np.ndarray:
        return np.broadcast_to(scores.astype(np.float32), (len(users), len(scores)))

    every, sampled = all_item_ranks(score, by_date), sampled_ranks(score, by_date.test, drawn)
    for place, (user, item) in enumerate(zip(by_date.test.user.tolist(), by_date.test.item.tolist(), strict=True)):
        assert not set(drawn[user].tolist()) & (known[user] | {item})
        others = scores[[one for one in range(len(scores)) if one not in known[user] | {item}]]
        assert every[place] == 1 + (others > scores[item]).sum() + 0.5 * (others == scores[item]).sum()
        beside = scores[drawn[user]]
        assert sampled[place] == 1 + (beside > scores[item]).sum() + 0.5 * (beside == scores[item]).sum()
    both = ranks_of_rows(recommend_all, by_date, drawn)
    assert both["rank"].tolist() == sampled.tolist()
    assert both["rank_all"].tolist() == every.tolist() == all_item_ranks_of(scores, by_date).tolist()


def test_slices_and_one_user_know_who_is_tested(by_date: Split) -> None:
    masks = slices.slices(by_date)
    assert {len(mask) for mask in masks.values()} == {len(by_date.test)}
    activity = np.bincount(by_date.train.user)
    light = activity[by_date.test.user] <= np.quantile(activity, 1 / 3)
    assert masks[slices.LIGHT].tolist() == light.tolist()
    gone = slices.left_out(by_date, np.flatnonzero(by_date.train.user != by_date.test.user[0]))
    assert gone.tolist() == [True] + [False] * (len(by_date.test) - 1)
    asked = dict(zip(by_date.test.user.tolist(), by_date.test.item.tolist(), strict=True))
    for user in range(by_date.catalogue.n_users):
        assert recommend.held_out_item(by_date, user) == asked.get(user)


def test_new_users_are_told_apart(by_date: Split) -> None:
    new = newcomers(by_date)
    assert new is not None
    count = popularity(by_date.train, by_date.catalogue.n_items)
    hits = [(count > count[item]).sum() + 0.5 * ((count == count[item]).sum() - 1) < 10 for item in by_date.new_users]
    assert (new.users, new.popular) == (len(by_date.new_users), np.mean(hits))
    said = wording.new_users(by_date, quick())
    assert f"{by_date.left_out} users have no rating before the first date" in said
    assert f"Of what the {new.users} who come after the second date choose first" in said
    assert "choose first" not in wording.new_users(by_date, quick(feedback="explicit"))  # nobody is asked for an item


def test_items_that_no_model_can_know_are_said(by_date: Split) -> None:
    assert wording.unseen_items(by_date, FILMS) == ""
    some = by_date.train.take(by_date.train.item >= 200)
    gone = float((~np.isin(by_date.test.item, some.item)).mean())
    said = wording.unseen_items(replace(by_date, train=some), FILMS)
    assert said.startswith(f"{percent(gone)} of the test ratings are of films without a train rating")


def test_how_much_of_the_future_is_known_is_counted(by_date: Split, small_split: Split) -> None:
    seen, train, test = leakage(small_split), small_split.train.time, small_split.test.time
    assert seen is not None
    assert train is not None
    assert test is not None
    later = [(train > time).mean() for time in test.tolist()]
    assert seen.later == pytest.approx(np.mean(later))
    assert seen.tested == pytest.approx(np.mean([share > 0 for share in later]))
    assert "are later than what is asked for" in wording.future(small_split, FILMS)
    assert wording.future(by_date, FILMS) == ""
    untimed = Interactions(small_split.train.user, small_split.train.item, None, None)
    assert leakage(Split(untimed, untimed, untimed, small_split.catalogue)) is None


def test_a_run_by_date_is_measured_on_its_own_test(folders: Folders, crossing: None) -> None:
    spec = quick("random", split={"test": "global-time"})
    made = Experiment(spec, MemoryStore(), folders)
    evaluated = made.evaluated
    assert len(evaluated.per_user["rank"]) == len(made.split.test) < made.split.catalogue.n_users
    assert set(made.result_with_controls().controls) > {"walk_kept", "recent_popular"}
    assert made.screened.best["name"]
    others = [
        spec.with_(split=SplitSpec(test="global-time", held_out=0.2)),
        spec.with_(split=SplitSpec(test="last", held_out=0.1)),
    ]
    for other in others:
        assert NEGATIVES.key(spec) != NEGATIVES.key(other)
        assert measured_on(spec) != measured_on(other)
    assert SPLIT.key(quick()) == SPLIT.key(quick(split={"held_out": 0.3}))  # by other rules it does not count
    assert SPLIT.key(spec) == SPLIT.key(spec.with_(split=spec.split.model_copy(update={"validation": "next-to-last"})))

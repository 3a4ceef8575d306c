"""Pairs that repeat, against the obvious loop; and that no rule lets a test row stand in train unsaid."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rec_core.data.interactions import Catalogue, Dataset, Interactions
from rec_core.data.repeats import settle, superseded
from rec_core.data.sources import SOURCES, Folders
from rec_core.data.sources.movielens import FILMS
from rec_core.data.sources.synthetic import Synthetic
from rec_core.data.texts import texts
from rec_core.stages import SPLIT, resolve
from rec_core.wording.data import repeats
from tests.conftest import experiment, quick

ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 4)), min_size=1, max_size=40)


def _rows(rows: list[tuple[int, int, int]], timed: bool = True) -> Interactions:
    user, item, time = (np.array(part) for part in zip(*rows, strict=True))
    stars = np.arange(len(rows), dtype=np.float32)
    return Interactions(user.astype(np.int32), item.astype(np.int32), stars, time if timed else None)


@given(ROWS, st.booleans())
def test_of_each_pair_the_latest_counts(rows: list[tuple[int, int, int]], timed: bool) -> None:
    latest: dict[tuple[int, int], int] = {}
    for place, (user, item, time) in enumerate(rows):
        before = latest.get((user, item))
        if before is None or not timed or time >= rows[before][2]:
            latest[user, item] = place
    found = superseded(_rows(rows, timed), 4)
    assert np.flatnonzero(~found).tolist() == sorted(latest.values())


def test_both_rules_count_what_repeats() -> None:
    names = texts([f"Film {i}" for i in range(4)])
    data = Dataset(_rows([(0, 1, 1), (0, 1, 2), (0, 2, 3)]), Catalogue(np.arange(4), np.arange(4), names, names))
    assert settle(data, "kept") == (data, 1)
    settled, count = settle(data, "latest")
    assert count == 1
    assert settled.interactions.rated.tolist() == [1, 2]


@given(ROWS, st.booleans(), st.booleans())
def test_the_other_rules_keep_one_row_of_each_pair(rows: list[tuple[int, int, int]], timed: bool, rated: bool) -> None:
    made = _rows(rows, timed)
    made = made if rated else replace(made, rating=None)
    names = texts([""] * 4)
    data = Dataset(made, Catalogue(np.arange(4), np.arange(4), names, names))
    pairs: dict[tuple[int, int], list[int]] = {}
    for place, (user, item, _) in enumerate(rows):
        pairs.setdefault((user, item), []).append(place)
    in_time = {pair: sorted(places, key=lambda at: rows[at][2] * timed) for pair, places in pairs.items()}
    first, latest = (sorted(places[end] for places in in_time.values()) for end in (0, -1))
    found = {rule: settle(data, rule)[0].interactions for rule in ("first", "sum", "mean")}
    assert found["first"].user.tolist() == [rows[at][0] for at in first]
    assert found["first"].item.tolist() == [rows[at][1] for at in first]
    if rated:
        assert found["first"].rated.tolist() == first
        for rule, pooled in (("sum", sum), ("mean", lambda places: sum(places) / len(places))):
            wanted = [pooled(pairs[rows[at][:2]]) for at in latest]
            assert found[rule].rated.tolist() == pytest.approx(wanted)
    elif len(pairs) < len(rows):
        assert found["sum"].rated.tolist() == [len(pairs[rows[at][:2]]) for at in latest]
        assert found["mean"].rating is None


@pytest.fixture
def _again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Synthetic data in which half of the users watch their last film again, a day later."""
    load = Synthetic.load

    def loaded(self: Synthetic, folders: Folders, progress: object = False) -> Dataset:
        data = load(self, folders)
        rows = data.interactions
        assert rows.time is not None
        last = np.array([np.flatnonzero(rows.user == user)[-1] for user in range(75)])
        order = np.concatenate([np.arange(len(rows)), last])
        time = np.concatenate([rows.time, rows.time[last] + 86_400])
        return Dataset(Interactions(rows.user[order], rows.item[order], rows.rated[order], time), data.catalogue)

    monkeypatch.setattr(Synthetic, "load", loaded)
    monkeypatch.setattr(Synthetic, "fingerprint", lambda self, folders: "0123456789abcdef")  # another copy


@pytest.mark.usefixtures("_again")
def test_a_user_who_watches_the_last_film_again_is_not_tested_on_what_was_trained(folders: Folders) -> None:
    latest = quick(data={"dataset": "synthetic-10k", "repeats": "latest"}, split={"validation": "next-to-last"})
    split = experiment(latest, folders).split
    assert (split.repeated, split.spoilt) == (75, 0)
    assert repeats(split, "latest", FILMS) == (
        "75 ratings repeat an earlier one of the same user: only the latest of each pair counts."
    )
    pairs = {(u, i) for u, i in zip(split.train.user.tolist(), split.train.item.tolist(), strict=True)}
    assert not pairs & set(zip(split.test.user.tolist(), split.test.item.tolist(), strict=True))
    kept = latest.with_(data={"dataset": "synthetic-10k", "repeats": "kept"}, split={"validation": "random"})
    split = experiment(kept, folders).split
    assert split.repeated == 75
    assert 50 < split.spoilt <= 75
    assert f"all of them count, and {split.spoilt} users are tested on what stands in train too" in repeats(
        split, "kept", FILMS
    )
    assert len({SPLIT.key(resolve(spec, folders)) for spec in (latest, kept.with_(split=latest.split))}) == 2


def test_what_is_done_with_repeats_does_not_count_for_data_without_any() -> None:
    """Nothing published and nothing synthetic has one: the keys of 0.1.0 stay."""
    kept = quick(data={"dataset": "synthetic-10k", "repeats": "kept"})
    assert SPLIT.key(kept) == SPLIT.key(quick())


def test_data_without_repeats_have_nothing_to_say(folders: Folders) -> None:
    split = experiment(quick(), folders).split
    assert repeats(split, "kept", FILMS) == ""
    data = SOURCES["synthetic-10k"].load(folders)
    assert settle(data, "latest") == (data, 0)

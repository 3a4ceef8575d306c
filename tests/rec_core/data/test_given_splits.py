"""Splits that people bring: what of them is trained on, what is tested, what can never be found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rec_core.data import splits
from rec_core.data.interactions import Catalogue, Dataset, Interactions, Split
from rec_core.data.sources import Folders
from rec_core.data.sources.table import Brought, Reading, sniff
from rec_core.data.texts import texts
from rec_core.errors import DataError
from rec_core.evaluation.at_k import NEVER
from rec_core.evaluation.metric import RELEVANT
from rec_core.evaluation.ranking import ALL_ITEMS
from rec_core.evaluation.several import ranked, ranked_by, ranked_of

Pair = tuple[int, int]
N_USERS, N_ITEMS = 5, 7
_PAIRS = st.lists(st.tuples(st.integers(0, N_USERS - 1), st.integers(0, N_ITEMS - 1)), max_size=25)


def _split(train: list[Pair], validation: list[Pair], test: list[Pair]) -> Split:
    rows = np.array([*train, *validation, *test], np.int32).reshape(-1, 2)
    part = np.repeat([0, 1, 2], [len(train), len(validation), len(test)]).astype(np.int8)
    titles = texts([f"Item {item}" for item in range(N_ITEMS)])
    catalogue = Catalogue(np.arange(N_USERS), np.arange(N_ITEMS), titles, titles)
    return splits.given(Dataset(Interactions(rows[:, 0], rows[:, 1], None, None), catalogue, part=part))


def _pairs(split: Split, rows: Interactions) -> list[Pair]:
    user, item = split.catalogue.user_ids[rows.user], split.catalogue.item_ids[rows.item]
    return list(zip(user.tolist(), item.tolist(), strict=True))


def test_what_no_list_can_hold_is_counted_and_never_found() -> None:
    train = [(0, 0), (0, 0), (0, 1), (1, 1), (2, 2)]
    split = _split(train, [(0, 2), (4, 1), (1, 6)], [(3, 0), (1, 0), (0, 6), (0, 1), (0, 2), (1, 0), (1, 2)])
    assert _pairs(split, split.train) == train
    assert _pairs(split, split.validation) == [(0, 2)]
    assert _pairs(split, split.test) == [
        (1, 0),
        (1, 2),
    ]  # once each; user 3 is new, item 6 too, user 0 knows the others
    assert split.relevant.tolist() == [3, 2, 0]
    assert split.tested.tolist() == [0, 1]
    assert (split.left_out, split.unknown_items, split.unknown_rows, split.tested_again) == (1, 1, 1, 2)
    kept = ranked_of(np.array([5, 1, 1]), split)
    assert kept[RELEVANT].tolist() == [3, 2]
    assert kept[ALL_ITEMS].tolist() == [NEVER, NEVER, NEVER, 1.0, 2.0]


def _by_hand(scores: np.ndarray, split: Split) -> list[list[float]]:
    """The ranks of each tested user's relevant items, sorted: what others have that the user does not know."""
    known = {pair for part in split.known for pair in zip(part.user.tolist(), part.item.tolist(), strict=True)}
    found = []
    for user in split.tested.tolist():
        others = [scores[user, item] for item in range(scores.shape[1]) if (user, item) not in known]
        own = scores[user, split.test.item[split.test.user == user]].tolist()
        rank = [
            len(others) if np.isnan(one) else 1 + sum(x > one for x in others) + (sum(x == one for x in others) - 1) / 2
            for one in own
        ]
        found.append(sorted([*rank, *[float(NEVER)] * (int(split.relevant[user]) - len(rank))]))
    return found


@settings(max_examples=200)
@given(_PAIRS, _PAIRS, _PAIRS, st.integers(0, 3), st.randoms())
def test_ranks_are_places_among_what_a_user_does_not_know(
    train: list[Pair], validation: list[Pair], test: list[Pair], levels: int, random: object
) -> None:
    try:
        split = _split(train, validation, test)
    except DataError:
        return
    rng = np.random.default_rng(len(train) + 31 * len(test))
    scores = rng.integers(0, levels + 1, (split.catalogue.n_users, split.catalogue.n_items)).astype(np.float32)
    if levels == 3:
        scores[rng.random(scores.shape) < 0.2] = np.nan
    looked: list[np.ndarray] = []
    by_pairs = ranked(lambda users, items: scores[users], split, look=lambda some: looked.append(some.copy()))
    assert _users(by_pairs) == _by_hand(scores, split)
    assert _users(ranked_by(lambda users: scores[users], split)) == _by_hand(scores, split)
    assert sum(map(len, looked)) == len(split.tested)
    popularity = scores[0].astype(np.int64) if levels < 3 else np.arange(split.catalogue.n_items)
    alike = np.broadcast_to(popularity.astype(np.float32), scores.shape)
    assert _users(ranked_of(popularity, split)) == _by_hand(alike, split)


def _users(kept: dict[str, np.ndarray]) -> list[list[float]]:
    ends = np.cumsum(kept[RELEVANT])[:-1]
    return [sorted(one.tolist()) for one in np.split(kept[ALL_ITEMS].astype(float), ends)]


@pytest.mark.parametrize("some", [[0], [1], [0, 1], []])
def test_some_of_the_tested_users_can_be_asked_alone(some: list[int]) -> None:
    split = _split([(0, 0), (1, 1), (2, 2)], [], [(0, 1), (0, 2), (2, 0), (2, 1)])
    scores = np.arange(9, dtype=np.float32).reshape(3, 3)
    whole, few = (
        _users(ranked_by(lambda users: scores[users], one)) if len(one.tested) else []
        for one in (split, split.asking(np.array(some, np.int64)))
    )
    assert few == [whole[place] for place in some]


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (([], [], [(0, 0)]), "The train file has no rows"),
        (([(0, 0)], [], []), "The test file has no rows"),
        (([(0, 0)], [], [(1, 0)]), "No user of the test file has a row in the train file"),
    ],
)
def test_what_cannot_be_tested_is_refused(parts: tuple[list[Pair], list[Pair], list[Pair]], said: str) -> None:
    with pytest.raises(DataError, match=said):
        _split(*parts)


def _write(folder: Path, **files: str) -> dict[str, str]:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)
    return {name: str(folder / f"{name}.csv") for name in files}


def _brought(folder: Path, **files: str) -> Brought:
    paths = {"validation": ""} | _write(folder, **files)
    found = sniff(paths["train"])
    reading = Reading(layout=found.layout, columns=found.columns)
    return Brought.of_files(paths["train"], paths["validation"], paths["test"], reading)


HEAD = "user,item,rating,timestamp\n"
TRAIN = f"{HEAD}1,1,5,1500000000\n2,1,4,1500000000\n"


def test_files_are_read_alike_and_ids_are_the_same_in_all(tmp_path: Path) -> None:
    train = f"{HEAD}7,a,5,1500000000\n12,b,1,1500000001\n12,a,2,1500000009\n"
    test = f"{HEAD}12,c,4,1500000002\nx1,a,3,1500000003\n7,b,2,1500000004\n"
    log = _brought(tmp_path, train=train, test=test)
    data = log.load(Folders(None, tmp_path))
    assert data.part is not None
    assert data.first is not None
    assert data.places is not None
    users = data.catalogue.user_ids[data.interactions.user].tolist()
    items = data.catalogue.item_ids[data.interactions.item].tolist()
    assert users == ["7", "12", "12", "12", "x1", "7"]  # one file has texts: 12 is the same user in both
    assert items == ["a", "b", "a", "c", "a", "b"]
    assert data.part.tolist() == [0, 0, 0, 2, 2, 2]
    assert data.first.tolist() == [0, 0, 3]
    assert data.places.tolist() == [0, 1, 2, 3, 4, 5]
    assert data.interactions.rated.tolist() == [5, 1, 2, 4, 3, 2]
    assert log.exact_ratings().tolist() == [5, 1, 2, 4, 3, 2]
    assert log.title == tmp_path.name
    assert log.has_split
    assert not log.has_validation


def test_another_split_of_the_same_rows_is_another_log(tmp_path: Path) -> None:
    rows = [f"{HEAD}1,1,5,1500000000\n", f"{HEAD}1,2,5,1500000000\n", f"{HEAD}1,3,5,1500000000\n"]
    marks = set()
    for order in ((0, 1, 2), (1, 0, 2), (0, 2, 1)):
        log = _brought(
            tmp_path, **{name: rows[place] for name, place in zip(("train", "validation", "test"), order, strict=True)}
        )
        marks |= {(log.name, log.fingerprint(Folders(None, tmp_path)))}
    assert len(marks) == 3


def test_what_cannot_be_read_is_told_with_its_file(tmp_path: Path) -> None:
    log = _brought(
        tmp_path,
        train=f"{HEAD}1,1,5,1500000000\n2,1,4,1500000000\n",
        test=f"{HEAD}1,2,five,1500000000\n2,3,1,1500000000\n",
    )
    rejected = log.load(Folders(None, tmp_path)).rejected
    assert rejected.count == 1
    assert "(in test.csv)" in rejected.wrong[0]
    assert "test.csv" in rejected.refusal("The log", 3)


@pytest.mark.parametrize(
    ("test", "said"),
    [
        ("who,what\n1,2\n", "'test.csv' has no column 'user', which 'train.csv' has; it has who, what."),
        (
            "1,2,5,1500000000\n2,3,5,1500000001\n1,3,5,1500000001\n",
            "The first line of 'train.csv' seems to name columns",
        ),
    ],
)
def test_files_with_other_columns_are_refused(test: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="columns") as refused:
        _brought(tmp_path, train=TRAIN, test=test)
    assert said in str(refused.value)

"""Q2 on a hand-worked split."""

from __future__ import annotations

import numpy as np
import pytest

from rec_core.analysis import columns as col
from rec_core.analysis import coverage
from rec_core.data.interactions import Catalogue, Split
from rec_core.data.sources.movielens import FILMS
from rec_core.data.texts import texts
from rec_core.figures import coverage as figures
from rec_core.figures.style import mark
from rec_core.wording import coverage as wording
from tests.conftest import interactions


@pytest.fixture
def split() -> Split:
    """Three users and five films; film 0 is the head, and the last one has an awkward title."""
    train = interactions([0, 0, 0, 1, 1, 1, 2, 2], [0, 1, 2, 0, 3, 4, 0, 1], [5, 4, 3, 5, 2, 1, 4, 4])
    titles = texts(["A", "B", "C", "D", "=1+1 <b>$x$</b> 🎬"])
    genres = texts(["Drama", "Drama|Comedy", "Comedy", "", "War"])
    one = interactions([0, 1, 2], [3, 1, 2])
    return Split(train, one, one, Catalogue(np.array([10, 20, 30]), np.array([7, 8, 9, 11, 12]), titles, genres))


def test_shares_and_counts_are_those_worked_out_by_hand(split: Split) -> None:
    covered = coverage.measure(split, np.array([0, 1, 3]))  # films 0, 1, 0 of users 0, 0, 1
    assert covered["users"].share(1) == pytest.approx(2 / 3)
    assert covered["items"].share(1) == pytest.approx(2 / 5)
    assert covered["items"].kept.tolist() == [2, 1, 0, 0, 0]
    assert covered["tail"].share(1) == pytest.approx(1 / 4)  # film 0 is the most popular fifth
    assert dict(zip(covered["genres"].names.tolist(), covered["genres"].kept.tolist(), strict=True)) == {
        "Comedy": 1,
        "Drama": 3,
        "War": 0,
    }
    assert covered["ratings"].kept.tolist() == [0, 0, 0, 1, 2]
    # KL over users: p = (2/3, 1/3, 0), q = (3/8, 3/8, 2/8)
    expected = 2 / 3 * np.log((2 / 3) / (3 / 8)) + 1 / 3 * np.log((1 / 3) / (3 / 8))
    assert covered["users"].divergence == pytest.approx(expected)


def test_keeping_everything_covers_everything(split: Split) -> None:
    covered = coverage.measure(split, np.arange(8))
    assert all(part.share(1) == 1 and part.divergence == pytest.approx(0) for part in covered.values())
    assert wording.sentences(covered, split, "Full data", FILMS)[0] == "Full data reaches every user and every film."
    assert coverage.left_out_items(split, covered).empty


def test_what_is_left_out_is_named_most_popular_first(split: Split) -> None:
    covered = coverage.measure(split, np.array([2, 5]))
    films = coverage.left_out_items(split, covered)
    assert films[col.ITEM].tolist() == ["A", "B", "D"]
    assert films[col.ITEM_ID].tolist() == [7, 8, 11]
    assert coverage.left_out_users(split, covered)[col.USER_ID].tolist() == [30]
    assert wording.sentences(covered, split, "X", FILMS)[0] == "X leaves out 3 of 5 films and 1 of 3 users."
    films_only = coverage.measure(split, np.array([0, 3, 6]))
    assert wording.sentences(films_only, split, "X", FILMS)[0] == "X leaves out 4 of 5 films."


def test_the_table_has_a_row_per_coreset_and_kind(split: Split) -> None:
    covered = coverage.measure(split, np.array([0, 1, 3]))
    frame = coverage.table({"X": covered, "Y": covered})
    assert len(frame) == 10
    assert frame[col.at_least(5)].max() == 0


@pytest.mark.parametrize("name", ["genres", "ratings"])
def test_shares_sum_to_one(split: Split, name: coverage.Shares) -> None:
    covered = coverage.measure(split, np.array([0, 1, 3]))
    exhibit = figures.shares({"X": (covered, mark("gradient"))}, name, "caption", FILMS)
    assert exhibit.table[["All data", "X"]].sum().tolist() == pytest.approx([1, 1])
    assert sum(exhibit.figure.data[1].x) == pytest.approx(1)


def test_reach_has_a_symbol_per_coreset(split: Split) -> None:
    covered = coverage.measure(split, np.array([0, 1, 3]))
    marked = {"X": (covered, mark("gradient")), "Random": (covered, mark("random"))}
    exhibit = figures.reach(marked, 1, "caption", FILMS)
    assert [trace.name for trace in exhibit.figure.data] == ["X", "Random"]
    assert list(exhibit.figure.data[0].x) == [part.share(1) for part in covered.values()]


def test_data_without_genres_have_none(split: Split) -> None:
    names, has = coverage.genre_table(Catalogue(np.arange(2), np.arange(3), texts(["A"] * 3), texts([""] * 3)))
    assert len(names) == 0
    assert has.shape == (3, 0)


def test_the_long_tail_is_said(split: Split) -> None:
    covered = coverage.measure(split, np.array([0, 1, 3]))  # films 0, 1, 0, of which 1 is in the tail
    # Held out are films 3, 1 and 2, all of them in the tail.
    assert wording.tail_sentence(coverage.tail_shares(covered, split), FILMS) == (
        "33 % of kept ratings are of long-tail films, against 62 % in all data and 100 % of what is tested."
    )


def test_the_rating_value_that_is_preferred_most_is_said(split: Split) -> None:
    kept = coverage.measure(split, np.array([0, 1, 3]))  # 5, 4 and 5 stars; two of eight ratings give 5
    assert wording.ratings_sentence(kept, FILMS) == "67 % of kept ratings give 5 stars, against 25 % in all data."
    assert "give 1 star, against" in wording.ratings_sentence(coverage.measure(split, np.array([5])), FILMS)
    assert wording.ratings_sentence(coverage.measure(split, np.arange(8)), FILMS) == ""

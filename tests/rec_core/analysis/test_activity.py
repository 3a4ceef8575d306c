from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rec_core.analysis import columns as col
from rec_core.analysis.activity import Activity, by_activity, edges, measure, of_all, overview
from rec_core.data.sources.movielens import FILMS
from rec_core.figures import activity as figures
from rec_core.figures.style import mark
from rec_core.wording.activity import left_out, sentences
from tests.conftest import interactions

counts = st.lists(st.tuples(st.integers(1, 40), st.integers(0, 40)), min_size=2, max_size=30)


def _activity(pairs: list[tuple[int, int]]) -> Activity:
    full = np.array([a for a, _ in pairs])
    kept = np.minimum(np.array([b for _, b in pairs]), full)
    kept[0] = max(kept[0], 1)
    return Activity(full, kept)


@given(counts)
def test_bins_hold_every_rating_once(pairs: list[tuple[int, int]]) -> None:
    activity = _activity(pairs)
    frame = by_activity(activity, edges(activity))
    assert frame[col.USERS].sum() == len(pairs)
    assert frame[col.RATINGS].sum() == activity.full.sum()
    assert frame[col.KEPT].sum() == activity.kept.sum()


def test_activity_is_counted_per_user() -> None:
    activity = measure(interactions([0, 0, 1, 2, 2, 2], list(range(6))), np.array([0, 3, 5]), 4)
    assert activity.full.tolist() == [2, 1, 3, 0]
    assert activity.kept.tolist() == [1, 0, 2, 0]


def test_the_answer_names_who_is_preferred() -> None:
    full = np.array([10] * 100 + [1000] * 2)  # the median rating comes from a user with 1,000
    light, heavy = np.where(full == 10, 10, 0), np.where(full == 1000, 500, 0)
    fewer = np.array([10] * 100 + [400])  # here from one with 10
    assert "prefers light users" in sentences(Activity(full, light), "X", FILMS)[0]
    assert "prefers heavy users" in sentences(Activity(fewer, np.where(fewer == 400, 400, 0)), "X", FILMS)[0]
    assert "light and heavy users alike" in sentences(Activity(full, heavy), "X", FILMS)[0]
    assert sentences(Activity(full, full), "Full data", FILMS)[0] == "Full data keeps every rating."
    assert left_out(Activity(full[:3], np.array([0, 1, 1])), FILMS).startswith("1 of 3 users (33 %) keep nothing")


@pytest.mark.parametrize("cumulative", [False, True])
@pytest.mark.parametrize("log_shares", [False, True])
@pytest.mark.parametrize("view", ["ratings", "users"])
def test_figures_hold_all_data_and_every_coreset(view: figures.View, cumulative: bool, log_shares: bool) -> None:
    full = np.array([20, 50, 300, 800])
    marked = {
        "Gradient at 20 %": (Activity(full, np.array([0, 10, 100, 400])), mark("gradient")),
        "Random": (Activity(full, np.array([4, 10, 60, 160])), mark("random")),
    }
    exhibit = figures.distribution(marked, view, "caption", FILMS, cumulative=cumulative, log_shares=log_shares)
    assert [trace.name for trace in exhibit.figure.data] == ["All data", *marked]
    for trace in exhibit.figure.data:
        end = trace.y[-1] if cumulative else sum(trace.y[:-1])
        assert end == pytest.approx(1.0)
    assert exhibit.table[list(exhibit.shares)].sum().tolist() == pytest.approx([1, 1, 1])


def test_the_overview_holds_mean_median_and_distances_per_selection() -> None:
    full, kept = np.array([10, 20, 60]), np.array([0, 6, 12])
    everyone, chosen = overview({"All data": of_all(Activity(full, kept)), "X": Activity(full, kept)}).to_dict(
        "records"
    )
    assert (everyone[col.USERS], everyone[col.MEAN_PER_USER], everyone[col.KS]) == (3, 30, 0)
    assert (chosen[col.USERS], chosen[col.MEAN_PER_USER], chosen[col.MEDIAN_PER_USER]) == (2, 9, 9)
    # All ratings: 10 of 90 from activity 10, 20 of 90 from 20; kept: none, a third. Largest gap: 1/9 at 10.
    assert chosen[col.KS] == pytest.approx(1 / 9)

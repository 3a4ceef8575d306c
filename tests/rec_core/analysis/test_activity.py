from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from rec_core.analysis.activity import (
    Activity,
    by_activity,
    edges,
    gini,
    kolmogorov_smirnov,
    left_out,
    measure,
    sentences,
    weighted_median,
)
from rec_core.figures import activity as figures
from rec_core.figures.style import mark
from tests.conftest import interactions

counts = st.lists(st.tuples(st.integers(1, 40), st.integers(0, 40)), min_size=2, max_size=30)


def _activity(pairs: list[tuple[int, int]]) -> Activity:
    full = np.array([a for a, _ in pairs])
    kept = np.minimum(np.array([b for _, b in pairs]), full)
    kept[0] = max(kept[0], 1)
    return Activity(full, kept)


@given(counts)
def test_kolmogorov_smirnov_equals_scipy(pairs: list[tuple[int, int]]) -> None:
    activity = _activity(pairs)
    expected = ks_2samp(np.repeat(activity.full, activity.full), np.repeat(activity.full, activity.kept)).statistic
    assert kolmogorov_smirnov(activity) == pytest.approx(expected)


@given(counts)
def test_the_weighted_median_is_a_rating_in_the_middle(pairs: list[tuple[int, int]]) -> None:
    activity = _activity(pairs)
    every = np.sort(np.repeat(activity.full, activity.kept))
    assert weighted_median(activity.full, activity.kept) == every[(len(every) - 1) // 2]


def test_gini_equals_hand_worked_cases() -> None:
    assert gini(np.array([3, 3, 3])) == 0
    assert gini(np.array([0, 10])) == pytest.approx(0.5)
    assert gini(np.array([1, 2, 3, 4])) == pytest.approx(0.25)


@given(counts)
def test_bins_hold_every_rating_once(pairs: list[tuple[int, int]]) -> None:
    activity = _activity(pairs)
    frame = by_activity(activity, edges(activity))
    assert frame["users"].sum() == len(pairs)
    assert frame["ratings"].sum() == activity.full.sum()
    assert frame["kept"].sum() == activity.kept.sum()


def test_activity_is_counted_per_user() -> None:
    activity = measure(interactions([0, 0, 1, 2, 2, 2], list(range(6))), np.array([0, 3, 5]), 4)
    assert activity.full.tolist() == [2, 1, 3, 0]
    assert activity.kept.tolist() == [1, 0, 2, 0]


def test_the_answer_names_who_is_preferred() -> None:
    full = np.array([10] * 100 + [1000] * 2)  # the median rating comes from a user with 1,000
    light, heavy = np.where(full == 10, 10, 0), np.where(full == 1000, 500, 0)
    fewer = np.array([10] * 100 + [400])  # here from one with 10
    assert "prefers light users" in sentences(Activity(full, light), "X")[0]
    assert "prefers heavy users" in sentences(Activity(fewer, np.where(fewer == 400, 400, 0)), "X")[0]
    assert "light and heavy users alike" in sentences(Activity(full, heavy), "X")[0]
    assert sentences(Activity(full, full), "Full data")[0] == "Full data keeps every rating."
    assert left_out(Activity(full[:3], np.array([0, 1, 1]))).startswith("1 of 3 users (33 %) keep nothing")


@pytest.mark.parametrize("cumulative", [False, True])
@pytest.mark.parametrize("draw", [figures.distribution, figures.per_user])
def test_figures_hold_all_data_and_the_coreset(draw: object, cumulative: bool) -> None:
    activity = Activity(np.array([20, 50, 300, 800]), np.array([0, 10, 100, 400]))
    figure = draw({"Gradient at 20 %": (activity, mark("gradient"))}, cumulative)  # type: ignore[operator]
    assert [trace.name for trace in figure.data] == ["All data", "Gradient at 20 %"]
    for trace in figure.data:
        end = trace.y[-1] if cumulative else sum(trace.y[:-1])
        assert end == pytest.approx(1.0)

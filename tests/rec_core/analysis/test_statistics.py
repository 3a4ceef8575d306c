"""Statistics against SciPy on the same vectors, hand-worked cases, and a simulation of the intervals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from rec_core.analysis.statistics import (
    correlations,
    divergence,
    earth_movers,
    gini,
    kolmogorov_smirnov,
    weighted_median,
)

counts = st.lists(st.tuples(st.integers(1, 40), st.integers(1, 9), st.integers(0, 9)), min_size=2, max_size=30).filter(
    lambda rows: any(third for *_, third in rows)
)


def _columns(rows: list[tuple[int, int, int]]) -> tuple[NDArray[np.int64], ...]:
    return tuple(np.array(column) for column in zip(*rows, strict=True))


def test_correlations_equal_scipy() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=500).round(1)  # ties
    y = 0.6 * x + rng.normal(size=500)
    expected = (stats.pearsonr(x, y), stats.spearmanr(x, y), stats.kendalltau(x, y))
    for ours, theirs in zip(correlations(x, y, rng), expected, strict=True):
        assert (ours.value, ours.p) == pytest.approx((theirs.statistic, theirs.pvalue))
        assert ours.n == 500
        assert ours.low < ours.value < ours.high


def test_correlations_of_a_constant_are_not_a_number() -> None:
    found = correlations(np.ones(10), np.arange(10.0), np.random.default_rng(0))
    assert all(np.isnan(c.value) and np.isnan(c.low) for c in found)
    assert [c.name for c in found] == ["Pearson", "Spearman", "Kendall"]


@pytest.mark.slow
def test_bootstrap_intervals_cover_at_about_their_level() -> None:
    """Of a bivariate normal the true coefficients are known: ρ, 6/π asin(ρ/2) and 2/π asin(ρ)."""
    rho, n, rounds = 0.5, 80, 120
    truth = {"Pearson": rho, "Spearman": 6 / np.pi * np.arcsin(rho / 2), "Kendall": 2 / np.pi * np.arcsin(rho)}
    covered = dict.fromkeys(truth, 0)
    rng = np.random.default_rng(7)
    for _ in range(rounds):
        x = rng.normal(size=n)
        y = rho * x + np.sqrt(1 - rho**2) * rng.normal(size=n)
        for c in correlations(x, y, rng):
            covered[c.name] += c.low <= truth[c.name] <= c.high
    for name, count in covered.items():
        assert 0.87 <= count / rounds <= 0.99, (name, count / rounds)


@given(counts)
def test_distances_equal_scipy_on_the_samples_written_out(rows: list[tuple[int, int, int]]) -> None:
    values, first, second = _columns(rows)
    a, b = np.repeat(values, first), np.repeat(values, second)
    assert kolmogorov_smirnov(values, first, second) == pytest.approx(stats.ks_2samp(a, b).statistic)
    assert earth_movers(values, first, second) == pytest.approx(stats.wasserstein_distance(a, b))


@given(counts)
def test_the_weighted_median_is_in_the_middle_of_the_sample(rows: list[tuple[int, int, int]]) -> None:
    values, _, weights = _columns(rows)
    every = np.sort(np.repeat(values, weights))
    assert weighted_median(values, weights) == every[(len(every) - 1) // 2]


def test_gini_equals_hand_worked_cases() -> None:
    assert gini(np.array([3, 3, 3])) == 0
    assert gini(np.array([0, 10])) == pytest.approx(0.5)
    assert gini(np.array([1, 2, 3, 4])) == pytest.approx(0.25)
    assert gini(np.array([0, 0])) == 0


def test_divergence_equals_hand_worked_cases() -> None:
    assert divergence(np.array([3, 6]), np.array([1, 2])) == pytest.approx(0)
    assert divergence(np.array([1, 0]), np.array([1, 1])) == pytest.approx(np.log(2))
    # p = (3/4, 1/4), q = (1/2, 1/2): 3/4 ln(3/2) + 1/4 ln(1/2)
    assert divergence(np.array([3, 1]), np.array([5, 5])) == pytest.approx(0.75 * np.log(1.5) + 0.25 * np.log(0.5))

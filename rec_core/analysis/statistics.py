"""Statistics that more than one question needs; SciPy's wherever SciPy has them.

SciPy is imported where it is used: it takes a third of a second that not every page needs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.floating]
_RESAMPLES = 200
_LEVEL = 0.95


@dataclass(frozen=True)
class Correlation:
    """A coefficient with its two-sided p-value, a 95 % bootstrap interval and the number of pairs."""

    name: str
    value: float
    p: float
    low: float
    high: float
    n: int


def correlations(x: Values, y: Values, rng: np.random.Generator) -> list[Correlation]:
    """Return Pearson, Spearman and Kendall (tau-b) of x and y (n,); nan where either is constant or n < 3.

    Intervals are percentile bootstrap (Efron, 1979) over pairs.
    """
    from scipy import stats

    n = len(x)
    if n < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        nan = float("nan")
        return [Correlation(name, nan, nan, nan, nan, n) for name in ("Pearson", "Spearman", "Kendall")]
    drawn = rng.integers(n, size=(_RESAMPLES, n))
    tests = (stats.pearsonr(x, y), stats.spearmanr(x, y), stats.kendalltau(x, y))
    return [
        Correlation(name, float(test.statistic), float(test.pvalue), *interval(resampled(x[drawn], y[drawn])), n)
        for (name, resampled), test in zip(_RESAMPLED.items(), tests, strict=True)
    ]


def interval(resampled: Values, level: float = _LEVEL) -> tuple[float, float]:
    """Return the percentile interval of a statistic's resampled values; those that are nan do not count."""
    low, high = np.nanquantile(resampled, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _pearson(x: Values, y: Values) -> Values:
    """Return Pearson's coefficient of each row of x and y (resamples x n)."""
    x, y = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):  # a resample may be constant: nan
        return (x * y).sum(axis=1) / np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))


def _spearman(x: Values, y: Values) -> Values:
    from scipy import stats

    return _pearson(stats.rankdata(x, axis=1), stats.rankdata(y, axis=1))


def _kendall(x: Values, y: Values) -> Values:
    from scipy import stats

    return np.array([stats.kendalltau(a, b).statistic for a, b in zip(x, y, strict=True)])


_RESAMPLED: dict[str, Callable[[Values, Values], Values]] = {
    "Pearson": _pearson,
    "Spearman": _spearman,
    "Kendall": _kendall,
}


def gini(counts: NDArray[np.integer]) -> float:
    """Return the Gini coefficient of counts (n,): 0 if all are equal, near 1 if one has everything.

    G = Σ (2i − n − 1) x_i / (n Σ x_i) over ascending x (Gini, 1912; Sen, 1973).

    >>> gini(np.array([1, 1, 1, 1])), gini(np.array([0, 0, 0, 4]))
    (0.0, 0.75)
    """
    ascending = np.sort(counts).astype(np.float64)
    n, total = len(ascending), ascending.sum()
    if total == 0:
        return 0.0
    return float(((2 * np.arange(1, n + 1) - n - 1) * ascending).sum() / (n * total))


def divergence(kept: NDArray[np.integer], full: NDArray[np.integer]) -> float:
    """Return KL(kept ‖ full) in nats, of two distributions given as counts (n,); full is nowhere 0 where kept is not.

    0: the same distribution. Σ p ln(p / q) with p = kept / Σ kept, q = full / Σ full (Kullback and Leibler, 1951).

    >>> round(divergence(np.array([2, 0]), np.array([5, 5])), 4)
    0.6931
    """
    from scipy import stats

    return float(stats.entropy(kept, full))


def weighted_median(values: NDArray[np.integer], weights: NDArray[np.integer]) -> float:
    """Return the smallest value at which half of the weight is reached.

    >>> weighted_median(np.array([1, 10, 100]), np.array([1, 1, 3]))
    100.0
    """
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])


def kolmogorov_smirnov(values: NDArray[np.integer], first: NDArray[np.integer], second: NDArray[np.integer]) -> float:
    """Return the two-sample KS distance, 0 to 1, of samples that hold ``values[i]`` first[i] and second[i] times."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    ends = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)  # compare only where a value is complete
    a, b = (np.cumsum(c[order])[ends] for c in (first, second))
    return float(np.abs(a / a[-1] - b / b[-1]).max())


def earth_movers(values: NDArray[np.integer], first: NDArray[np.integer], second: NDArray[np.integer]) -> float:
    """Return the earth mover's (Wasserstein-1) distance of the same two samples, in units of ``values``."""
    from scipy import stats

    return float(stats.wasserstein_distance(values, values, first, second))


def whole_bins(low: int, high: int, bins: int) -> NDArray[np.float64]:
    """Return the edges of about so many bins of whole numbers from ``low`` to ``high``, on a logarithmic scale.

    Edges lie at halves, so that every bin holds at least one whole number: a narrower one would be empty whatever the
    data are. No bin is narrower than the one before it, so that the height of bars does not jump with their width.

    >>> whole_bins(1, 12, 6).tolist()
    [0.5, 1.5, 2.5, 4.5, 7.5, 11.5, 17.5]
    """
    growth = (max(high, 1) / max(low, 1)) ** (1 / bins) - 1
    found, width = [low], 1
    while found[-1] <= high:
        width = max(width, round(found[-1] * growth))
        found.append(found[-1] + width)
    return np.array(found) - 0.5

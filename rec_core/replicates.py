"""Runs that differ in nothing but the seed: what they say together, and how sure that is.

Users are drawn, and so are seeds: a difference of two groups is uncertain because other users might have been tested,
and because other seeds might have been run. Both are counted, paired wherever the two sides share them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import fmean
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rec_core.evaluation import METRICS, Metric
from rec_core.results import RunResult
from rec_core.specs import ExperimentSpec
from rec_core.stages import RUN

LEVEL = 0.95
# All of it would leave nothing of what three seeds add too often: intervals at 95 % then held the truth in 92 to 97 %
# of simulations, with half in 94 to 98 %, with none in up to 99 % (tests/rec_core/test_replicates.py).
_TAKEN_OFF = 0.5
_SMALLEST = 1e-12  # p-value that is told from 0
# Users added to those who were tested, where values lie from 0 to 1, as hits do. Users who were served alike show that
# others seldom differ, not that none does (Agresti and Coull, 1998, doi:10.1080/00031305.1998.10480550; of pairs
# Agresti and Min, 2005, doi:10.1002/sim.1781). Intervals of 10 to 69 users then hold the truth in 93 to 100 % of cases,
# whatever it is; without them in 10 to 98 % (tests/rec_core/test_replicates.py).
_ADDED = 4.0
Verdict = Literal["better", "worse", "no clear difference"]
BySeed = Mapping[int, NDArray[np.floating]]  # seed → one value per user (n_users,)


@dataclass(frozen=True)
class Estimate:
    """A mean with its standard error and degrees of freedom; without either where there is one value only.

    ``more`` are further, independent errors with their degrees of freedom, as that of seeds beside that of users.
    ``count`` is the number of seeds. The interval of one seed leaves out that another seed would give another mean.
    """

    mean: float
    error: float
    freedom: float
    count: int
    more: tuple[tuple[float, float], ...] = ()

    @property
    def low(self) -> float:
        """Lower end of the 95 % interval (Student's t); the mean itself where there is no error."""
        return self.mean - self.half

    @property
    def high(self) -> float:
        """Upper end of the 95 % interval."""
        return self.mean + self.half

    @property
    def ends(self) -> tuple[float, float]:
        """Both ends of the interval, for tables: nan where there is none, so that no width of 0 is shown."""
        return (self.low, self.high) if self.freedom > 0 else (math.nan, math.nan)

    @property
    def half(self) -> float:
        """Half the width of the interval."""
        return self._half(1 - LEVEL)

    @property
    def is_replicated(self) -> bool:
        """Whether it has an interval that counts seeds, so that something may be called reliable."""
        return self.freedom > 0 and self.count > 1

    def at_least(self, level: float = (1 - LEVEL) / 2) -> float:
        """Return the lower bound at a one-sided ``level``; −∞ where one seed or too few users allow none."""
        return self.mean - self._half(2 * level) if self.is_replicated else -math.inf

    @property
    def p(self) -> float:
        """Two-sided p-value of a true mean of 0; 1 where nothing is known of the error, or of the mean.

        It is the largest level at which the interval holds 0.
        """
        from scipy import optimize, stats

        if math.isnan(self.mean):
            return 1.0
        if self.freedom <= 0 or not any(error for error, _ in self._parts):
            return 0.0 if self.freedom > 0 and self.mean else 1.0
        if not self.more:
            return float(2 * stats.t.sf(abs(self.mean) / self.error, self.freedom))
        if self._half(_SMALLEST) < abs(self.mean):
            return _SMALLEST
        reached = optimize.brentq(lambda level: self._half(level) - abs(self.mean), _SMALLEST, 1.0, xtol=_SMALLEST)
        return float(reached)

    def _half(self, level: float) -> float:
        """Return half the width of the interval at ``level``, of whose parts each has a quantile of its own.

        √Σ (t · error)² (Howe, 1974, doi:10.2307/2286025). One quantile for all, with Satterthwaite's degrees of
        freedom, is too small where few seeds say most: it is estimated from what it should guard against.
        """
        from scipy import special

        if self.freedom <= 0:
            return 0.0
        return math.hypot(*(float(special.stdtrit(freedom, level / 2)) * error for error, freedom in self._parts))

    @property
    def _parts(self) -> tuple[tuple[float, float], ...]:
        return ((self.error, self.freedom), *self.more)


def over_seeds(values: Sequence[float]) -> Estimate:
    """Return the mean of values from different seeds with its standard error."""
    mean, n = float(np.mean(values)), len(values)
    if n < 2:
        return Estimate(mean, 0.0, 0.0, n)
    return Estimate(mean, float(np.std(values, ddof=1)) / math.sqrt(n), n - 1, n)


@dataclass(frozen=True)
class Group:
    """Finished runs that differ in nothing but the seed, by ascending seed.

    ``era`` is the version that made them where this one would compute something else, and otherwise empty.
    """

    specs: tuple[ExperimentSpec, ...]
    results: tuple[RunResult, ...]
    era: str = ""

    @property
    def spec(self) -> ExperimentSpec:
        """The experiment, with the lowest seed."""
        return self.specs[0]

    @property
    def key(self) -> str:
        """The key of the run with the lowest seed, by which the group is named."""
        return self.results[0].key

    @property
    def keys(self) -> frozenset[str]:
        """The keys of all runs."""
        return frozenset(result.key for result in self.results)

    @property
    def by_seed(self) -> dict[int, RunResult]:
        """Seed → result."""
        return {spec.seed: result for spec, result in zip(self.specs, self.results, strict=True)}

    @property
    def epochs(self) -> float:
        """How many epochs were trained, on average."""
        return fmean([result.epochs for result in self.results])

    def metric(self, name: str) -> float:
        """Return a metric's mean over seeds; nan if one of the runs lacks what it is worked out from."""
        return self.estimate(name).mean

    def cut(self, name: str) -> float | None:
        """Return a metric's mean over seeds with users' histories cut to train rows; None where that is not known.

        It is the metric itself of a model without histories, which has train rows alone.
        """
        if not self.spec.model.is_served:
            return self.metric(name)
        mean = fmean([result.cut_value(METRICS[name]) for result in self.results])
        return None if math.isnan(mean) else mean

    def estimate(self, name: str) -> Estimate:
        """Return a metric's mean over seeds with its error over seeds, none for one of them; nan if not measured."""
        return over_seeds([result.value(METRICS[name]) for result in self.results])


@lru_cache(maxsize=10_000)
def group_key(spec: ExperimentSpec) -> str:
    """Return what runs that differ in nothing but the seed have in common."""
    return RUN.key(spec.with_(seed=0)) if spec.seed else RUN.key(spec)


def groups(runs: Iterable[tuple[ExperimentSpec, RunResult]]) -> list[Group]:
    """Return the runs in groups, in the order in which each group's first run comes."""
    found: dict[tuple[str, str], list[tuple[ExperimentSpec, RunResult]]] = {}
    for spec, result in runs:
        era = "" if result.key == RUN.key(spec) else result.versions.get("corelens", "unknown")
        found.setdefault((group_key(spec), era), []).append((spec, result))
    ordered = {name: sorted(members, key=lambda member: member[0].seed) for name, members in found.items()}
    return [Group(tuple(s for s, _ in own), tuple(r for _, r in own), era) for (_, era), own in ordered.items()]


def level(metric: Metric, values: BySeed) -> Estimate:
    """Return a metric of one group, averaged over seeds: the only interval of that number, wherever it is shown.

    ``values`` are seed → values per user (n_users,). One error is that of users; for several seeds another is theirs.
    """
    return _combined(metric, [values], [1.0], list(values))


def slope(metric: Metric, along: Sequence[float], line: Sequence[BySeed]) -> Estimate | None:
    """Return the gain of a metric with each unit of ``along`` (k,), of k groups that were tested on the same.

    It is the least-squares slope of each user and seed, averaged, so that users and seeds that groups share are paired.
    Its error has a part of users and, for several seeds, one of seeds. None where no seed is in every group.
    """
    seeds = [seed for seed in line[0] if all(seed in values for values in line)]
    x = np.asarray(along) - np.mean(along)
    sign = 1.0 if metric.higher_is_better else -1.0
    return _combined(metric, line, list(sign * x / (x @ x)), seeds) if seeds else None


def _combined(metric: Metric, sides: Sequence[BySeed], weights: Sequence[float], seeds: Sequence[int]) -> Estimate:
    """Return the sum of the metrics of ``sides``, each times its weight, averaged over ``seeds``."""
    means = np.array([[_mean(side[seed]) for side in sides] for seed in seeds])  # (seeds, sides)
    steep = np.array([[_steepness(metric, mean) for mean in row] for row in means]) * np.asarray(weights)
    influence = np.array(
        [sum(c * side[s] for c, side in zip(row, sides, strict=True)) for row, s in zip(steep, seeds, strict=True)]
    )
    found = np.array([[metric.of_mean(float(mean)) for mean in row] for row in means]) @ np.asarray(weights)
    reach = steep.mean(axis=0) if _is_bounded(metric, sides) else None
    return _over_both(found, influence, reach)


def _over_both(
    found: NDArray[np.floating], influence: NDArray[np.floating], reach: NDArray[np.floating] | None
) -> Estimate:
    """Return the mean of what each seed gives (seeds,), whose users add ``influence`` (seeds x users) to it.

    Seeds differ also by each user's chance with each of them, which the users' variance has already (``_interaction``).
    """
    parts = [_of_users(influence.mean(axis=0), reach)]
    if len(found) > 1:
        variance, freedom = _variance(found)
        parts.append((max(variance - _interaction(influence) / len(found), 0.0), freedom))
    return _estimate(float(found.mean()), parts, len(found))


def difference(metric: Metric, ours: BySeed, theirs: BySeed) -> Estimate:
    """Return how much better ``ours`` is than ``theirs``, in units of the metric, paired over users.

    Both are seed → values per user (n_users,), as ``Metric.values`` gives them, of the same users. Of several seeds the
    mean is taken first. One error is that of users, the variance of their differences / n; for several seeds another is
    theirs (``_of_seeds``). For a root of a mean, the difference is that of the roots, and errors are scaled alike.
    """
    own, other = (np.mean(list(side.values()), axis=0) for side in (ours, theirs))
    reach = np.array([1.0, -1.0]) if _is_bounded(metric, (ours, theirs)) else None
    parts = [_of_users(own - other, reach), *_of_seeds(ours, theirs)]
    scale = _scale(metric, float(own.mean()), float(other.mean()))
    gain = metric.gain(metric.of_mean(float(own.mean())), metric.of_mean(float(other.mean())))
    return _estimate(gain, parts, min(len(ours), len(theirs)), scale)


def share(metric: Metric, ours: BySeed, theirs: BySeed) -> Estimate | None:
    """Return the share of ``theirs``'s quality that ``ours`` keeps, paired over users; None where it has no quality.

    The share is taken seed by seed, over the seeds that both have, and then averaged. Its error over users is that of
    the linearised ratio (delta method; e.g. Casella and Berger, 2002, 5.5.4), and for several seeds another is what
    their shares differ by beyond that. There is no interval where that of ``theirs`` holds 0: any share is possible.
    """
    both = [seed for seed in ours if seed in theirs]
    shares = [metric.share(metric.of_mean(_mean(ours[seed])), metric.of_mean(_mean(theirs[seed]))) for seed in both]
    known = {seed: kept for kept, seed in zip(shares, both, strict=True) if kept is not None}
    if not known:
        return None
    kept = np.array(list(known.values()))
    if metric.higher_is_better and level(metric, {seed: theirs[seed] for seed in known}).low <= 0:
        return Estimate(float(kept.mean()), 0.0, 0.0, len(kept))
    steep = np.array([_of_share(metric, share, ours[seed], theirs[seed]) for seed, share in known.items()])
    influence = np.array([a * ours[seed] + b * theirs[seed] for (a, b), seed in zip(steep, known, strict=True)])
    return _over_both(kept, influence, steep.mean(axis=0) if _is_bounded(metric, (ours, theirs)) else None)


def _of_share(
    metric: Metric, kept: float, ours: NDArray[np.floating], theirs: NDArray[np.floating]
) -> tuple[float, float]:
    """Return the derivatives of a share with respect to the mean of each side."""
    own, other = (metric.of_mean(_mean(side)) for side in (ours, theirs))
    of_own, of_other = (_steepness(metric, _mean(side)) for side in (ours, theirs))
    if metric.higher_is_better:
        return of_own / other, -kept * of_other / other
    return -kept * of_own / own, of_other / own


def _estimate(mean: float, parts: Sequence[tuple[float, float]], count: int, scale: float = 1.0) -> Estimate:
    """Return an estimate whose errors have these variances and degrees of freedom, the first of users."""
    (error, freedom), *more = [(scale * math.sqrt(variance), freedom) for variance, freedom in parts]
    return Estimate(mean, error, freedom, count, tuple(more))


def _mean(values: NDArray[np.floating]) -> float:
    return float(values.mean())


def _steepness(metric: Metric, mean: float) -> float:
    """Return the derivative of the metric with respect to the mean of its users' values."""
    step = 1e-4 * abs(mean)
    return (metric.of_mean(mean + step) - metric.of_mean(mean - step)) / (2 * step) if step else 1.0


def _is_bounded(metric: Metric, sides: Sequence[BySeed]) -> bool:
    """Return True if users' values lie between 0 and 1, as hits do."""
    every = [values for side in sides for values in side.values()]
    return metric.higher_is_better and all(len(v) and v.min() >= 0 and v.max() <= 1 for v in every)


def _of_seeds(ours: BySeed, theirs: BySeed) -> list[tuple[float, float]]:
    """Return variance and degrees of freedom that seeds add to those of users.

    The same seeds on both sides are paired: the variance of their differences / S. Other ones are independent: their
    pooled variance, times 1/S + 1/S'. Of one seed on each side nothing is known. Seeds' means differ also because each
    user answers to each seed by chance; that is in the users' variance already, and is taken off (analysis of variance
    with two random factors; e.g. Searle, Casella and McCulloch, 1992, chapter 4), though by half only (``_TAKEN_OFF``).
    """
    if ours.keys() == theirs.keys():
        if len(ours) < 2:
            return []
        apart = np.array([ours[seed] - theirs[seed] for seed in ours])
        variance, freedom = _variance(apart.mean(axis=1))
        return [(max(variance - _interaction(apart) / len(apart), 0.0), freedom)]
    sides = [np.array(list(side.values())) for side in (ours, theirs)]
    several = [side for side in sides if len(side) > 1]
    freedom = sum(len(side) - 1 for side in several)
    if not freedom:
        return []
    of_each = [(len(side) - 1) * (float(np.var(side.mean(axis=1), ddof=1)) - _interaction(side)) for side in several]
    pooled = max(sum(of_each) / freedom, 0.0)
    return [(pooled * sum(1 / len(side) for side in sides), freedom)]


def _interaction(values: NDArray[np.floating]) -> float:
    """Return how much is taken off the variance of seeds' means for users' chance with each, from (seeds x users)."""
    n_seeds, n_users = values.shape
    if n_seeds < 2 or n_users < 2:
        return 0.0
    left = values - values.mean(axis=0) - values.mean(axis=1, keepdims=True) + values.mean()
    return _TAKEN_OFF * float((left**2).sum()) / ((n_seeds - 1) * (n_users - 1)) / n_users


def _of_users(values: NDArray[np.floating], reach: NDArray[np.floating] | None) -> tuple[float, float]:
    """Return the squared standard error over users of a mean of ``values`` (n_users,), and its degrees of freedom.

    Where ``values`` are sums of hits, each times one of ``reach``, ``_ADDED`` users are added to whom every combination
    of hits is equally likely: their mean is Σ reach / 2, and their variance Σ reach² / 4.
    """
    n = len(values)
    if reach is None or n < 2:
        return _variance(values)
    apart = float(values.mean()) - float(reach.sum()) / 2
    added = _ADDED * float((reach**2).sum()) / 4 + apart**2 * n * _ADDED / (n + _ADDED)
    squares = float(np.var(values)) * n + added
    return squares / (n + _ADDED - 1) / n, n - 1


def _variance(values: NDArray[np.floating]) -> tuple[float, float]:
    """Return the squared standard error of a mean, and its degrees of freedom."""
    n = len(values)
    return (float(np.var(values, ddof=1)) / n, n - 1) if n > 1 else (0.0, 0.0)


def _scale(metric: Metric, ours: float, theirs: float) -> float:
    """Return how much the metric changes with its mean, between two means."""
    if ours == theirs:
        ours = theirs + max(abs(theirs), 1.0) * 1e-6
    return abs((metric.of_mean(ours) - metric.of_mean(theirs)) / (ours - theirs))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted for being looked at together (Holm, 1979).

    >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values, kind="stable")
    scaled = np.asarray(p_values, dtype=np.float64)[order] * np.arange(len(p_values), 0, -1)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return [float(p) for p in adjusted]


def together(gains: Sequence[Estimate]) -> list[Verdict]:
    """Return what each of several differences says when all of them are looked at (Holm)."""
    return [verdict(gain, p) for gain, p in zip(gains, holm([gain.p for gain in gains]), strict=True)]


def verdict(gain: Estimate, p: float | None = None) -> Verdict:
    """Return what a difference says; ``p`` is its p-value where several are looked at together."""
    if not (gain.p if p is None else p) <= 1 - LEVEL:  # so that nan decides nothing
        return "no clear difference"
    return "better" if gain.mean > 0 else "worse"

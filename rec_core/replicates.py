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

from rec_core.evaluation import Metric
from rec_core.results import RunResult
from rec_core.specs import ExperimentSpec
from rec_core.stages import RUN

LEVEL = 0.95
Verdict = Literal["better", "worse", "no clear difference"]
BySeed = Mapping[int, NDArray[np.floating]]  # seed → one value per user (n_users,)


@dataclass(frozen=True)
class Estimate:
    """A mean with its standard error and degrees of freedom; without either where there is one value only."""

    mean: float
    error: float
    freedom: float
    count: int

    @property
    def low(self) -> float:
        """Lower end of the 95 % interval (Student's t); the mean itself where there is no error."""
        return self.mean - self.half

    @property
    def high(self) -> float:
        """Upper end of the 95 % interval."""
        return self.mean + self.half

    @property
    def half(self) -> float:
        """Half the width of the interval."""
        from scipy import stats

        return float(stats.t.ppf((1 + LEVEL) / 2, self.freedom)) * self.error if self.freedom > 0 else 0.0

    @property
    def p(self) -> float:
        """Two-sided p-value of a true mean of 0; 1 where nothing is known of the error."""
        from scipy import stats

        if self.freedom <= 0 or self.error == 0:
            return 0.0 if self.freedom > 0 and self.mean else 1.0
        return float(2 * stats.t.sf(abs(self.mean) / self.error, self.freedom))


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
        """Return a metric's mean over seeds."""
        return self.estimate(name).mean

    def estimate(self, name: str) -> Estimate:
        """Return a metric's mean over seeds with its error over seeds, none for one of them."""
        return over_seeds([result.metrics[name] for result in self.results])


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


def difference(metric: Metric, ours: BySeed, theirs: BySeed) -> Estimate:
    """Return how much better ``ours`` is than ``theirs``, in units of the metric, paired over users.

    Both are seed → values per user (n_users,), as ``Metric.values`` gives them, of the same users. Of several seeds the
    mean is taken first. The squared error is the variance of the users' differences / n, and for several seeds what
    seeds add (``_of_seeds``); degrees of freedom after Satterthwaite, 1946. For a root of a mean, the difference is
    that of the roots, and its error is scaled alike.
    """
    own, other = (np.mean(list(side.values()), axis=0) for side in (ours, theirs))
    means = [{seed: float(values.mean()) for seed, values in side.items()} for side in (ours, theirs)]
    parts = [_variance(own - other), *_of_seeds(*means)]
    error = math.sqrt(sum(variance for variance, _ in parts))
    scale = _scale(metric, float(own.mean()), float(other.mean()))
    gain = metric.gain(metric.of_mean(float(own.mean())), metric.of_mean(float(other.mean())))
    return Estimate(gain, scale * error, _freedom(parts), min(len(ours), len(theirs)))


def share(metric: Metric, ours: BySeed, theirs: BySeed) -> Estimate | None:
    """Return the share of ``theirs``'s quality that ``ours`` keeps, paired over users; None where it has no quality.

    The share is taken seed by seed, over the seeds that both have, and then averaged. Its error over users is that of
    the linearised ratio (delta method; e.g. Casella and Berger, 2002, 5.5.4), and for several seeds the variance of
    their shares / S is added.
    """
    seeds = [seed for seed in ours if seed in theirs]
    shares = [metric.share(metric.of_mean(_mean(ours[seed])), metric.of_mean(_mean(theirs[seed]))) for seed in seeds]
    known = [(kept, ours[seed], theirs[seed]) for kept, seed in zip(shares, seeds, strict=True) if kept is not None]
    if not known:
        return None
    influence = np.mean([kept * (_relative(metric, own) - _relative(metric, other)) for kept, own, other in known], 0)
    kept = np.array([kept for kept, _, _ in known])
    parts = [_variance(influence), *([_variance(kept)] if len(kept) > 1 else [])]
    return Estimate(float(kept.mean()), math.sqrt(sum(v for v, _ in parts)), _freedom(parts), len(kept))


def _mean(values: NDArray[np.floating]) -> float:
    return float(values.mean())


def _relative(metric: Metric, values: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return what each user adds to the logarithm of the metric, (n_users,); 0 for a metric that is 0."""
    mean, step = _mean(values), 1e-4
    if not mean:
        return np.zeros(len(values))
    slope = (metric.of_mean(mean * (1 + step)) - metric.of_mean(mean * (1 - step))) / (2 * step)
    sign = 1 if metric.higher_is_better else -1
    return sign * slope / metric.of_mean(mean) * (values / mean - 1)


def _of_seeds(ours: Mapping[int, float], theirs: Mapping[int, float]) -> list[tuple[float, float]]:
    """Return variance and degrees of freedom that seeds add, from each side's means by seed.

    The same seeds on both sides are paired: the variance of their differences / S. Other ones are independent: their
    pooled variance, times 1/S + 1/S'. Of one seed on each side nothing is known.
    """
    if ours.keys() == theirs.keys():
        return [_variance(np.array([ours[seed] - theirs[seed] for seed in ours]))] if len(ours) > 1 else []
    sides = [np.array(list(side.values())) for side in (ours, theirs)]
    freedom = sum(len(side) - 1 for side in sides)
    if freedom == 0:
        return []
    pooled = sum(float(((side - side.mean()) ** 2).sum()) for side in sides) / freedom
    return [(pooled * sum(1 / len(side) for side in sides), freedom)]


def _variance(values: NDArray[np.floating]) -> tuple[float, float]:
    """Return the squared standard error of a mean, and its degrees of freedom."""
    n = len(values)
    return (float(np.var(values, ddof=1)) / n, n - 1) if n > 1 else (0.0, 0.0)


def _freedom(parts: Sequence[tuple[float, float]]) -> float:
    total = sum(variance for variance, _ in parts)
    each = sum(variance**2 / freedom for variance, freedom in parts if freedom > 0)
    return total**2 / each if each > 0 else max(freedom for _, freedom in parts)


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

"""How often a frontier calls a subset reliable, wrongly and rightly: simulated users and seeds whose truth is known.

Every subset of a frontier keeps the same share of full data's quality, and 95 % are asked for. Users differ in how
often they are served well, and have the same luck under many runs. Seeds add noise to whole runs: a part is common to
the runs of one seed, and a part to those of one way to keep rows. What is said of that comes from the product:
``replicates.share`` and ``frontier.smallest``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import Line
from rec_core.analysis.comparison import Compared, baseline_spec
from rec_core.analysis.frontier import smallest
from rec_core.evaluation.ranking import RECALL
from rec_core.replicates import Estimate, Group, share
from rec_core.results import RunResult
from rec_core.specs import ExperimentSpec

GOAL = 0.95
RATIOS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8)
WAYS = ("random", "recent", "quota", "users", "easy", "gradient")
FALSE, TRUE = (0.94, 0.9499), (0.96, 0.97, 0.98, 1.0)  # shares that subsets keep
_LUCK = 0.5  # how often a user has the same luck in another run
_OF_SEED, _OF_WAY = 0.25, 0.25  # of the variance between seeds: common to all runs of a seed, and to those of a way
_ROOM = 1.3  # how much more often than on average a user is served well at most, where that is possible
_Z = 1.96


@dataclass(frozen=True)
class Case:
    """Frontiers of one kind: so many tested users, ways to keep rows and seeds, and what subsets truly keep.

    ``recall`` is that of full data, ``noise`` the standard deviation between seeds as a share of it.
    """

    users: int
    ways: int
    seeds: int
    recall: float
    noise: float
    truth: float


def measure(rounds: int) -> Iterator[Line]:
    """Yield, for each kind of frontier, how often some subset is called reliable; 40 frontiers a round."""
    for users, ways in ((943, 6), (6040, 2)):
        for recall, noise in ((0.65, 0.012), (0.08, 0.055)):
            for seeds in (1, 3, 5):
                for truth in (*FALSE, *TRUE):
                    case = Case(users, ways, seeds, recall, noise, truth)
                    yield _line(case, claimed(case, 40 * rounds if seeds > 1 else 10))


def claimed(case: Case, count: int, seed: int = 0) -> list[bool]:
    """Return of ``count`` simulated frontiers whether some subset is said to keep ``GOAL`` reliably."""
    rng, specs = np.random.default_rng(seed), _specs(case)
    return [_is_claimed(case, specs, rng) for _ in range(count)]


def _line(case: Case, said: Sequence[bool]) -> Line:
    """Return the share that was ``said``, in per cent, with its 95 % interval (Wilson, 1927)."""
    n, p = len(said), float(np.mean(said))
    middle, room = p + _Z**2 / (2 * n), _Z * float(np.sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2)))
    low, high = ((middle + sign * room) / (1 + _Z**2 / n) for sign in (-1, 1))
    what = (
        f"{case.users:,} users, {case.ways * len(RATIOS)} subsets, Recall {case.recall:g}, {case.seeds} seeds, "
        f"truth {100 * case.truth:g} %"
    )
    return Line(what, 100 * p, 100 * max(low, 0.0), 100 * high, "%")


def _specs(case: Case) -> list[list[ExperimentSpec]]:
    return [[ExperimentSpec(method={"name": way}, ratio=ratio) for ratio in RATIOS] for way in WAYS[: case.ways]]


def _is_claimed(case: Case, specs: list[list[ExperimentSpec]], rng: np.random.Generator) -> bool:
    often, luck = _often(case, rng), rng.random(case.users)
    of_seed = rng.normal(size=case.seeds)
    full = _hits(often, luck, case, _spread(of_seed, 0.0, case, rng), rng)
    shares: dict[str, Estimate | None] = {}
    every: list[Compared] = []
    for line in specs:
        of_way = rng.normal(size=case.seeds)
        for spec in line:
            ours = _hits(case.truth * often, luck, case, _spread(of_seed, of_way, case, rng), rng)
            one = Compared(_group(spec, ours), _group(baseline_spec(spec), full), RECALL)
            shares[one.group.key] = share(RECALL, dict(enumerate(ours)), dict(enumerate(full)))
            every.append(one)
    return smallest(every, GOAL, lambda one: shares[one.group.key]).sure is not None


def _often(case: Case, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the rate at which each user is served well on full data (n_users,); the mean is the recall."""
    most = min(_ROOM * case.recall, 0.9) if case.recall > 0.5 else 0.6
    mean = case.recall / most
    return most * rng.beta(2 * mean, 2 * (1 - mean), size=case.users)


def _spread(
    of_seed: NDArray[np.float64], of_way: NDArray[np.float64] | float, case: Case, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return by what each seed's run is better or worse (seeds,), as a share of its quality."""
    own = rng.normal(size=case.seeds)
    rest = 1 - _OF_SEED - (_OF_WAY if isinstance(of_way, np.ndarray) else 0.0)
    spread = np.sqrt(_OF_SEED) * of_seed + np.sqrt(_OF_WAY) * of_way + np.sqrt(rest) * own
    return case.noise * np.asarray(spread)


def _hits(
    often: NDArray[np.float64],
    luck: NDArray[np.float64],
    case: Case,
    spread: NDArray[np.float64],
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Return who is served well under each seed (seeds x users)."""
    shape = case.seeds, case.users
    chance = np.where(rng.random(shape) < _LUCK, luck, rng.random(shape))
    return (chance < often * (1 + spread[:, None])).astype(np.float64)


def _group(spec: ExperimentSpec, hits: NDArray[np.float64]) -> Group:
    name = f"{spec.method.name} {spec.ratio}"
    made = RunResult({}, name, 1, 1, {}, {}, [], 1, {}, {}, {})
    results = (replace(made, metrics={RECALL.name: float(one.mean())}) for one in hits)
    return Group(_seeded(spec, len(hits)), tuple(results))


@lru_cache(maxsize=1000)
def _seeded(spec: ExperimentSpec, count: int) -> tuple[ExperimentSpec, ...]:
    return tuple(spec.with_(seed=seed) for seed in range(count))

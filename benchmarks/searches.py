"""How often a search for the smallest subset is right: the product's ``search`` on made-up users with a known truth.

A user hits or misses the held-out item by a normal variable: a share of it belongs to the user, a share to the user and
the selected rows, and the rest is new with every run. So runs of one selection are alike, seeds share users, and every
comparison with full data is paired. Seeds differ in quality beyond that. Nothing is trained, time is not limited, and
there are two methods: one whose quality is given, and random rows, which keep less.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from benchmarks.measure import Line
from rec_core import specs
from rec_core.evaluation.ranking import RECALL, SAMPLED
from rec_core.replicates import Estimate, share
from rec_core.specs import ExperimentSpec
from rec_core.sweeps.search import Answer, Question, goes_on, search

KEEP = 0.95
SEARCHES = 100  # of each case and truth, in each round
_SOON = 10  # fresh seeds, for which ten minutes are often enough
_OF_USER = 0.6  # share of the variance that belongs to the user
_BEHIND = 0.01  # what random rows keep less, as a share of full data's quality
_MISS = 100.0  # the rank of an item that is not found
Truth = Callable[[float], float]  # ratio → share of full data's quality that is kept


class Case(NamedTuple):
    """Who is tested: how many users, full data's recall, how much seeds differ (as a share of the quality).

    ``of_rows`` is the share of a user's variance that stays with the selected rows, ``near`` how much of that two
    subsets of one method have in common, ``paired`` how much of a seed's quality is that of all runs with this seed.
    """

    title: str
    n_users: int
    recall: float
    seed_sd: float
    of_rows: float = 0.15
    near: float = 0.5
    paired: float = 0.0


CASES = (
    Case("6,040 users, recall 0.65", 6040, 0.65, 0.012),
    Case("6,040 users, recall 0.65, runs alike", 6040, 0.65, 0.006, 0.3, 0.9, 0.5),
    Case("6,040 users, recall 0.08", 6040, 0.08, 0.05),
    Case("943 users, recall 0.65", 943, 0.65, 0.012),
    Case("943 users, recall 0.10", 943, 0.10, 0.05),
)


def none_keeps_enough(ratio: float) -> float:
    """Return 94 %, whatever is kept."""
    return KEEP - 0.01


def just_below(ratio: float) -> float:
    """Return 94.99 %: almost enough, but no subset may be confirmed."""
    return KEEP - 0.0001


def rising(ratio: float) -> float:
    """Return a share that rises with the ratio: a fifth of the rows keep 94.5 %, half of them 96.5 %."""
    return float(np.interp(ratio, (0.005, 0.05, 0.2, 0.5, 0.8), (0.75, 0.90, 0.945, 0.965, 0.975)))


TRUTHS: Mapping[str, Truth] = {"all 94 %": none_keeps_enough, "all 94.99 %": just_below, "rising": rising}


@dataclass
class World:
    """The runs of one search, drawn as they are asked for; ``truth`` is what the better method keeps."""

    case: Case
    truth: Truth
    rng: np.random.Generator
    _drawn: dict[object, NDArray[np.float32]] = field(default_factory=dict)
    _of_seed: dict[int, float] = field(default_factory=dict)

    def kept(self, spec: ExperimentSpec) -> float:
        """Return the share of full data's quality that a subset truly keeps."""
        if spec.keeps_everything:
            return 1.0
        is_worse = spec.method.name == "random" and self.truth is rising
        return self.truth(spec.ratio) - (_BEHIND if is_worse else 0.0)

    def judge(self, ours: Sequence[ExperimentSpec], full: Sequence[ExperimentSpec]) -> Estimate | None:
        """Return the share that is kept, as the product works it out."""
        return share(RECALL, self._by_seed(ours), self._by_seed(full))

    def _by_seed(self, runs: Sequence[ExperimentSpec]) -> Mapping[int, NDArray[np.float64]]:
        return {spec.seed: RECALL.values({SAMPLED: self._ranks(spec)}) for spec in runs}

    def _ranks(self, spec: ExperimentSpec) -> NDArray[np.float32]:
        """Return the rank of each user's held-out item: 1 for a hit, 100 for a miss."""
        rows = ("full", 1.0) if spec.keeps_everything else (spec.method.name, spec.ratio)
        if (rows, spec.seed) not in self._drawn:
            self._drawn[rows, spec.seed] = self._run(rows, spec.seed, self.kept(spec))
        return self._drawn[rows, spec.seed]

    def _run(self, rows: tuple[str, float], seed: int, kept: float) -> NDArray[np.float32]:
        of_rows, near = self.case.of_rows, self.case.near
        own = np.sqrt(near) * self._effect(rows[0]) + np.sqrt(1 - near) * self._effect(rows)
        stays = np.sqrt(_OF_USER) * self._effect("user") + np.sqrt(of_rows) * own
        fresh = np.sqrt(1 - _OF_USER - of_rows) * self._normal()
        found = stays + fresh < ndtri(min(self.case.recall * kept * self._quality(seed), 1.0))
        return np.where(found, 1, _MISS).astype(np.float32)

    def _quality(self, seed: int) -> float:
        """Return the quality of a run with a seed; 1 on average."""
        common = self._of_seed.setdefault(seed, float(self.rng.standard_normal()))
        own, paired = float(self.rng.standard_normal()), self.case.paired
        return 1 + self.case.seed_sd * float(np.sqrt(paired) * common + np.sqrt(1 - paired) * own)

    def _effect(self, of: object) -> NDArray[np.float32]:
        if of not in self._drawn:
            self._drawn[of] = self._normal()
        return self._drawn[of]

    def _normal(self) -> NDArray[np.float32]:
        return self.rng.standard_normal(self.case.n_users, np.float32)


class Found(NamedTuple):
    """What came of one search: what was confirmed, if anything, and what that truly keeps."""

    kept: Estimate | None
    ratio: float
    truth: float

    @property
    def is_false(self) -> bool:
        """Whether something was confirmed that does not keep enough."""
        return self.kept is not None and self.truth < KEEP

    @property
    def holds(self) -> bool:
        """Whether the truth is within what is printed: at least what was asked for, at most the interval's end."""
        return self.kept is not None and KEEP <= self.truth <= self.kept.high


def searched(case: Case, truth: Truth, seed: int) -> Found:
    """Return the result of one search that has all the time it wants."""
    base = specs.preset("recommended", "implicit", "ncf", method={"name": "recent"}, ratio=0.1)
    world = World(case, truth, np.random.default_rng([seed, case.n_users]))
    question = Question(base=base, metric=RECALL.name, keep=KEEP)
    answer = goes_on(search(question, world.judge, None), lambda spec: True, lambda wanted: 0.0)
    assert isinstance(answer, Answer)
    if answer.confirmed is None:
        return Found(None, 1.0, 1.0)
    return Found(answer.confirmed.kept, answer.confirmed.spec.ratio, world.kept(answer.confirmed.spec))


def measure(rounds: int) -> Iterator[Line]:
    """Yield, for each case and truth, how often searches confirm, how often falsely, and how far off they are."""
    for case in CASES:
        for title, truth in TRUTHS.items():
            found = [searched(case, truth, seed) for seed in range(SEARCHES * rounds)]
            yield from _lines(f"{case.title}, {title}", found, rounds)


def _lines(what: str, found: Sequence[Found], rounds: int) -> Iterator[Line]:
    yield _share(f"{what}: confirm anything falsely", [one.is_false for one in found], rounds)
    yes = [one for one in found if one.kept is not None]
    if not any(one.truth >= KEEP for one in yes):
        return
    soon = [one.kept is not None and one.kept.count <= _SOON for one in found]
    yield _share(f"{what}: confirm a subset", [one.kept is not None for one in found], rounds)
    yield _share(f"{what}: with {_SOON} fresh seeds or fewer", soon, rounds)
    yield _share(f"{what}: what is printed holds the truth", [one.holds for one in yes], 1)
    off = [100 * (one.kept.mean - one.truth) for one in yes if one.kept is not None]
    yield Line(f"{what}: measured less true", float(np.mean(off)), min(off), max(off), "pts")
    ratios = [100 * one.ratio for one in yes]
    yield Line(f"{what}: share of the rows", float(np.median(ratios)), min(ratios), max(ratios), "%")


def _share(what: str, those: Sequence[bool], rounds: int) -> Line:
    """Return the share of searches in per cent, with its range over rounds."""
    each = [100 * float(np.mean(some)) for some in np.array_split(np.array(those), rounds)]
    return Line(what, 100 * float(np.mean(those)), min(each), max(each), "%")

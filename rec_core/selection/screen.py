"""Which rows to keep, from the data alone and in seconds: small recommenders are asked before a model is trained.

On the rows that each candidate keeps, three recommenders that train nothing are counted: most popular, item
neighbourhood and an untrained SVD; for models served from the profile it is item co-occurrence, which serves users
without kept rows too, judged by the metric that the settings judge by. What the best of them finds on the validation
split, beside what it finds from all rows, predicts the share of quality that a trained model keeps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from rec_core.canonical import Json
from rec_core.data.histories import histories
from rec_core.data.interactions import Interactions, Split
from rec_core.errors import SelectionError
from rec_core.evaluation.free import Items, on_validation_among_all, recall_on_validation, spaced, too_many
from rec_core.evaluation.metric import Metric
from rec_core.evaluation.ranking import ALL_ITEMS, RECALL
from rec_core.models import CoOccurrence, Shape, baselines, svd
from rec_core.models.counting import Recommender, matrix, neighbourhood
from rec_core.selection.after_date import AfterDate
from rec_core.selection.base import Candidates, Method, budget
from rec_core.selection.easy import Easy
from rec_core.selection.quota import Quota
from rec_core.selection.random import Random
from rec_core.selection.recent import Recent
from rec_core.selection.whole_users import WholeUsers


class HowFarOff(NamedTuple):
    """How far predictions were off where they were held against runs: in how many cases, and in points."""

    cases: int
    on_average: int
    at_most: int


RATIOS = (0.05, 0.1, 0.2, 0.5)  # at which the share kept is predicted too
# On four data sets (python -m benchmarks screen --rounds 3).
OFF_BY = HowFarOff(18, 4, 13)
OFF_BY_SERVED = HowFarOff(24, 2, 5)  # under item co-occurrence and next item, among sampled negatives
OFF_BY_SERVED_AMONG_ALL = HowFarOff(12, 6, 14)  # under item co-occurrence, among all items; one or two seeds
_USERS = 6000  # whose validation items are looked for
_DISAGREE = 0.1  # a share below the predicted one from which a recommender disagrees
_FEW, _MORE, _WALKED = 0.05, 1.05, 8  # up to which ratio, by how much more, and how many positives a row
POPULAR, NEIGHBOURHOOD, SVD, SERVED = "most_popular", "neighbourhood", "svd", "co_occurrence"
_STAND_IN = CoOccurrence(rank=64, profile="decayed-1")  # for any model served from the profile
Found = dict[str, float]  # recommender → the screen's metric on the validation split


@dataclass(frozen=True)
class Screen:
    """What was found: ``full`` on all rows, ``tried`` for each candidate at a ratio, the best of them first.

    Each of ``tried`` and ``at`` has ``method`` (its settings), ``ratio`` and ``found``; ``at`` is the best candidate at
    other ratios. ``metric`` names what was measured on the validation split.
    """

    full: Found
    tried: list[dict[str, Any]]
    at: list[dict[str, Any]]
    metric: str = RECALL.name

    @property
    def is_served(self) -> bool:
        """Whether this is for models that are served from the profile."""
        return SERVED in self.full

    @property
    def off_by(self) -> HowFarOff:
        """How far such predictions were off."""
        if not self.is_served:
            return OFF_BY
        return OFF_BY_SERVED if self.metric == RECALL.name else OFF_BY_SERVED_AMONG_ALL

    @property
    def best(self) -> Mapping[str, Json]:
        """The settings of the method to choose."""
        method: Mapping[str, Json] = self.tried[0]["method"]
        return method

    def predicted(self, one: Mapping[str, Any]) -> float:
        """Return the share of quality that a candidate is predicted to keep; 0 where nothing was found at all."""
        most = max(self.full.values())
        return max(one["found"].values()) / most if most else 0.0

    def shares(self, one: Mapping[str, Any]) -> dict[str, float]:
        """Return the share that each recommender keeps of what it finds itself on all rows, where it finds anything."""
        return {name: one["found"][name] / most for name, most in self.full.items() if most and name in one["found"]}

    @property
    def lower(self) -> dict[str, float]:
        """Recommenders with shares clearly below the one that is predicted for the best candidate, lowest first.

        The prediction is of the best recommender on the selected rows, as that follows NCF most closely. Where this is
        popularity, models of another family may lose much more.
        """
        best = self.tried[0]
        most = min(self.predicted(best), 1.0) - _DISAGREE
        found = {name: share for name, share in self.shares(best).items() if share < most}
        return dict(sorted(found.items(), key=lambda item: item[1]))

    @property
    def by_ratio(self) -> dict[float, float]:
        """Ratio → the share that the best candidate is predicted to keep."""
        return {
            one["ratio"]: self.predicted(one) for one in sorted([*self.at, self.tried[0]], key=lambda o: o["ratio"])
        }

    @property
    def starts_from_vectors(self) -> bool:
        """Whether a model should start from singular vectors of the kept rows: they know more than popularity."""
        found = self.tried[0]["found"]
        return bool(found.get(SVD, 0.0) > found.get(POPULAR, 0.0))

    @property
    def walked(self) -> int:
        """How many positives walks should add to each kept row: some where few rows are kept that say more together.

        Measured on four data sets: at 5 % they add 2 to 5 % of full data's quality, but nothing where items that users
        share find no more than popularity does (Amazon Beauty); above, they cost more time than they are worth.
        """
        one = self.tried[0]
        together = one["found"].get(NEIGHBOURHOOD, 0.0) > _MORE * one["found"].get(POPULAR, 1.0)
        return _WALKED if together and one["ratio"] <= _FEW else 0


def candidates(recency_can_help: bool, served: bool = False) -> list[Method]:
    """Return the methods to try, those first that are taken where others are as good.

    ``served`` asks for models served from the profile, for which whole users can be a coreset.
    """
    if served:
        users: list[Method] = [WholeUsers(), WholeUsers(order="strata"), WholeUsers(newest=0.5)]
        return [*users, Recent(alpha=0.0), Recent(), Recent(alpha=0.5), Recent(alpha=1.0), Random()]
    recent: list[Method] = [Recent(alpha=alpha) for alpha in (0.25, 0.0, 0.5, 0.75, 1.0)]
    others: list[Method] = [Quota(), Quota(alpha=0.5), Random()]
    return [*recent, AfterDate(), *others] if recency_can_help else [Recent(), Easy(), Easy(alpha=0.5), *others]


def screen(
    given: Candidates,
    split: Split,
    validation: NDArray[np.int32],
    methods: Sequence[Method],
    ratio: float,
    rng: Callable[[], Generator],
    tell: Callable[[float], None] = lambda done: None,
    served: bool = False,
    metric: Metric = RECALL,
) -> Screen:
    """Return what ``methods`` keep the information of; ``validation`` (n_users x c) are the negatives.

    ``metric`` is what models that are ``served`` from the profile are judged by; others by Recall@10 among negatives.
    ``rng`` makes a generator, the same at every call; ``tell`` hears the share done, and may raise to stop.
    """
    others = [other for other in RATIOS if other != ratio]
    steps, done = 1 + len(methods) + len(others), 0

    def ask(rows: Interactions) -> Found:
        nonlocal done
        found = _served(rows, split, validation, rng(), metric) if served else _found(rows, split, validation, rng())
        done += 1
        tell(done / steps)
        return found

    def keep(method: Method, ratio: float) -> dict[str, Any]:
        scored = replace(given, values=method.score(given)) if method.ranks else given
        rows = method.select(scored, budget(ratio, len(split.train)), rng()).rows
        return {"method": method.model_dump(), "ratio": ratio, "found": ask(split.train.take(rows))}

    full, tried = ask(split.train), []
    for method in methods:
        try:
            tried.append((method, keep(method, ratio)))
        except SelectionError:  # it needs what these data have not, as times
            continue
    tried.sort(key=lambda one: -max(one[1]["found"].values()))
    best = tried[0][0]
    name = metric.name if served else RECALL.name
    return Screen(full, [one for _, one in tried], [keep(best, other) for other in others], name)


def _found(rows: Interactions, split: Split, validation: NDArray[np.int32], rng: Generator) -> Found:
    n_users, n_items = split.catalogue.n_users, split.catalogue.n_items
    x = matrix(rows, n_users, n_items)
    popularity = baselines.popularity(rows, n_items).astype(np.float32)

    def most_popular(users: NDArray[np.integer]) -> Items:
        return np.broadcast_to(popularity, (len(users), n_items))

    every: dict[str, Recommender] = {
        POPULAR: most_popular,
        SVD: svd.recommender(x, rng),
        **({} if too_many(n_items) else {NEIGHBOURHOOD: neighbourhood(x)}),
    }
    places = spaced(len(split.validation), _USERS)
    return {name: recall_on_validation(one, split, validation, places) for name, one in every.items()}


def _served(rows: Interactions, split: Split, validation: NDArray[np.int32], rng: Generator, metric: Metric) -> Found:
    """Return what co-occurrence counted on ``rows`` finds, every user served from all of their history."""
    catalogue = split.catalogue
    params = _STAND_IN.fit(rows, Shape(catalogue.n_users, catalogue.n_items, 0.0), rng)
    score = _STAND_IN.scorer(params, histories([split.train], catalogue.n_users))
    every, places = np.arange(catalogue.n_items)[None], spaced(len(split.validation), _USERS)
    if metric.part == ALL_ITEMS:
        return {SERVED: on_validation_among_all(metric, lambda users: score(users, every), split, places)}
    return {SERVED: recall_on_validation(lambda users: score(users, every), split, validation, places)}

"""What a metric is: a value per user, a mean over users, a direction, and a title."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import Feedback

T = TypeVar("T")
Metrics = dict[str, float]  # by the metrics' names
# What an evaluation keeps of each test user: floats, (n_users,) each; or, where users have several test rows, of each
# of these, user by user, with how many each user has under ``RELEVANT``.
PerUser = Mapping[str, NDArray[Any]]
RELEVANT = "relevant"
CUT = "_train"  # ends the name of a part that was measured with users' histories cut to their train rows


def cut(per_user: PerUser) -> PerUser:
    """Return the values measured with histories cut to train rows, under the parts' own names: any metric reads them.

    It is empty for models without histories, and for results that were made before this was measured.
    """
    found = {name.removesuffix(CUT): values for name, values in per_user.items() if name.endswith(CUT)}
    counts = {RELEVANT: per_user[RELEVANT]} if found and RELEVANT in per_user else {}
    return found | counts


def as_cut(per_user: PerUser) -> dict[str, NDArray[Any]]:
    """Return ``per_user`` under the names of parts that were measured with histories cut to train rows."""
    return {name if name == RELEVANT else name + CUT: values for name, values in per_user.items()}


def summed(values: NDArray[np.float64], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the sum per user (n_users,) of values that stand user by user, ``counts`` (n_users,) of each.

    >>> summed(np.array([1.0, 2.0, 4.0]), np.array([2, 1])).tolist()
    [3.0, 4.0]
    """
    return np.bincount(np.repeat(np.arange(len(counts)), counts), values, len(counts)).astype(np.float64)


def best(per_user: PerUser, part: str) -> NDArray[Any]:
    """Return the best rank of each tested user under ``part``, (n_users,)."""
    counts = per_user.get(RELEVANT)
    if counts is None or not len(counts):
        return per_user[part]
    return np.minimum.reduceat(per_user[part], np.cumsum(counts) - counts)


@dataclass(frozen=True)
class Metric:
    """A metric of one kind of feedback.

    ``part`` names what it is worked out from (``PerUser``), ``per_user`` turns that into one value per user, and
    ``of_mean`` turns their mean into the metric (the square root, for a root mean squared error). Where users have
    several test rows, ``several`` turns the values of all rows and their number per user into one value per user;
    without it, that is the mean of what ``per_user`` makes of each row.
    """

    name: str
    title: str
    feedback: Feedback
    part: str
    per_user: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    higher_is_better: bool = True
    of_mean: Callable[[float], float] = float
    several: Callable[[NDArray[np.float64], NDArray[np.int64]], NDArray[np.float64]] | None = None

    def values(self, per_user: PerUser) -> NDArray[np.float64]:
        """Return one value per user, (n_users,); nan for each where the evaluation did not keep the metric's part."""
        counts = per_user.get(RELEVANT)
        if self.part not in per_user:
            n_users = max(map(len, per_user.values()), default=1) if counts is None else len(counts)
            return np.full(n_users, np.nan)
        kept = per_user[self.part].astype(np.float64)
        if counts is None:
            return self.per_user(kept)
        counts = counts.astype(np.int64)
        return summed(self.per_user(kept), counts) / counts if self.several is None else self.several(kept, counts)

    def value(self, per_user: PerUser) -> float:
        """Return the metric over all users; nan where it was not measured."""
        return self.of_mean(float(self.values(per_user).mean()))

    def best(self, values: Mapping[T, float]) -> T:
        """Return whose value is best; the first of equal ones, and one that was not measured only if none was."""
        return min(values, key=lambda one: self.order(values[one]))

    def order(self, value: float) -> float:
        """Return the sort key that puts the best first, and values that were not measured (nan) last."""
        return math.inf if math.isnan(value) else -self.gain(value, 0.0)

    def gain(self, ours: float, theirs: float) -> float:
        """Return how much better ``ours`` is, in units of the metric; negative if worse."""
        return ours - theirs if self.higher_is_better else theirs - ours

    def share(self, ours: float, full: float) -> float | None:
        """Return the share of ``full``'s quality that ``ours`` keeps; of an error, full / ours.

        None where full data has no quality, or one of the two was not measured.
        """
        if math.isnan(ours) or math.isnan(full) or not full or not (self.higher_is_better or ours):
            return None
        return ours / full if self.higher_is_better else full / ours

    @property
    def direction(self) -> str:
        """Which way is better, for an axis."""
        return "higher is better" if self.higher_is_better else "lower is better"

"""How sure the differences of a group are: from the control that does best, and from full data, paired over users."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rec_core.analysis.comparison import Compared, Intervals
from rec_core.analysis.slices import Mask
from rec_core.evaluation import Metric, PerUser
from rec_core.experiment import View
from rec_core.replicates import BySeed, Estimate, Group, Verdict, difference, level, share, verdict
from rec_core.results import RunResult

MARGIN = 0.02  # share of full data's quality that may be lost, unless the reader says otherwise


@dataclass(frozen=True)
class Evidence:
    """What the users say, one by one.

    ``gain`` is how much better the group is than its best control, in units of the headline metric; ``kept`` the share
    of the baseline's quality (None without a baseline, or where it has no quality).
    """

    gain: Estimate
    kept: Estimate | None

    @property
    def than_control(self) -> Verdict:
        """Whether the group is better than the best control, and so than all of them."""
        return verdict(self.gain)

    @property
    def is_not_worse(self) -> bool:
        """Whether the group reliably loses no more than ``MARGIN`` of the baseline's quality; never of one seed."""
        return is_not_worse(self.kept)

    @property
    def is_worse(self) -> bool:
        """Whether the group reliably loses more than ``MARGIN``; never of one seed."""
        return is_worse(self.kept)


def is_not_worse(kept: Estimate | None) -> bool:
    """Return True if a share of quality is reliably at least ``1 - MARGIN``; never with one seed."""
    return kept is not None and kept.is_replicated and kept.low >= 1 - MARGIN


def is_worse(kept: Estimate | None) -> bool:
    """Return True if a share of quality is reliably below ``1 - MARGIN``; never with one seed."""
    return kept is not None and kept.is_replicated and kept.high < 1 - MARGIN


Read = Callable[[RunResult], PerUser | None]  # a finished run → what each user got in it, if that is still there


def intervals(read: Read, among: Mask | None = None) -> Intervals:
    """Return the confidence intervals of groups' numbers, from users' results in their runs, which ``read`` returns.

    ``among`` (n_test,) marks the test users that count; all do without.
    """

    def users(one: Compared) -> BySeed | None:
        return of_group(one.group, one.metric, read, among)

    def value(one: Compared) -> Estimate | None:
        found = users(one)
        return None if found is None else level(one.metric, found)

    def kept(one: Compared) -> Estimate | None:
        if one.is_baseline or not one.is_judged:
            return None
        ours, full = users(one), one.baseline and of_group(one.baseline, one.metric, read, among)
        return share(one.metric, ours, full) if ours and full else None

    return Intervals(value, kept, users)


def of_group(group: Group, metric: Metric, read: Read, among: Mask | None = None) -> BySeed | None:
    """Return a metric of each user (n_users,) by seed; None where what users got is gone, or does not say it."""
    every = slice(None) if among is None else among
    values = _values(group.results, metric, read)
    if values is None:
        return None
    return {spec.seed: own[every] for spec, own in zip(group.specs, values, strict=True)}


def of_results(results: Sequence[RunResult], metric: Metric, read: Read) -> Estimate | None:
    """Return a metric of runs that differ in the seed, with the interval that it has everywhere; None as above."""
    values = _values(results, metric, read)
    return level(metric, dict(enumerate(values))) if values else None


def _values(results: Sequence[RunResult], metric: Metric, read: Read) -> list[NDArray[np.float64]] | None:
    per_user = [read(result) for result in results]
    known = [found for found in per_user if found is not None and metric.part in found]
    return [metric.values(found) for found in known] if len(known) == len(per_user) else None


def weigh(one: Compared, ours: list[View], full: list[View]) -> Evidence:
    """Return how sure the differences of a group are; ``ours`` and ``full`` are views of its and its baseline's runs.

    What every user got has to be in the store, and the kept rows too.
    """
    control = one.best_control[0]
    values = _by_seed(ours, one.metric)
    chance = {view.spec.seed: view.control_values(control, one.metric) for view in ours}
    return Evidence(difference(one.metric, values, chance), kept(one.metric, ours, full))


def gain_over(metric: Metric, ours: Iterable[View], others: Iterable[View], among: Mask | None = None) -> Estimate:
    """Return how much better runs are than others that were tested on the same, paired over users or some of them."""
    return difference(metric, _by_seed(ours, metric, among), _by_seed(others, metric, among))


def kept(metric: Metric, ours: Iterable[View], full: Iterable[View], among: Mask | None = None) -> Estimate | None:
    """Return the share of full data's quality that is kept, paired over users; None where full data have none.

    ``among`` (n_test,) marks the test users that count; all do without.
    """
    return share(metric, _by_seed(ours, metric, among), _by_seed(full, metric, among))


def _by_seed(views: Iterable[View], metric: Metric, among: Mask | None = None) -> BySeed:
    every = slice(None) if among is None else among
    return {view.spec.seed: np.asarray(metric.values(view.evaluated.per_user))[every] for view in views}

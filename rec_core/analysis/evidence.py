"""How sure the differences of a group are: from the control that does best, and from full data, paired over users."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from rec_core.analysis.comparison import Compared
from rec_core.analysis.slices import Mask
from rec_core.evaluation import Metric
from rec_core.experiment import View
from rec_core.replicates import BySeed, Estimate, Verdict, difference, share, verdict

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
    """Say whether a share of quality is reliably above what may be lost; never of one seed."""
    return kept is not None and kept.is_replicated and kept.low >= 1 - MARGIN


def is_worse(kept: Estimate | None) -> bool:
    """Say whether a share of quality is reliably below what may be lost; never of one seed."""
    return kept is not None and kept.is_replicated and kept.high < 1 - MARGIN


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

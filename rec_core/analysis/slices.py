"""Metrics by slice: for whom, and for which items, does a coreset cost most?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rec_core.analysis import columns as col
from rec_core.analysis.comparison import Compared
from rec_core.analysis.coverage import genre_table, long_tail
from rec_core.data.interactions import Split, marked
from rec_core.evaluation import Metric, PerUser
from rec_core.replicates import Group
from rec_core.results import RunResult
from rec_core.specs import ExperimentSpec

FEWEST = 20  # users that a slice needs; the mean of fewer says little
ALL, LIGHT, HEAVY, HEAD, TAIL = "all", "light", "heavy", "head", "tail"
GENRE, LEFT_OUT = "genre:", "left out:"  # begin the names of slices by genre, and of users that a run keeps nothing of
Mask = NDArray[np.bool_]


def slices(split: Split) -> dict[str, Mask]:
    """Return name → which tested users (n_users,) belong to it.

    Slices by what the test item is are of users with one of them.
    """
    n_users, n_items = split.catalogue.n_users, split.catalogue.n_items
    activity = np.bincount(split.train.user, minlength=n_users)
    light, heavy = np.quantile(activity, [1 / 3, 2 / 3])
    activity = activity[split.tested]
    of_users = {ALL: np.ones(len(activity), dtype=bool), LIGHT: activity <= light, HEAVY: activity > heavy}
    if split.is_given:
        return of_users
    tail = long_tail(np.bincount(split.train.item, minlength=n_items))[split.test.item]
    names, has = genre_table(split.catalogue)
    return {
        **of_users,
        HEAD: ~tail,
        TAIL: tail,
        **{GENRE + name: has[split.test.item, column] for column, name in enumerate(names.tolist())},
    }


def left_out(split: Split, rows: NDArray[np.integer]) -> Mask:
    """Return which tested users (n_users,) keep nothing."""
    return ~marked(split.train.user[rows], split.catalogue.n_users)[split.tested]


def value(metric: Metric, per_user: Sequence[PerUser], mask: Mask) -> float:
    """Return the metric over the marked users, averaged over seeds."""
    return float(np.mean([metric.of_mean(float(metric.values(one)[mask].mean())) for one in per_user]))


def among(one: Compared, measured: Callable[[ExperimentSpec, RunResult], RunResult | None]) -> Compared | None:
    """Return a group and its baseline with what was ``measured`` among some users; None where that is gone."""
    groups = [_among(group, measured) for group in (one.group, one.baseline) if group is not None]
    if any(group is None for group in groups):
        return None
    group, *baseline = groups
    assert group is not None
    return Compared(group, next(iter(baseline), None), one.by)


def _among(group: Group, measured: Callable[[ExperimentSpec, RunResult], RunResult | None]) -> Group | None:
    found = [measured(spec, result) for spec, result in zip(group.specs, group.results, strict=True)]
    known = tuple(one for one in found if one is not None)
    return replace(group, results=known) if len(known) == len(found) else None


@dataclass(frozen=True)
class HeadAndTail:
    """The metric on popular and on long-tail items, and how many of the held-out ones are popular."""

    head_share: float
    head: float
    tail: float


def head_and_tail(split: Split, per_user: Sequence[PerUser], metric: Metric) -> HeadAndTail | None:
    """Return where quality is: on popular items or on the long tail.

    None where either has too few users, or users have several test items.
    """
    masks = slices(split)
    if HEAD not in masks:
        return None
    head, tail = masks[HEAD], masks[TAIL]
    if min(head.sum(), tail.sum()) < FEWEST:
        return None
    return HeadAndTail(float(head.mean()), value(metric, per_user, head), value(metric, per_user, tail))


@dataclass(frozen=True)
class Measured:
    """A group that slices are measured of: split, kept rows (of its first seed), and per-user results by seed."""

    split: Split
    rows: NDArray[np.integer]
    per_user: Sequence[PerUser]


def table(groups: Mapping[str, Measured], metric: Metric) -> pd.DataFrame:
    """Return all users, and each slice of enough of them: how many they are, and the metric of each group on the same.

    The test sets of all groups are the same. Users whom a group keeps nothing of are a slice too, on which every group
    is measured.
    """
    first = next(iter(groups.values())).split
    masks = slices(first) | {LEFT_OUT + title: left_out(one.split, one.rows) for title, one in groups.items()}
    return pd.DataFrame(
        [
            {
                col.SLICE: part,
                col.USERS: int(mask.sum()),
                **{title: value(metric, one.per_user, mask) for title, one in groups.items()},
            }
            for part, mask in masks.items()
            if mask.sum() >= FEWEST or part == ALL
        ]
    )

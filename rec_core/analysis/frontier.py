"""How small can it be? Quality against the share of rows that is kept, and what is read off that curve."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import fmean

import pandas as pd

from rec_core.analysis import columns as col
from rec_core.analysis.comparison import RANDOM, Compared, Intervals, half, is_cut_short
from rec_core.replicates import LEVEL, Estimate, Group, group_key, slope, together
from rec_core.results import CHOOSING
from rec_core.specs import ExperimentSpec, ProxySpec, TrainSpec

Kept = Callable[[Compared], Estimate | None]  # share of full data's quality, with its interval
# How often at most some part of a frontier is said to keep a goal that it does not keep, whichever goal is asked for.
_WRONG = 0.05
_FITTED_FROM = 0.2  # share of the rows from which points say how the curve ends
_FEWEST_RATIOS = 3  # a line through two points says nothing of how sure it is


@dataclass(frozen=True)
class Smallest:
    """The smallest subset that reliably keeps the ``goal`` (None where none does), and the smallest that may.

    ``sure`` means that its bound, corrected for all subsets that were looked at, reaches the goal (``bounds``);
    ``likely`` that its mean does. ``tried`` are how many subsets were looked at, ``replicated`` how many of them have
    several seeds, ``largest`` is the largest share of the rows among them.
    """

    goal: float
    sure: tuple[Compared, Estimate] | None
    likely: tuple[Compared, Estimate] | None
    tried: int
    replicated: int
    largest: float


@dataclass(frozen=True)
class Rise:
    """What doubling the rows adds to the metric at the end of the curve, with its interval; ``ratios`` were fitted."""

    slope: Estimate
    ratios: tuple[float, ...]

    @property
    def is_rising(self) -> bool:
        """Whether more rows reliably add something; never of one seed."""
        return self.slope.is_replicated and self.slope.low > 0

    def is_flat(self, value: float, margin: float) -> bool:
        """Return True if doubling reliably adds less than a ``margin``, as a share of the present ``value``."""
        return self.slope.is_replicated and self.slope.high < margin * abs(value)


def ratio_of(one: Compared) -> float:
    """Return the share of the train rows that a group was trained on."""
    return 1.0 if one.is_baseline else one.spec.ratio


def line_key(spec: ExperimentSpec) -> str:
    """Return what groups on one line have in common: everything but ratio and seed."""
    return group_key(spec if spec.keeps_everything else spec.with_(ratio=0.5))


def lines(every: Iterable[Compared]) -> dict[str, list[Compared]]:
    """Return the groups of each way to keep rows, by ascending ratio; full data are a line of one point."""
    found: dict[str, list[Compared]] = {}
    for one in every:
        found.setdefault(line_key(one.spec) + one.group.era, []).append(one)
    return {key: sorted(line, key=ratio_of) for key, line in found.items()}


def alike(every: Iterable[Compared], spec: ExperimentSpec) -> list[Compared]:
    """Return the groups that have the settings of ``spec`` but for what is kept, and for where embeddings start."""
    own = _settings(spec)
    return [one for one in every if _settings(one.spec) == own]


@lru_cache(maxsize=10_000)
def _settings(spec: ExperimentSpec) -> tuple[str, ProxySpec]:
    """Return the settings that count: by the key of a run, which leaves out those that do not."""
    free = {"start": TrainSpec().start, "walked": TrainSpec().walked}
    train = spec.train.model_dump() | free
    full = spec.with_(method={"name": "full"}, pretrain=True, ratio=1.0, seed=0, train=train)
    return group_key(full), spec.proxy


def bounds(every: Iterable[Compared], kept: Kept) -> dict[str, float]:
    """Return the lower bound of the share of full data's quality that each subset keeps, by the key of its group.

    All bounds hold together in 95 % of all frontiers. Each line (a way to keep rows) is tested from its largest ratio
    down and ends at the first subset that fails. So the ratios of a line need no correction (fixed sequence; e.g.
    Maurer, Hothorn and Lehmacher, 1995), and a bound is never above that of a larger subset. Lines share the level
    (Bonferroni); none gets more than the one-sided 2.5 % of the intervals that are shown. A subset of one seed has no
    bound and ends nothing. Quality need not grow with the ratio: behind a dip a smaller subset is never confirmed.
    That is the price of asking many ratios on few seeds.
    """
    found = [(one, kept(one)) for one in every if _is_part(one)]
    known = {one.group.key: share for one, share in found if share is not None and share.is_replicated}
    tested = lines(one for one, _ in found if one.group.key in known)
    level = min(_WRONG / max(len(tested), 1), (1 - LEVEL) / 2)
    bound: dict[str, float] = {}
    for line in tested.values():
        least = math.inf
        for one in reversed(line):
            least = min(least, known[one.group.key].at_least(level))
            bound[one.group.key] = least
    return bound


def smallest(every: Iterable[Compared], goal: float, kept: Kept) -> Smallest:
    """Return the smallest subsets that keep ``goal`` of full data's quality; of equally small ones the best.

    What trains on other rows in every epoch keeps no part.
    """
    parts = [one for one in every if _is_part(one)]
    parts.sort(key=lambda one: (ratio_of(one), -(one.quality_kept or 0.0)))
    shares = {one.group.key: kept(one) for one in parts}
    bound = bounds(parts, lambda one: shares[one.group.key])
    found = [(one, share) for one in parts if (share := shares[one.group.key]) is not None]
    likely = next(((one, share) for one, share in found if share.mean >= goal), None)
    sure = next(((one, share) for one, share in found if bound.get(one.group.key, -math.inf) >= goal), None)
    return Smallest(goal, sure, likely, len(parts), len(bound), max(map(ratio_of, parts), default=0.0))


def _is_part(one: Compared) -> bool:
    return not (one.is_baseline or one.spec.is_dynamic) and one.quality_kept is not None


def pareto(cost: Sequence[float], gain: Sequence[float]) -> list[int]:
    """Return the places of those that nothing beats: nothing is as good and cheaper, or better and no dearer.

    In order of cost. Of equal ones all are returned.

    >>> pareto([1.0, 2.0, 3.0, 2.0], [0.1, 0.3, 0.2, 0.3])
    [0, 1, 3]
    """
    order = sorted(range(len(cost)), key=lambda place: (cost[place], -gain[place]))
    front: list[int] = []
    best, at = -math.inf, math.inf
    for place in order:
        if gain[place] > best or (gain[place] == best and cost[place] == at):
            front.append(place)
            best, at = gain[place], cost[place]
    return front


def clear_best(every: Iterable[Compared], gain: Callable[[Compared, Compared], Estimate | None]) -> set[str]:
    """Return the keys of the groups that are better than every other one at their ratio, looked at together (Holm).

    ``gain`` says how much better one group is than another; None, where that is not known, decides nothing, and neither
    do differences of one seed.
    """
    at: dict[float, list[Compared]] = {}
    for one in every:
        at.setdefault(ratio_of(one), []).append(one)
    best: set[str] = set()
    for groups in at.values():
        first = min(groups, key=lambda one: one.metric.order(one.value))
        gains = [gain(first, other) for other in groups if other is not first]
        known = [found for found in gains if found is not None and found.is_replicated]
        if gains and len(known) == len(gains) and all(said == "better" for said in together(known)):
            best.add(first.group.key)
    return best


def random_rows(every: Sequence[Compared]) -> list[Compared]:
    """Return the line of random rows that was measured at most ratios, and its own full data at the end of it."""
    found = lines(one for one in every if one.spec.method.name == RANDOM and not one.is_baseline)
    line = max(found.values(), key=len, default=[])
    whole = {key for one in line if one.baseline is not None for key in one.baseline.keys}
    return [*line, *(one for one in every if one.is_baseline and whole & one.group.keys)]


def rise(line: Sequence[Compared], intervals: Intervals) -> Rise | None:
    """Return the gain from doubling the rows at the end of a curve, by least squares on log₂ of the ratio.

    Groups from a fifth of the rows on are fitted, full data among them where they are on the ``line``: user by user and
    seed by seed, because groups share both (``replicates.slope``). None of too few ratios, and where groups share no
    seed or what users got is gone.
    """
    last = [one for one in line if ratio_of(one) >= _FITTED_FROM]
    ratios = [ratio_of(one) for one in last]
    if len(set(ratios)) < _FEWEST_RATIOS:
        return None
    values = [intervals.users(one) for one in last]
    known = [found for found in values if found is not None]
    if len(known) < len(values):
        return None
    found = slope(last[0].metric, [math.log2(ratio) for ratio in ratios], known)
    return None if found is None else Rise(found, tuple(sorted(set(ratios))))


def break_even(choosing: float, part: float, full: float) -> float | None:
    """Return after how many trainings choosing rows has paid for itself; None where it never does.

    ``choosing`` is paid once; each training on the ``part`` then saves what it is quicker than one on ``full`` data.
    All in CPU seconds.

    >>> break_even(30.0, 10.0, 50.0), break_even(0.0, 10.0, 50.0), break_even(5.0, 50.0, 50.0)
    (0.75, 0.0, None)
    """
    return None if part >= full else choosing / (full - part)


def costs(group: Group) -> tuple[float, float]:
    """Return the CPU seconds that choosing rows took, and those of training on them, over seeds."""
    choosing, training = ([result.cost(parts) for result in group.results] for parts in (CHOOSING, ("train",)))
    return fmean(choosing), fmean(training)


def table(every: Iterable[Compared], intervals: Intervals) -> pd.DataFrame:
    """Return one row per group, line by line: its spec, its ratio, its quality with intervals, and what it cost.

    ``col.VALUE`` is the metric over seeds and ``col.HALF`` half the width of its 95 % interval. ``col.SHARE_KEPT`` is
    the share of full data's quality, from ``col.KEPT_FROM`` to ``col.KEPT_TO``, and at least ``col.KEPT_AT_LEAST``
    (``bounds``). Seconds are CPU seconds. The caller names the lines.
    """
    groups = list(every)
    bound = bounds(groups, intervals.kept)
    return pd.DataFrame(
        [_row(one, intervals, bound.get(one.group.key, math.nan)) for line in lines(groups).values() for one in line]
    )


def _row(one: Compared, intervals: Intervals, at_least: float) -> dict[str, object]:
    group, found = one.group, None if one.is_baseline else intervals.kept(one)
    low, high = (math.nan, math.nan) if found is None else found.ends
    choosing, training = costs(group)
    return {
        col.SPEC: one.spec,
        col.RATIO: ratio_of(one),
        col.RATINGS: group.results[0].n_selected,
        col.SEEDS: len(group.results),
        col.METRIC: one.metric.name,
        col.VALUE: one.value,
        col.HALF: half(intervals.value(one)),
        col.SHARE_KEPT: 1.0 if one.is_baseline else math.nan if found is None else found.mean,
        col.KEPT_FROM: low,
        col.KEPT_TO: high,
        col.KEPT_AT_LEAST: at_least,
        col.CHOOSING_S: choosing,
        col.TRAIN_S: training,
        col.CUT_SHORT: is_cut_short(group),
    }

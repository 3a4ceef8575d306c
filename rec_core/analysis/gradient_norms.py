"""Q1: which ratings pull hardest on the proxy, and which of them a coreset keeps.

A rating's norm is that of its loss gradient with respect to the user's embedding (``rec_core.selection.gradient``):
small where the proxy predicts it well, large where it does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rec_core.analysis import columns as col
from rec_core.analysis.statistics import weighted_median
from rec_core.data.interactions import Interactions, marked
from rec_core.specs import ExperimentSpec

Against = Literal["rating", "popularity", "activity"]
AGAINST: tuple[Against, ...] = get_args(Against)
POSITIONS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_BINS = 72
_SAMPLE = 20_000  # rows that a mean percentile is worked out from; its standard error is then 0.002
_NOTABLE = 0.03  # distance of the mean percentile from that of chance from which a preference is called one
_SURE = 3.0  # and so many standard errors of a random coreset of the same size


@dataclass(frozen=True)
class Norms:
    """``values`` (n,) of all train rows under one proxy, and the positions of those that are kept."""

    values: NDArray[np.float32]
    rows: NDArray[np.integer]

    @cached_property
    def kept(self) -> NDArray[np.bool_]:
        """Which rows are kept, (n,)."""
        return marked(self.rows, len(self.values))

    @cached_property
    def _of_kept(self) -> NDArray[np.float32]:
        return self.values[self.rows]

    @cached_property
    def percentile(self) -> float:
        """Mean share of all rows that are easier than a kept row; 0.5 for a random coreset (ties count half)."""
        every = np.sort(self.values[:: -(-len(self.values) // _SAMPLE)])
        kept = self._of_kept[:: -(-len(self._of_kept) // _SAMPLE)]
        below, upto = (np.searchsorted(every, kept, side) for side in ("left", "right"))
        return float((below + upto).mean() / 2 / len(every))

    @property
    def is_hardest(self) -> bool:
        """Whether the kept rows are exactly the hardest ones."""
        return len(self.cuts) == 1 and bool(self._of_kept.max() == self.values.max())

    @property
    def preference(self) -> float:
        """How far the mean percentile is from chance, 0 where a random coreset of this size could be as far."""
        n, count = len(self.values), len(self._of_kept)
        distance = self.percentile - 0.5
        chance = float(np.sqrt((1 - count / n) / (12 * count)))  # standard error of a mean of uniform ranks
        return distance if abs(distance) > max(_NOTABLE, _SURE * chance) else 0.0

    @cached_property
    def cuts(self) -> list[float]:
        """Norms at which keeping begins and ends, where exactly the rows between them are kept; none otherwise."""
        low, high = self._of_kept.min(), self._of_kept.max()
        dropped = self.values[~self.kept]
        if not len(dropped) or ((dropped > low) & (dropped < high)).any():
            return []
        outside = ((low, dropped.min() < low), (high, dropped.max() > high))
        return [float(cut) for cut, is_cut in outside if is_cut]


def edges(values: Sequence[NDArray[np.float32]]) -> NDArray[np.float64]:
    """Return logarithmic bin edges over all ``values``; what is below 0.1 % of the top lies to the left of them."""
    top = max(float(v.max()) for v in values) or 1.0  # all may be 0
    low = max(min(float(np.quantile(v[::97], 0.001)) for v in values), top / 1000)
    return np.geomspace(low, top * 1.0001, _BINS + 1)


def left_of(norms: Norms, bins: pd.DataFrame) -> int:
    """Return how many rows lie to the left of the bins of a histogram."""
    return len(norms.values) - int(bins[[col.KEPT, col.DROPPED]].to_numpy().sum())


def histogram(norms: Norms, bounds: NDArray[np.float64]) -> pd.DataFrame:
    """Return one row per bin: where it begins and ends, and how many rows are kept and dropped.

    Rows to the left of the bins are in none (``left_of``).
    """
    # Even steps in log space, so that a row's bin is arithmetic and needs no search: this follows a slider.
    first, per_bin = np.log(bounds[0]), np.log(bounds[-1] / bounds[0]) / _BINS
    with np.errstate(divide="ignore"):
        place = (np.log(norms.values) - np.float32(first)) / np.float32(per_bin)
    # Bin -1 is what lies to the left: gathered in the lowest bin, it would look like a mode that does not exist.
    bin_of = np.floor(np.clip(place, -1, _BINS - 1)).astype(np.int16) + 1
    every, kept = (np.bincount(some, minlength=_BINS + 1)[1:] for some in (bin_of, bin_of[norms.rows]))
    return pd.DataFrame({col.FROM: bounds[:-1], col.TO: bounds[1:], col.KEPT: kept, col.DROPPED: every - kept})


def groups(train: Interactions, against: Against) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return values to group rows by and each row's group: ratings, or lower ends of bins of popularity or activity."""
    if against == "rating":
        return train.levels[0].astype(np.float64), train.levels[1]
    who = train.item if against == "popularity" else train.user
    counts = np.bincount(who)
    bounds: NDArray[np.float64] = np.unique(np.round(np.geomspace(1, counts.max() + 1, 16)))
    return bounds[:-1], (np.digitize(counts, bounds) - 1)[who]


def relation(norms: Norms, values: NDArray[np.float64], group: NDArray[np.intp]) -> pd.DataFrame:
    """Return quartiles of the norm and the share kept by group; groups without rows are left out."""
    counts = np.bincount(group, minlength=len(values))
    some = counts > 0
    by_group = norms.values[np.argsort(group.astype(np.uint16), kind="stable")]  # a radix sort: this follows a slider
    parts = np.split(by_group, np.cumsum(counts[some])[:-1])
    quartiles = np.array([_quartiles(part) for part in parts])
    kept = np.bincount(group[norms.rows], minlength=len(values))
    return pd.DataFrame(
        {
            col.VALUE: values[some],
            col.RATINGS: counts[some],
            col.LOWER_QUARTILE: quartiles[:, 0],
            col.MEDIAN_NORM: quartiles[:, 1],
            col.UPPER_QUARTILE: quartiles[:, 2],
            col.SHARE_KEPT: kept[some] / counts[some],
        }
    )


def _quartiles(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the quartiles, between two values by how near each is; a sort is faster here than three partitions."""
    return np.interp(np.array([0.25, 0.5, 0.75]) * (len(values) - 1), np.arange(len(values)), np.sort(values))


@dataclass(frozen=True)
class Kind:
    """What kind of rows are kept, each beside all data: of how popular items, by how active users, with which ratings.

    Medians are over rows; mean ratings are None where the data have no ratings.
    """

    popularity: tuple[float, float]
    activity: tuple[float, float]
    rating: tuple[float, float] | None


def kind_of_rows(norms: Norms, train: Interactions) -> Kind:
    """Return what kind of rows are kept, and what kind all are."""
    means = None
    if train.rating is not None:
        kept, every = train.rating[norms.rows], train.rating
        means = float(kept.mean(dtype=np.float64)), float(every.mean(dtype=np.float64))
    return Kind(_medians(train.item, norms.rows), _medians(train.user, norms.rows), means)


def _medians(who: NDArray[np.integer], rows: NDArray[np.integer]) -> tuple[float, float]:
    """Return how many rows the item (or user) of the median kept row has, and that of the median row."""
    every = np.bincount(who)
    return weighted_median(every, np.bincount(who[rows], minlength=len(every))), weighted_median(every, every)


def sweep_specs(spec: ExperimentSpec) -> dict[float, ExperimentSpec]:
    """Return position → spec of a window of the same size; the hardest rows, position 1, are the gradient method."""
    windows = {p: spec.with_(method={"name": "window", "position": p}) for p in POSITIONS[:-1]}
    return {**windows, POSITIONS[-1]: spec.with_(method={"name": "gradient"})}

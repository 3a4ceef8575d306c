"""What a data set holds, before anything runs: how much, how unevenly, over which time; and what the filter leaves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rec_core.analysis import columns as col
from rec_core.analysis.statistics import gini
from rec_core.data import filtering, repeats
from rec_core.data.in_parts import counts, distinct
from rec_core.data.interactions import Dataset, Interactions, Split
from rec_core.data.negatives import FEWEST
from rec_core.data.repeats import Repeats
from rec_core.errors import DataError

MINIMUMS = (1, 3, 5, 10, 20)  # interactions per user and item, of which it is shown what they leave
_SLICES = 40  # of the time that a log spans


@dataclass(frozen=True)
class Left:
    """What a filter leaves: rows, users, items, and how many items the user knows who knows most; zeros if nothing."""

    minimum: int
    rows: int
    users: int
    items: int
    most_known: int

    @property
    def unknown(self) -> int:
        """Items that the user who knows most does not know, which is how many there are to rank among."""
        return self.items - self.most_known


@dataclass(frozen=True)
class Holdings:
    """A data set in numbers.

    ``per_user`` (n_users,) and ``per_item`` (n_items,) count rows; ``span`` is the first and the last time, in seconds
    since 1970, ``scale`` the smallest and largest rating and how many there are; None without any. ``repeated`` rows
    have a later one of the same user and item; ``left`` is what each of some smallest counts would leave.
    """

    per_user: NDArray[np.int64]
    per_item: NDArray[np.int64]
    span: tuple[int, int] | None
    scale: tuple[float, float, int] | None
    repeated: int
    left: tuple[Left, ...]

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return int(self.per_user.sum())

    @property
    def density(self) -> float:
        """Rows per pair of user and item."""
        return self.rows / (len(self.per_user) * len(self.per_item))

    @property
    def few(self) -> float:
        """Share of the users with fewer than 3 rows, too few for one to train on, one to validate and one to test."""
        return float((self.per_user < 3).mean())

    def after(self, minimum: int) -> Left:
        """Return what a smallest count leaves, which is among those that were looked at."""
        return next(left for left in self.left if left.minimum == minimum)


def measure(data: Dataset, minimum: int, rule: Repeats = "latest", split: Split | None = None) -> Holdings:
    """Return a data set in numbers; ``minimum`` is the filter that is set, ``rule`` what is done with repeats.

    Of large data the ``split`` knows what the filter leaves, and nothing is tried beside it.
    """
    rows, catalogue = data.interactions, data.catalogue
    repeated, left = (split.repeated, (_left_in(split, minimum),)) if split else _every_filter(data, minimum, rule)
    rated = None if rows.rating is None else distinct(rows.rating)
    return Holdings(
        counts(rows.user, catalogue.n_users),
        counts(rows.item, catalogue.n_items),
        None if rows.time is None else (int(rows.time.min()), int(rows.time.max())),
        None if rated is None else (float(rated[0]), float(rated[-1]), len(rated)),
        repeated,
        left,
    )


def _every_filter(data: Dataset, minimum: int, rule: Repeats) -> tuple[int, tuple[Left, ...]]:
    settled, repeated = repeats.settle(data, rule)
    return repeated, tuple(_left(settled, least) for least in sorted({*MINIMUMS, minimum}))


def _left_in(split: Split, minimum: int) -> Left:
    parts = [part for part in (*split.known, split.test) if len(part)]
    known = sum(counts(part.user, split.catalogue.n_users) for part in parts)
    rows = sum(map(len, parts))
    return Left(minimum, rows, split.catalogue.n_users, split.catalogue.n_items, int(np.max(known)))


def _left(data: Dataset, minimum: int) -> Left:
    try:
        kept = filtering.k_core(data, minimum)
    except DataError:
        return Left(minimum, 0, 0, 0, 0)
    known = int(np.bincount(kept.interactions.user).max())
    return Left(minimum, len(kept.interactions), kept.catalogue.n_users, kept.catalogue.n_items, known)


def too_few_to_rank_among(left: Left) -> bool:
    """Say whether somebody would have too few items left for a rank among them to mean anything."""
    return left.rows > 0 and left.unknown < FEWEST


def concentration(holdings: Holdings) -> pd.DataFrame:
    """Return which share of the rows the most active users and the most popular items hold, by share of them."""
    shares = np.unique(np.round(np.geomspace(0.001, 1, 40), 4))
    held = {
        name: _held(count, shares) for name, count in ((col.USERS, holdings.per_user), (col.ITEMS, holdings.per_item))
    }
    return pd.DataFrame({col.SHARE_OF_THEM: shares} | held)


def _held(count: NDArray[np.int64], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    total = np.concatenate([[0], np.cumsum(np.sort(count)[::-1])])
    at = np.interp(shares * len(count), np.arange(len(total)), total)
    share: NDArray[np.float64] = at / total[-1]
    return share


def inequality(holdings: Holdings) -> tuple[float, float]:
    """Return the Gini coefficients of rows over users and over items."""
    return gini(holdings.per_user), gini(holdings.per_item)


def over_time(rows: Interactions) -> pd.DataFrame:
    """Return how many rows each of forty equal slices of the time holds, with when it begins (UTC).

    Raises:
        DataError: if there are no times.
    """
    if rows.time is None:
        raise DataError("These data have no times; choose data that have.")
    first, last = int(rows.time.min()), int(rows.time.max())
    edges = np.linspace(first, max(last, first + 1), _SLICES + 1)
    count, _ = np.histogram(rows.time, edges)
    return pd.DataFrame({col.BEGINS: _moments(edges[:-1].tolist()), col.ROWS: count})


def _moments(seconds: Iterable[float]) -> list[datetime]:
    return [datetime.fromtimestamp(int(one), UTC).replace(tzinfo=None) for one in seconds]

"""Q2: what a coreset covers, and who and what it leaves out entirely."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rec_core.analysis import columns as col
from rec_core.analysis.statistics import divergence, gini
from rec_core.data.interactions import Catalogue, Split
from rec_core.data.texts import Texts, texts

AT_LEAST = (1, 5, 10)
HEAD = 0.2  # share of items, the most popular ones, that are the head; the others are the long tail
Counts = NDArray[np.int64]
Part = Literal["users", "items", "tail", "genres", "ratings"]  # what is covered; tail: items of the long tail
Shares = Literal["genres", "ratings"]
SHARES: tuple[Shares, ...] = get_args(Shares)
_NOTABLE = 0.05  # gain in share from which a rating value is called over-represented


@dataclass(frozen=True)
class Covered:
    """Things that ratings belong to: their names, and how many train rows and kept rows each has (n,)."""

    names: Texts
    full: Counts
    kept: Counts

    def share(self, at_least: int) -> float:
        """Return the share of things with at least so many kept rows."""
        return float((self.kept >= at_least).mean())

    @cached_property
    def divergence(self) -> float:
        """KL(coreset ‖ all) over these things, in nats."""
        return divergence(self.kept, self.full)

    @cached_property
    def gini(self) -> float:
        """Gini coefficient of kept rows."""
        return gini(self.kept)


Coverage = Mapping[Part, Covered]


def genre_table(catalogue: Catalogue) -> tuple[Texts, NDArray[np.bool_]]:
    """Return the genres' names (g,) in order and which item has which, (n_items x g)."""
    distinct, of_item = np.unique(catalogue.genres, return_inverse=True)  # a few hundred combinations
    combinations = [set(filter(None, text.split("|"))) for text in distinct.tolist()]
    names = sorted(set().union(*combinations))
    has = np.array([[name in own for name in names] for own in combinations], dtype=bool).reshape(
        len(combinations), len(names)
    )
    return texts(names), has[of_item]


def measure(split: Split, rows: NDArray[np.integer]) -> Coverage:
    """Return what ``rows`` of the train split cover; a row counts for every genre of its item."""
    train, catalogue = split.train, split.catalogue
    kept = train.take(rows)
    users = _counts(train.user, kept.user, catalogue.n_users)
    items = _counts(train.item, kept.item, catalogue.n_items)
    tail = long_tail(items[0])
    genres, has = genre_table(catalogue)
    parts: dict[Part, Covered] = {
        "users": Covered(catalogue.user_ids.astype(np.dtypes.StringDType()), *users),
        "items": Covered(catalogue.titles, *items),
        "tail": Covered(catalogue.titles[tail], items[0][tail], items[1][tail]),
        "genres": Covered(genres, items[0] @ has, items[1] @ has),
    }
    if train.rating is not None:
        values, value = train.levels
        named = texts([str(one) for one in values.tolist()])
        parts["ratings"] = Covered(named, *_counts(value, value[rows], len(values)))
    return {name: part for name, part in parts.items() if len(part.full)}


def _counts(full: NDArray[np.integer], kept: NDArray[np.integer], n: int) -> tuple[Counts, Counts]:
    return np.bincount(full, minlength=n), np.bincount(kept, minlength=n)


def long_tail(popularity: Counts) -> NDArray[np.bool_]:
    """Return which items (n,) are in the long tail: all but the most popular fifth (ties: file order).

    The split of Abdollahpouri, Burke and Mobasher, 2017 (doi:10.1145/3109859.3109912) by number of items.
    """
    tail = np.ones(len(popularity), dtype=bool)
    tail[np.argsort(-popularity, kind="stable")[: round(HEAD * len(popularity))]] = False
    return tail


def table(coverages: Mapping[str, Coverage]) -> pd.DataFrame:
    """Return one row per coreset and kind of thing: the share with at least 1, 5, 10 kept rows, KL and Gini."""
    return pd.DataFrame(
        [
            {
                col.CHOICE: title,
                col.OF: name,
                col.IN_ALL: len(part.full),
                **{col.at_least(k): part.share(k) for k in AT_LEAST},
                col.DIVERGENCE: part.divergence if part.kept.sum() else np.nan,
                col.GINI: part.gini,
            }
            for title, coverage in coverages.items()
            for name, part in coverage.items()
        ]
    )


def shares(coverages: Mapping[str, Coverage], name: Shares) -> pd.DataFrame:
    """Return the shares of genres (or rating values) in all data and in each coreset, the most common first."""
    some = next(iter(coverages.values()))[name]
    order = np.argsort(-some.full, kind="stable") if name == "genres" else np.arange(len(some.full))
    columns = {title: (c[name].kept / c[name].kept.sum())[order] for title, c in coverages.items()}
    return pd.DataFrame({col.OF: some.names[order].tolist(), col.ALL: (some.full / some.full.sum())[order], **columns})


def left_out_items(split: Split, coverage: Coverage) -> pd.DataFrame:
    """Return the items with nothing kept, the most popular first."""
    part, catalogue = coverage["items"], split.catalogue
    gone = np.flatnonzero(part.kept == 0)
    gone = gone[np.argsort(-part.full[gone], kind="stable")]
    genres = [text.replace("|", ", ") for text in catalogue.genres[gone].tolist()]
    return pd.DataFrame(
        {
            col.ITEM: catalogue.titles[gone].tolist(),
            col.GENRES: genres,
            col.RATINGS_IN_ALL: part.full[gone],
            col.ITEM_ID: catalogue.item_ids[gone].tolist(),
        }
    )


def left_out_users(split: Split, coverage: Coverage) -> pd.DataFrame:
    """Return the users with nothing kept, the most active first."""
    part = coverage["users"]
    gone = np.flatnonzero(part.kept == 0)
    gone = gone[np.argsort(-part.full[gone], kind="stable")]
    ids = split.catalogue.user_ids[gone].tolist()
    return pd.DataFrame({col.USER_ID: ids, col.RATINGS_IN_ALL: part.full[gone]})


@dataclass(frozen=True)
class Tail:
    """Shares of ratings that are of long-tail items: of what is kept, of all data, of what is tested."""

    kept: float
    full: float
    tested: float


def tail_shares(coverage: Coverage, split: Split) -> Tail:
    """Return how much of what is kept is of long-tail items, beside all data and what is tested."""
    items, tail = coverage["items"], coverage["tail"]
    tested = float(long_tail(items.full)[split.test.item].mean()) if len(split.test) else 0.0
    return Tail(float(tail.kept.sum() / items.kept.sum()), float(tail.full.sum() / items.full.sum()), tested)


@dataclass(frozen=True)
class Excess:
    """A rating value, its share of what is kept and its share of all data."""

    value: float
    kept: float
    full: float


def most_over_represented(coverage: Coverage) -> Excess | None:
    """Return the rating value that is over-represented most, None where none is by much."""
    part = coverage.get("ratings")
    if part is None:
        return None
    kept, full = part.kept / part.kept.sum(), part.full / part.full.sum()
    most = int(np.argmax(kept - full))
    if kept[most] - full[most] < _NOTABLE:
        return None
    return Excess(float(part.names[most]), float(kept[most]), float(full[most]))

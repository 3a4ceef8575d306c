"""Q2: what a coreset covers, and who and what it leaves out entirely."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rec_core.analysis.statistics import divergence, gini
from rec_core.data.interactions import Catalogue, Split
from rec_core.words import number, percent

AT_LEAST = (1, 5, 10)
HEAD = 0.2  # share of films, the most popular ones, that are the head; the others are the long tail
Counts = NDArray[np.int64]
Part = Literal["Users", "Films", "Long-tail films", "Genres", "Rating values"]
Shares = Literal["Genres", "Rating values"]
SHARES: tuple[Shares, ...] = get_args(Shares)
GINI_HELP = "Of kept ratings per film, those with none included. 0: all films have equally many. 1: one has them all."
_NOTABLE = 0.05  # gain in share from which a rating value is called over-represented
KL_HELP = (
    "Kullback-Leibler divergence of the kept ratings' distribution over films from that of all ratings, in nats. "
    "0: the same distribution."
)


@dataclass(frozen=True)
class Covered:
    """Things that ratings belong to: their names, and how many train rows and kept rows each has (n,)."""

    names: NDArray[np.str_]
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


def genre_table(catalogue: Catalogue) -> tuple[NDArray[np.str_], NDArray[np.bool_]]:
    """Return the genres' names (g,) in order and which item has which, (n_items x g)."""
    texts, of_item = np.unique(catalogue.genres, return_inverse=True)  # a few hundred combinations
    combinations = [set(filter(None, text.split("|"))) for text in texts.tolist()]
    names = sorted(set().union(*combinations))
    has = np.array([[name in own for name in names] for own in combinations], dtype=bool).reshape(
        len(combinations), len(names)
    )
    return np.array(names, dtype=np.str_), has[of_item]


def measure(split: Split, rows: NDArray[np.integer]) -> Coverage:
    """Return what ``rows`` of the train split cover; a rating counts for every genre of its film."""
    train, catalogue = split.train, split.catalogue
    kept = train.take(rows)
    users = _counts(train.user, kept.user, catalogue.n_users)
    films = _counts(train.item, kept.item, catalogue.n_items)
    tail = long_tail(films[0])
    stars, star = np.unique(train.rating, return_inverse=True)
    genres, has = genre_table(catalogue)
    parts: dict[Part, Covered] = {
        "Users": Covered(catalogue.user_ids.astype(np.str_), *users),
        "Films": Covered(catalogue.titles, *films),
        "Long-tail films": Covered(catalogue.titles[tail], films[0][tail], films[1][tail]),
        "Genres": Covered(genres, films[0] @ has, films[1] @ has),
        "Rating values": Covered(stars.astype(np.str_), *_counts(star, star[rows], len(stars))),
    }
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
                "Kept": title,
                "Of": name,
                "In all data": len(part.full),
                **{f"With {k} or more": part.share(k) for k in AT_LEAST},
                "KL from all data": part.divergence if part.kept.sum() else np.nan,
                "Gini": part.gini,
            }
            for title, coverage in coverages.items()
            for name, part in coverage.items()
        ]
    )


def shares(coverages: Mapping[str, Coverage], name: Shares) -> pd.DataFrame:
    """Return the shares of genres (or rating values) in all data and in each coreset, the most common first."""
    some = next(iter(coverages.values()))[name]
    order = np.argsort(-some.full, kind="stable") if name == "Genres" else np.arange(len(some.full))
    columns = {title: (c[name].kept / c[name].kept.sum())[order] for title, c in coverages.items()}
    return pd.DataFrame({name: some.names[order], "All data": (some.full / some.full.sum())[order], **columns})


def left_out_films(split: Split, coverage: Coverage) -> pd.DataFrame:
    """Return the films with nothing kept, the most popular first."""
    part, catalogue = coverage["Films"], split.catalogue
    gone = np.flatnonzero(part.kept == 0)
    gone = gone[np.argsort(-part.full[gone], kind="stable")]
    genres = [text.replace("|", ", ") for text in catalogue.genres[gone].tolist()]
    return pd.DataFrame(
        {
            "Film": catalogue.titles[gone],
            "Genres": genres,
            "Ratings in all data": part.full[gone],
            "Item id": catalogue.item_ids[gone],
        }
    )


def left_out_users(split: Split, coverage: Coverage) -> pd.DataFrame:
    """Return the users with nothing kept, the most active first."""
    part = coverage["Users"]
    gone = np.flatnonzero(part.kept == 0)
    gone = gone[np.argsort(-part.full[gone], kind="stable")]
    return pd.DataFrame({"User id": split.catalogue.user_ids[gone], "Ratings in all data": part.full[gone]})


def sentences(coverage: Coverage, split: Split, choice: str) -> tuple[str, str]:
    """Return the answer in words, and its numbers."""
    users, films = coverage["Users"], coverage["Films"]
    gone = {
        what: f"{number(int((part.kept == 0).sum()))} of {number(len(part.kept))} {what}"
        for what, part in (("films", films), ("users", users))
        if not part.kept.all()
    }
    verdict = f"leaves out {' and '.join(gone.values())}" if gone else "reaches every user and every film"
    return f"{choice} {verdict}.", (
        f"{percent(users.share(1))} of users and {percent(films.share(1))} of films keep at least one rating, "
        f"{percent(users.share(10))} and {percent(films.share(10))} at least ten. {tail_sentence(coverage, split)}"
    )


def tail_sentence(coverage: Coverage, split: Split) -> str:
    """Return how much of what is kept is of long-tail films, beside all data and what is tested, in words."""
    films, tail = coverage["Films"], coverage["Long-tail films"]
    kept, full = tail.kept.sum() / films.kept.sum(), tail.full.sum() / films.full.sum()
    tested = long_tail(films.full)[split.test.item].mean()
    return (
        f"{percent(kept)} of kept ratings are of long-tail films, against {percent(full)} in all data and "
        f"{percent(tested)} of what is tested."
    )


def stars_sentence(coverage: Coverage) -> str:
    """Return which rating value is over-represented most, in words; nothing where none is by much."""
    part = coverage["Rating values"]
    kept, full = part.kept / part.kept.sum(), part.full / part.full.sum()
    most = int(np.argmax(kept - full))
    if kept[most] - full[most] < _NOTABLE:
        return ""
    value = float(part.names[most])
    stars = f"{value:g} star{'' if value == 1 else 's'}"
    return f"{percent(kept[most])} of kept ratings give {stars}, against {percent(full[most])} in all data."

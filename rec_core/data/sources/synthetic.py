"""MovieLens-shaped data made on the spot, so that a first start needs no network.

Users have latent tastes that drift over their history, items have genres and a long-tailed popularity, user
activity is log-normal. What a user rates is drawn by popularity and taste together (Gumbel top-k, which draws
without replacement; Kool et al., 2019, arXiv 1903.06059); the stars follow a biased matrix factorisation.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import Catalogue, Dataset, Interactions
from rec_core.data.sources.base import Folders, Source, Words
from rec_core.data.sources.movielens import FILMS
from rec_core.data.sources.movielens_files import GENRES
from rec_core.data.texts import Texts, texts

_ADJECTIVES = "Silent Golden Last Broken Hidden Crimson Distant Electric Gentle Hollow Lucky Midnight".split()
_NOUNS = "River Empire Garden Station Letter Harbor Summer Signal Orchard Mirror Voyage Kingdom".split()
_PLACES = "Lisbon Kyoto Havana Oslo Dakar Lima Prague Cairo Quebec Naples Bergen Mumbai".split()
_TASTES = 8  # latent dimensions
_DAY = 86_400
_STARS = np.array([0.056, 0.1635, 0.4246, 0.7735])  # shares of up to 1, 2, 3, 4 stars, as in ML-1M
_CHUNK = 1_000  # users drawn at once; bounds memory at users x items


@dataclass(frozen=True)
class Shape:
    """How large a synthetic data set is: users, items and about how many rows."""

    users: int
    items: int
    rows: int


@dataclass(frozen=True)
class Synthetic(Source):
    """Synthetic data of one size, made from a fixed seed."""

    name: str
    title: str
    shape: Shape
    words: Words = FILMS
    download_mb: float = 0.0

    def locate(self, folders: Folders) -> Path | None:
        """Return None: no file holds the data."""
        return None

    def fingerprint(self, folders: Folders) -> str:
        """Return "": there is one copy."""
        return ""

    def load(self, folders: Folders, progress: Any = False) -> Dataset:
        """Make the data."""
        return make(self.shape)

    def note(self, fingerprint: str) -> str:
        """Return where the data come from."""
        return "Made on this machine from a seed."


SIZES = (
    Synthetic("synthetic-10k", "Synthetic, 10,000 ratings", Shape(150, 400, 10_000)),
    Synthetic("synthetic-50k", "Synthetic, 50,000 ratings", Shape(600, 1_200, 50_000)),
    Synthetic("synthetic", "Synthetic, 100,000 ratings", Shape(943, 1_682, 100_000)),
    Synthetic("synthetic-1m", "Synthetic, 1,000,000 ratings", Shape(6_040, 3_706, 1_000_000)),
)


def make(shape: Shape, seed: int = 0) -> Dataset:
    """Return a synthetic data set; the same shape and seed give the same rows."""
    rng = np.random.default_rng(seed)
    genres, taste_of_item = _genres(shape.items, rng)
    popularity = -1.4 * np.log(np.arange(1, shape.items + 1) + 0.01 * shape.items)
    rng.shuffle(popularity)
    taste_early = _tastes(shape.users, rng)
    taste_late = 0.7 * taste_early + 0.7 * _tastes(shape.users, rng)
    activity = _activity(shape, rng)
    chunks = [
        _histories(users, taste_early, taste_late, taste_of_item, popularity, activity, rng)
        for users in np.array_split(np.arange(shape.users), -(-shape.users // _CHUNK))
    ]
    user, item, affinity = (np.concatenate(part) for part in zip(*chunks, strict=True))
    rating = _stars(user, item, affinity, popularity, rng)
    time = _times(user, activity, rng)
    catalogue = Catalogue(
        np.arange(1, shape.users + 1), np.arange(1, shape.items + 1), _titles(shape.items, rng), genres
    )
    rows = Interactions(user.astype(np.int32), item.astype(np.int32), rating, time)
    return Dataset(rows, catalogue)


def _genres(items: int, rng: np.random.Generator) -> tuple[Texts, NDArray[np.float64]]:
    """Return one to three genres per item and the item's place in taste space (items x tastes)."""
    share = 1.0 / np.arange(1, len(GENRES) + 1)
    order = rng.permutation(len(GENRES))
    chance = np.empty(len(GENRES))
    chance[order] = share / share.sum()
    noise = rng.gumbel(size=(items, len(GENRES)))
    ranked = np.argsort(-(np.log(chance) + noise), axis=1)
    counts = rng.integers(1, 4, items)
    centres = rng.normal(size=(len(GENRES), _TASTES))
    names = ["|".join(sorted(GENRES[g] for g in row[:n])) for row, n in zip(ranked, counts, strict=True)]
    place = np.stack([centres[row[:n]].mean(axis=0) for row, n in zip(ranked, counts, strict=True)])
    place += 0.5 * rng.normal(size=place.shape)
    return texts(names), place / np.linalg.norm(place, axis=1, keepdims=True)


def _tastes(users: int, rng: np.random.Generator) -> NDArray[np.float64]:
    tastes = rng.normal(size=(users, _TASTES))
    return tastes / np.linalg.norm(tastes, axis=1, keepdims=True)


def _activity(shape: Shape, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return how many items each user rates: log-normal, at least 20 as in MovieLens, at most half of all items.

    Scaling once is not enough where the bounds bite, so the scale is corrected a few times.
    """
    raw = rng.lognormal(0.0, 1.0, shape.users)
    scale = shape.rows / raw.sum()
    for _ in range(20):
        counts = (raw * scale).clip(20, shape.items // 2)
        scale *= shape.rows / counts.sum()
    return counts.round().astype(np.int64)


def _histories(
    users: NDArray[np.int64],
    early: NDArray[np.float64],
    late: NDArray[np.float64],
    items: NDArray[np.float64],
    popularity: NDArray[np.float64],
    activity: NDArray[np.int64],
    rng: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return (user, item, affinity) of these users, each user's items oldest first."""
    liking_early, liking_late = early[users] @ items.T, late[users] @ items.T
    appeal = popularity + 7.0 * np.maximum(liking_early, liking_late)
    keys = (appeal + rng.gumbel(size=appeal.shape)).astype(np.float32)
    most = int(activity[users].max())
    top = np.argpartition(-keys, most - 1, axis=1)[:, :most]
    order = np.argsort(-np.take_along_axis(keys, top, axis=1), axis=1)
    chosen = np.take_along_axis(top, order, axis=1)
    real = np.arange(most) < activity[users][:, None]
    # The drift: what suits the late taste better than the early one tends to come later.
    change = np.take_along_axis(liking_late - liking_early, chosen, axis=1)
    when = np.where(real, change + 0.6 * rng.normal(size=change.shape), np.inf)
    chosen = np.take_along_axis(chosen, np.argsort(when, axis=1), axis=1)
    affinity = np.take_along_axis(np.maximum(liking_early, liking_late), chosen, axis=1)
    return np.repeat(users, activity[users]), chosen[real], affinity[real]


def _stars(
    user: NDArray[np.int64],
    item: NDArray[np.int64],
    affinity: NDArray[np.float64],
    popularity: NDArray[np.float64],
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Return 1 to 5 stars; the quantiles of the underlying score follow ML-1M's shares of stars."""
    user_bias = 0.4 * rng.normal(size=int(user.max()) + 1)
    quality = (popularity - popularity.mean()) / popularity.std()
    item_bias = 0.25 * quality + 0.35 * rng.normal(size=len(popularity))
    score = user_bias[user] + item_bias[item] + 0.8 * affinity + 0.7 * rng.normal(size=len(user))
    return (1 + np.searchsorted(np.quantile(score, _STARS), score)).astype(np.float32)


def _times(user: NDArray[np.int64], activity: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Return seconds since 1970: each user starts within three years and rates in exponential steps."""
    start = 946_684_800 + rng.integers(0, 3 * 365 * _DAY, len(activity))
    steps = 1 + rng.exponential(0.25 * _DAY, len(user)).astype(np.int64)
    elapsed = np.cumsum(steps)
    before = np.concatenate([[0], elapsed[np.cumsum(activity)[:-1] - 1]])
    return start[user] + elapsed - before[user]


def _titles(items: int, rng: np.random.Generator) -> Texts:
    words = [rng.integers(0, len(w), items) for w in (_ADJECTIVES, _NOUNS, _PLACES)]
    years = rng.integers(1950, 2001, items)
    return texts(
        [f"{_ADJECTIVES[a]} {_NOUNS[n]} of {_PLACES[p]} ({y})" for a, n, p, y in zip(*words, years, strict=True)]
    )

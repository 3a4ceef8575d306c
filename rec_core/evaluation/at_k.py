"""Metrics of the ranks of a user's relevant items, cut at K: of one relevant item each, or of several.

A rank is 1 + items with a higher score + half the number of others with the same score, so ties share the mean of
their places. What cannot be recommended at all, a relevant item that no train row holds for example, has the rank
``NEVER``: it counts as relevant and is no hit at any K.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import places_within
from rec_core.evaluation.metric import Metric, summed

NEVER = np.finfo(np.float32).max  # finite, as everything that is stored
OFFERED = (5, 10, 20, 50, 100)  # K that a list offers; any other may be named
Ranks = NDArray[np.float64]
Counts = NDArray[np.int64]


def hit(rank: Ranks, k: int) -> Ranks:
    """Return 1 where an item is among the first K: rank ≤ K.

    The mean over a user's relevant items is Recall@K, hits / relevant items, as in LightGCN (He et al., 2020,
    doi:10.1145/3397271.3401063) and before it NGCF (Wang et al., 2019).

    >>> hit(np.array([1.0, 3.0, 11.0, 10.5]), 10).tolist()
    [1.0, 1.0, 0.0, 0.0]
    """
    return (rank <= k).astype(np.float64)


def gain(rank: Ranks, k: int) -> Ranks:
    """Return the discounted gain of an item: 1 / log2(1 + rank) where rank ≤ K (Järvelin and Kekäläinen, 2002).

    >>> gain(np.array([1.0, 3.0, 11.0, 10.5]), 10).tolist()
    [1.0, 0.5, 0.0, 0.0]
    """
    return np.where(rank <= k, 1 / np.log2(1 + rank), 0.0)


def ndcg(rank: Ranks, counts: Counts, k: int) -> Ranks:
    """Return NDCG@K: the gains' sum over the largest possible one, that of min(K, relevant items) first places.

    >>> ndcg(np.array([1.0, 3.0, 9.0]), np.array([2, 1]), 2).round(4).tolist()
    [0.6131, 0.0]
    """
    ideal = np.cumsum(1 / np.log2(2 + np.arange(max(min(k, int(counts.max(initial=1))), 1))))
    return summed(gain(rank, k), counts) / ideal[np.minimum(counts, k) - 1]


def hit_rate(rank: Ranks, counts: Counts, k: int) -> Ranks:
    """Return HitRate@K: 1 where any relevant item is among the first K.

    >>> hit_rate(np.array([30.0, 3.0, 9.0]), np.array([2, 1]), 5).tolist()
    [1.0, 0.0]
    """
    return hit(_first(rank, counts), k)


def reciprocal(rank: Ranks, k: int) -> Ranks:
    """Return 1 / rank where rank ≤ K: of one relevant item MRR@K, and MAP@K alike.

    >>> reciprocal(np.array([2.0, 4.0, 11.0]), 10).tolist()
    [0.5, 0.25, 0.0]
    """
    return np.where(rank <= k, 1 / rank, 0.0)


def mrr(rank: Ranks, counts: Counts, k: int) -> Ranks:
    """Return MRR@K: 1 / rank of the first relevant item, where that rank is ≤ K (Voorhees, 1999).

    >>> mrr(np.array([30.0, 4.0, 9.0]), np.array([2, 1]), 5).tolist()
    [0.25, 0.0]
    """
    return reciprocal(_first(rank, counts), k)


def average_precision(rank: Ranks, counts: Counts, k: int) -> Ranks:
    """Return MAP@K's value per user: the precision at each hit, summed, over min(K, relevant items).

    The precision at a hit is the number of relevant items up to it, ties counted by half, over its rank. Divided as
    in RecBole and the Kaggle competitions, so that 1 is reached also with more relevant items than K.

    >>> average_precision(np.array([1.0, 4.0, 9.0, 2.0]), np.array([3, 1]), 5).tolist()
    [0.5, 0.5]
    """
    user = np.repeat(np.arange(len(counts)), counts)
    order = np.lexsort((rank, user))
    first = np.append(True, (np.diff(rank[order]) != 0) | (np.diff(user[order]) != 0))[: len(rank)]
    size = np.diff(np.append(np.flatnonzero(first), len(rank)))
    among = np.empty(len(rank))  # an item's place among the relevant ones; equal ranks share the mean
    among[order] = np.repeat(places_within(counts)[first] + (size + 1) / 2, size)
    return summed(np.where(rank <= k, among / rank, 0.0), counts) / np.minimum(counts, k)


def _first(rank: Ranks, counts: Counts) -> Ranks:
    return np.minimum.reduceat(rank, np.cumsum(counts) - counts) if len(counts) else np.empty(0)


class _OfOne(Protocol):
    def __call__(self, rank: Ranks, k: int) -> Ranks: ...


class _OfSeveral(Protocol):
    def __call__(self, rank: Ranks, counts: Counts, k: int) -> Ranks: ...


# By kind: the title, the value of one relevant item, and of several where it is no mean over these.
AT_K: Mapping[str, tuple[str, _OfOne, _OfSeveral | None]] = {
    "recall": ("Recall", hit, None),
    "ndcg": ("NDCG", gain, ndcg),
    "hitrate": ("HitRate", hit, hit_rate),
    "map": ("MAP", reciprocal, average_precision),
    "mrr": ("MRR", reciprocal, mrr),
}


def at_k(kind: str, k: int, name: str, part: str, added: str = "") -> Metric:
    """Return a metric of a kind at K, worked out from the ranks under ``part``; ``added`` ends its title."""
    title, of_one, of_several = AT_K[kind]
    several = None if of_several is None else partial(of_several, k=k)
    return Metric(name, f"{title}@{k}{added}", "implicit", part, partial(of_one, k=k), several=several)

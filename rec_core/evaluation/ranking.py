"""Rank of the held-out item, Recall@10 and NDCG@10 (Järvelin and Kekäläinen, 2002; one relevant item per user)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import Interactions, Split
from rec_core.data.negatives import ABSENT
from rec_core.evaluation.metric import Metric
from rec_core.models import Score

K = 10
Ranks = NDArray[np.float32]
_PAIRS = 1 << 14  # user-item pairs scored at a time: keeps layers of a network in the cache


def ranks(positive: NDArray[np.floating], others: NDArray[np.floating]) -> Ranks:
    """Return the rank of each positive (n,) among its others (n x c): 1 + number better + half the number equal.

    Others that are -inf do not count. Equal scores share the mean of their places, so that a model that says
    the same of everything is not rewarded; and a score that is not a number ranks last, among others too.

    >>> ranks(np.array([0.5, np.nan]), np.array([[0.9, 0.5, 0.1], [np.nan, 0.2, -np.inf]])).tolist()
    [2.5, 3.0]
    """
    better = (others > positive[:, None]).sum(axis=1)
    equal = (others == positive[:, None]).sum(axis=1)
    rank = 1 + better + 0.5 * equal
    last = ~(positive > -np.inf)
    rank[last] = 1 + (others[last] != -np.inf).sum(axis=1)
    return rank.astype(np.float32)


def _hit(rank: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Recall@10 of each user: 1 where rank ≤ 10.

    >>> RECALL.value({"rank": np.array([1.0, 3.0, 11.0, 10.5], dtype=np.float32)})
    0.5
    """
    return (rank <= K).astype(np.float64)


def _gain(rank: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return NDCG@10 of each user: 1 / log2(1 + rank) where rank ≤ 10.

    >>> NDCG.value({"rank": np.array([1.0, 3.0, 11.0, 10.5], dtype=np.float32)})
    0.375
    """
    return np.where(rank <= K, 1 / np.log2(1 + rank), 0.0)


SAMPLED, ALL_ITEMS = "rank", "rank_all"  # among the sampled negatives, and among all items
RECALL = Metric(f"recall@{K}", f"Recall@{K}", "implicit", SAMPLED, _hit)
NDCG = Metric(f"ndcg@{K}", f"NDCG@{K}", "implicit", SAMPLED, _gain)
RECALL_ALL = Metric(f"recall@{K}_all", f"Recall@{K}, all items", "implicit", ALL_ITEMS, _hit)
NDCG_ALL = Metric(f"ndcg@{K}_all", f"NDCG@{K}, all items", "implicit", ALL_ITEMS, _gain)


def sampled_ranks(score: Score, held_out: Interactions, negatives: NDArray[np.integer]) -> Ranks:
    """Return each held-out item's rank among its user's sampled negatives (n_users x c), absent ones left out."""
    items = np.column_stack([held_out.item, negatives])
    out = np.empty(len(held_out), np.float32)
    for rows in _chunks(len(held_out), items.shape[1]):
        scores = score(held_out.user[rows], np.maximum(items[rows], 0))
        absent = items[rows, 1:] == ABSENT
        others = np.where(absent, -np.inf, scores[:, 1:]) if absent.any() else scores[:, 1:]
        out[rows] = ranks(scores[:, 0], others)
    return out


def all_item_ranks(score: Score, split: Split, report: Callable[[float], None] = lambda fraction: None) -> Ranks:
    """Return each test item's rank among all items but the user's train and validation items (full train split).

    ``report`` hears the fraction of users done after each chunk, and may raise to stop.
    """
    held_out, n_items = split.test, split.catalogue.n_items
    every = np.arange(n_items)[None, :]
    known = _items_by_user(split)
    out = np.empty(len(held_out), np.float32)
    for rows in _chunks(len(held_out), n_items):
        users = held_out.user[rows]
        scores = np.array(score(users, every), dtype=np.float32)
        positive = scores[np.arange(len(users)), held_out.item[rows]]
        scores[np.arange(len(users)), held_out.item[rows]] = -np.inf
        for row, user in enumerate(users):
            scores[row, known[user]] = -np.inf
        out[rows] = ranks(positive, scores)
        report(rows.stop / len(held_out))
    return out


def _items_by_user(split: Split) -> list[NDArray[np.int32]]:
    users = np.concatenate([split.train.user, split.validation.user])
    items = np.concatenate([split.train.item, split.validation.item])
    counts = np.bincount(users, minlength=split.catalogue.n_users)
    return np.split(items[np.argsort(users, kind="stable")], np.cumsum(counts)[:-1])


def _chunks(n: int, width: int) -> list[slice]:
    size = max(1, _PAIRS // width)
    return [slice(begin, min(begin + size, n)) for begin in range(0, n, size)]

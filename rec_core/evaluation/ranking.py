"""Rank of the held-out item, and the metrics of such ranks by their names."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import Interactions, Split, distinct_pairs, places_within
from rec_core.data.negatives import ABSENT
from rec_core.evaluation.at_k import AT_K, at_k
from rec_core.evaluation.metric import Metric
from rec_core.models import Score
from rec_core.models.counting import Recommender

K = 10
Ranks = NDArray[np.float32]
_PAIRS = 1 << 16  # user-item pairs ranked at a time: their scores stay in the cache
AT_ONCE = 1 << 22  # pairs scored at a time by products of whole matrices, which are slow in small pieces


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


SAMPLED, ALL_ITEMS = "rank", "rank_all"  # among the sampled negatives, and among all items


@cache
def metric_named(name: str) -> Metric | None:
    """Return a metric of ranks by its name, at any K: ``recall@20``, or ``ndcg@5_all`` among all items; else None."""
    found = re.fullmatch(rf"({'|'.join(AT_K)})@([1-9]\d{{0,5}})(_all)?", name)
    if found is None:
        return None
    kind, k, every = found.groups()
    return at_k(kind, int(k), name, ALL_ITEMS if every else SAMPLED, ", all items" if every else "")


def _known(name: str) -> Metric:
    metric = metric_named(name)
    assert metric is not None
    return metric


RECALL, NDCG = _known(f"recall@{K}"), _known(f"ndcg@{K}")
RECALL_ALL, NDCG_ALL = _known(f"recall@{K}_all"), _known(f"ndcg@{K}_all")
# Headlines about a split that people bring are as in papers that use one: at 20, with several relevant items a user.
SEVERAL = [_known(f"{kind}@20_all") for kind in AT_K]


def sampled_ranks(score: Score, held_out: Interactions, negatives: NDArray[np.integer]) -> Ranks:
    """Return each held-out item's rank among its user's sampled negatives (n_users x c), absent ones left out."""
    items = np.column_stack([held_out.item, negatives[held_out.user]])
    out = np.empty(len(held_out), np.float32)
    for rows in chunks(len(held_out), items.shape[1]):
        scores = score(held_out.user[rows], np.maximum(items[rows], 0))
        absent = items[rows, 1:] == ABSENT
        others = np.where(absent, -np.inf, scores[:, 1:]) if absent.any() else scores[:, 1:]
        out[rows] = ranks(scores[:, 0], others)
    return out


def all_item_ranks(
    score: Score,
    split: Split,
    report: Callable[[float], None] = lambda fraction: None,
    look: Callable[[NDArray[np.float32]], None] = lambda scores: None,
) -> Ranks:
    """Return each test item's rank among all items but those that the user is known to have (full train split).

    ``report`` hears the fraction of users done after each chunk, and may raise to stop; ``look`` is shown the scores of
    each chunk (users x n_items), -inf for what a user is known to have.
    """
    held_out, n_items = split.test, split.catalogue.n_items
    every = np.arange(n_items)[None, :]
    known = Known.of(split)
    out = np.empty(len(held_out), np.float32)
    for rows in chunks(len(held_out), n_items):
        users, own = held_out.user[rows], (np.arange(rows.stop - rows.start), held_out.item[rows])
        scores = np.array(score(users, every), dtype=np.float32)
        positive = scores[own]
        scores[known.pairs(users)] = -np.inf
        look(scores)
        scores[own] = -np.inf
        out[rows] = ranks(positive, scores)
        report(rows.stop / len(held_out))
    return out


def all_item_ranks_of(scores: NDArray[np.integer], split: Split) -> Ranks:
    """Return the same for a recommender that has one score for each item (n_items,), whoever asks.

    Among all items its ranks are known from one sort; what each user knows is taken off them.
    """
    held_out, known = split.test, Known.of(split)
    own = np.full(split.catalogue.n_users, -1)
    own[held_out.user] = held_out.item
    better, equal = _among_all(scores, held_out.item)
    user, item = known.user[known.item != own[known.user]], known.item[known.item != own[known.user]]
    others, against = scores[item], scores[own[user]]
    n_better, n_equal = (
        np.bincount(user[which], minlength=len(own)) for which in (others > against, others == against)
    )
    rank = 1 + better - n_better[held_out.user] + 0.5 * (equal - n_equal[held_out.user])
    return rank.astype(np.float32)


def ranks_of_strangers(scores: NDArray[np.integer], items: NDArray[np.integer]) -> Ranks:
    """Return the same for users of whom nothing is known, each asked for one of ``items`` (m,)."""
    better, equal = _among_all(scores, items)
    return (1 + better + 0.5 * equal).astype(np.float32)


def _among_all(scores: NDArray[np.integer], items: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return how many items score more than each of ``items``, and how many others the same."""
    positive, ordered = scores[items], np.sort(scores)
    last = np.searchsorted(ordered, positive, "right")
    return len(scores) - last, last - np.searchsorted(ordered, positive, "left") - 1


def ranks_of_rows(
    recommend: Recommender,
    split: Split,
    negatives: NDArray[np.integer],
    report: Callable[[float], None] = lambda fraction: None,
) -> dict[str, Ranks]:
    """Return both ranks of each test item for a recommender that scores all items at once, by their names.

    ``negatives`` (n_users x c) are the sampled ones. ``report`` hears the fraction done, and may raise to stop.
    """
    held_out, known = split.test, Known.of(split)
    out = {part: np.empty(len(held_out), np.float32) for part in (SAMPLED, ALL_ITEMS)}
    for rows in chunks(len(held_out), split.catalogue.n_items, AT_ONCE):
        users, place = held_out.user[rows], np.arange(rows.stop - rows.start)
        scores = np.array(recommend(users), dtype=np.float32)
        positive, sampled = scores[place, held_out.item[rows]], negatives[users]
        others = np.where(sampled == ABSENT, -np.inf, scores[place[:, None], np.maximum(sampled, 0)])
        out[SAMPLED][rows] = ranks(positive, others)
        scores[place, held_out.item[rows]] = -np.inf
        scores[known.pairs(users)] = -np.inf
        out[ALL_ITEMS][rows] = ranks(positive, scores)
        report(rows.stop / len(held_out))
    return out


@dataclass(frozen=True)
class Known:
    """Each pair of a user and an item they are known to have, once; a user's begin at ``first`` (n_users + 1,)."""

    user: NDArray[np.int64]
    item: NDArray[np.int64]
    first: NDArray[np.int64]

    @classmethod
    def of(cls, split: Split) -> Known:
        """Return what users of a split are known to have when the test is asked."""
        pairs = distinct_pairs(split.known, split.catalogue.n_items)
        user, item = np.divmod(pairs, split.catalogue.n_items)
        return cls(user, item, np.searchsorted(user, np.arange(split.catalogue.n_users + 1)))

    def pairs(self, users: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the known items of ``users`` (B,): for each its place in ``users``, and the item."""
        begin, count = self.first[users], self.first[users + 1] - self.first[users]
        return np.arange(len(users)).repeat(count), self.item[begin.repeat(count) + places_within(count)]


def chunks(n: int, width: int, pairs: int = _PAIRS) -> list[slice]:
    """Return slices of n rows of ``width`` pairs each, so many ``pairs`` at a time."""
    size = max(1, pairs // width)
    return [slice(begin, min(begin + size, n)) for begin in range(0, n, size)]

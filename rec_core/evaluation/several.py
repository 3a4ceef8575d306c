"""Ranks among all items for a split that comes with the data: any number of relevant items a user.

Each relevant item is ranked among all items that its user is not known to have, other relevant ones among them: that is
its place in the user's list. What is kept are these ranks, user by user, and how many each user has (``RELEVANT``);
every metric at every K is worked out from them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import Split
from rec_core.evaluation.at_k import NEVER
from rec_core.evaluation.metric import RELEVANT
from rec_core.evaluation.ranking import (
    ALL_ITEMS,
    AT_ONCE,
    Known,
    Ranks,
    all_item_ranks,
    all_item_ranks_of,
    chunks,
)
from rec_core.models import Score
from rec_core.models.counting import Recommender

Report = Callable[[float], None]
Look = Callable[[NDArray[np.float32]], None]
Kept = dict[str, NDArray[Any]]


def ranked(score: Score, split: Split, report: Report = lambda done: None, look: Look = lambda scores: None) -> Kept:
    """Return what an evaluation keeps of each tested user's ranks among all items; arguments as of ``all_item_ranks``.

    With one test row a user these are that row's ranks alone.
    """
    if not split.is_given:
        return {ALL_ITEMS: all_item_ranks(score, split, report, look)}
    every = np.arange(split.catalogue.n_items)[None, :]
    return _ranked(lambda users: score(users, every), split, report, look)


def ranked_by(recommend: Recommender, split: Split, report: Report = lambda done: None) -> Kept:
    """Return the same for a recommender that scores all items at once, of a split that comes with the data."""
    return _ranked(recommend, split, report, lambda scores: None)


def ranked_of(scores: NDArray[np.integer], split: Split) -> Kept:
    """Return the same for a recommender that has one score for each item (n_items,), whoever asks."""
    if not split.is_given:
        return {ALL_ITEMS: all_item_ranks_of(scores, split)}
    known, levels = Known.of(split), np.unique(scores)
    level = np.searchsorted(levels, scores)
    ordered, asked = np.sort(level), level[split.test.item]
    better, equal = _above(ordered, asked, np.zeros(len(asked), np.int64), np.full(len(asked), len(ordered)))
    # A user's known items stand together, each as one number that sorts by user and then by score.
    keys = np.sort(known.user * len(levels) + level[known.item])
    user = split.test.user.astype(np.int64)
    theirs = _above(keys, user * len(levels) + asked, known.first[user], known.first[user + 1])
    rank = 1 + (better - theirs[0]) + 0.5 * (equal - 1 - theirs[1])
    return _kept(rank.astype(np.float32), split)


def _above(
    ordered: NDArray[np.int64], keys: NDArray[np.int64], first: NDArray[np.int64], end: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return how many of ``ordered[first:end]`` are above each of ``keys``, and how many equal."""
    left, right = (np.searchsorted(ordered, keys, side) for side in ("left", "right"))
    return end - np.maximum(right, first), right - left


def _ranked(recommend: Recommender, split: Split, report: Report, look: Look) -> Kept:
    known, test, users = Known.of(split), split.test, split.tested
    out = np.empty(len(test), np.float32)
    first = np.searchsorted(test.user, np.arange(split.catalogue.n_users + 1))
    for chunk in chunks(len(users), split.catalogue.n_items, AT_ONCE):
        some = users[chunk]
        scores = np.array(recommend(some), dtype=np.float32)
        scores[known.pairs(some)] = -np.inf
        look(scores)
        for place, user in enumerate(some.tolist()):
            rows = slice(first[user], first[user + 1])
            out[rows] = _places(scores[place], test.item[rows])
        report(chunk.stop / len(users))
    return _kept(out, split)


def _places(scores: NDArray[np.float32], asked: NDArray[np.integer]) -> Ranks:
    """Return the ranks of the items ``asked`` among all, as ``ranking.ranks`` has them; -inf are the known ones."""
    out = np.empty(len(asked), np.float32)
    for place, own in enumerate(scores[asked].tolist()):
        if own > -np.inf:
            better, equal = np.count_nonzero(scores > own), np.count_nonzero(scores == own)
            out[place] = 1 + better + 0.5 * (equal - 1)
        else:  # no number ranks last
            others = np.count_nonzero(scores != -np.inf)
            out[place] = 1 + others - (own != -np.inf)
    return out


def _kept(ranks: Ranks, split: Split) -> Kept:
    """Return the ranks of the test rows, and those of relevant items that no list can hold, user by user."""
    relevant = split.relevant[split.tested].astype(np.int64)
    found = np.bincount(split.test.user, minlength=split.catalogue.n_users)[split.tested]
    end = np.cumsum(relevant)
    out = np.full(int(relevant.sum()), NEVER, np.float32)
    shift = (end - relevant) - (np.cumsum(found) - found)
    out[np.arange(len(ranks)) + np.repeat(shift, found)] = ranks
    return {ALL_ITEMS: out, RELEVANT: relevant}

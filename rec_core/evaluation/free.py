"""Controls that rank by who chose what, and train nothing: the price of a model is paid for what it adds to them.

A few numbers of theirs, how much taste counts beside popularity, are chosen on the validation split, as an epoch is for
a model. Popularity is that of the given rows; where all rows are given, of the latest tenth of them.

Beside a model that is served from users' histories, controls serve users from the same histories, whatever rows they
were counted on: from all that is known when the test item is asked for and, measured beside that, from train rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import product

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from rec_core.data.histories import joined
from rec_core.data.interactions import Interactions, Split, by_user_and_time, places_within
from rec_core.data.negatives import ABSENT
from rec_core.evaluation.controls import KEPT
from rec_core.evaluation.metric import Metric, PerUser, as_cut
from rec_core.evaluation.ranking import ALL_ITEMS, AT_ONCE, RECALL, SAMPLED, ranks, ranks_of_rows
from rec_core.evaluation.several import ranked_by
from rec_core.models import baselines, svd
from rec_core.models.counting import Recommender, Serve, Sparse, degrees, matrix, neighbours, walker

RECENT_POPULAR, NEIGHBOURHOOD, SVD, BLEND, WALK, PROXY = (
    "recent_popular",
    "neighbourhood",
    "svd",
    "blend",
    "walk",
    "proxy",
)
NAMES = [RECENT_POPULAR, *(name + suffix for name in (NEIGHBOURHOOD, SVD, BLEND, WALK) for suffix in ("", KEPT)), PROXY]
NEWEST = 0.1  # share of the rows whose popularity is recent
_MOST = 25_000  # items, of which every two take 2.5 GB
_SPARSE = 100_000_000  # pairs of items of a user that are at most as many numbers, which take 1.2 GB
_TUNED_ON = 2000  # users on whose validation item weights are chosen
_TASTE = (0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 4.0)  # weights of taste beside popularity
_DAMPED = (0.0, 0.5, 0.75, 1.0)  # powers of an item's count, by which a walk's preference for it is divided

_NOWHERE = 1e-9  # beside the share of a walk that ends at an item
_ALONE = np.inf  # a weight of taste beside which popularity is nothing
_WALKS = list(product(_DAMPED, (*_TASTE, _ALONE)))  # what a walk is mixed with: powers and weights
Items = NDArray[np.float32]
Which = NDArray[np.integer] | slice
Mix = Callable[[Items, Which], Items]  # taste for some items, and which they are, to their scores
Tell = Callable[[float], None]  # hears the share done, and may raise to stop


def too_many(n_items: int) -> bool:
    """Say whether there are too many items for what compares every two of them: neighbourhood and walk."""
    return n_items > _MOST


def of_all_rows(
    split: Split,
    validation: NDArray[np.int32],
    test: NDArray[np.int32],
    rng: Generator,
    tell: Tell,
    has_histories: bool = False,
) -> dict[str, PerUser]:
    """Return what each control gives each test user, counted on the whole train split.

    ``validation`` and ``test`` (n_users x c) are the items that held-out ones are ranked against. ``has_histories``
    says that they stand beside a model that is served from users' histories; parts that end in ``CUT`` are added then.
    """
    popularity = baselines.popularity(newest(split.train), split.catalogue.n_items)

    def most_popular(users: NDArray[np.integer]) -> Items:
        return np.broadcast_to(popularity.astype(np.float32), (len(users), len(popularity)))

    counted = _counting(split.train, popularity, split, validation, rng, has_histories)
    return _measured(
        {RECENT_POPULAR: lambda served: most_popular, **counted}, split.train, split, test, tell, has_histories
    )


def of_kept_rows(
    kept: Interactions,
    split: Split,
    validation: NDArray[np.int32],
    test: NDArray[np.int32],
    rng: Generator,
    tell: Tell,
    has_histories: bool = False,
) -> dict[str, PerUser]:
    """Return the same counted on the rows of a coreset; names end in ``KEPT``."""
    popularity = baselines.popularity(kept, split.catalogue.n_items)
    counted = _counting(kept, popularity, split, validation, rng, has_histories)
    return _measured({name + KEPT: one for name, one in counted.items()}, kept, split, test, tell, has_histories)


def _measured(
    every: Mapping[str, Serve],
    rows: Interactions,
    split: Split,
    test: NDArray[np.int32],
    tell: Tell,
    has_histories: bool,
) -> dict[str, PerUser]:
    """Return both ranks of each control; where there are histories, also with those cut to train rows."""
    if not has_histories:
        return _ranked(_serving(every, rows, split), split, test, tell)
    known, alone = (
        _ranked(_serving(every, some, split), split, test, partial(_share, tell, place, 2))
        for place, some in enumerate((joined(split.known), split.train))
    )
    return {name: {**known[name], **as_cut(alone[name])} for name in every}


def _serving(every: Mapping[str, Serve], rows: Interactions, split: Split) -> dict[str, Recommender]:
    served = _matrix(rows, split)
    return {name: one(served) for name, one in every.items()}


def _matrix(rows: Interactions, split: Split) -> Sparse:
    return matrix(rows, split.catalogue.n_users, split.catalogue.n_items)


def newest(rows: Interactions) -> Interactions:
    """Return the latest tenth of the rows; without times, of each user's, of which the order alone is known."""
    if (moment := rows.moment) is not None:
        latest = np.argsort(moment, kind="stable")[-max(1, round(NEWEST * len(rows))) :]
    else:
        count, ordered = np.bincount(rows.user), by_user_and_time(rows)
        first = np.floor((1 - NEWEST) * np.repeat(count, count))
        latest = ordered[places_within(count) >= first]
    return rows.take(latest)


def _ranked(every: Mapping[str, Recommender], split: Split, test: NDArray[np.int32], tell: Tell) -> dict[str, PerUser]:
    found: dict[str, PerUser] = {}
    for place, (name, recommend) in enumerate(every.items()):
        share = partial(_share, tell, place, len(every))
        if split.is_given:
            found[name] = ranked_by(recommend, split, share)
        else:
            found[name] = ranks_of_rows(recommend, split, test, share)
    return found


def _share(tell: Tell, place: int, count: int, done: float) -> None:
    tell((place + done) / count)


def _counting(
    rows: Interactions,
    popularity: NDArray[np.int64],
    split: Split,
    validation: NDArray[np.int32],
    rng: Generator,
    has_histories: bool = False,
) -> dict[str, Serve]:
    """Return the recommenders of taste, the weights of two of them chosen on the validation split.

    They are chosen where users are served from ``rows``; where there are histories, from all train rows.
    """
    n_items = split.catalogue.n_items
    x, popular = _matrix(rows, split), np.log1p(popularity, dtype=np.float32)
    choose = partial(_chosen, _matrix(split.train, split) if has_histories else x, split=split, validation=validation)
    by_vectors, degree = svd.untrained(x, rng), np.log(degrees(x)[1])
    some = spaced(x.shape[0], max(1, min(_TUNED_ON, AT_ONCE // n_items)))
    spread = max(float(by_vectors(x)(some).std()), _NOWHERE)
    found = {
        SVD: by_vectors,
        BLEND: choose(by_vectors, [_blended(weight / spread, popular) for weight in _TASTE], usual=_TASTE.index(1.0)),
    }
    if too_many(n_items):
        # Of a split that people bring, papers have item neighbourhood too: it is kept sparse where that is little.
        pairs = float(np.square(np.diff(x.indptr), dtype=np.float64).sum())
        return {NEIGHBOURHOOD: neighbours(x), **found} if split.is_given and pairs <= _SPARSE else found
    return {
        NEIGHBOURHOOD: neighbours(x),
        **found,
        WALK: choose(walker(x), [_walked(*each, degree, popular) for each in _WALKS], usual=_WALKS.index((0.5, 1.0))),
    }


def _blended(weight: float, popular: Items) -> Mix:
    """Return: weight · taste + log(1 + popularity)."""
    return lambda taste, items: np.float32(weight) * taste + popular[items]


def _walked(power: float, weight: float, degree: Items, popular: Items) -> Mix:
    """Return: weight · log(share of the walk / degree^power) + log(1 + popularity), or the former alone."""

    def mix(place: Items, items: Which) -> Items:
        taste = np.log(place + np.float32(_NOWHERE)) - np.float32(power) * degree[items]
        return taste if weight == _ALONE else np.float32(weight) * taste + popular[items]

    return mix


def _chosen(
    served: Sparse,
    taste: Serve,
    mixes: Sequence[Mix],
    split: Split,
    validation: NDArray[np.int32],
    usual: int = 0,
) -> Serve:
    """Return the mix that ranks most validation items among the first ten; the first of equal ones.

    Validation is served from ``served`` (n_users x n_items). Without validation rows nothing is chosen, and
    it is the one at the place ``usual``: taste and popularity weigh alike.
    """
    if not len(split.validation):
        return lambda x: _mixed(taste(x), mixes[usual])
    places = spaced(len(split.validation), _TUNED_ON)
    items, raw = _shown(taste(served), split, validation, places)
    best = max(mixes, key=lambda mix: _recall(mix(raw, np.maximum(items, 0)), items))
    return lambda x: _mixed(taste(x), best)


def _mixed(taste: Recommender, mix: Mix) -> Recommender:
    return lambda users: mix(taste(users), slice(None))


def recall_on_validation(
    recommend: Recommender, split: Split, validation: NDArray[np.int32], places: NDArray[np.int64]
) -> float:
    """Return Recall@10 of the validation items at ``places`` among their sampled negatives (n_users x c)."""
    items, scores = _shown(recommend, split, validation, places)
    return _recall(scores, items)


def on_validation_among_all(metric: Metric, recommend: Recommender, split: Split, places: NDArray[np.int64]) -> float:
    """Return a ``metric`` of ranks among all items, of the validation items at ``places``.

    A user's train items do not count: they are what is known when the validation item is asked for.
    """
    held_out, n_items = split.validation.take(places), split.catalogue.n_items
    known = matrix(split.train, split.catalogue.n_users, n_items)
    found = np.empty(len(places), np.float32)
    for begin in range(0, len(places), size := max(1, AT_ONCE // n_items)):
        rows = slice(begin, begin + size)
        users, own = held_out.user[rows], (np.arange(len(held_out.user[rows])), held_out.item[rows])
        scores = np.array(recommend(users), dtype=np.float32)
        positive = scores[own]
        scores[known[users].nonzero()] = -np.inf
        scores[own] = -np.inf
        found[rows] = ranks(positive, scores)
    return metric.value({ALL_ITEMS: found})


def _shown(
    recommend: Recommender, split: Split, validation: NDArray[np.int32], places: NDArray[np.int64]
) -> tuple[NDArray[np.int32], Items]:
    """Return validation items with their negatives, (len(places) x 1 + c), and what each scores."""
    held_out = split.validation
    items = np.column_stack([held_out.item, validation[held_out.user]])[places]
    scores = np.empty(items.shape, np.float32)
    for begin in range(0, len(places), size := max(1, AT_ONCE // split.catalogue.n_items)):
        rows = slice(begin, begin + size)
        every = recommend(held_out.user[places[rows]])
        scores[rows] = np.take_along_axis(every, np.maximum(items[rows], 0), axis=1)
    return items, scores


def _recall(scores: Items, items: NDArray[np.int32]) -> float:
    shown = np.where(items == ABSENT, -np.inf, scores)
    return RECALL.value({SAMPLED: ranks(shown[:, 0], shown[:, 1:])})


def spaced(n: int, count: int) -> NDArray[np.int64]:
    """Return at most ``count`` of n places, evenly spaced."""
    return np.unique(np.linspace(0, n - 1, min(count, n)).astype(np.int64))

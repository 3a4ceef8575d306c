"""Methods of the literature that Corelens does not offer, for ``benchmarks.methods`` to say why."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import Split
from rec_core.models import Fitted, Params, Shape
from rec_core.selection.base import Coreset, Rows
from rec_core.selection.gradient import slope
from rec_core.selection.quotas import quotas
from rec_core.specs import ProxySpec
from rec_core.training import loop

Candidate = Callable[[Split, Fitted, ProxySpec, int], Coreset]


def el2n(split: Split, proxy: Fitted, settings: ProxySpec, budget: int) -> Coreset:
    """Return the rows with the largest error of a proxy (EL2N; Paul et al., 2021, arXiv 2107.07075)."""
    error = np.abs(slope(proxy.predict(split.train.user, split.train.item), None))
    return Coreset(np.sort(np.argpartition(error, -budget)[-budget:]))


def forgetting(split: Split, proxy: Fitted, settings: ProxySpec, budget: int) -> Coreset:
    """Return the rows that a proxy forgets most often between epochs, those never learnt first of all.

    Toneva et al., 2019, arXiv 1812.05159; for recommenders SVP-CF (Sachdeva et al., 2022, arXiv 2201.04768).
    """
    train, learnt = split.train, []

    def look(params: Params) -> float:
        learnt.append(Fitted(proxy.model, params).predict(train.user, train.item) > 0)
        return 0.0

    rng, model = np.random.default_rng(0), settings.model.settled("implicit")
    start = model.start(Shape(split.catalogue.n_users, split.catalogue.n_items, 0.0), rng)
    loop.train(model, start, train, "implicit", settings, rng, loop.Watch(validate=look))
    known = np.array(learnt)
    forgotten = (known[:-1] & ~known[1:]).sum(axis=0) + len(known) * ~known.any(axis=0)
    order = np.lexsort((rng.random(len(train)), forgotten))
    return Coreset(np.sort(order[-budget:]))


def craig(split: Split, proxy: Fitted, settings: ProxySpec, budget: int) -> Coreset:
    """Return rows whose gradients stand for those of their user's others, with how many they stand for as weights.

    CRAIG (Mirzasoleiman et al., 2020, arXiv 1906.01827): greedy facility location on the gradients with respect to the
    user's embedding, user by user, the same share of each.
    """
    train = split.train
    pull = slope(proxy.predict(train.user, train.item), None)[:, None] * proxy.embeddings("item")[train.item]
    n_rows = np.bincount(train.user, minlength=split.catalogue.n_users)
    quota = quotas(n_rows, 1.0, budget, np.random.default_rng(0))
    chosen: list[Rows] = []
    weights: list[NDArray[np.float32]] = []
    for rows, count in zip(np.split(np.argsort(train.user, kind="stable"), np.cumsum(n_rows)[:-1]), quota, strict=True):
        if count:
            places, stands_for = _facilities(pull[rows], int(count))
            chosen.append(rows[places])
            weights.append(stands_for)
    kept, weight = np.concatenate(chosen), np.concatenate(weights)
    order = np.argsort(kept)
    return Coreset(kept[order], (weight / weight.mean())[order].astype(np.float32))


def _facilities(points: NDArray[np.float32], count: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return ``count`` of the points (n x d), greedily, and how many are nearest to each."""
    square = (points**2).sum(axis=1)
    distance = np.sqrt(np.maximum(square[:, None] + square - 2 * points @ points.T, 0))
    nearest, chosen = np.full(len(points), distance.max() + 1), list[int]()
    for _ in range(count):
        left = np.minimum(nearest, distance).sum(axis=1)
        left[chosen] = np.inf
        chosen.append(int(left.argmin()))
        nearest = np.minimum(nearest, distance[chosen[-1]])
    owner = distance[chosen].argmin(axis=0)
    return np.array(chosen), np.bincount(owner, minlength=count).astype(np.float32)


CANDIDATES: dict[str, Candidate] = {"EL2N": el2n, "Forgetting": forgetting, "CRAIG": craig}
TRAINS_ITS_OWN = ("Forgetting",)  # a proxy, and uses no other

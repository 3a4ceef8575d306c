"""Ranking, against scores by torch; and test negatives, against a form that looks at every draw again in every round.

On MovieLens 1M where CORELENS_DATA has it, otherwise on synthetic data of the same size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import Line, cpu, ratio, seconds
from cache.home import folders
from rec_core import specs
from rec_core.data.interactions import Split
from rec_core.data.negatives import sample_negatives
from rec_core.data.sources import SOURCES
from rec_core.evaluation import controls
from rec_core.evaluation.ranking import ALL_ITEMS, SAMPLED, Ranks, all_item_ranks, sampled_ranks
from rec_core.experiment import Experiment
from rec_core.models import MODELS, Fitted, Score, Shape
from rec_core.stages import MemoryStore, resolve
from rec_core.training import kernels
from rec_core.training.kernels.reference import scoring

COUNT = 99
Ranking = Callable[[Score], Ranks]


def measure(rounds: int) -> Iterator[Line]:
    """Yield seconds and ratios."""
    where = folders()
    name = "ml-1m" if SOURCES["ml-1m"].is_here(where) else "synthetic-1m"
    split = Experiment(
        resolve(specs.preset("report", "implicit", "ncf", data={"dataset": name}), where), MemoryStore(), where
    ).split
    drawing = partial(sample_negatives, split, COUNT)
    yield seconds(f"{SOURCES[name].title}: test negatives", lambda: drawing(np.random.default_rng(0)), rounds)
    yield ratio(
        "  drawn plainly they take",
        lambda: cpu(lambda: plain_negatives(split, np.random.default_rng(0))),
        lambda: cpu(lambda: drawing(np.random.default_rng(0))),
        min(rounds, 3),
    )
    negatives = drawing(np.random.default_rng(0))
    ways: dict[str, Ranking] = {
        "all items": lambda score: all_item_ranks(score, split),
        "sampled": lambda score: sampled_ranks(score, split.test, negatives),
    }
    shape = Shape(split.catalogue.n_users, split.catalogue.n_items, 0.0)
    for model in (kind() for kind in MODELS.values() if not kind.is_served):
        fitted = Fitted(model, model.start(shape, np.random.default_rng(0)))
        for what, ranks in ways.items():
            fast, slow = (partial(_ranked, ranks, scorer, fitted) for scorer in (kernels.scorer, scoring.scorer))
            yield seconds(f"{model.title}: ranking, {what}", fast, min(rounds, 3))
            yield ratio("  with scores by torch it takes", partial(cpu, slow), partial(cpu, fast), min(rounds, 3))
    popular = partial(controls.per_user, controls.MOST_POPULAR, split, split.train, negatives, [SAMPLED, ALL_ITEMS])
    yield seconds("Most popular: ranking, sampled and all items", popular, rounds)


def _ranked(ranks: Ranking, scorer: Callable[[Fitted], Score], fitted: Fitted) -> Ranks:
    return ranks(scorer(fitted))


def plain_negatives(split: Split, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw until nothing known and nothing twice is left, looking at everything in every round."""
    n_users, n_items = split.catalogue.n_users, split.catalogue.n_items
    parts = (split.train, split.validation, split.test)
    known = np.unique(np.concatenate([p.user.astype(np.int64) * n_items + p.item for p in parts]))
    offset = np.arange(n_users)[:, None] * n_items
    drawn = rng.integers(0, n_items, (n_users, COUNT))
    while (again := is_known(drawn + offset, known) | repeats(drawn)).any():
        drawn[again] = rng.integers(0, n_items, int(again.sum()))
    return drawn


def is_known(pairs: NDArray[np.int64], known: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Mark the pairs that stand among the known ones."""
    return known[np.searchsorted(known, pairs).clip(max=len(known) - 1)] == pairs


def repeats(drawn: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Mark each value that stands further left in its row already."""
    order = np.argsort(drawn, axis=1, kind="stable")
    ordered = np.take_along_axis(drawn, order, axis=1)
    marks = np.zeros(drawn.shape, dtype=bool)
    np.put_along_axis(marks, order[:, 1:], ordered[:, 1:] == ordered[:, :-1], axis=1)
    return marks

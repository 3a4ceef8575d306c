"""The README's figures of quality that no command of its own prints: chosen rows beside full data, case by case.

Levels and shares with their 95 % intervals over users and seeds, and the CPU seconds of training. The seeds chose
nothing: methods, settings and starts were found on others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks.measure import Line, line
from cache.home import folders
from rec_core import specs
from rec_core.data.sources import SOURCES
from rec_core.evaluation import METRICS
from rec_core.evaluation.controls import KEPT
from rec_core.evaluation.free import WALK
from rec_core.experiment import Experiment
from rec_core.replicates import BySeed, level, share
from rec_core.results import RunResult
from rec_core.specs import ExperimentSpec
from rec_core.stages import MemoryStore, resolve

FIRST = 10  # seed
METRICS_ASKED = ("recall@10", "recall@10_all")
SVD, SKETCH = {"start": "kept"}, {"start": "sketch"}


@dataclass(frozen=True)
class Row:
    """Some rows of a case: how they are chosen, and how the model is trained on them."""

    title: str
    ratio: float
    method: Mapping[str, object]
    train: Mapping[str, object]


@dataclass(frozen=True)
class Case:
    """A data set and split, what shares are of, and the rows; at most so many seeds."""

    data: str
    test: str
    rows: tuple[Row, ...]
    fulls: tuple[Row, ...]
    seeds: int = 5
    controls: tuple[str, ...] = ()


def _row(title: str, name: str, ratio: float, train: Mapping[str, object] | None = None, **method: object) -> Row:
    return Row(title, ratio, {"name": name, **method}, train or {})


FULL = _row("Full data", "full", 0.2)
FULL_SVD = _row("Full data, SVD start", "full", 0.2, SVD)
FULL_SKETCH = _row("Full data, start from all rows", "full", 0.2, SKETCH)
CASES = (
    Case(
        "ml-1m",
        "last",
        (
            _row("Recent (alpha 0.5), 20 %, SVD start", "recent", 0.2, SVD, alpha=0.5),
            _row("Recent, 10 %, SVD start", "recent", 0.1, SVD),
            _row("Recent (alpha 0), 5 %, SVD start", "recent", 0.05, SVD, alpha=0.0),
            _row(
                "Recent (alpha 0), 5 %, SVD start, 8 walked positives a row",
                "recent",
                0.05,
                {**SVD, "walked": 8},
                alpha=0.0,
            ),
            *(_row(f"Random, {ratio:.0%}", "random", ratio) for ratio in (0.2, 0.1, 0.05)),
        ),
        (FULL, FULL_SVD),
        controls=(WALK + KEPT,),
    ),
    Case(
        "ml-1m",
        "random",
        (
            _row("User quota, 20 %, SVD start", "quota", 0.2, SVD),
            _row("Random, 20 %", "random", 0.2),
            _row("Random, 20 %, SVD start", "random", 0.2, SVD),
            _row("Recent, 20 %", "recent", 0.2),
        ),
        (FULL,),
        seeds=3,
    ),
    Case(
        "beauty",
        "last",
        (
            _row("Recent, 20 %", "recent", 0.2),
            _row("Random, 20 %", "random", 0.2),
            _row("Recent, 20 %, start from all rows", "recent", 0.2, SKETCH),
        ),
        (FULL, FULL_SKETCH),
        controls=(WALK + KEPT,),
    ),
    Case("ml-100k", "last", (_row("Recent, 20 %", "recent", 0.2),), (FULL,)),
    *(
        Case(
            data,
            "global-time",
            (
                _row("Window by date, 20 %", "window-by-date", 0.2),
                _row("Recent (alpha 0), 20 %", "recent", 0.2, alpha=0.0),
                _row("Recent (alpha 0), 20 %, SVD start", "recent", 0.2, SVD, alpha=0.0),
                _row("Random, 20 %", "random", 0.2),
            ),
            (FULL,),
        )
        for data in ("ml-100k", "ml-latest-small")
    ),
)


def measure(rounds: int) -> Iterator[Line]:
    """Yield the figures of every case whose data are here, of so many seeds as there are ``rounds`` at most."""
    for case in CASES:
        if SOURCES[case.data].is_here(folders()):
            yield from _of_case(case, min(rounds, case.seeds))


def _of_case(case: Case, seeds: int) -> Iterator[Line]:
    split = {"test": case.test, "validation": "like-test"}
    preset = specs.preset("recommended", "implicit", "ncf", data={"dataset": case.data}, split=split)
    base = resolve(preset, folders())
    store, begin = MemoryStore(), f"{case.data}, {case.test}"
    full = [_results(base, row, seeds, store) for row in case.fulls]
    for row, of_all in zip(case.fulls, full, strict=True):
        yield from _levels(f"{begin}, {row.title}", case, of_all)
        yield from _shares(f"{begin}, {row.title}", of_all, full[:1], case.fulls[:1])
    for row in case.rows:
        kept = _results(base, row, seeds, store)
        yield from _levels(f"{begin}, {row.title}", case, kept)
        yield from _shares(f"{begin}, {row.title}", kept, full, case.fulls)


@dataclass(frozen=True)
class _Made:
    values: Mapping[str, BySeed]  # metric → seed → user
    results: tuple[RunResult, ...]


def _results(base: ExperimentSpec, row: Row, seeds: int, store: MemoryStore) -> _Made:
    """Run the row under every seed."""
    spec = base.with_(method=row.method, ratio=row.ratio, train=row.train)
    made = [Experiment(spec.with_(seed=seed), store, folders()) for seed in range(FIRST, FIRST + seeds)]
    values = {
        name: {one.spec.seed: METRICS[name].values(one.evaluated.per_user) for one in made} for name in METRICS_ASKED
    }
    return _Made(values, tuple(one.result_with_controls() for one in made))


def _levels(what: str, case: Case, made: _Made) -> Iterator[Line]:
    for name in METRICS_ASKED:
        found = level(METRICS[name], made.values[name])
        yield Line(f"{what}: {METRICS[name].title}", found.mean, found.low, found.high, "")
        for control in case.controls:
            if control in made.results[0].known_controls:
                value = made.results[0].control(control, METRICS[name])
                yield line(f"{what}: {control}: {METRICS[name].title}", [value], "")
    yield line(f"{what}: training", [float(np.mean([one.cost(("train",)) for one in made.results]))], "s")


def _shares(what: str, made: _Made, full: list[_Made], of: tuple[Row, ...]) -> Iterator[Line]:
    for whole, row in zip(full, of, strict=True):
        for name in METRICS_ASKED:
            kept = share(METRICS[name], made.values[name], whole.values[name])
            if kept is not None and made is not whole:
                title = f"{what}: {METRICS[name].title} of {row.title}"
                low, high = kept.ends  # nan where full data may be nothing, so that any share is possible
                yield Line(title, 100 * kept.mean, 100 * low, 100 * high, "%")

"""The kept rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rec_core.data.sources import SOURCES
from rec_core.errors import SelectionError
from rec_core.randomness import generator
from rec_core.selection import Candidates, Coreset, Full, budget
from rec_core.specs import ExperimentSpec
from rec_core.stages.proxy import PROXY
from rec_core.stages.score import SCORE, unscored
from rec_core.stages.split import SPLIT
from rec_core.stages.stage import Inputs, Stage, Work


def candidates(work: Work) -> Candidates:
    """Return what the method chooses from."""
    return replace(unscored(work), values=work.get(SCORE).values) if work.spec.method.ranks else unscored(work)


def _inputs(spec: ExperimentSpec) -> Inputs:
    """Keeping every row is ``full``, whatever method was asked to."""
    if spec.keeps_everything:
        return {"split": SPLIT.within(spec), "method": "full"}
    return {
        "split": SPLIT.within(spec),
        "method": spec.method.name,
        "params": spec.method.counted,
        "ratio": f"{spec.ratio:.3f}",
        "proxy": PROXY.within(spec) if spec.method.needs_proxy else None,
        "seed": spec.seed,
    }


def _needs(spec: ExperimentSpec) -> tuple[Stage[Any], ...]:
    scored = spec.method.ranks and not spec.keeps_everything
    return SPLIT, *((PROXY,) if spec.uses_proxy else ()), *((SCORE,) if scored else ())


def _libraries(work: Work) -> tuple[str, ...]:
    spec = work.spec
    library = "" if spec.keeps_everything else spec.method.library(work.get(SPLIT).catalogue.n_users)
    return (library,) if library else ()


def _compute(work: Work) -> Coreset:
    spec, n = work.spec, len(work.get(SPLIT).train)
    if spec.keeps_everything:
        return Full().select(Candidates(work.get(SPLIT).train, 0, spec.feedback), n, generator(spec.seed, "selection"))
    source = SOURCES[spec.data.dataset]
    if spec.method.needs_order and not source.has_order:
        raise SelectionError(
            f"{spec.method.title} keeps rows by their time, and {source.title} has no times, nor lines that are said "
            "to be in order of time; choose User quota, or Random."
        )
    count = budget(spec.ratio, n)
    coreset = spec.method.select(candidates(work), count, generator(spec.seed, "selection"))
    _check(coreset, count, n, spec)
    return coreset


def _check(coreset: Coreset, count: int, n: int, spec: ExperimentSpec) -> None:
    """Hold a method to what it promises: a coreset of another size would be compared with others of this one."""
    rows, weights = coreset.rows, coreset.weights
    in_order = len(rows) == count and rows[0] >= 0 and rows[-1] < n and bool((rows[1:] > rows[:-1]).all())
    if not in_order or not (weights is None or len(weights) == count):
        raise SelectionError(
            f"{spec.method.title} did not return {count} distinct rows in ascending order, with as many weights or "
            "none; choose another method, and mend this one."
        )


SELECT = Stage(
    "select",
    1,
    Coreset,
    _inputs,
    _compute,
    "Selecting",
    needs=_needs,
    libraries=_libraries,
    live=lambda spec: spec.method.live or spec.keeps_everything,
)

"""Which rows to keep, predicted from the train and validation splits alone (``rec_core.selection.screen``)."""

from __future__ import annotations

from typing import Any

from rec_core.models import svd
from rec_core.progress import reporter
from rec_core.randomness import generator
from rec_core.selection import Candidates
from rec_core.selection.screen import Screen, candidates, screen
from rec_core.specs import ExperimentSpec
from rec_core.stages.negatives import NEGATIVES
from rec_core.stages.proxy import PROXY, fitted_proxy
from rec_core.stages.split import SPLIT
from rec_core.stages.stage import Inputs, Stage, Work


def asks(spec: ExperimentSpec) -> bool:
    """Say whether there is something to screen: clicks are ranked, and fewer rows than all are kept."""
    return spec.feedback == "implicit" and not spec.keeps_everything


def recency_can_help(spec: ExperimentSpec) -> bool:
    """Say whether what is asked for is later than what is known."""
    return spec.split.test != "random"


def _inputs(spec: ExperimentSpec) -> Inputs:
    proxy = {} if recency_can_help(spec) else {"proxy": PROXY.within(spec)}
    return {"negatives": NEGATIVES.within(spec), "ratio": f"{spec.ratio:.3f}", "seed": spec.data_seed} | proxy


def _needs(spec: ExperimentSpec) -> tuple[Stage[Any], ...]:
    return (SPLIT, NEGATIVES) if recency_can_help(spec) else (SPLIT, NEGATIVES, PROXY)


def _compute(work: Work) -> Screen:
    spec, split, recent = work.spec, work.get(SPLIT), recency_can_help(work.spec)
    given = Candidates(split.train, split.catalogue.n_users, spec.feedback, None if recent else fitted_proxy(work))
    tell = reporter(work.listen, SCREEN.doing)

    def rng() -> Any:
        return generator(spec.data_seed, "screen")

    return screen(given, split, work.get(NEGATIVES).validation, candidates(recent), spec.ratio, rng, tell)


SCREEN = Stage(
    "screen",
    1,
    Screen,
    _inputs,
    _compute,
    "Screening",
    needs=_needs,
    libraries=lambda work: (svd.LIBRARY,),
    live=lambda spec: False,
)

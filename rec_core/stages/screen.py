"""Which rows to keep, predicted from the train and validation splits alone (``rec_core.selection.screen``)."""

from __future__ import annotations

from typing import Any

from rec_core.data.sources import SOURCES
from rec_core.evaluation import Metric
from rec_core.evaluation.ranking import ALL_ITEMS
from rec_core.models import svd
from rec_core.progress import reporter
from rec_core.randomness import generator
from rec_core.selection import Candidates
from rec_core.selection.screen import Screen, candidates, screen
from rec_core.specs import ExperimentSpec, judged_by, preset_of
from rec_core.stages.negatives import NEGATIVES
from rec_core.stages.proxy import PROXY, fitted_proxy
from rec_core.stages.split import SPLIT
from rec_core.stages.stage import Inputs, Stage, Work


def asks(spec: ExperimentSpec) -> bool:
    """Say whether there is something to screen: clicks are ranked, fewer rows than all are kept, some are validated."""
    can_judge = SOURCES[spec.data.dataset].has_validation
    return spec.feedback == "implicit" and not spec.keeps_everything and can_judge


def recency_can_help(spec: ExperimentSpec) -> bool:
    """Say whether what is asked for is later than what is known."""
    return SOURCES[spec.data.dataset].has_order if spec.split.is_given else spec.split.test != "random"


def _inputs(spec: ExperimentSpec) -> Inputs:
    proxy = {"proxy": PROXY.within(spec)} if _looks_at_a_proxy(spec) else {}
    among_all = {"metric": _metric(spec).name} if _metric(spec).part == ALL_ITEMS else {}
    served = {"served": True} | among_all if spec.model.is_served else {}
    return {"negatives": NEGATIVES.within(spec), "ratio": f"{spec.ratio:.3f}", "seed": spec.data_seed} | proxy | served


def _needs(spec: ExperimentSpec) -> tuple[Stage[Any], ...]:
    return (SPLIT, NEGATIVES, PROXY) if _looks_at_a_proxy(spec) else (SPLIT, NEGATIVES)


def _metric(spec: ExperimentSpec) -> Metric:
    """Return the metric that headlines about these settings use."""
    return judged_by(preset_of(spec), spec.feedback, spec.split.is_given)


def _looks_at_a_proxy(spec: ExperimentSpec) -> bool:
    return not (recency_can_help(spec) or spec.model.is_served)


def _compute(work: Work) -> Screen:
    spec, split, served = work.spec, work.get(SPLIT), work.spec.model.is_served
    proxy = fitted_proxy(work) if _looks_at_a_proxy(spec) else None
    given = Candidates(split.train, split.catalogue.n_users, spec.feedback, proxy)
    tell = reporter(work.listen, SCREEN.doing)

    def rng() -> Any:
        return generator(spec.data_seed, "screen")

    has_order = SOURCES[spec.data.dataset].has_order
    methods = [one for one in candidates(recency_can_help(spec), served) if has_order or not one.needs_order]
    validation = work.get(NEGATIVES).validation
    return screen(given, split, validation, methods, spec.ratio, rng, tell, served, _metric(spec))


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

"""The whole run: what the stages gave and cost, in one result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rec_core.data.interactions import Split, marked
from rec_core.results import RunResult, versions
from rec_core.specs import ExperimentSpec
from rec_core.stages.evaluate import EVALUATE
from rec_core.stages.load import LOAD
from rec_core.stages.negatives import NEGATIVES
from rec_core.stages.profile import PROFILE, is_chosen
from rec_core.stages.proxy import PROXY
from rec_core.stages.score import SCORE
from rec_core.stages.select import SELECT
from rec_core.stages.split import SPLIT
from rec_core.stages.stage import Stage, Work
from rec_core.stages.train import TRAIN


def _needs(spec: ExperimentSpec) -> tuple[Stage[Any], ...]:
    """Return the stages that count towards the run's cost, each also where a later one is in the store already."""
    return (
        LOAD,
        SPLIT,
        *((NEGATIVES,) if spec.feedback == "implicit" else ()),
        *((PROXY,) if spec.uses_proxy else ()),
        *((SCORE,) if spec.uses_proxy and spec.method.ranks else ()),
        SELECT,
        *((PROFILE,) if is_chosen(spec) else ()),
        TRAIN,
        EVALUATE,
    )


def _compute(work: Work) -> RunResult:
    trained, evaluated = work.get(TRAIN), work.get(EVALUATE)
    return RunResult(
        spec=work.spec.model_dump(),
        key=RUN.key(work.spec),
        n_train=len(work.get(SPLIT).train),
        n_selected=len(work.get(SELECT).rows),
        metrics=evaluated.metrics,
        controls=evaluated.controls,
        history=trained.history,
        best_epoch=trained.best_epoch,
        seconds={part: work.seconds(*stages) for part, stages in _parts(work.spec).items()},
        stage_keys=work.keys,
        versions=versions(),
        cpu_seconds=_known({part: work.cpu_seconds(*stages) for part, stages in _parts(work.spec).items()}),
        histories=_histories(work.get(SPLIT)) if work.spec.model.is_served else {},
        cut=evaluated.cut_metrics,
        cut_controls=evaluated.cut_controls,
    )


def _histories(split: Split) -> dict[str, int]:
    """Return the number of tested users, and the numbers of rows that their histories hold in train and beyond."""
    tested = marked(split.tested, split.catalogue.n_users)
    train, *beyond = (int(np.count_nonzero(tested[part.user])) for part in split.known)
    return {"users": len(split.tested), "train": train, "beyond": sum(beyond)}


def _parts(spec: ExperimentSpec) -> dict[str, tuple[Stage[Any], ...]]:
    """Return which stages make up each part of a run's cost.

    Drawing an untrained proxy is no pretraining; it is part of selecting.
    """
    parts: dict[str, tuple[Stage[Any], ...]] = {
        "load": (LOAD, SPLIT, NEGATIVES),
        "pretrain": (PROXY,) if spec.pretrain else (),
        "select": (SCORE, SELECT) if spec.pretrain else (PROXY, SCORE, SELECT),
        "train": (PROFILE, TRAIN),
        "evaluate": (EVALUATE,),
    }
    return parts | {"total": tuple(stage for stages in parts.values() for stage in stages)}


def _known(seconds: Mapping[str, float | None]) -> dict[str, float]:
    """Return the seconds if all of them were measured, and nothing otherwise."""
    known = {part: value for part, value in seconds.items() if value is not None}
    return known if len(known) == len(seconds) else {}


RUN = Stage(
    "run",
    1,
    RunResult,
    EVALUATE.within,
    _compute,
    "",
    needs=_needs,
    live=lambda spec: False,
)

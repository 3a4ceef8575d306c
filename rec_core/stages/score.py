"""One value per train row, for methods that rank rows by one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rec_core.selection import Candidates
from rec_core.specs import ExperimentSpec
from rec_core.stages.proxy import PROXY, fitted_proxy
from rec_core.stages.split import SPLIT
from rec_core.stages.stage import Inputs, Stage, Work


@dataclass(frozen=True)
class RowScores:
    """One value per train row, (n,)."""

    values: NDArray[np.float32]


def unscored(work: Work) -> Candidates:
    """Return what the method scores."""
    split, fitted = work.get(SPLIT), fitted_proxy(work) if work.spec.method.needs_proxy else None
    return Candidates(split.train, split.catalogue.n_users, work.spec.feedback, fitted)


def _inputs(spec: ExperimentSpec) -> Inputs:
    return {"proxy": PROXY.within(spec), "method": spec.method.name}


SCORE = Stage(
    "score",
    1,
    RowScores,
    _inputs,
    lambda work: RowScores(work.spec.method.score(unscored(work))),
    "Scoring",
    needs=lambda spec: (SPLIT, PROXY) if spec.method.needs_proxy else (SPLIT,),
)

"""Items unknown to each user, to rank the held-out ones against."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rec_core.data.negatives import sample_negatives
from rec_core.randomness import generator
from rec_core.specs import ExperimentSpec
from rec_core.stages.split import SPLIT, require_held_out
from rec_core.stages.stage import Inputs, Stage, Work


@dataclass(frozen=True)
class Negatives:
    """Items unknown to the user, (n_users x count), for the test and for the validation item.

    Those of the test are in none of the user's rows. Those of validation are in none of the user's train and validation
    rows: a choice that is made on validation then does not depend on the test split, not even on its items. There are
    none (count 0) for the test of a split that comes with the data, nor for validation where it has no such rows.
    """

    test: NDArray[np.int32]
    validation: NDArray[np.int32]


def _inputs(spec: ExperimentSpec) -> Inputs:
    return {"split": SPLIT.within(spec), "count": spec.evaluation.negatives, "seed": spec.data_seed}


def _compute(work: Work) -> Negatives:
    require_held_out(work.spec)
    split, count = work.get(SPLIT), work.spec.evaluation.negatives
    of_test, of_validation = (generator(work.spec.data_seed, f"{part} negatives") for part in ("test", "validation"))
    none = np.empty((split.catalogue.n_users, 0), np.int32)  # several relevant items are ranked among all others alone
    return Negatives(
        none if split.is_given else sample_negatives(split, count, of_test),
        sample_negatives(split, count, of_validation, split.validated) if len(split.validation) else none,
    )


NEGATIVES = Stage("negatives", 2, Negatives, _inputs, _compute, "Drawing negatives", needs=lambda spec: (SPLIT,))

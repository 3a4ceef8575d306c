"""Which records of the source the rows of a split are: asked for when rows are taken away, and by nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rec_core.stages.load import LOAD, is_quick
from rec_core.stages.split import SPLIT, split_of
from rec_core.stages.stage import Stage, Work


@dataclass(frozen=True)
class Places:
    """Of each row of train, validation and test, and of those passed over, which record of the source it is, from 0."""

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]
    passed_over: NDArray[np.int64]


def _compute(work: Work) -> Places:
    """The split again, with rows that know where they stand: none of it depends on anything but its inputs."""
    loaded = work.get(LOAD)
    place = np.arange(len(loaded.interactions)) if loaded.places is None else loaded.places
    split = split_of(replace(loaded, interactions=replace(loaded.interactions, place=place)), work.spec)
    parts = (split.train, split.validation, split.test, split.passed_over)
    train, validation, test, passed_over = (
        np.empty(0, np.int64) if part.place is None else part.place for part in parts
    )
    return Places(train, validation, test, passed_over)


PLACES = Stage(
    "places",
    1,
    Places,
    SPLIT.within,
    _compute,
    "Finding rows in the source",
    needs=lambda spec: (LOAD,),
    live=is_quick,
)

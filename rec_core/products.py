"""What the stages of an experiment hand on, and how far they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Params = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Progress:
    """How far a run is: the stage in the present continuous, its share done, its epoch, seconds left in it."""

    stage: str
    fraction: float = 0.0
    epoch: int = 0
    epochs: int = 0
    seconds_left: float | None = None


# Called at least a few times a second while a stage computes; raising CancelledError stops the run.
Listener = Callable[[Progress], None]


@dataclass(frozen=True)
class Proxy:
    """The SimpleMF whose embeddings and gradients methods choose by."""

    params: Params


@dataclass(frozen=True)
class Scores:
    """One value per train row, by which a method ranks."""

    values: NDArray[np.float32]


@dataclass(frozen=True)
class Negatives:
    """Items unknown to the user, (n_users x count), for the test and for the validation item."""

    test: NDArray[np.int32]
    validation: NDArray[np.int32]


@dataclass(frozen=True)
class Coreset:
    """The kept rows: ascending positions in the train split, and a weight each where the method gives one."""

    rows: NDArray[np.int64]
    weights: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class TrainedModel:
    """Parameters, the history per epoch, and the epoch the parameters were taken at."""

    params: Params
    history: list[dict[str, float | None]]
    best_epoch: int

"""How far something is, for whoever waits."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


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


def reporter(listen: Listener, stage: str, epochs: int = 0) -> Callable[..., None]:
    """Return a function of (fraction done, epoch) that tells ``listen``, with the seconds left."""
    begin = time.perf_counter()

    def report(fraction: float, epoch: int = 0) -> None:
        spent = time.perf_counter() - begin
        left = spent * (1 - fraction) / fraction if fraction > 0 else None
        listen(Progress(stage, fraction, epoch, epochs, left))

    return report

"""Train a model on interactions: epoch by epoch, validated in between, stopped when nothing is gained.

One thread: the steps are too small to share, and a result must not depend on how many cores happened to be free. What
takes a step is a kernel (``rec_core.training.kernels``); what it steps on is drawn by ``rec_core.training.sampling``.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import Feedback, Interactions
from rec_core.models import Model, Params
from rec_core.training import kernels
from rec_core.training.sampling import Sampler, Taken, Training

_REPORT_EVERY = 0.2  # seconds between two signs of life


@dataclass(frozen=True)
class Epoch:
    """One line of the history: mean train loss, the validation metric, and seconds since the start of training."""

    epoch: int
    loss: float
    validation: float | None
    seconds: float


@dataclass(frozen=True)
class Watch:
    """What happens beside training.

    ``validate`` scores the parameters after each epoch; larger is better. ``patience`` > 0 keeps the best epoch and
    stops after so many without gain. ``report(fraction of all epochs, epoch)`` may raise to stop training.
    """

    validate: Callable[[Params], float] | None = None
    patience: int = 0
    report: Callable[[float, int], None] = field(default=lambda fraction, epoch: None)


@dataclass(frozen=True)
class Trained:
    """Trained parameters, the history, and the epoch (from 1) they were taken at."""

    params: Params
    history: list[Epoch]
    best_epoch: int


def train(
    model: Model,
    start: Params,
    rows: Interactions,
    feedback: Feedback,
    training: Training,
    rng: np.random.Generator,
    watch: Watch | None = None,
    weights: NDArray[np.float32] | None = None,
    take: Callable[[Params], Taken] | None = None,
) -> Trained:
    """Train ``model`` from ``start`` (left untouched) on ``rows``.

    Explicit feedback: mean squared error. Implicit: binary cross-entropy, every row a positive with
    ``training.negatives`` items drawn uniformly, not rejected, anew each epoch; or what the model says. ``weights``
    (n,) scale each row's part in the mean loss of its batch; a row's negatives share its weight. ``take`` says for each
    epoch, from the parameters before it, which rows (positions) it takes, with weights of their own; without, it takes
    all.

    Raises:
        TrainingError: if the loss or a parameter is no longer finite.
    """
    watch = watch or Watch()
    kernel = kernels.begin(model, start, feedback, training, rows)
    sampler = Sampler(rows, len(start["item"]), feedback, training, rng, weights, model.shared_negatives)
    history: list[Epoch] = []
    best, best_epoch, best_params, params = -np.inf, 0, start, start
    begin = time.perf_counter()
    for epoch in range(1, training.epochs + 1):
        taken = None if take is None else take(params)
        loss = _epoch(kernel, sampler, taken, _part(watch, epoch, training.epochs))
        if not math.isfinite(loss):
            raise kernels.diverged(f" in epoch {epoch}")
        params = kernel.params()
        if not all(np.isfinite(array).all() for array in params.values()):
            raise kernels.diverged(f" in epoch {epoch}")
        score = watch.validate(params) if watch.validate else None
        history.append(Epoch(epoch, loss, score, time.perf_counter() - begin))
        watch.report(epoch / training.epochs, epoch)
        if not watch.patience or score is None or score > best:
            best, best_epoch = (score if score is not None else best), epoch
            best_params = {name: array.copy() for name, array in params.items()} if watch.patience else params
        elif epoch - best_epoch >= watch.patience:
            break
    return Trained(best_params, history, best_epoch)


def _epoch(kernel: kernels.Kernel, sampler: Sampler, taken: Taken | None, report: Callable[[float], None]) -> float:
    """Go once through the batches; return their mean loss. ``report`` hears the share done now and then."""
    total, done, reported = 0.0, 0, 0.0
    count = sampler.batches(taken)
    for block in sampler.epoch(taken):
        total += kernel.run(block)
        done += len(block)
        if time.perf_counter() - reported > _REPORT_EVERY:
            reported = time.perf_counter()
            report(done / count)
    return total / count


def _part(watch: Watch, epoch: int, epochs: int) -> Callable[[float], None]:
    """Return a function that turns the share done of ``epoch`` into the share done of all epochs."""
    return lambda part: watch.report((epoch - 1 + part) / epochs, epoch)

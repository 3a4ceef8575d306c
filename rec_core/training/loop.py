"""Train a model on interactions: batched tensors, fused Adam, negatives drawn anew each epoch.

One thread: the steps are too small to share, and a result must not depend on
how many cores happened to be free.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from rec_core.data.interactions import Interactions
from rec_core.errors import TrainingError
from rec_core.models import MODELS
from rec_core.training.batches import Batch, Batches, Settings
from rec_core.training.parameters import Parameters

Params = dict[str, NDArray[np.float32]]
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
    history: list[dict[str, float | None]]
    best_epoch: int


@contextmanager
def _tiny_numbers_are_zero() -> Iterator[None]:
    """Adam's moments of rarely seen rows decay into numbers that are slow to add; the setting is the thread's."""
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


@_tiny_numbers_are_zero()
def train(
    model: str,
    start: Params,
    rows: Interactions,
    feedback: str,
    settings: Settings,
    rng: np.random.Generator,
    watch: Watch | None = None,
    weights: NDArray[np.float32] | None = None,
) -> Trained:
    """Train ``model`` from ``start`` (left untouched) on ``rows``.

    Explicit feedback: mean squared error. Implicit: binary cross-entropy, every row a positive with
    ``settings.negatives`` items drawn uniformly, not rejected, anew each epoch. ``weights`` (n,) scale each row's
    part in the mean loss of its batch; a row's negatives share its weight.

    Raises:
        TrainingError: if the loss is no longer finite.
    """
    watch = watch or Watch()
    torch.set_num_threads(1)
    params = Parameters(start, settings.learning_rate)
    batches = Batches(rows, len(start["item"]), feedback, settings, rng, weights)
    history: list[Epoch] = []
    best, best_params = -np.inf, start
    begin = time.perf_counter()
    for epoch in range(1, settings.epochs + 1):
        loss = _epoch(model, params, batches, feedback, _part(watch, epoch, settings.epochs))
        if not math.isfinite(loss):
            raise TrainingError(f"Training diverged in epoch {epoch}; choose a smaller learning rate, then run again.")
        arrays = params.arrays()
        score = watch.validate(arrays) if watch.validate else None
        history.append(Epoch(epoch, loss, score, time.perf_counter() - begin))
        watch.report(epoch / settings.epochs, epoch)
        if not watch.patience or score is None or score > best:
            best, best_epoch = (score if score is not None else best), epoch
            best_params = {name: array.copy() for name, array in arrays.items()} if watch.patience else arrays
        elif epoch - best_epoch >= watch.patience:
            break
    return Trained(best_params, [vars(e) for e in history], best_epoch)


def _epoch(model: str, params: Parameters, batches: Batches, feedback: str, report: Callable[[float], None]) -> float:
    """Go once through the batches; return their mean loss. ``report`` hears the share done now and then."""
    network, loss_of = MODELS[model], _squared_error if feedback == "explicit" else _cross_entropy
    values, total, reported = params.views, torch.zeros(()), 0.0
    for step, batch in enumerate(batches):
        items = batch.items.flatten()
        u, v = values["user"].index_select(0, batch.user), values["item"].index_select(0, items)
        score, kept = network.forward(values, u, v)
        loss, slope = loss_of(score, batch)
        du, dv, layers = network.backward(values, u, v, kept, slope)
        params.step(batch.user, du, items, dv, layers)
        total += loss
        if time.perf_counter() - reported > _REPORT_EVERY:
            reported = time.perf_counter()
            report(step / len(batches))
    return float(total) / len(batches)


def _part(watch: Watch, epoch: int, epochs: int) -> Callable[[float], None]:
    """Return a function that turns the share done of ``epoch`` into the share done of all epochs."""
    return lambda part: watch.report((epoch - 1 + part) / epochs, epoch)


def _squared_error(score: torch.Tensor, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the mean of (ŷ − r)² over the batch, and its slope 2(ŷ − r) / n for each row."""
    error = score - batch.rating
    if batch.weight is None:
        return (error @ error) / len(error), error * (2 / len(error))
    share = batch.weight / batch.weight.sum()
    return (error * error) @ share, 2 * error * share


def _cross_entropy(score: torch.Tensor, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the mean binary cross-entropy over positives and negatives, and its slope (σ(ŷ) − label) / n."""
    label = torch.zeros(batch.items.shape)
    label[:, 0] = 1
    label = label.flatten()
    slope = score.sigmoid().sub_(label)
    if batch.weight is None:
        return functional.binary_cross_entropy_with_logits(score, label), slope.div_(len(score))
    share = (batch.weight / batch.weight.sum() / batch.items.shape[1]).repeat_interleave(batch.items.shape[1])
    loss = functional.binary_cross_entropy_with_logits(score, label, reduction="none")
    return loss @ share, slope * share

"""Train a model on interactions: batched tensors, fused Adam, negatives drawn anew each epoch.

One thread: the steps are too small to share, and a result must not depend on
how many cores happened to be free.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from rec_core.data.interactions import Interactions
from rec_core.models import MODELS

Params = dict[str, NDArray[np.float32]]
_REPORT_EVERY = 0.2  # seconds between two signs of life

# The first optimiser of a process imports torch's compiler, seconds that belong to no run's training time.
torch.optim.Adam([torch.zeros(1)], fused=True)


class Settings(Protocol):
    """How to train; ``TrainSpec`` and ``ProxySpec`` both say it."""

    @property
    def epochs(self) -> int: ...  # noqa: D102
    @property
    def batch_size(self) -> int: ...  # noqa: D102
    @property
    def learning_rate(self) -> float: ...  # noqa: D102
    @property
    def negatives(self) -> int: ...  # noqa: D102


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
    """
    watch = watch or Watch()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)  # Adam's moments of rarely seen rows decay into numbers that are slow to add
    params = {name: torch.from_numpy(array.copy()).requires_grad_() for name, array in start.items()}
    user, item = _Table(params["user"]), _Table(params["item"])
    layers = [tensor for name, tensor in params.items() if name not in ("user", "item")]
    optimiser = torch.optim.Adam(params.values(), lr=settings.learning_rate, fused=True)
    batches = _Batches(rows, len(start["item"]), feedback, settings, rng, weights)
    loss_of = _squared_error if feedback == "explicit" else _cross_entropy
    history: list[Epoch] = []
    best, best_params = -np.inf, start
    begin = time.perf_counter()
    for epoch in range(1, settings.epochs + 1):
        losses = torch.zeros(())
        reported = 0.0
        for step, batch in enumerate(batches):
            u, v = user.gather(batch.user), item.gather(batch.items)
            loss = loss_of(MODELS[model].predict(params, u.unsqueeze(1), v), batch.rating, batch.weight)
            loss.backward()
            for table in (user, item):
                table.scatter_gradient()
            optimiser.step()
            for table in (user, item):
                table.clear_gradient()
            for layer in layers:
                layer.grad = None
            losses += loss.detach()
            if time.perf_counter() - reported > _REPORT_EVERY:
                reported = time.perf_counter()
                watch.report((epoch - 1 + step / len(batches)) / settings.epochs, epoch)
        arrays = {name: tensor.detach().numpy() for name, tensor in params.items()}
        score = watch.validate(arrays) if watch.validate else None
        history.append(Epoch(epoch, float(losses) / len(batches), score, time.perf_counter() - begin))
        watch.report(epoch / settings.epochs, epoch)
        if not watch.patience or score is None or score > best:
            best, best_epoch = (score if score is not None else best), epoch
            best_params = {name: array.copy() for name, array in arrays.items()} if watch.patience else arrays
        elif epoch - best_epoch >= watch.patience:
            break
    return Trained(best_params, [vars(e) for e in history], best_epoch)


class _Table:
    """An embedding table whose dense gradient lives in one buffer; only the rows of a batch are written and cleared.

    torch's own embedding allocates and zeroes a table-sized gradient at every step, which took 40 % of the time.
    """

    def __init__(self, table: torch.Tensor) -> None:
        self._table = table
        self._gradient = table.grad = torch.zeros_like(table)

    def gather(self, rows: torch.Tensor) -> torch.Tensor:
        """Return the table's rows (rows.shape x width) as a leaf that collects their gradient."""
        self._rows = rows.flatten()
        gathered = self._table.detach().index_select(0, self._rows).requires_grad_()
        self._gathered = gathered
        return gathered.view(*rows.shape, -1)

    def scatter_gradient(self) -> None:
        """Add the gathered rows' gradients to the table's."""
        assert self._gathered.grad is not None
        self._gradient.index_add_(0, self._rows, self._gathered.grad)

    def clear_gradient(self) -> None:
        """Set the gradient back to zero where the batch wrote to it."""
        self._gradient.index_fill_(0, self._rows, 0)


@dataclass(frozen=True)
class _Batch:
    user: torch.Tensor  # (B,)
    items: torch.Tensor  # (B, C): the row's item, then its negatives
    rating: torch.Tensor  # (B,)
    weight: torch.Tensor | None  # (B,)


class _Batches:
    """The rows of one epoch after another, shuffled, in batches of tensors."""

    def __init__(
        self,
        rows: Interactions,
        n_items: int,
        feedback: str,
        settings: Settings,
        rng: np.random.Generator,
        weights: NDArray[np.float32] | None,
    ) -> None:
        self._user = torch.from_numpy(rows.user.astype(np.int64))
        self._item = torch.from_numpy(rows.item.astype(np.int64))
        self._rating = torch.from_numpy(rows.rating.astype(np.float32))
        self._weight = None if weights is None else torch.from_numpy(weights.astype(np.float32))
        self._negatives = settings.negatives if feedback == "implicit" else 0
        self._n_items, self._size = n_items, settings.batch_size
        self._generator = torch.Generator().manual_seed(int(rng.integers(2**63)))

    def __len__(self) -> int:
        return -(-len(self._user) // self._size)

    def __iter__(self) -> Iterator[_Batch]:
        n = len(self._user)
        for rows in torch.randperm(n, generator=self._generator).split(self._size):
            items = self._item[rows].unsqueeze(1)
            if self._negatives:
                drawn = torch.randint(self._n_items, (len(rows), self._negatives), generator=self._generator)
                items = torch.cat([items, drawn], dim=1)
            weight = None if self._weight is None else self._weight[rows]
            yield _Batch(self._user[rows], items, self._rating[rows], weight)


def _squared_error(score: torch.Tensor, rating: torch.Tensor, weight: torch.Tensor | None) -> torch.Tensor:
    return _mean((score[:, 0] - rating) ** 2, weight)


def _cross_entropy(score: torch.Tensor, rating: torch.Tensor, weight: torch.Tensor | None) -> torch.Tensor:
    # -log σ(s) = softplus(-s) for the positive, -log(1 - σ(s)) = softplus(s) for the negatives.
    signed = torch.cat([-score[:, :1], score[:, 1:]], dim=1)
    return _mean(functional.softplus(signed), weight)


def _mean(loss: torch.Tensor, weight: torch.Tensor | None) -> torch.Tensor:
    """Return the mean loss; with weights the mean over rows weighted by them."""
    if weight is None:
        return loss.mean()
    per_row = loss if loss.ndim == 1 else loss.mean(dim=1)
    return (per_row * weight).sum() / weight.sum()

"""A step of training, batches drawn included, against plain ``DataLoader`` loops and against the reference kernel.

Plain code: a ``DataLoader`` that collates shuffled batches sample by sample, ``nn.Embedding`` layers, autograd and
ordinary Adam. How fast that is depends on where the negatives of clicks come from, so all forms that we wrote are here:

    tensors    a ``TensorDataset`` of positives and negatives (for ratings: of the rows)
    samples    a ``Dataset`` whose ``__getitem__`` gives one positive or negative as Python numbers
    per batch  a ``TensorDataset`` of positives, negatives drawn for a whole batch: the leanest

All sides train the same model on the same rows in batches of 256 positives.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import partial
from typing import Any, Literal

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

from benchmarks.measure import Line, cpu, line, ratio
from rec_core.data.interactions import Feedback, Interactions
from rec_core.models import MODELS, Shape
from rec_core.specs import TrainSpec
from rec_core.training import kernels
from rec_core.training.kernels import Kernel
from rec_core.training.kernels.reference import Reference
from rec_core.training.sampling import Sampler

N_USERS, N_ITEMS, DIM, NEGATIVES = 6_040, 3_416, 32, 4  # as ML-1M after the filter
ROWS, BATCH = 50_000, 256

Form = Literal["tensors", "samples", "per batch"]
FORMS: dict[Feedback, tuple[Form, ...]] = {"explicit": ("tensors",), "implicit": ("tensors", "samples", "per batch")}


class Samples(Dataset[tuple[int, int, float]]):
    """One sample at a time, as Python numbers."""

    def __init__(self, columns: tuple[Any, ...]) -> None:
        self._user, self._item, self._label = columns

    def __len__(self) -> int:
        return len(self._user)

    def __getitem__(self, index: int) -> tuple[int, int, float]:
        return int(self._user[index]), int(self._item[index]), float(self._label[index])


def dataset(rows: Interactions, feedback: str, form: Form) -> Dataset[Any]:
    """Return the samples of one epoch: user, item, and the rating, or 1 for a positive and 0 for a drawn negative."""
    user, item, label = rows.user.astype(np.int64), rows.item.astype(np.int64), rows.rating
    if feedback == "implicit" and form != "per batch":
        drawn = np.random.default_rng(0).integers(0, N_ITEMS, len(rows) * NEGATIVES)
        user, item = np.concatenate([user, user.repeat(NEGATIVES)]), np.concatenate([item, drawn])
        label = np.repeat(np.array([1, 0], np.float32), [len(rows), len(drawn)])
    columns = user, item, label
    return Samples(columns) if form == "samples" else TensorDataset(*map(torch.from_numpy, columns))


class Plain(nn.Module):
    """SimpleMF or NCF written with layers."""

    def __init__(self, model: str) -> None:
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(n, DIM) for n in (N_USERS, N_ITEMS) * (1 if model == "mf" else 2))
        self.tower = nn.Sequential(
            nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU()
        )
        self.output = nn.Linear(48, 1)

    def forward(self, user: torch.Tensor, item: torch.Tensor) -> torch.Tensor:
        """Return one score per pair."""
        product = self.tables[0](user) * self.tables[1](item)
        if len(self.tables) == 2:
            return product.sum(-1)
        hidden = self.tower(torch.cat([self.tables[2](user), self.tables[3](item)], -1))
        scores: torch.Tensor = self.output(torch.cat([product, hidden], -1)).squeeze(-1)
        return scores


def plain_epoch(model: str, rows: Interactions, feedback: str, form: Form) -> float:
    """Return the CPU seconds of one epoch of the plain loop."""
    network = Plain(model)
    optimiser = torch.optim.Adam(network.parameters(), lr=0.001)
    loss_of: Any = nn.MSELoss() if feedback == "explicit" else nn.BCELoss()
    per_batch = feedback == "implicit" and form == "per batch"
    loader = DataLoader(
        dataset(rows, feedback, form),
        BATCH if feedback == "explicit" or per_batch else BATCH * (1 + NEGATIVES),
        shuffle=True,
    )

    def epoch() -> None:
        for user, item, label in loader:
            if per_batch:
                drawn = torch.randint(N_ITEMS, (len(user) * NEGATIVES,))
                user, item = user.repeat(1 + NEGATIVES), torch.cat([item, drawn])
                label = torch.cat([torch.ones(len(label)), torch.zeros(len(drawn))])
            score = network(user, item)
            optimiser.zero_grad()
            loss_of(score if feedback == "explicit" else torch.sigmoid(score), label.float()).backward()
            optimiser.step()

    return cpu(epoch)


def ours(kernel: Kernel, sampler: Sampler) -> float:
    """Return the CPU seconds of one epoch of a kernel."""

    def epoch() -> None:
        for block in sampler.epoch():
            kernel.run(block)

    return cpu(epoch)


def measure(rounds: int) -> Iterator[Line]:
    """Yield microseconds a step, and how many times as long other code takes."""
    rng = np.random.default_rng(0)
    rows = Interactions(
        rng.integers(0, N_USERS, ROWS).astype(np.int32),
        rng.integers(0, N_ITEMS, ROWS).astype(np.int32),
        rng.integers(1, 6, ROWS).astype(np.float32),
        None,
    )
    for name, feedback in itertools.product([name for name, model in MODELS.items() if not model.is_served], FORMS):
        model, spec = MODELS[name](), TrainSpec(negatives=NEGATIVES)
        start = model.start(Shape(N_USERS, N_ITEMS, 0.0), rng)
        sampler = Sampler(rows, N_ITEMS, feedback, spec, rng)
        fast = partial(ours, kernels.begin(model, start, feedback, spec, rows), sampler)
        slow = partial(ours, Reference(model, start, feedback, 0.001), sampler)
        what = f"{model.title}, {'ratings' if feedback == 'explicit' else 'clicks'}"
        fast()  # the first steps are the exact ones, which take longer
        yield line(f"{what}: a step", [1e6 * fast() / sampler.batches() for _ in range(rounds)], "µs")
        yield ratio(f"{what}: the reference takes", slow, fast, rounds)
        for form in FORMS[feedback]:
            plain = partial(plain_epoch, name, rows, feedback, form)
            yield ratio(f"{what}: plain code, {form}, takes", plain, fast, rounds)

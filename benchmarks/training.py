"""Training speed against a plain DataLoader loop: ``python -m benchmarks.training``.

Plain code: a ``DataLoader`` that collates shuffled batches sample by sample, ``nn.Embedding`` layers, autograd and
ordinary Adam. How fast that is depends on where the negatives of clicks come from, so all forms that we wrote are here:

    tensors    a ``TensorDataset`` of positives and negatives (for ratings: of the rows)
    samples    a ``Dataset`` whose ``__getitem__`` gives one positive or negative as Python numbers
    per batch  a ``TensorDataset`` of positives, negatives drawn for a whole batch: the leanest

All sides train the same model on the same rows in batches of 256 positives with one thread, in turn, so that ratios
hold when the machine's speed drifts. Seconds per row and epoch are the built-in rates of ``rec_core.estimate``.
"""

from __future__ import annotations

import argparse
import itertools
import time
from typing import Any, Literal

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

from rec_core.data.interactions import Feedback, Interactions
from rec_core.models import MODELS, Model, Shape
from rec_core.specs import TrainSpec
from rec_core.training import loop

N_USERS, N_ITEMS, DIM, NEGATIVES = 6_040, 3_416, 32, 4  # as ML-1M after the filter


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
    """Return the seconds of one epoch of the plain loop."""
    network = Plain(model)
    optimiser = torch.optim.Adam(network.parameters(), lr=0.001)
    loss_of: Any = nn.MSELoss() if feedback == "explicit" else nn.BCELoss()
    per_batch = feedback == "implicit" and form == "per batch"
    size = 256 if feedback == "explicit" or per_batch else 256 * (1 + NEGATIVES)
    begin = time.perf_counter()
    for user, item, label in DataLoader(dataset(rows, feedback, form), size, shuffle=True):
        if per_batch:
            drawn = torch.randint(N_ITEMS, (len(user) * NEGATIVES,))
            user, item = user.repeat(1 + NEGATIVES), torch.cat([item, drawn])
            label = torch.cat([torch.ones(len(label)), torch.zeros(len(drawn))])
        score = network(user, item)
        optimiser.zero_grad()
        loss_of(score if feedback == "explicit" else torch.sigmoid(score), label.float()).backward()
        optimiser.step()
    return time.perf_counter() - begin


def our_epoch(model: Model, rows: Interactions, feedback: Feedback) -> float:
    """Return the seconds of one epoch of ``rec_core.training``."""
    rng = np.random.default_rng(0)
    start = model.start(Shape(N_USERS, N_ITEMS, 0.0), rng)
    begin = time.perf_counter()
    loop.train(model, start, rows, feedback, TrainSpec(epochs=1, negatives=NEGATIVES), rng)
    return time.perf_counter() - begin


def main() -> None:
    """Print a line per model and feedback."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    rows = Interactions(
        rng.integers(0, N_USERS, args.rows).astype(np.int32),
        rng.integers(0, N_ITEMS, args.rows).astype(np.int32),
        rng.integers(1, 6, args.rows).astype(np.float32),
        np.zeros(args.rows, np.int64),
    )
    print("model  feedback  plain form   plain s  ours s  ratio  ours s/row")
    for model, feedback in itertools.product(MODELS, FORMS):
        ours_of = MODELS[model]()
        our_epoch(ours_of, rows, feedback)  # warm-up
        for form in FORMS[feedback]:
            pairs = [
                (plain_epoch(model, rows, feedback, form), our_epoch(ours_of, rows, feedback))
                for _ in range(args.rounds)
            ]
            plain, ours = (float(np.median(side)) for side in zip(*pairs, strict=True))
            ratio = float(np.median([a / b for a, b in pairs]))
            print(f"{model:<6} {feedback:<9} {form:<11} {plain:8.2f} {ours:7.2f} {ratio:6.1f} {ours / args.rows:11.2g}")


if __name__ == "__main__":
    main()

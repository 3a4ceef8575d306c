"""The readable kernel, on torch: gather, predict, loss, gradients, one fused step of Adam.

SimpleMF and NCF have their gradients written out, because autograd's bookkeeping cost as much as the arithmetic; any
other model is trained by autograd on its ``predict``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from rec_core.data.interactions import Feedback, Interactions
from rec_core.errors import TrainingError
from rec_core.models import Model, NextItem, Params
from rec_core.training.kernels.reference import losses
from rec_core.training.kernels.reference.networks import network
from rec_core.training.kernels.reference.next_item import ReferenceNextItem
from rec_core.training.kernels.reference.parameters import Parameters
from rec_core.training.sampling import Block


def begin(
    model: Model,
    start: Params,
    feedback: Feedback,
    learning_rate: float,
    where: str,
    rows: Interactions,
    weight_decay: float,
) -> Reference | ReferenceNextItem:
    """Return the kernel that trains ``model`` from ``start``, which is copied."""
    if isinstance(model, NextItem):
        return ReferenceNextItem(model, start, learning_rate, _device(where), rows, weight_decay)
    return Reference(model, start, feedback, learning_rate, where, weight_decay)


def _device(where: str) -> torch.device:
    """Return a device, one thread of it.

    Raises:
        TrainingError: if there is no such device.
    """
    if where == "cuda" and not torch.cuda.is_available():
        raise TrainingError(
            "CORELENS_DEVICE is 'cuda', and torch finds no CUDA device here; leave it out, or install a build of "
            "torch that knows this machine's, and start again."
        )
    torch.set_num_threads(1)
    return torch.device(where)


class Reference:
    """A model while it is trained: on one thread, or on a CUDA device."""

    def __init__(
        self,
        model: Model,
        start: Params,
        feedback: Feedback,
        learning_rate: float,
        device: str = "cpu",
        weight_decay: float = 0.0,
    ) -> None:
        """Raise a TrainingError if there is no such device."""
        self._device = _device(device)
        self._network = network(model)
        by_clicks = losses.in_pairs if model.in_pairs else losses.cross_entropy
        self._loss = losses.squared_error if feedback == "explicit" else by_clicks
        self._params = Parameters(start, learning_rate, self._device, weight_decay)

    def run(self, block: Block) -> float:
        """Take one step per batch of ``block``; return the sum of the batches' mean losses."""
        total = torch.zeros((), device=self._device)
        with _tiny_numbers_are_zero(), torch.no_grad():
            for batch in losses.batches(block, self._device):
                total += self._step(batch)
        return float(total)

    def _step(self, batch: losses.Batch) -> torch.Tensor:
        values, items = self._params.views, batch.items.flatten()
        u, v = values["user"].index_select(0, batch.user), values["item"].index_select(0, items)
        score, kept = self._network.forward(values, u, v)
        loss, slope = self._loss(score, batch)
        du, dv, layers = self._network.backward(values, u, v, kept, slope)
        self._params.step(batch.user, du, items, dv, layers)
        return loss

    def params(self) -> Params:
        """Return the present values; on the processor they share memory with what is trained."""
        return self._params.arrays()


@contextmanager
def _tiny_numbers_are_zero() -> Iterator[None]:
    """Adam's moments of rarely seen rows decay into numbers that are slow to add; the setting is the thread's."""
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)

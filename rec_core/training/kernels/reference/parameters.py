"""A model's parameters while they are trained: one flat tensor, one gradient buffer, one call to Adam per step.

Tables and layers are views of the flat tensor. torch's own embedding allocates and zeroes a table-sized gradient at
every step, and Adam's bookkeeping grows with the number of tensors; together they took more time than the arithmetic.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch.optim.adam import adam

Layers = Mapping[str, torch.Tensor]


class Parameters:
    """Parameters with Adam (Kingma and Ba, 2015, arXiv 1412.6980). Starting arrays are copied."""

    def __init__(
        self,
        start: Mapping[str, NDArray[np.float32]],
        learning_rate: float,
        device: torch.device | None = None,
        weight_decay: float = 0.0,
    ) -> None:
        names = list(start)
        self._flat = torch.cat([torch.from_numpy(start[name].ravel().copy()) for name in names]).to(device)
        self._flat.grad = torch.zeros_like(self._flat)
        self._moments = torch.zeros_like(self._flat), torch.zeros_like(self._flat)
        self._steps = torch.zeros((), device=device)
        self._learning_rate, self._weight_decay = learning_rate, weight_decay
        self.views, self._gradients = (
            {name: part.view(start[name].shape) for name, part in zip(names, parts, strict=True)}
            for parts in (t.split([start[name].size for name in names]) for t in (self._flat, self._flat.grad))
        )

    def step(self, user: torch.Tensor, du: torch.Tensor, item: torch.Tensor, dv: torch.Tensor, layers: Layers) -> None:
        """Take one step of Adam with the gradients of the gathered rows and of the layers.

        ``du`` (n x width) belongs to rows ``user`` (n,) of the user table, ``dv`` to rows ``item``; rows may repeat.
        """
        self._gradients["user"].index_add_(0, user, du)
        self._gradients["item"].index_add_(0, item, dv)
        for name, gradient in layers.items():
            self._gradients[name].copy_(gradient)
        self._adam()
        self._gradients["user"].index_fill_(0, user, 0)  # only what was written needs clearing
        self._gradients["item"].index_fill_(0, item, 0)

    def _adam(self) -> None:
        """Take torch's own fused step; its optimiser class adds a third to the time in bookkeeping."""
        assert self._flat.grad is not None
        mean, square = self._moments
        adam(
            [self._flat],
            [self._flat.grad],
            [mean],
            [square],
            [],
            [self._steps],
            fused=True,
            amsgrad=False,
            beta1=0.9,
            beta2=0.999,
            lr=self._learning_rate,
            weight_decay=self._weight_decay,
            decoupled_weight_decay=True,
            eps=1e-8,
            maximize=False,
        )

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """Return the present values as arrays that share memory with them, where they are the processor's."""
        return {name: view.cpu().numpy() for name, view in self.views.items()}

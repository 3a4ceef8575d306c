"""Next item (``rec_core.models.next_item``), by torch's own differentiation of the softmax, and its own Adam."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional

from rec_core.data.histories import positions
from rec_core.data.interactions import Interactions
from rec_core.models import NextItem, Params
from rec_core.training.sampling import Block


class ReferenceNextItem:
    """Next item while it is trained."""

    def __init__(
        self,
        model: NextItem,
        start: Params,
        learning_rate: float,
        device: torch.device,
        rows: Interactions,
        weight_decay: float = 0.0,
    ) -> None:
        self._device = device
        self._params = {name: torch.tensor(array, device=device, requires_grad=True) for name, array in start.items()}
        self._adam = torch.optim.AdamW(self._params.values(), learning_rate, weight_decay=weight_decay)
        item, depth, at = positions(rows, model.context)
        newest = np.arange(model.context)
        there = newest < depth[:, None]
        context = np.where(there, item[np.maximum(np.arange(len(item))[:, None] - 1 - newest, 0)], 0)
        self._context, self._there = (torch.from_numpy(array[at]).to(device) for array in (context, there))

    def run(self, block: Block) -> float:
        """Take one step per batch of ``block``; return the sum of the batches' mean losses."""
        assert block.shared is not None
        total = 0.0
        for place, shared in enumerate(block.shared):
            batch = slice(place * block.size, (place + 1) * block.size)
            weight = np.ones(len(block.row[batch]), np.float32) if block.weight is None else block.weight[batch]
            given = (block.row[batch], block.items[batch, 0], shared, weight / weight.sum())
            loss = self._loss(*(torch.from_numpy(one).to(self._device) for one in given))
            self._adam.zero_grad()
            loss.backward()
            self._adam.step()
            total += float(loss.detach())
        return total

    def _loss(self, row: torch.Tensor, own: torch.Tensor, shared: torch.Tensor, share: torch.Tensor) -> torch.Tensor:
        """Return the mean of the rows' losses, weighted by ``share`` (B,)."""
        places = self._there[row] * self._params["place"]
        u = (places[..., None] * self._params["source"][self._context[row].long()]).sum(1)
        v, others = self._params["item"][own.long()], self._params["item"][shared.long()]
        positive = (u * v[:, :-1]).sum(1) + v[:, -1]
        negative = (u @ others[:, :-1].T + others[:, -1]).masked_fill(shared == own[:, None], -torch.inf)
        scores = torch.cat([positive[:, None], negative], dim=1)
        target = torch.zeros(len(row), dtype=torch.long, device=self._device)
        return functional.cross_entropy(scores, target, reduction="none") @ share

    def params(self) -> Params:
        """Return the present values."""
        return {name: tensor.detach().cpu().numpy().copy() for name, tensor in self._params.items()}

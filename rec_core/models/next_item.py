"""Next item: what a user takes next, from the newest of what they had. Trained on the kept rows' own histories.

    u = Σ_k p_k a_{i_k}      ŷ_j = u · v_j + b_j      k = 1 … context, i_1 the newest row of the profile

Two vectors an item and a learned weight p_k a place: a factorised chain of more than one link (FPMC without users:
Rendle, Freudenthaler and Schmidt-Thieme, 2010, doi:10.1145/1772690.1772773; positions as in SASRec, Kang and McAuley,
2018, arXiv 1808.09781, without its attention). A row is learnt from the rows of its user before it, by a softmax over
itself and items that all rows of a batch share, drawn uniformly (sampled softmax: Jean et al., 2015, arXiv 1412.2007).
It may start from the vectors of item co-occurrence (``rec_core.models.co_occurrence``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from rec_core.data.histories import Histories
from rec_core.data.interactions import Interactions
from rec_core.models.base import Numbers, Params, Served, Shape, Table
from rec_core.models.co_occurrence import CoOccurrence
from rec_core.models.served import summed
from rec_core.settings import Dim, Spread, offered


class NextItem(Served):
    """What comes next, from what came last."""

    title: ClassVar = "Next item"
    summary: ClassVar = "Next item learns what follows what came last"
    colour: ClassVar = "#d55e00"
    symbol: ClassVar = "star"
    feedbacks: ClassVar = ("implicit",)
    needs_order: ClassVar = True
    recommended_training: ClassVar = {"start": "kept", "learning_rate": 0.0005, "epochs": 15, "patience": 2}
    seconds_per_row: ClassVar = {"implicit": 8e-6}
    seconds_per_pair: ClassVar = 2e-8

    name: Literal["next-item"] = "next-item"
    dim: Dim = offered(64, "Embedding size", 4, 256)
    init_std: Spread = offered(0.1, "Spread of starting embeddings", 0.0001, 10.0, link="std")
    context: int = offered(10, "Newest rows that serve a user", 1, 100, ge=1, le=1000)
    shared: int = offered(256, "Negatives that a batch shares", 16, 4096, ge=1, le=10**6)

    @property
    def shared_negatives(self) -> int:
        """How many negatives all rows of a batch have in common."""
        return self.shared

    @property
    def numbers(self) -> Numbers:
        """A vector and a bias a row; a weight a place; a pair's vectors and what the softmax makes of them."""
        return Numbers(2 * (self.dim + 1), self.context, 2 * self.dim + 4)

    def start(self, shape: Shape, rng: np.random.Generator) -> Params:
        """Return vectors N(0, init_std²), biases 0, and weights 1/k of the places."""

        def table() -> NDArray[np.float32]:
            return rng.standard_normal((shape.n_items, self.dim), dtype=np.float32) * np.float32(self.init_std)

        places = (1 / (1 + np.arange(self.context))).astype(np.float32)
        return {"source": table(), "item": _with_bias(table()), "place": places}

    def from_co_occurrence(self, start: Params, rows: Interactions, shape: Shape, rng: np.random.Generator) -> Params:
        """Return ``start`` with the vectors of item co-occurrence on ``rows`` instead of random ones."""
        counted = CoOccurrence(rank=self.dim).counted_on(rows, shape, rng)
        width = counted["item"].shape[1]  # may be fewer than d
        source, item = start["source"] * 0, start["item"] * 0
        source[:, :width], item[:, :width] = counted["source"], counted["item"]
        return start | {"source": source, "item": item}

    def users(self, params: Mapping[str, NDArray[np.float32]], histories: Histories) -> NDArray[np.float32]:
        """Return the sums u and a 1, by which the bias is multiplied, (n_users x d + 1)."""
        profiles = summed(histories, self._weights(params, histories.age), len(params["source"]))
        sums = profiles @ params["source"]
        return np.column_stack([sums, np.ones(len(sums), np.float32)])

    def _weights(self, params: Mapping[str, NDArray[np.float32]], age: NDArray[np.integer]) -> NDArray[np.float32]:
        """Return what rows of these ages count: p_k, and 0 for those older than the context."""
        return np.where(age < self.context, params["place"][np.minimum(age, self.context - 1)], np.float32(0))

    def votes(
        self, params: Mapping[str, NDArray[np.float32]], profile: Histories, items: NDArray[np.integer]
    ) -> NDArray[np.float32]:
        """Return p_k a_i · v_j; 0 for rows older than the context."""
        weight = self._weights(params, profile.age)[:, None]
        return weight * (params["source"][profile.item] @ params["item"][items, :-1].T)

    def predict(self, params: Mapping[str, Any], u: Any, v: Any) -> Any:
        """Return u·v; the last numbers are 1 and the bias."""
        return (u * v).sum(-1)

    def embeddings(self, params: Mapping[str, NDArray[np.float32]], table: Table) -> NDArray[np.float32]:
        """Return the vectors of a table, without the last number."""
        return params[table][:, :-1]


def _with_bias(table: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.column_stack([table, np.zeros(len(table), np.float32)])

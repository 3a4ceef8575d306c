"""SimpleMF: matrix factorisation, ŷ = u·v (Koren, Bell and Volinsky, 2009), optionally with biases.

With biases, ŷ = μ + b_u + b_i + u·v; a bias is the last column of its table, so that one gather fetches both.
For implicit feedback the prediction is the logit σ⁻¹(ŷ); or, trained in pairs, what makes one item stand before another
(BPR; Rendle et al., 2009, arXiv 1205.2618), in which μ and b_u have no part.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from rec_core.canonical import Json
from rec_core.data.interactions import Feedback
from rec_core.models.base import Model, Params, Shape, Table
from rec_core.settings import Dim, Spread, choice, offered

LOSSES: Mapping[str, str] = {"bce": "Each item on its own (BCE)", "bpr": "Item against item (BPR)"}


class SimpleMF(Model):
    """Embeddings multiplied."""

    title: ClassVar = "SimpleMF"
    summary: ClassVar = "SimpleMF multiplies embeddings"
    colour: ClassVar = "#0072b2"
    symbol: ClassVar = "circle"
    recommended: ClassVar = {"init_std": 0.05, "bias": True}
    explicit_only: ClassVar = ("bias",)
    implicit_only: ClassVar = ("loss",)
    variants: ClassVar = ({}, {"loss": "bpr"})
    seconds_per_row: ClassVar = {"explicit": 1.4e-7, "implicit": 3.5e-7}

    name: Literal["mf"] = "mf"
    dim: Dim = offered(32, "Embedding size", 4, 256)
    init_std: Spread = offered(1.0, "Spread of starting embeddings", 0.0001, 10.0, link="std")
    bias: bool = False
    loss: Literal["bce", "bpr"] = choice("bce", "Loss", LOSSES)

    @property
    def called(self) -> str:
        """SimpleMF, and how it is trained where that is not as usual."""
        return self.title if self.loss == "bce" else f"{self.title} ({self.loss.upper()})"

    @property
    def in_pairs(self) -> bool:
        """Whether the loss is of two items."""
        return self.loss == "bpr"

    def counted(self, feedback: Feedback) -> dict[str, Json]:
        """Return the settings that count; the usual loss is not named, as there was no other at first."""
        return {name: value for name, value in super().counted(feedback).items() if (name, value) != ("loss", "bce")}

    def start(self, shape: Shape, rng: np.random.Generator) -> Params:
        """Return embeddings N(0, init_std²), biases 0, and μ the mean rating."""

        def table(rows: int) -> NDArray[np.float32]:
            embeddings = rng.standard_normal((rows, self.dim), dtype=np.float32) * np.float32(self.init_std)
            return np.column_stack([embeddings, np.zeros(rows, np.float32)]) if self.bias else embeddings

        params = {"user": table(shape.n_users), "item": table(shape.n_items)}
        return params | {"mean": np.array([shape.mean], np.float32)} if self.bias else params

    def predict(self, params: Mapping[str, Any], u: Any, v: Any) -> Any:
        """Return u·v, or μ + b_u + b_i + u·v."""
        if not self.bias:
            return (u * v).sum(-1)
        return (u[..., :-1] * v[..., :-1]).sum(-1) + u[..., -1] + v[..., -1] + params["mean"]

    def embeddings(self, params: Mapping[str, NDArray[np.float32]], table: Table) -> NDArray[np.float32]:
        """Return the embeddings (rows x d), without the bias column."""
        return params[table][:, :-1] if self.bias else params[table]

"""SimpleMF: matrix factorisation, ŷ = u·v (Koren, Bell and Volinsky, 2009), optionally with biases.

With biases, ŷ = μ + b_u + b_i + u·v; a bias is the last column of its table, so that one gather fetches both.
For implicit feedback the prediction is the logit σ⁻¹(ŷ).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from rec_core.models.base import Model, Params, Shape, Table
from rec_core.settings import Dim, Spread, offered


class SimpleMF(Model):
    """Embeddings multiplied."""

    title: ClassVar = "SimpleMF"
    summary: ClassVar = "SimpleMF multiplies embeddings"
    recommended: ClassVar = {"init_std": 0.05, "bias": True}
    explicit_only: ClassVar = ("bias",)
    seconds_per_row: ClassVar = {"explicit": 1.4e-7, "implicit": 3.5e-7}

    name: Literal["mf"] = "mf"
    dim: Dim = offered(32, "Embedding size", 4, 256)
    init_std: Spread = offered(1.0, "Spread of starting embeddings", 0.0001, 10.0, link="std")
    bias: bool = False

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

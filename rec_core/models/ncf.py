"""Neural collaborative filtering: GMF beside an MLP (He et al., 2017, arXiv 1708.05031, the NeuMF model).

The GMF and MLP embeddings of a user (an item) stand side by side in one table, so that one gather fetches both.
The MLP's first layer is applied to the two embeddings apart, because W[u; v] = W_u u + W_v v and a user with
several candidate items then needs the first term once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from rec_core.models.base import Model, Numbers, Params, Shape, Table
from rec_core.settings import Dim, Spread, offered


class NCF(Model):
    """Embeddings multiplied, and a neural network beside that."""

    title: ClassVar = "NCF"
    summary: ClassVar = "NCF adds a neural network"
    colour: ClassVar = "#56b4e9"
    symbol: ClassVar = "square"
    recommended: ClassVar = {"init_std": 0.01}
    seconds_per_row: ClassVar = {"explicit": 9e-7, "implicit": 2.7e-6}
    seconds_per_pair: ClassVar = 8e-8

    name: Literal["ncf"] = "ncf"
    dim: Dim = offered(32, "Embedding size", 4, 256, multiple_of=2)
    init_std: Spread = offered(1.0, "Spread of starting embeddings", 0.0001, 10.0, link="std")

    @property
    def numbers(self) -> Numbers:
        """Two embeddings a row; layers of 2d x 2d, 2d x d, d x d/2; a pair's two rows and what layers make of them."""
        return Numbers(2 * self.dim, 7 * self.dim**2, 8 * self.dim)

    def start(self, shape: Shape, rng: np.random.Generator) -> Params:
        """Return embeddings N(0, init_std²), and layers uniform in ±1/√inputs (torch's default).

        Layers are 2d → 2d → d → d/2, and one linear output of GMF and MLP together.
        """
        dim = self.dim

        def table(rows: int) -> NDArray[np.float32]:
            return rng.standard_normal((rows, 2 * dim), dtype=np.float32) * np.float32(self.init_std)

        params = {"user": table(shape.n_users), "item": table(shape.n_items)}
        for layer, (inputs, outputs) in enumerate(
            [(2 * dim, 2 * dim), (2 * dim, dim), (dim, dim // 2), (dim + dim // 2, 1)], start=1
        ):
            bound = inputs**-0.5
            params[f"w{layer}"] = rng.uniform(-bound, bound, (inputs, outputs)).astype(np.float32)
            params[f"b{layer}"] = rng.uniform(-bound, bound, outputs).astype(np.float32)
        return params

    def predict(self, params: Mapping[str, Any], u: Any, v: Any) -> Any:
        """Return the output of GMF and MLP together."""
        dim = u.shape[-1] // 2
        gmf = u[..., :dim] * v[..., :dim]
        hidden = u[..., dim:] @ params["w1"][:dim] + v[..., dim:] @ params["w1"][dim:] + params["b1"]
        for layer in ("2", "3"):
            hidden = _relu(hidden) @ params[f"w{layer}"] + params[f"b{layer}"]
        score = gmf @ params["w4"][:dim] + _relu(hidden) @ params["w4"][dim:] + params["b4"]
        return score[..., 0]

    def added(self, vectors: NDArray[np.float32], table: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return ``table`` with ``vectors`` (rows x d) added to the embeddings of GMF and of the MLP."""
        return table + np.hstack([vectors, vectors])

    def embeddings(self, params: Mapping[str, NDArray[np.float32]], table: Table) -> NDArray[np.float32]:
        """Return the embeddings (rows x 2d) of GMF and MLP side by side."""
        return params[table]


def _relu(x: Any) -> Any:
    # torch's own relu has a much cheaper gradient than its clip.
    return x.relu() if hasattr(x, "relu") else x.clip(min=0)

"""Neural collaborative filtering: GMF beside an MLP (He et al., 2017, arXiv 1708.05031, the NeuMF model).

The GMF and MLP embeddings of a user (an item) stand side by side in one table, so that one gather fetches both.
The MLP's first layer is applied to the two embeddings apart, because W[u; v] = W_u u + W_v v and a user with
several candidate items then needs the first term once. ``predict`` takes NumPy arrays and torch tensors alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Params = dict[str, NDArray[np.float32]]


def start(
    n_users: int, n_items: int, *, dim: int, init_std: float, bias: bool, mean: float, rng: np.random.Generator
) -> Params:
    """Return the untrained parameters: embeddings N(0, init_std²), layers uniform in ±1/√inputs (torch's default).

    Layers are 2d → 2d → d → d/2, and one linear output of GMF and MLP together. ``bias`` and ``mean`` are SimpleMF's.
    """

    def table(rows: int) -> NDArray[np.float32]:
        return rng.standard_normal((rows, 2 * dim), dtype=np.float32) * np.float32(init_std)

    params = {"user": table(n_users), "item": table(n_items)}
    for layer, (inputs, outputs) in enumerate(
        [(2 * dim, 2 * dim), (2 * dim, dim), (dim, dim // 2), (dim + dim // 2, 1)], start=1
    ):
        bound = inputs**-0.5
        params[f"w{layer}"] = rng.uniform(-bound, bound, (inputs, outputs)).astype(np.float32)
        params[f"b{layer}"] = rng.uniform(-bound, bound, outputs).astype(np.float32)
    return params


def predict(params: Mapping[str, Any], u: Any, v: Any) -> Any:
    """Return predictions (...) for gathered user rows ``u`` and item rows ``v`` (... x 2d, broadcastable)."""
    dim = u.shape[-1] // 2
    gmf = u[..., :dim] * v[..., :dim]
    hidden = u[..., dim:] @ params["w1"][:dim] + v[..., dim:] @ params["w1"][dim:] + params["b1"]
    for layer in ("2", "3"):
        hidden = _relu(hidden) @ params[f"w{layer}"] + params[f"b{layer}"]
    score = gmf @ params["w4"][:dim] + _relu(hidden) @ params["w4"][dim:] + params["b4"]
    return score[..., 0]


def _relu(x: Any) -> Any:
    # torch's own relu has a much cheaper gradient than its clip.
    return x.relu() if hasattr(x, "relu") else x.clip(min=0)

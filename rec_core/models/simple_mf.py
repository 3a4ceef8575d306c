"""SimpleMF: matrix factorisation, ŷ = u·v (Koren, Bell and Volinsky, 2009), optionally with biases.

With biases, ŷ = μ + b_u + b_i + u·v; a bias is the last column of its table, so that one gather fetches both.
For implicit feedback the prediction is the logit σ⁻¹(ŷ). ``predict`` takes NumPy arrays and torch tensors alike.
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
    """Return the untrained parameters: embeddings N(0, init_std²), biases 0, μ the mean rating."""

    def table(rows: int) -> NDArray[np.float32]:
        embeddings = rng.standard_normal((rows, dim), dtype=np.float32) * np.float32(init_std)
        return np.column_stack([embeddings, np.zeros(rows, np.float32)]) if bias else embeddings

    params = {"user": table(n_users), "item": table(n_items)}
    if bias:
        params["mean"] = np.array([mean], np.float32)
    return params


def predict(params: Mapping[str, Any], u: Any, v: Any) -> Any:
    """Return predictions (...) for gathered user rows ``u`` and item rows ``v`` (... x width, broadcastable)."""
    if "mean" not in params:
        return (u * v).sum(-1)
    return (u[..., :-1] * v[..., :-1]).sum(-1) + u[..., -1] + v[..., -1] + params["mean"]

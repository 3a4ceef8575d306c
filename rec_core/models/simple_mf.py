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


def embeddings(params: Mapping[str, NDArray[np.float32]], table: str) -> NDArray[np.float32]:
    """Return the embeddings (rows x d) of ``table``, ``user`` or ``item``, without the bias column."""
    return params[table][:, :-1] if "mean" in params else params[table]


def predict(params: Mapping[str, Any], u: Any, v: Any) -> Any:
    """Return predictions (...) for gathered user rows ``u`` and item rows ``v`` (... x width, broadcastable)."""
    if "mean" not in params:
        return (u * v).sum(-1)
    return (u[..., :-1] * v[..., :-1]).sum(-1) + u[..., -1] + v[..., -1] + params["mean"]


def forward(params: Mapping[str, Any], u: Any, v: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return scores (B·C,) and what ``backward`` needs, for users (B x width) with C items each (B·C x width)."""
    paired = v.view(len(u), -1, v.shape[1])
    return predict(params, u[:, None], paired).flatten(), ()


def backward(
    params: Mapping[str, Any], u: Any, v: Any, kept: tuple[Any, ...], slope: Any
) -> tuple[Any, Any, dict[str, Any]]:
    """Return the loss gradients with respect to ``u``, ``v`` and the rest, given its ``slope`` ∂L/∂ŷ (B·C,).

    ∂L/∂u = Σ_items slope · v and ∂L/∂v = slope · u; a bias has the slope itself.
    """
    slopes = slope.view(len(u), -1, 1)
    du = (slopes * v.view(len(u), -1, v.shape[1])).sum(1)
    dv = (slopes * u[:, None]).flatten(0, 1)
    if "mean" not in params:
        return du, dv, {}
    du[:, -1], dv[:, -1] = slopes.sum(1)[:, 0], slope
    return du, dv, {"mean": slope.sum(0, keepdim=True)}

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


def forward(params: Mapping[str, Any], u: Any, v: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return scores (B·C,) and what ``backward`` needs, for users (B x 2d) with C items each (B·C x 2d)."""
    dim, times = u.shape[1] // 2, len(v) // len(u)
    first = v[:, dim:] @ params["w1"][dim:]
    first.view(len(u), times, -1).add_((u[:, dim:] @ params["w1"][:dim] + params["b1"])[:, None])
    first.relu_()
    second = (first @ params["w2"]).add_(params["b2"]).relu_()
    third = (second @ params["w3"]).add_(params["b3"]).relu_()
    output = params["w4"][:, 0]
    weighted = u[:, :dim] * output[:dim]
    gmf = (v.view(len(u), times, -1)[..., :dim] * weighted[:, None]).sum(-1).flatten()
    score = gmf.add_(third @ output[dim:]).add_(params["b4"])
    return score, (first, second, third, weighted)


def backward(
    params: Mapping[str, Any], u: Any, v: Any, kept: tuple[Any, ...], slope: Any
) -> tuple[Any, Any, dict[str, Any]]:
    """Return the loss gradients with respect to ``u``, ``v`` and the layers, given its ``slope`` ∂L/∂ŷ (B·C,).

    The chain rule from the output down; written out because autograd's bookkeeping cost as much as the arithmetic.
    """
    from torch import cat as concatenate  # only training comes here, and only training may load torch

    first, second, third, weighted = kept
    dim, times = u.shape[1] // 2, len(v) // len(u)
    output, paired = params["w4"][:, 0], slope.view(len(u), times, 1)
    d_third = _through_relu(slope[:, None] * output[dim:], third)
    d_second = _through_relu(d_third @ params["w3"].T, second)
    d_first = _through_relu(d_second @ params["w2"].T, first)
    d_first_of_user = d_first.view(len(u), times, -1).sum(1)
    items = (paired * v.view(len(u), times, -1)[..., :dim]).sum(1)  # Σ slope · v over each user's items
    du, dv = u.new_empty(u.shape), v.new_empty(v.shape)
    du[:, :dim] = items * output[:dim]
    du[:, dim:] = d_first_of_user @ params["w1"][:dim].T
    dv.view(len(u), times, -1)[..., :dim] = paired * weighted[:, None]
    dv[:, dim:] = d_first @ params["w1"][dim:].T
    layers = {
        "w4": concatenate([(u[:, :dim] * items).sum(0), third.T @ slope])[:, None],
        "b4": slope.sum(0, keepdim=True),
        "w3": second.T @ d_third,
        "b3": d_third.sum(0),
        "w2": first.T @ d_second,
        "b2": d_second.sum(0),
        "w1": concatenate([u[:, dim:].T @ d_first_of_user, v[:, dim:].T @ d_first]),
        "b1": d_first_of_user.sum(0),
    }
    return du, dv, layers


def _through_relu(gradient: Any, activation: Any) -> Any:
    from torch import ops

    return ops.aten.threshold_backward(gradient, activation, 0)  # 15 times as fast as masking

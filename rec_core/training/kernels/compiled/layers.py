"""NCF's layers as kernels use them: side by side in one row, filled up with zeros to whole blocks.

What is filled up stays zero: a unit without weights gives nothing, its slope is 0, and so is every gradient through it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rec_core.models import Params
from rec_core.training.kernels.compiled.lanes import WIDTH
from rec_core.training.kernels.compiled.memory import padded, up_to, zeros
from rec_core.training.kernels.compiled.products import COLUMNS


class Sizes(NamedTuple):
    """How wide the layers are, filled up to whole blocks: embeddings, h₁, h₂, h₃."""

    dim: int
    first: int
    second: int
    third: int


class Layers(NamedTuple):
    """All layers in one row [w | m | v | g], each ``width`` numbers, and where each layer begins in such a part.

    ``turned`` holds the transposed weights of the same layers in the same places.
    """

    numbers: NDArray[np.float32]
    turned: NDArray[np.float32]
    width: int
    w1u: int
    w1v: int
    b1: int
    w2: int
    b2: int
    w3: int
    b3: int
    w4g: int
    w4m: int
    b4: int


def sizes(dim: int) -> Sizes:
    """Return how wide the layers are for embeddings of ``dim`` numbers."""
    filled = up_to(COLUMNS, dim)
    return Sizes(filled, 2 * filled, filled, up_to(COLUMNS, filled // 2))


def packed(params: Params, dim: int) -> Layers:
    """Return a copy of the layers of ``params``, with room for their moments and gradients."""
    shapes = _shapes(sizes(dim))
    ends = np.cumsum([0, *(up_to(COLUMNS, math.prod(shape)) for shape in shapes.values())]).tolist()
    layers = Layers(zeros(4 * ends[-1]), zeros(ends[-1]), ends[-1], *ends[:-1])
    for name, layer in _views(params, dim).items():
        filled = padded(layer, *shapes[name]).ravel()
        layers.numbers[getattr(layers, name) :][: filled.size] = filled
    return layers


def unpacked(layers: Layers, dim: int) -> Params:
    """Return the layers by the model's own names."""
    shapes = _shapes(sizes(dim))
    widths = [(2 * dim, 2 * dim), (2 * dim, dim), (dim, dim // 2), (dim + dim // 2, 1)]
    params: Params = {f"w{at}": np.empty(shape, np.float32) for at, shape in enumerate(widths, 1)}
    params |= {f"b{at}": np.empty(shape[1], np.float32) for at, shape in enumerate(widths, 1)}
    for name, layer in _views(params, dim).items():
        at, shape = getattr(layers, name), shapes[name]
        filled = layers.numbers[at : at + math.prod(shape)].reshape(shape)
        layer[...] = filled[tuple(slice(size) for size in layer.shape)]
    return params


def apart(table: NDArray[np.float32], dim: int) -> NDArray[np.float32]:
    """Return rows [GMF | MLP], each part filled up."""
    return padded(table.reshape(-1, 2, dim), len(table), 2, sizes(dim).dim).reshape(len(table), -1)


def together(table: NDArray[np.float32], dim: int) -> NDArray[np.float32]:
    """Return rows [GMF | MLP] without what was filled up."""
    return np.ascontiguousarray(table.reshape(-1, 2, sizes(dim).dim)[:, :, :dim]).reshape(len(table), -1)


def _shapes(size: Sizes) -> dict[str, tuple[int, ...]]:
    return {
        "w1u": (size.dim, size.first),
        "w1v": (size.dim, size.first),
        "b1": (size.first,),
        "w2": (size.first, size.second),
        "b2": (size.second,),
        "w3": (size.second, size.third),
        "b3": (size.third,),
        "w4g": (size.dim,),
        "w4m": (size.third,),
        "b4": (WIDTH,),
    }


def _views(params: Params, dim: int) -> Params:
    """Return views of the layers as they are used here."""
    w1, w4 = params["w1"], params["w4"][:, 0]
    views: Params = {"w1u": w1[:dim], "w1v": w1[dim:], "w4g": w4[:dim], "w4m": w4[dim:]}
    return views | {name: params[name] for name in ("b1", "w2", "b2", "w3", "b3", "b4")}

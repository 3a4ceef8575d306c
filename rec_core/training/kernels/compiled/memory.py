"""Arrays that begin where a line of memory does: eight numbers that lie in two lines take twice as long to fetch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_LINE = 64  # bytes


def zeros(*shape: int) -> NDArray[np.float32]:
    """Return an array of zeros, the first of which begins a line."""
    size = int(np.prod(shape)) * 4
    room = np.zeros(size + _LINE, np.uint8)
    first = -room.ctypes.data % _LINE
    return room[first : first + size].view(np.float32).reshape(shape)


def padded(array: NDArray[np.float32], *shape: int) -> NDArray[np.float32]:
    """Return ``array`` in the corner of zeros of that shape."""
    room = zeros(*shape)
    room[tuple(slice(size) for size in array.shape)] = array
    return room


def up_to(multiple: int, size: int) -> int:
    """Return the next multiple that is no smaller than ``size``."""
    return -(-size // multiple) * multiple

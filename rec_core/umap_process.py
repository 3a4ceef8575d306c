"""UMAP in a process of its own, so that it can be ended at any moment, and what it compiled is kept for the next one.

``python -m rec_core.umap_process POINTS.npy PLACES.npy NEIGHBOURS DISTANCE SEED``; it ends when its input is closed.
"""

from __future__ import annotations

import os
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def main(points: str, places: str, neighbours: str, distance: str, seed: str) -> None:
    """Write the places (n x 2, float32) of ``points`` (n x d)."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _keep_what_is_compiled()
    embeddings: NDArray[np.float32] = np.load(points, allow_pickle=False)
    found = _fit(embeddings, int(neighbours), float(distance), int(seed))
    with Path(places).open("wb") as file:
        np.save(file, found.astype(np.float32), allow_pickle=False)


def _fit(points: NDArray[np.float32], neighbours: int, distance: float, seed: int) -> NDArray[np.floating]:
    from sklearn.neighbors import NearestNeighbors
    from umap import UMAP

    # Exact neighbours take a fraction of a second here; compiling umap-learn's approximate search takes a minute.
    lengths, at = NearestNeighbors(n_neighbors=neighbours, algorithm="brute").fit(points).kneighbors(points)
    reducer = UMAP(
        n_components=2,
        n_neighbors=neighbours,
        min_dist=distance,
        random_state=seed,
        n_jobs=1,
        precomputed_knn=(at.astype(np.int32), lengths.astype(np.float32)),
    )
    places: NDArray[np.floating] = reducer.fit_transform(points)
    return places


def _end_with_parent() -> None:
    sys.stdin.read()  # returns when the other end is closed, however that came about
    os._exit(1)


def _keep_what_is_compiled() -> None:
    """Have numba keep on disk what umap-learn compiles, which asks it not to (``NUMBA_CACHE_DIR`` says where)."""
    import numba

    compiled: Callable[..., Any] = numba.njit

    def njit(*function: Any, **options: Any) -> Any:
        options["cache"] = True
        return compiled(**options)(*function) if function and callable(function[0]) else compiled(*function, **options)

    numba.njit = njit
    warnings.simplefilter("ignore")  # a few functions cannot be kept, which is no news


if __name__ == "__main__":
    main(*sys.argv[1:])

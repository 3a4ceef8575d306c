"""UMAP in a process of its own, so that it can be ended at any moment, and what it compiled is kept for the next one.

Its task is a line of JSON on its input: the files ``points`` and ``places``, ``neighbours``, ``min_distance``,
``epochs`` and ``seed``. It ends when its input is closed, once it has loaded UMAP.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def main() -> None:
    """Load UMAP, wait for a task, and write the places (n x 2, float32) of its points (n x d)."""
    _keep_what_is_compiled()
    from sklearn.neighbors import NearestNeighbors
    from umap import UMAP

    if not (line := sys.stdin.buffer.readline()):  # nobody will ask any more
        return
    threading.Thread(target=_end_with_parent, daemon=True).start()
    task: dict[str, Any] = json.loads(line)
    points: NDArray[np.float32] = np.load(task["points"], allow_pickle=False)
    # Exact neighbours take a fraction of a second here; compiling umap-learn's approximate search takes a minute.
    search = NearestNeighbors(n_neighbors=task["neighbours"], algorithm="brute")
    lengths, at = search.fit(points).kneighbors(points)
    reducer = UMAP(
        n_components=2,
        n_neighbors=task["neighbours"],
        min_dist=float(task["min_distance"]),
        n_epochs=task["epochs"],
        random_state=task["seed"],
        n_jobs=1,
        precomputed_knn=(at.astype(np.int32), lengths.astype(np.float32)),
    )
    with Path(task["places"]).open("wb") as file:
        np.save(file, reducer.fit_transform(points).astype(np.float32), allow_pickle=False)


def _end_with_parent() -> None:
    # Not by ``sys.stdin``, whose lock a thread may not hold when Python ends.
    while os.read(0, 1):  # returns nothing when the other end is closed, however that came about
        pass
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
    main()

"""Q4: user embeddings in two dimensions, by PCA at once or by UMAP (McInnes et al., 2018, arXiv 1802.03426).

One map serves every method: who is kept changes the colours, never the places.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rec_core import machine_code
from rec_core.errors import SelectionError

MOST = 50_000  # users on a map; more would be drawn over each other, and UMAP would take minutes
FEWEST = 4  # users of a UMAP: it starts from eigenvectors, of which fewer users have too few
_DONE = "done"  # the file that says that UMAP is compiled
_LOOK_EVERY = 0.2  # seconds
_NEIGHBOURS, _MIN_DISTANCE = 15, 0.1  # umap-learn's defaults, named because a caption says them
# umap-learn takes 500 steps up to 10,000 users and 200 above; here all take 200, in 0.4 of the time of 500. A proxy of
# MovieLens 1M is mapped with a trustworthiness (Venna and Kaski, 2001) of 0.893 then, in place of 0.898.
_STEPS = 200
_waiting: list[subprocess.Popen[bytes]] = []  # processes that have loaded UMAP, one at most


@dataclass(frozen=True)
class UserMap:
    """Places (m x 2, float32) of ``users`` (m,), positions in the catalogue."""

    users: NDArray[np.int64]
    places: NDArray[np.float32]


def sample(n_users: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the users on the map: all of them, or ``MOST`` at random where there are more."""
    if n_users <= MOST:
        return np.arange(n_users)
    return np.sort(rng.choice(n_users, MOST, replace=False))


def pca(embeddings: NDArray[np.float32], rng: np.random.Generator) -> UserMap:
    """Return the first two principal components of embeddings (n_users x d)."""
    from sklearn.decomposition import PCA

    users = sample(len(embeddings), rng)
    places = np.zeros((len(users), 2), np.float32)  # of one user, or of single numbers, there is less to place
    if len(users) == 1:
        return UserMap(users, places)
    parts = min(2, *embeddings[users].shape)
    places[:, :parts] = PCA(parts, svd_solver="full").fit_transform(embeddings[users])
    return UserMap(users, places)


def umap(
    embeddings: NDArray[np.float32], rng: np.random.Generator, alive: Callable[[], None] = lambda: None
) -> UserMap:
    """Return UMAP's places of embeddings (n_users x d): seconds for thousands of users, once it is compiled.

    ``alive`` is called a few times a second and may raise to stop, which ends the process that works.

    Raises:
        SelectionError: if there are too few users, or UMAP fails.
    """
    if len(embeddings) < FEWEST:
        raise SelectionError(
            f"A UMAP needs at least {FEWEST} users, and here are {len(embeddings)}; look at PCA instead."
        )
    users = sample(len(embeddings), rng)
    return UserMap(users, _places(embeddings[users], int(rng.integers(2**31)), alive))


def compile_ahead() -> None:
    """Have UMAP compiled in the background, at the lowest priority, unless somebody began to on this machine before."""
    begun = _compiled() / "begun"
    with contextlib.suppress(OSError):
        begun.parent.mkdir(parents=True, exist_ok=True)
        begun.touch(exist_ok=False)
        points = np.random.default_rng(0).normal(size=(100, 4)).astype(np.float32)
        threading.Thread(target=_places, args=(points, 0, lambda: None, 19), daemon=True).start()


def is_compiled() -> bool:
    """Say whether UMAP was compiled on this machine before."""
    return (_compiled() / _DONE).exists()


def _places(
    points: NDArray[np.float32], seed: int, alive: Callable[[], None], niceness: int = 0
) -> NDArray[np.float32]:
    with tempfile.TemporaryDirectory() as folder:
        given, found = (str(Path(folder) / name) for name in ("points.npy", "places.npy"))
        np.save(given, points, allow_pickle=False)
        neighbours = min(_NEIGHBOURS, len(points) - 1)
        work = _process() if niceness else _next()
        try:
            if niceness:
                os.setpriority(os.PRIO_PROCESS, work.pid, niceness)
            _tell(work, {"points": given, "places": found, "neighbours": neighbours, "epochs": _STEPS, "seed": seed})
            while work.poll() is None:
                alive()
                time.sleep(_LOOK_EVERY)
        finally:
            work.kill()
            work.wait()
        said = work.stderr.read() if work.stderr else b""
        if work.returncode:
            last = (said.decode(errors="replace").strip().splitlines() or ["no reason"])[-1]
            raise SelectionError(f"UMAP failed ({last[:200]}); look at PCA instead.")
        with contextlib.suppress(OSError):
            (_compiled() / _DONE).touch()
        places: NDArray[np.float32] = np.load(found, allow_pickle=False)
        return places


def load_for_the_next() -> None:
    """Have UMAP loaded by a process that waits for its task: whoever asked for a map may ask for another."""
    with contextlib.suppress(OSError):
        if not _waiting:
            _waiting.append(_process())


def _next() -> subprocess.Popen[bytes]:
    """Return the process that waits, if it still does, or a new one."""
    while _waiting:
        work = _waiting.pop()
        if work.poll() is None:
            return work
    return _process()


def _process() -> subprocess.Popen[bytes]:
    """Start a process that loads UMAP and waits for its task; it ends when this one does."""
    return subprocess.Popen(
        [sys.executable, "-m", "rec_core.umap_process"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"NUMBA_CACHE_DIR": str(_compiled()), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )


def _tell(work: subprocess.Popen[bytes], task: dict[str, Any]) -> None:
    """Hand a process its task; its input stays open, since it ends when that is closed."""
    assert work.stdin is not None
    with contextlib.suppress(BrokenPipeError):  # it failed already, and has said why
        work.stdin.write(json.dumps(task | {"min_distance": _MIN_DISTANCE}).encode() + b"\n")
        work.stdin.flush()


def _compiled() -> Path:
    """Return where what umap-learn compiles is kept."""
    return machine_code.folder("umap", version("umap-learn"))

"""An epoch of training beside other libraries', on the same rows, in the same hour, on one thread.

Each library lives in an environment of its own in the folder ``CORELENS_PEERS``, by default ``peers`` in the cache of
Corelens; one that is missing is skipped, with the commands that make it. Set-up does not count; where an epoch takes
most of a minute, a tenth of the rows is timed. SGD in Cython, ALS and BPR are other algorithms than Adam in batches,
and shown all the same.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.measure import Line, line
from benchmarks.training import ours
from cache.home import folders
from rec_core import machine_code, specs
from rec_core.data.interactions import Feedback, Split
from rec_core.data.sources import SOURCES
from rec_core.experiment import Experiment
from rec_core.models import MODELS, Shape
from rec_core.specs import TrainSpec
from rec_core.stages import MemoryStore, resolve
from rec_core.training import kernels
from rec_core.training.sampling import Sampler

HERE, DATA = Path(__file__).parent, "ml-1m"
# Environment → what pip installs there; RecBole needs versions that nothing else does.
NEEDS = {
    "plain": "cornac==3.0.1 implicit==0.7.3 scikit-surprise==1.1.5 pandas torch",
    "recbole": "recbole==1.2.1 torch 'numpy<2' 'pandas<2.3' 'setuptools<80'",
}
# What is timed: environment, and the name by which its script knows it; then what of ours does the same.
PEERS: dict[str, tuple[str, str, str, Feedback]] = {
    "RecBole NeuMF, its batches of 2,048": ("recbole", "neumf", "ncf", "implicit"),
    "Cornac NeuMF, batches of 256": ("plain", "cornac-neumf", "ncf", "implicit"),
    "Cornac MF, Adam in batches of 256": ("plain", "cornac-mf-adam", "mf", "explicit"),
    "Cornac MF, SGD in Cython": ("plain", "cornac-mf-sgd", "mf", "explicit"),
    "Surprise SVD, SGD in Cython": ("plain", "surprise-svd", "mf", "explicit"),
    "implicit ALS, an iteration": ("plain", "implicit-als", "mf", "implicit"),
    "implicit BPR, an iteration": ("plain", "implicit-bpr", "mf", "implicit"),
}


def measure(rounds: int) -> Iterator[Line]:
    """Yield each library's seconds an epoch and how many times ours that is; two rounds at most."""
    name = DATA if SOURCES[DATA].is_here(folders()) else "synthetic-1m"
    experiment = Experiment(resolve(specs.ExperimentSpec(data={"dataset": name}), folders()), MemoryStore(), folders())
    split, place = experiment.split, Path(os.environ.get("CORELENS_PEERS") or machine_code.home() / "peers")
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "rows.npz"
        np.savez(rows, user=split.train.user, item=split.train.item, rating=split.train.rated)
        for title, (environment, peer, model, feedback) in PEERS.items():
            python = place / environment / "bin" / "python"
            if not python.exists():
                print(f"{title}: skipped. Make its environment: {_recipe(place, environment)}")
                continue
            theirs: list[float] = []
            times: list[float] = []
            for _ in range(min(rounds, 2)):
                mine = _ours(split, model, feedback)
                theirs.append(_theirs(python, environment, peer, rows))
                times.append(2 * theirs[-1] / (mine + _ours(split, model, feedback)))
            yield line(f"{title}: an epoch", theirs, "s")
            yield line(f"  times that of {MODELS[model].title} here", times, "×")


def _recipe(place: Path, environment: str) -> str:
    new = place / environment
    return f"python -m venv {new} && {new}/bin/pip install {NEEDS[environment]}"


def _theirs(python: Path, environment: str, peer: str, rows: Path) -> float:
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    command = [str(python), str(HERE / f"{environment}.py"), peer, str(rows)]
    done = subprocess.run(command, env=os.environ | one, cwd=rows.parent, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{peer} failed in {python}:\n{done.stderr[-2000:]}")
    seconds: float = json.loads(done.stdout.splitlines()[-1])
    return seconds


def _ours(split: Split, name: str, feedback: Feedback) -> float:
    """Return the CPU seconds of an epoch of a model here, in batches of 256 and with 4 negatives."""
    catalogue, model, rng = split.catalogue, MODELS[name](), np.random.default_rng(0)
    start = model.start(Shape(catalogue.n_users, catalogue.n_items, 0.0), rng)
    kernel = kernels.begin(model, start, feedback, TrainSpec(), split.train)
    return ours(kernel, Sampler(split.train, catalogue.n_items, feedback, TrainSpec(), rng))

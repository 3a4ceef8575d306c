"""CPU seconds of an epoch of Cornac, Surprise or implicit: ``python plain.py NAME rows.npz``, in their environment."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

torch.set_num_threads(1)
_ALL, _TENTH = 1, 10


def _cornac_of(rows: Any) -> Any:
    from cornac.data import Dataset

    return Dataset.from_uir(list(zip(*(rows[name].tolist() for name in ("user", "item", "rating")), strict=True)))


def _cornac_mf(**more: Any) -> Callable[[int, Any], None]:
    from cornac.models import MF

    return lambda epochs, data: MF(k=32, max_iter=epochs, use_bias=True, verbose=False, **more).fit(data)


def _cornac_neumf(epochs: int, data: Any) -> None:
    from cornac.models import NeuMF

    layers = {"num_factors": 32, "layers": [64, 64, 32], "num_neg": 4, "batch_size": 256, "lr": 0.001}
    NeuMF(**layers, num_epochs=epochs, backend="pytorch", verbose=False).fit(data)


def _surprise_of(rows: Any) -> Any:
    import pandas as pd
    from surprise import Dataset, Reader

    frame = pd.DataFrame({name: rows[name] for name in ("user", "item", "rating")})
    return Dataset.load_from_df(frame, Reader(rating_scale=(1, 5))).build_full_trainset()


def _surprise_svd(epochs: int, data: Any) -> None:
    from surprise import SVD

    SVD(n_factors=32, n_epochs=epochs).fit(data)


def _implicit_of(rows: Any) -> Any:
    from scipy.sparse import csr_matrix

    return csr_matrix((np.ones(len(rows["user"]), np.float32), (rows["user"], rows["item"])))


def _implicit_als(epochs: int, data: Any) -> None:
    from implicit.als import AlternatingLeastSquares

    AlternatingLeastSquares(factors=32, iterations=epochs, num_threads=1).fit(data, show_progress=False)


def _implicit_bpr(epochs: int, data: Any) -> None:
    from implicit.bpr import BayesianPersonalizedRanking

    BayesianPersonalizedRanking(factors=32, iterations=epochs, num_threads=1).fit(data, show_progress=False)


_ADAM = {"backend": "pytorch", "optimizer": "adam", "batch_size": 256, "learning_rate": 0.001}
_SGD = {"backend": "cpu", "learning_rate": 0.01, "num_threads": 1}
# Name → its data, its training, which share of the rows, and how many epochs more are timed beyond the first.
PEERS: dict[str, tuple[Callable[[Any], Any], Callable[[int, Any], None], int, int]] = {
    "cornac-neumf": (_cornac_of, _cornac_neumf, _TENTH, 1),
    "cornac-mf-adam": (_cornac_of, _cornac_mf(**_ADAM), _ALL, 1),
    "cornac-mf-sgd": (_cornac_of, _cornac_mf(**_SGD), _ALL, 20),
    "surprise-svd": (_surprise_of, _surprise_svd, _ALL, 10),
    "implicit-als": (_implicit_of, _implicit_als, _ALL, 10),
    "implicit-bpr": (_implicit_of, _implicit_bpr, _ALL, 10),
}


def main(name: str, path: str) -> None:
    """Print the seconds of an epoch on all rows: what further epochs add, so that set-up does not count."""
    make, train, share, more = PEERS[name]
    rows = np.load(path)
    keep = np.random.default_rng(0).permutation(len(rows["user"]))[: len(rows["user"]) // share]
    data = make({column: rows[column][np.sort(keep)] for column in rows.files})
    took = []
    for epochs in (1, 1 + more):
        begin = time.process_time()
        train(epochs, data)
        took.append(time.process_time() - begin)
    print(json.dumps(share * (took[1] - took[0]) / more))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rec_core.data.sources import Folders
from rec_core.models import MODELS, NCF, Shape, SimpleMF, svd
from rec_core.models.counting import matrix
from rec_core.stages.training import warmed
from tests.conftest import experiment, interactions, quick


def _log(n: int = 400, n_users: int = 30, n_items: int = 20) -> tuple[list[int], list[int]]:
    rng = np.random.default_rng(0)
    return rng.integers(0, n_users, n).tolist(), (rng.integers(0, n_items, n) ** 2 // n_items).tolist()


def test_item_vectors_are_scipys_up_to_sign() -> None:
    """Also with repeated pairs, and with a user and an item that have no row."""
    scipy_linalg = pytest.importorskip("scipy.linalg")
    user, item = _log()
    x = np.zeros((31, 21))
    x[user, item] = 1
    scaled = x / np.sqrt(np.maximum(x.sum(1), 1))[:, None] / np.sqrt(np.maximum(x.sum(0), 1))
    _, s, v = scipy_linalg.svd(scaled, full_matrices=False)
    exact = v[:5].T * np.sqrt(s[:5])
    ours = svd.item_vectors(matrix(interactions(user, item), 31, 21), 5, np.random.default_rng(0))
    signs = np.sign((ours * exact).sum(0))
    np.testing.assert_allclose(ours * signs, exact, atol=2e-2)
    np.testing.assert_allclose(ours @ ours.T, exact @ exact.T, atol=2e-2)


def test_more_vectors_than_there_are_are_zero() -> None:
    vectors = svd.item_vectors(matrix(interactions([0, 0, 1], [0, 1, 1]), 2, 2), 6, np.random.default_rng(0))
    assert vectors.shape == (2, 6)
    assert not vectors[:, 2:].any()


def test_a_user_is_the_mean_of_their_items() -> None:
    x = matrix(interactions([0, 0, 0, 2], [0, 1, 1, 2]), 4, 3)
    vectors = np.array([[1, 0], [3, 2], [5, 6]], np.float32)
    assert svd.profiles(x, vectors).tolist() == [[2, 1], [0, 0], [5, 6], [0, 0]]


@pytest.mark.parametrize("model", [SimpleMF(dim=4), SimpleMF(dim=4, bias=True), NCF(dim=4)], ids=str)
def test_a_start_holds_the_vectors_in_every_embedding(model: SimpleMF | NCF) -> None:
    user, item = _log()
    start = model.start(Shape(31, 21, 3.5), np.random.default_rng(0))
    ours = warmed(model, start, interactions(user, item), np.random.default_rng(1))
    assert ours.keys() == start.keys()
    for table in ("user", "item"):
        more = ours[table] - start[table]
        parts = [more[:, 4 * part : 4 * part + 4] for part in range(len(more[0]) // 4)]
        assert all(np.allclose(part, parts[0], atol=1e-5) for part in parts)  # single precision
        assert not more[:, 4 * len(parts) :].any()  # biases are left alone
        if table == "item":
            assert parts[0].std() == pytest.approx(0.1, rel=1e-3)
        assert not parts[0][-1].round(5).any()  # nobody's and nothing's row


@pytest.mark.parametrize("model", [name for name, model in MODELS.items() if model.is_trained])
def test_a_run_starts_from_what_it_is_told(model: str, tmp_path: Path) -> None:
    def metrics(method: str, start: str) -> dict[str, float]:
        spec = quick(method, "implicit", model, ratio=0.3, train={"epochs": 1, "start": start})
        return experiment(spec, Folders(None, tmp_path)).result().metrics

    starts = [metrics("random", start) for start in ("random", "kept", "sketch")]
    assert starts[0] != starts[1] != starts[2] != starts[0]
    assert metrics("full", "kept") == metrics("full", "sketch")

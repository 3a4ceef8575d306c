"""Ratings less their damped biases: trained on what is left, predicted with what was taken off."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rec_core.data.sources import Folders
from rec_core.models import Fitted, SimpleMF, baselines
from rec_core.stages import SPLIT, TRAIN
from rec_core.training import kernels
from tests.conftest import experiment, quick


def _run(tmp_path: Path, model: str, **train: object) -> dict[str, float]:
    spec = quick("random", "explicit", model, ratio=0.3, train={"epochs": 1} | train)
    return experiment(spec, Folders(None, tmp_path)).result().metrics


def test_a_model_of_residuals_begins_at_the_biases(tmp_path: Path) -> None:
    """With embeddings near zero and steps near zero it is the control, counted on the same rows."""
    train = {"epochs": 1, "learning_rate": 1e-9, "residuals": "kept"}
    spec = quick("random", "explicit", "mf", ratio=0.3, train=train).with_(model={"name": "mf", "init_std": 1e-6})
    result = experiment(spec, Folders(None, tmp_path)).result()
    assert result.metrics["rmse"] == pytest.approx(result.controls["user_item_bias_kept"]["rmse"], abs=1e-4)


@pytest.mark.parametrize("model", ["mf", "ncf"])
def test_residuals_of_the_kept_rows_and_of_all_rows(model: str, tmp_path: Path) -> None:
    found = [_run(tmp_path, model, residuals=which)["rmse"] for which in ("off", "kept", "sketch")]
    assert len(set(found)) == 3
    assert max(found[1:]) < found[0]  # the report's start is far from any rating


def test_every_way_to_predict_adds_the_biases(tmp_path: Path) -> None:
    spec = quick("random", "explicit", "mf", ratio=0.3, train={"epochs": 1, "residuals": "kept"})
    one = experiment(spec, Folders(None, tmp_path))
    params, train = one.graph.get(TRAIN).params, one.graph.get(SPLIT).train.take(one.coreset.rows)
    catalogue = one.split.catalogue
    found = baselines.biases(train, catalogue.n_users, catalogue.n_items)
    users, items = np.array([3, 0, 3]), np.array([1, 5, 0])
    fitted = Fitted(SimpleMF(), params)
    product = (params["user"][users] * params["item"][items]).sum(1)
    expected = product + found.mean + found.user[users] + found.item[items]
    np.testing.assert_allclose(fitted.predict(users, items), expected, rtol=1e-4)
    np.testing.assert_allclose(kernels.scorer(fitted)(users, items[:, None])[:, 0], expected, rtol=1e-4)
    np.testing.assert_allclose(kernels.scorer(fitted)(users, np.arange(6)[None])[[0, 1, 2], items], expected, rtol=1e-4)


def test_clicks_have_no_residuals() -> None:
    plain, other = (quick("random", train={"epochs": 1, "residuals": which}) for which in ("off", "kept"))
    assert TRAIN.key(plain) == TRAIN.key(other)


def test_rows_that_change_with_the_epoch_are_residuals_too(tmp_path: Path) -> None:
    train = {"epochs": 1, "learning_rate": 1e-9, "residuals": "sketch"}
    spec = quick("rs2", "explicit", "mf", ratio=0.3, train=train).with_(model={"name": "mf", "init_std": 1e-6})
    one = experiment(spec, Folders(None, tmp_path))
    rows, found = one.split.train.take(one.coreset.rows), one.trained.history[0]["loss"]
    catalogue = one.split.catalogue
    base = baselines.biases(one.split.train, catalogue.n_users, catalogue.n_items)
    left = rows.rated - base.mean - base.user[rows.user] - base.item[rows.item]
    assert found == pytest.approx(float((left**2).mean()), rel=0.02)  # the mean of batches, the last one shorter

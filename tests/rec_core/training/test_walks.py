from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rec_core.analysis.comparison import baseline_spec
from rec_core.data.sources import Folders
from rec_core.models.counting import degrees, matrix, walk
from rec_core.stages import TRAIN
from rec_core.training import loop, walks
from rec_core.wording import labels
from tests.conftest import experiment, interactions, quick


def test_walked_positives_follow_the_rows_and_are_drawn_by_the_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of users whose chunk is another, and none for a user without a row."""
    monkeypatch.setattr(walks, "_AT_ONCE", 16)
    rng = np.random.default_rng(0)
    rows = interactions(np.repeat([0, 1, 2, 4], 3).tolist(), rng.integers(0, 7, 12).tolist())
    x = matrix(rows, 5, 7)
    chance = walk(x)(np.arange(5)) / np.sqrt(degrees(x)[1])
    found = walks.with_walked(rows, 5, 7, 500, np.random.default_rng(1))
    assert found.user[:12].tolist() == rows.user.tolist()
    assert found.item[:12].tolist() == rows.item.tolist()
    user, item = found.user[12:], found.item[12:]
    assert np.bincount(user, minlength=5).tolist() == [1500, 1500, 1500, 0, 1500]
    for one in (0, 1, 2, 4):
        share = np.bincount(item[user == one], minlength=7) / 1500
        expected = chance[one] / chance[one].sum()
        assert np.abs(share - expected).max() < 4 * np.sqrt(0.25 / 1500)


def test_only_the_likeliest_items_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walks, "_LIKELIEST", 2)
    chance = np.array([[0.1, 0.2, 0.3], [0.0, 0.0, 0.0]], np.float32)
    drawn = walks._drawn(chance, np.array([400, 0]), np.random.default_rng(0))
    assert set(drawn.tolist()) == {1, 2}
    assert np.mean(drawn == 2) == pytest.approx(0.6, abs=0.1)


def test_walked_positives_weigh_one_whatever_the_rows_weigh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They stand in another order than the rows, and belong to none of them."""
    seen: list[Any] = []
    trained = loop.train

    def listen(*args: Any) -> Any:
        seen.append((len(args[2]), args[7]))
        return trained(*args)

    monkeypatch.setattr("rec_core.stages.train.loop.train", listen)
    spec = quick("leverage", ratio=0.1, pretrain=False, train={"epochs": 1, "walked": 2})
    one = experiment(spec, Folders(None, tmp_path))
    _ = one.trained
    ((rows, weights),) = seen
    kept = len(one.coreset.rows)
    assert rows == len(weights) == 3 * kept
    assert weights[:kept].tolist() == one.coreset.weights.tolist()  # type: ignore[union-attr]
    assert (weights[kept:] == 1).all()


@pytest.mark.parametrize("method", ["full", "rs2"])
def test_where_no_row_is_missing_nothing_is_walked(method: str) -> None:
    plain, walked = (quick(method, train={"epochs": 1, "walked": count}) for count in (0, 4))
    assert TRAIN.key(plain) == TRAIN.key(walked)
    assert walked.walked == 0
    assert "walks" not in labels.choice_title(walked)


def test_a_run_is_trained_on_walked_positives(tmp_path: Path) -> None:
    def run(**train: object) -> dict[str, float]:
        spec = quick("random", ratio=0.2, train={"epochs": 1} | train)
        return experiment(spec, Folders(None, tmp_path)).result().metrics

    assert run() != run(walked=2)
    spec = quick("random", train={"walked": 2})
    assert baseline_spec(spec).walked == 0  # it has the rows that these stand for
    ratings = (quick("random", "explicit", train={"epochs": 1, "walked": walked}) for walked in (0, 2))
    assert len({TRAIN.key(one) for one in ratings}) == 1


def test_results_of_before_the_mends_are_misses_and_no_others() -> None:
    """The same key stood for what had other weights, or for rows that were no residuals."""
    few = {"epochs": 1, "walked": 2}
    assert TRAIN.inputs(quick("leverage", train=few))["walks version"] == 2
    rated = {"epochs": 1, "residuals": "kept"}
    assert TRAIN.inputs(quick("rs2", "explicit", train=rated))["residuals version"] == 2
    for others in (
        quick("rs2", train=few),
        quick("full", train=few),
        quick("recent", "explicit", train=rated),
        quick(),
    ):
        assert not any(name.endswith(" version") for name in TRAIN.inputs(others))

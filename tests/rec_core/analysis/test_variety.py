"""What models show: how much of the catalogue, how much of its tail, how popular."""

from __future__ import annotations

import numpy as np
import pytest

from rec_core.analysis.coverage import long_tail
from rec_core.analysis.variety import Variety, table, variety
from rec_core.data.interactions import Split
from rec_core.data.sources import Folders
from rec_core.data.sources.movielens import FILMS
from rec_core.wording.variety import sentence
from tests.conftest import experiment, quick


def test_variety_is_counted_and_averaged_over_seeds(small_split: Split) -> None:
    n = small_split.catalogue.n_items
    train = np.bincount(small_split.train.item, minlength=n)
    one, other = np.zeros(n, np.int64), np.zeros(n, np.int64)
    one[[3, 5]] = 4, 6
    other[7] = 10
    found = variety(small_split, [one, other, np.zeros(0, np.int64)])
    assert found is not None
    tail = long_tail(train)
    assert found.covered == pytest.approx((2 / n + 1 / n) / 2)
    assert found.tail == pytest.approx(((0.4 * tail[3] + 0.6 * tail[5]) + float(tail[7])) / 2)
    assert found.popularity == pytest.approx(((0.4 * train[3] + 0.6 * train[5]) + train[7]) / 2)
    assert variety(small_split, [np.zeros(0, np.int64)]) is None
    assert table(small_split, {"a": [one], "old": [np.zeros(0, np.int64)]})["run"].tolist() == ["a"]


def test_a_run_counts_what_it_shows(folders: Folders) -> None:
    made = experiment(quick("random"), folders)
    assert made.evaluated.shown.sum() == 10 * len(made.split.test)
    assert len(experiment(quick("random", "explicit"), folders).evaluated.shown) == 0


def test_what_is_shown_is_said_beside_full_data() -> None:
    ours, full = Variety(0.25, 0.1, 40.0), Variety(0.5, 0.2, 30.0)
    said = sentence(ours, full, FILMS).replace("\u00a0", " ")
    assert "is 25 % (full data: 50 %) of all films; 10 % (full data: 20 %) of it is long tail" in said
    assert "on average it has 40 (full data: 30) train ratings" in said
    assert "full data" not in sentence(ours, None, FILMS)
    assert sentence(None, full, FILMS) == ""

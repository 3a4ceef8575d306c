"""Q1 on hand-worked norms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rec_core.analysis import columns as col
from rec_core.analysis import gradient_norms
from rec_core.analysis.gradient_norms import Norms
from rec_core.data.sources import Folders
from rec_core.data.sources.movielens import FILMS
from rec_core.evaluation.ranking import RECALL
from rec_core.figures import gradient_norms as figures
from rec_core.figures.style import mark
from rec_core.selection import budget
from rec_core.wording import gradient_norms as wording
from tests.conftest import experiment, interactions, quick

NORMS = np.array([0.1, 0.2, 0.4, 0.8, 1.6, 3.2], np.float32)


@pytest.mark.parametrize(
    ("rows", "cuts"),
    [
        ([4, 5], [1.6]),  # the hardest: one cut, below them
        ([0, 1], [0.2]),  # the easiest: one cut, above them
        ([2, 3], [0.4, 0.8]),  # a window: both
        ([0, 5], []),  # no interval
        ([0, 1, 2, 3, 4, 5], []),  # everything
    ],
)
def test_a_cut_is_where_keeping_begins_or_ends(rows: list[int], cuts: list[float]) -> None:
    assert Norms(NORMS, np.array(rows)).cuts == pytest.approx(cuts)


def test_the_percentile_is_the_mean_share_of_easier_rows() -> None:
    assert Norms(NORMS, np.array([4, 5])).percentile == pytest.approx((4.5 + 5.5) / 2 / 6)
    assert Norms(NORMS, np.array([0, 1])).percentile == pytest.approx((0.5 + 1.5) / 2 / 6)
    assert Norms(NORMS, np.arange(6)).percentile == pytest.approx(0.5)
    assert Norms(np.ones(6, np.float32), np.array([3])).percentile == pytest.approx(0.5)  # ties


def test_a_random_coreset_has_no_preference_whatever_its_size() -> None:
    rng = np.random.default_rng(0)
    values = rng.lognormal(size=50_000).astype(np.float32)
    for count in (50, 250, 1000, 10_000):
        found = [Norms(values, rng.choice(50_000, count, replace=False)).preference for _ in range(50)]
        assert np.count_nonzero(found) <= 2, count


def test_windows_are_told_apart_at_every_size() -> None:
    values = np.random.default_rng(0).lognormal(size=10_000).astype(np.float32)
    order = np.argsort(values)
    for count in (2000, 7000, 9000):
        assert Norms(values, order[:count]).preference < 0
        assert Norms(values, order[-count:]).is_hardest
        assert not Norms(values, order[:count]).is_hardest
    assert Norms(values, order[6000:8000]).preference > 0  # harder than most, without the hardest


def test_the_histogram_counts_every_row_where_numpy_puts_it() -> None:
    rng = np.random.default_rng(0)
    values = rng.lognormal(size=5000).astype(np.float32)
    norms = Norms(values, np.arange(1000))
    bounds = gradient_norms.edges([values])
    frame = gradient_norms.histogram(norms, bounds)
    expected, _ = np.histogram(values, bounds)
    # Single precision may move a row that lies on an edge to the next bin.
    assert np.abs((frame[col.KEPT] + frame[col.DROPPED]).to_numpy() - expected).sum() <= 4
    left = gradient_norms.left_of(norms, frame)
    assert left == pytest.approx((values < bounds[0]).sum(), abs=2)


def test_norms_of_zero_are_no_mode_at_the_left_end() -> None:
    """They lie to the left of a logarithmic axis; gathered in its lowest bin they looked like a peak."""
    values = np.array([0.0, 0.0, 1.0, 2.0], np.float32)
    norms, bounds = Norms(values, np.array([0])), gradient_norms.edges([values])
    frame = gradient_norms.histogram(norms, bounds)
    assert frame[col.KEPT].iloc[0] == 0
    assert frame[col.DROPPED].sum() == 2
    assert gradient_norms.left_of(norms, frame) == 2
    exhibit = figures.distribution({"Random start": norms}, mark("gradient"), "caption.", FILMS)
    assert "to the left of the axis: 2 (random start)." in exhibit.caption


@pytest.mark.parametrize("against", gradient_norms.AGAINST)
def test_the_relation_holds_quartiles_as_pandas_has_them(against: gradient_norms.Against) -> None:
    rng = np.random.default_rng(1)
    train = interactions(
        rng.integers(0, 20, 400).tolist(), rng.integers(0, 50, 400).tolist(), rng.integers(1, 6, 400).tolist()
    )
    norms = Norms(rng.random(400).astype(np.float32), np.arange(0, 400, 3))
    values, group = gradient_norms.groups(train, against)
    frame = gradient_norms.relation(norms, values, group)
    expected = pd.Series(norms.values.astype(float)).groupby(group).quantile(0.5)
    assert frame[col.MEDIAN_NORM].tolist() == pytest.approx(expected.tolist())
    assert frame[col.RATINGS].sum() == 400
    assert (frame[col.SHARE_KEPT] * frame[col.RATINGS]).sum() == pytest.approx(norms.kept.sum())


def test_the_answer_names_what_is_preferred() -> None:
    train = interactions([0, 0, 0, 1, 1, 2], [0, 1, 2, 0, 1, 0])
    hardest = Norms(NORMS, np.array([4, 5]))
    kind = wording.kind_sentence(hardest, gradient_norms.kind_of_rows(hardest, train), FILMS)
    assert (
        wording.verdict(hardest, "X", "random start", FILMS)
        == "X keeps only the ratings that fit the random start least."
    )
    # Rows 4 and 5 are of films with 2 and 3 ratings, by users with 2 and 1; the median is the lower middle.
    assert "film with 2 ratings (2 in all data), by a user with 1 (2)" in kind
    norms = np.arange(2000, dtype=np.float32)
    for rows, said in (
        ([*range(500)], "proxy well"),
        ([*range(1200, 1600)], "proxy badly"),
        ([*range(2000)], "all of them"),
    ):
        assert said in wording.verdict(Norms(norms, np.array(rows)), "X", "pretrained proxy", FILMS)
    alike = Norms(norms, np.arange(0, 2000, 5))
    assert wording.verdict(alike, "X", "proxy", FILMS) == "X takes easy and hard ratings alike."


def test_the_hard_end_of_the_sweep_is_the_gradient_method(folders: Folders) -> None:
    spec = quick("random", pretrain=False)
    wanted = gradient_norms.sweep_specs(spec)
    assert wanted[1.0].method.name == "gradient"
    hardest = experiment(spec.with_(method={"name": "window", "position": 1.0}), folders)
    gradient = experiment(wanted[1.0], folders)
    assert np.sort(gradient.scores[gradient.coreset.rows]) == pytest.approx(
        np.sort(hardest.scores[hardest.coreset.rows])
    )
    easiest = experiment(wanted[0.0], folders)
    count = budget(spec.ratio, len(easiest.split.train))
    assert np.sort(easiest.scores[easiest.coreset.rows]) == pytest.approx(np.sort(easiest.scores)[:count])


def test_the_sweep_says_what_the_hardest_ratings_cost(folders: Folders) -> None:
    wanted = gradient_norms.sweep_specs(quick("gradient", pretrain=False))
    some = {position: experiment(wanted[position], folders).result() for position in (0.0, 1.0)}
    assert wording.sweep_sentence(some, RECALL, FILMS).startswith("So far: Recall@10")
    every = {position: some[0.0 if position < 1 else 1.0] for position in wanted}
    assert "hardest ratings" in wording.sweep_sentence(every, RECALL, FILMS)
    exhibit = figures.sweep(some, {"Full data": 0.5}, RECALL, "caption")
    assert list(exhibit.figure.data[0].x) == [0.0, 1.0]
    assert exhibit.table["Recall@10"].tolist() == [some[p].metrics["recall@10"] for p in (0.0, 1.0)]


def test_the_distribution_has_a_panel_per_proxy() -> None:
    norms = Norms(NORMS, np.array([4, 5]))
    exhibit = figures.distribution(
        {"Pretrained proxy": norms, "Random start": norms}, mark("gradient"), "caption", FILMS
    )
    assert [trace.name for trace in exhibit.figure.data] == ["Kept", "Dropped"] * 2
    assert sum(exhibit.figure.data[0].y) == 2
    assert exhibit.table.groupby("Proxy")[["Kept", "Dropped"]].sum().to_numpy().tolist() == [[2, 4], [2, 4]]


def test_norms_of_zero_are_drawn() -> None:
    """A proxy that predicts perfectly has no gradient, and a logarithm of none."""
    zero = Norms(np.zeros(200, np.float32), np.arange(100))
    half = Norms(np.repeat([0.0, 1.0], 100).astype(np.float32), np.arange(100))
    for norms in (zero, half):
        exhibit = figures.distribution({"A": norms}, mark("gradient"), "caption", FILMS)
        drawn = sum(sum(trace.y) for trace in exhibit.figure.data)
        assert drawn == np.count_nonzero(norms.values)
        assert f"to the left of the axis: {200 - drawn} (a)" in exhibit.caption

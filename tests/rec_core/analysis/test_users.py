"""Q4, Q5 and One user: maps, groups, norms, recommendations."""

from __future__ import annotations

import time

import numpy as np
import psutil
import pytest
from numpy.typing import NDArray

from rec_core import projection
from rec_core.analysis import columns as col
from rec_core.analysis import groups, norms, recommend
from rec_core.analysis.norms import Pairs
from rec_core.data.interactions import Split
from rec_core.data.sources import Folders
from rec_core.data.sources.movielens import FILMS
from rec_core.errors import CancelledError, SelectionError
from rec_core.evaluation.ranking import all_item_ranks
from rec_core.experiment import Experiment
from rec_core.figures import norms as norm_figures
from rec_core.figures.recommendations import side_by_side
from rec_core.figures.user_map import tastes, user_map
from rec_core.models import Fitted, Shape, SimpleMF
from rec_core.stages import MemoryStore
from rec_core.training.kernels import scorer
from rec_core.wording import norms as norm_words
from rec_core.wording import recommend as recommend_words
from tests.conftest import experiment, quick


def test_pca_equals_the_singular_value_decomposition() -> None:
    points = np.random.default_rng(0).normal(size=(200, 8)).astype(np.float32)
    places = projection.pca(points, np.random.default_rng(0)).places
    centred = points - points.mean(axis=0)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    assert np.abs(places) == pytest.approx(np.abs(u[:, :2] * s[:2]), abs=1e-3)


def test_a_large_map_is_sampled() -> None:
    users = projection.sample(projection.MOST + 1000, np.random.default_rng(0))
    assert len(users) == projection.MOST
    assert (np.diff(users) > 0).all()
    assert projection.sample(10, np.random.default_rng(0)).tolist() == list(range(10))


def test_a_proxys_map_is_computed_once_whatever_is_chosen(folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []

    def umap(embeddings: NDArray[np.float32], rng: np.random.Generator, alive: object) -> projection.UserMap:
        drawn.append(embeddings)
        return projection.pca(embeddings, rng)

    monkeypatch.setattr(projection, "umap", umap)
    store = MemoryStore()
    for pretrain in (True, False):
        for method, ratio in (("gradient", 0.2), ("greedy", 0.2), ("gradient", 0.5), ("random", 0.1), ("full", 1.0)):
            for model in ("ncf", "mf"):
                spec = quick(method, model=model, ratio=ratio, pretrain=pretrain)
                Experiment(spec, store, folders).user_map(of_proxy=True)
    assert len(drawn) == 2  # one pretrained, one random start
    Experiment(quick("random"), store, folders).user_map(of_proxy=False)
    assert len(drawn) == 3
    assert drawn[2].shape[1] == 2 * 32  # NCF's GMF and MLP embeddings side by side


def test_a_umap_stops_at_once_and_leaves_no_process() -> None:
    """It could not be cancelled: one call of the library, a minute long."""
    points, began = np.random.default_rng(0).normal(size=(5000, 32)).astype(np.float32), []

    def alive() -> None:
        began.append(time.monotonic())
        if len(began) > 3:
            raise CancelledError("Cancelled.")

    with pytest.raises(CancelledError):
        projection.umap(points, np.random.default_rng(0), alive)
    assert time.monotonic() - began[3] < 2
    ours = psutil.Process().children(recursive=True)
    assert not [process for process in ours if "rec_core.umap_process" in process.cmdline()]


@pytest.mark.slow
def test_a_umap_that_fails_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection, "_MIN_DISTANCE", "far")
    with pytest.raises(SelectionError, match=r"UMAP failed .*could not convert string to float: 'far'.*look at PCA"):
        projection.umap(np.zeros((9, 4), np.float32), np.random.default_rng(0))


@pytest.mark.slow
def test_umap_is_the_same_every_time() -> None:
    points = np.random.default_rng(0).normal(size=(60, 8)).astype(np.float32)
    first, again = (projection.umap(points, np.random.default_rng(5)) for _ in range(2))
    assert first.places.shape == (60, 2)
    assert (first.places == again.places).all()


def test_histories_count_what_is_kept(small_split: Split) -> None:
    history = groups.histories(small_split, np.arange(100))
    assert history.kept.sum() == 100
    assert history.full.sum() == len(small_split.train)
    assert history.share.max() <= 1


def test_a_group_of_everyone_is_like_everyone(small_split: Split) -> None:
    everyone = np.arange(small_split.catalogue.n_users)
    genres = groups.genres(small_split, everyone)
    assert genres[col.THEY].tolist() == pytest.approx(genres[col.EVERYONE].tolist())
    one = groups.favourites(small_split, np.array([7]))
    liked = small_split.train.item[(small_split.train.user == 7) & (small_split.train.rated >= 4)]
    assert set(one[col.ITEM]) <= set(small_split.catalogue.titles[liked].tolist())
    assert (one[col.THEY] == 1).all()
    assert tastes(genres, "caption", FILMS).table["Genre"].tolist() == genres[col.GENRE].tolist()


@pytest.mark.parametrize("highlighted", [None, np.array([3, 4])])
def test_the_map_marks_kept_dropped_and_chosen(small_split: Split, highlighted: NDArray[np.int64] | None) -> None:
    rows = np.flatnonzero(~np.isin(small_split.train.user, [0, 3]))
    history = groups.histories(small_split, rows)
    n = small_split.catalogue.n_users
    places = projection.UserMap(np.arange(n), np.zeros((n, 2), np.float32))
    exhibit = user_map("map", "Map", "PCA", places, history, small_split, "caption", FILMS, highlighted)
    dropped, kept = exhibit.figure.data
    assert dropped.customdata[:, 0].tolist() == [0, 3]
    assert len(kept.customdata) == n - 2
    if highlighted is not None:
        assert dropped.customdata[list(dropped.selectedpoints), 0].tolist() == [3]
        assert kept.customdata[list(kept.selectedpoints), 0].tolist() == [4]
    assert exhibit.table["User id"].tolist() == small_split.catalogue.user_ids.tolist()


def _pairs(n: int) -> Pairs:
    rng = np.random.default_rng(0)
    x = rng.random(n).astype(np.float32)
    return Pairs(x, -x + 0.01, rng.random(n) < 0.3, "x", "y", "users")


def test_pairs_of_kept_and_dropped_are_all_pairs() -> None:
    pairs = _pairs(1000)
    assert len(pairs.take("kept").x) + len(pairs.take("dropped").x) == len(pairs.take("all").x) == 1000
    assert pairs.take("kept").kept.all()
    assert len(_pairs(norms.MOST + 5).sample(np.random.default_rng(0)).x) == norms.MOST


@pytest.mark.parametrize("compared", norms.COMPARED)
def test_what_a_coefficient_means_is_said(compared: norms.Compared) -> None:
    found = norms.measure(_pairs(100), np.random.default_rng(0))
    verdict, meaning = norm_words.sentences(compared, "users", found)
    assert "very strong falling relation" in verdict
    assert meaning.startswith("Pearson -1.00 (-1.00 to -1.00), n = 100.")
    table = norm_figures.correlation_table(found)
    assert table["Coefficient"].tolist() == ["Pearson", "Spearman", "Kendall"]


def test_the_scatter_holds_every_pair_once() -> None:
    pairs = _pairs(500)
    exhibit = norm_figures.scatter(pairs, "#d55e00", "caption")
    points = [trace for trace in exhibit.figure.data if trace.type == "scattergl"]
    assert sum(len(trace.x) for trace in points) == 500
    assert len(norm_figures.scatter(pairs.take("kept"), "#d55e00", "caption").table) == int(pairs.kept.sum())


@pytest.mark.parametrize(("model", "feedback"), [("mf", "explicit"), ("mf", "implicit"), ("ncf", "implicit")])
def test_top_lists_are_the_best_unknown_items(folders: Folders, model: str, feedback: str) -> None:
    made = experiment(quick("random", feedback, model), folders)
    split, score = made.split, scorer(made.model)
    ranks = all_item_ranks(score, split)
    for user in (0, 17, 149):
        top = recommend.top_list(made.model, split, user)
        scores = score(np.array([user]), np.arange(split.catalogue.n_items)[None])[0]
        unknown = np.setdiff1d(np.arange(split.catalogue.n_items), recommend.known_items(split, user))
        expected = unknown[np.argsort(-scores[unknown], kind="stable")][:10]
        assert top.items.tolist() == expected.tolist()
        assert top.held_out_rank == ranks[user]


def test_both_lists_are_drawn_with_lines_between_shared_films(small_split: Split) -> None:
    first = recommend.TopList(np.arange(10), 3.0)
    second = recommend.TopList(np.arange(5, 15), 1234.5)
    titles = small_split.catalogue.titles.copy()
    titles[0] = "<b>Bold</b> & a very long title that does not fit beside a figure"
    exhibit = side_by_side(titles, first, second, ("Full data", "X" * 20 + " " + "Y" * 20), 7, "caption", FILMS)
    headings = [note.text for note in exhibit.figure.layout.annotations]
    assert headings == ["<b>Full data</b>", f"<b>{'X' * 20}</b><br><b>{'Y' * 20}</b>"]  # a long name has lines
    lines = [trace for trace in exhibit.figure.data if trace.mode == "lines"]
    assert len(lines) == 5
    assert exhibit.figure.data[5].text[0].startswith("&lt;b&gt;Bold&lt;/b&gt; &amp;")
    assert exhibit.table["Full data"].iloc[0] == titles[0]
    seen = recommend.history(small_split, np.flatnonzero(small_split.train.user == 4)[:3], 4)
    assert (seen[col.KEPT] == "✓").sum() == 3
    verdict, detail = recommend_words.sentences("12", "A film", seen, first, second, "X", FILMS)
    assert verdict == "User 12 would see 5 of the 10 films that full data recommends."
    assert "at rank 3 of the model trained on full data, and at 1,234.5 of this one" in detail


def test_a_map_of_few_users_is_a_map_or_a_sentence() -> None:
    rng = np.random.default_rng(0)
    for n in (1, 2, 3):
        points = rng.normal(size=(n, 8)).astype(np.float32)
        assert projection.pca(points, rng).places.shape == (n, 2)
        with pytest.raises(SelectionError, match=f"A UMAP needs at least 4 users, and here are {n}"):
            projection.umap(points, rng)


def test_norms_that_are_all_the_same_are_drawn_and_said() -> None:
    """Six users with six ratings each: no histogram of 40 bins, no coefficient."""
    same = norms.Pairs(np.full(8, 6, np.float32), np.arange(8, dtype=np.float32), np.ones(8, bool), "x", "y", "users")
    exhibit = norm_figures.scatter(same, "#d55e00", "caption")
    assert sum(exhibit.figure.data[1].y) == 8
    said = " ".join(norm_words.sentences("activity", "users", norms.measure(same, np.random.default_rng(0))))
    assert "nan" not in said
    assert "the same for all 8 of them" in said


def test_a_list_holds_no_item_that_the_user_has(small_split: Split) -> None:
    """Where few unknown items are left the list is short; it was filled up with known ones."""
    catalogue = small_split.catalogue
    known = recommend.known_items(small_split, 0)
    few = np.zeros(catalogue.n_items, bool)
    few[known] = few[small_split.test.item[0]] = True
    model = SimpleMF(dim=4)
    params = model.start(Shape(catalogue.n_users, catalogue.n_items, 0.0), np.random.default_rng(0))
    params["item"][~few] = np.nan  # not a number: last
    top = recommend.top_list(Fitted(model, params), small_split, 0)
    assert not set(top.items.tolist()) & set(known.tolist())
    assert top.items[0] == small_split.test.item[0]
    assert top.held_out_rank == 1


def test_a_process_that_waited_and_died_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was killed for its memory, say: the next map is drawn by another one."""
    monkeypatch.setattr(projection, "_waiting", [])
    projection.load_for_the_next()
    (dead,) = projection._waiting
    dead.kill()
    dead.wait()
    work = projection._next()
    assert work is not dead
    assert work.poll() is None
    work.kill()
    work.wait()

"""Overlap against a simulation of chance, slices and differences against hand-worked cases."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rec_core.analysis import columns as col
from rec_core.analysis import difference, overlap, slices
from rec_core.analysis.overlap import By
from rec_core.analysis.slices import Measured
from rec_core.data.interactions import Split
from rec_core.data.sources import Folders
from rec_core.data.sources.movielens import FILMS
from rec_core.evaluation import METRICS
from rec_core.evaluation.ranking import RECALL
from rec_core.figures import compare as figures
from rec_core.figures.style import distinct, mark
from rec_core.replicates import Group, verdict
from rec_core.wording import difference as difference_words
from rec_core.wording import slices as wording
from rec_core.wording.columns import titled
from tests.conftest import experiment, key, quick


@pytest.mark.parametrize("by", ["ratings", "users", "items"])
def test_chance_is_what_random_selections_have_in_common(small_split: Split, by: By) -> None:
    rng = np.random.default_rng(0)
    train, n = small_split.train, len(small_split.train)
    found = []
    for _ in range(60):
        a, b = (rng.choice(n, size, replace=False) for size in (n // 20, n // 10))
        found.append(overlap.jaccard(overlap.masks(train, a, by), overlap.masks(train, b, by)))
    assert overlap.by_chance(train, n // 20, n // 10, by) == pytest.approx(np.mean(found), abs=0.01)


def test_overlap_is_jaccard_of_every_pair(small_split: Split) -> None:
    chosen = {"A": np.arange(100), "B": np.arange(50, 150), "All": np.arange(len(small_split.train))}
    frame = overlap.matrix(small_split.train, chosen, "ratings")
    assert frame[[col.ONE, col.OTHER]].to_numpy().tolist() == [["A", "B"], ["A", "All"], ["B", "All"]]
    assert frame[col.JACCARD].iloc[0] == pytest.approx(50 / 150)
    assert frame[col.BY_CHANCE].iloc[1] == pytest.approx(100 / len(small_split.train))
    exhibit = figures.overlap(frame, list(chosen), "ratings", "caption", FILMS)
    assert np.allclose(exhibit.figure.data[0].z, np.array(exhibit.figure.data[0].z).T)


@pytest.mark.parametrize("feedback", ["implicit", "explicit"])
def test_the_slice_of_all_users_is_the_metric_itself(folders: Folders, feedback: str) -> None:
    made = experiment(quick("random", feedback), folders)
    result = made.result()
    for name, value in result.metrics.items():
        frame = slices.table({"X": Measured(made.split, made.coreset.rows, [made.evaluated.per_user])}, METRICS[name])
        assert frame["X"].iloc[0] == pytest.approx(value)
        parts = frame.set_index(col.SLICE)
        tail = sum(parts["X"].astype(float)[s] * parts[col.USERS].astype(int)[s] for s in (slices.HEAD, slices.TAIL))
        if name.startswith("recall"):  # a mean over all users is the mean of the parts
            assert tail / len(made.split.test) == pytest.approx(value)


def test_users_with_nothing_kept_are_those_of_the_coreset(small_split: Split) -> None:
    rows = np.flatnonzero(small_split.train.user != 3)
    masks = slices.slices(small_split)
    assert np.flatnonzero(slices.left_out(small_split, rows)).tolist() == [3]
    assert not (masks[slices.HEAD] & masks[slices.TAIL]).any()


def test_every_run_is_measured_on_whom_another_leaves_out(small_split: Split) -> None:
    n = small_split.catalogue.n_users
    good, bad = np.ones(n, np.float32), np.full(n, 50, np.float32)
    few = np.flatnonzero(small_split.train.user >= 30)  # leaves 30 users out
    runs = {
        "All": Measured(small_split, np.arange(len(small_split.train)), [{"rank": good}]),
        "Few": Measured(small_split, few, [{"rank": bad}]),
    }
    table = slices.table(runs, RECALL)
    rows = {wording.slice_title(str(row[col.SLICE]), FILMS): row for row in table.to_dict("records")}
    left_out = rows["Left out by Few"]
    assert (left_out[col.USERS], left_out["All"], left_out["Few"]) == (30, 1, 0)
    assert "Left out by All" not in rows  # too few to say anything: none
    assert {"All users", "Head films", "Long-tail films"} <= set(rows)
    assert any(name.startswith("Genre: ") for name in rows)


def test_only_settings_that_count_and_differ_are_listed() -> None:
    full, random, gradient = quick("full"), quick("random"), quick("gradient", proxy={"epochs": 3})
    frame = difference.settings({"F": full, "R": random, "G": gradient})
    assert frame[col.SETTING].tolist() == ["method.name", "ratio"]
    windows = {p: quick("window").with_(method={"name": "window", "position": p}) for p in (0.0, 0.5)}
    frame = difference.settings({str(p): spec for p, spec in windows.items()})
    assert frame.to_numpy().tolist() == [["method.position", "0", "0.5"]]
    assert difference.settings({"A": random, "B": random}).empty


def test_specs_of_one_run_do_not_differ() -> None:
    """Random looks at no proxy, full data have no ratio, ratings are ranked against nothing: same keys, no rows."""
    train, few = {"epochs": 2}, {"negatives": 9}
    pairs = [
        (quick("random"), quick("random", proxy={"epochs": 9}, pretrain=False)),
        (quick("full"), quick("full", ratio=0.5)),
        (quick("random", "explicit"), quick("random", "explicit", evaluation=few, train=train | few)),
        (quick("greedy", pretrain=False), quick("greedy", pretrain=False, proxy={"epochs": 1, "batch_size": 9})),
    ]
    for one, other in pairs:
        assert key(one) == key(other)
        assert difference.settings({"A": one, "B": other}).empty
    same = difference.settings({"A": quick("random", ratio=1.0), "B": quick("full")})
    assert same[col.SETTING].tolist() == ["method.name"]


def test_metrics_are_held_against_the_baseline(folders: Folders) -> None:
    results = {m: experiment(quick(m), folders).result() for m in ("full", "random")}
    groups = {m: Group((quick(m),), (result,)) for m, result in results.items()}
    per_user = {m: experiment(quick(m), folders).evaluated.per_user for m in results}
    values = {m: {0: RECALL.values(one)} for m, one in per_user.items()}
    gains = difference.against(RECALL, values, "full")
    frame = titled(difference.metrics(groups, "full", RECALL, gains), FILMS)
    assert frame["Δ Recall@10"].iloc[0] == 0
    expected = results["random"].metrics["recall@10"] - results["full"].metrics["recall@10"]
    assert frame["Δ Recall@10"].iloc[1] == pytest.approx(expected)
    interval = frame[["Δ Recall@10, 95 % from", "Δ Recall@10, 95 % to"]].to_numpy().astype(float)
    assert interval[0].tolist() == [0, 0]
    assert frame["Than the baseline"].tolist() == ["–", f"{verdict(gains['random'])}, one seed"]
    assert interval[1][0] < expected < interval[1][1]
    shown = {f"NCF · {m} · 0": group for m, group in groups.items()}
    estimates = {f"NCF · {m} · 0": gain for m, gain in gains.items()}
    assert "baseline" in difference_words.headline(shown, "NCF · full · 0", RECALL, estimates)
    exhibit = figures.curves(groups, {m: mark(m) for m in results}, "loss", "Train loss", "caption")
    assert [len(trace.x) for trace in exhibit.figure.data] == [2, 2]


def test_curves_of_several_seeds_are_a_line_in_a_band(folders: Folders) -> None:
    specs = [quick("random", seed=seed) for seed in range(3)]
    results = [experiment(spec, folders).result() for spec in specs]
    longer = replace(results[0], history=[*results[0].history, results[0].history[-1] | {"epoch": 3, "loss": 0.5}])
    group = Group(tuple(specs), (longer, *results[1:]))
    exhibit = figures.curves({"A": group}, {"A": mark("random")}, "loss", "Train loss", "caption")
    band, line = exhibit.figure.data
    losses = np.array([[row["loss"] for row in result.history] for result in results], dtype=float)
    np.testing.assert_allclose(line.y, [*losses.mean(0), 0.5])  # of those that trained so long
    np.testing.assert_allclose(band.y, [*losses.max(0), 0.5, 0.5, *losses.min(0)[::-1]])
    assert exhibit.table["Seed"].tolist() == [0, 0, 0, 1, 1, 2, 2]


def test_no_two_runs_look_the_same() -> None:
    marks = distinct([mark("window")] * 6)
    assert len(set(marks)) == 6
    assert marks[0] == mark("window")


def test_where_the_loss_is_is_said_by_head_and_tail(small_split: Split) -> None:
    head = slices.slices(small_split)[slices.HEAD]
    full = {"rank": np.ones(len(head), np.float32)}
    ours = {"rank": np.where(head, 50, 1).astype(np.float32)}
    both = [slices.head_and_tail(small_split, [one], RECALL) for one in (ours, full)]
    said = wording.head_and_tail(both[0], both[1], RECALL, FILMS)
    assert f"most popular fifth ({round(100 * head.mean())} % of them)" in said
    assert said.endswith("Recall@10 is 0 against 1 on full data, on the long tail 1 against 1 on full data.")
    assert wording.head_and_tail(both[0], None, RECALL, FILMS).endswith("is 0, on the long tail 1.")


def test_all_users_are_a_slice_however_few(small_split: Split) -> None:
    """Compare died where a data set has fewer than 20 users: there was no slice at all."""
    catalogue = small_split.catalogue
    train, validation, test = (
        part.take(part.user < 8) for part in (small_split.train, small_split.validation, small_split.test)
    )
    users, items = np.arange(catalogue.n_users) < 8, np.ones(catalogue.n_items, bool)
    few = Split(train, validation, test, catalogue.take(users, items))
    runs = {"A": Measured(few, np.arange(10), [{"rank": np.ones(8, np.float32)}])}
    table = slices.table(runs, RECALL)
    assert table[[col.SLICE, col.USERS, "A"]].to_numpy().tolist() == [[slices.ALL, 8, 1.0]]
    assert len(figures.by_slice(table, {"A": mark("random")}, RECALL, "caption", FILMS).table) == 1

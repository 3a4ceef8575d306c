from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from rec_core.data.interactions import Feedback
from rec_core.data.sources import Folders
from rec_core.errors import CancelledError, CorelensError, SelectionError
from rec_core.evaluation import metrics_of
from rec_core.experiment import Experiment, View
from rec_core.export.rows import coreset_frame
from rec_core.models import MODELS
from rec_core.progress import Progress
from rec_core.selection import METHODS, Candidates, Coreset, budget
from rec_core.selection.random import Random
from rec_core.stages import PROXY, SELECT, MemoryStore
from tests.conftest import experiment, quick


def _ones(rows: np.ndarray) -> np.ndarray:
    return np.ones(len(rows), np.float32)


WEIGHTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "ones": _ones,
    "twos": lambda rows: 2 * _ones(rows),
    "some": lambda rows: (rows % 2).astype(np.float32),
}
SECONDS = {"load", "pretrain", "select", "train", "evaluate", "total"}


@pytest.mark.parametrize("feedback", ["explicit", "implicit"])
@pytest.mark.parametrize("method", METHODS)
def test_every_method_runs_and_says_all_there_is_to_say(method: str, feedback: Feedback, folders: Folders) -> None:
    result = experiment(quick(method, feedback), folders).result()
    expected = result.n_train if method == "full" else budget(0.2, result.n_train)
    assert result.n_selected == expected
    published = {"rmse", "mae"} if feedback == "explicit" else {"recall@10", "ndcg@10", "recall@10_all", "ndcg@10_all"}
    names = {metric.name for metric in metrics_of(feedback)}
    assert published <= names
    assert set(result.metrics) == names
    assert all(set(metrics) == names for metrics in result.controls.values())
    assert set(result.seconds) == SECONDS
    assert result.seconds["total"] == pytest.approx(sum(s for k, s in result.seconds.items() if k != "total"))
    assert [row["epoch"] for row in result.history] == [1, 2]
    assert result.versions["torch"]


@pytest.mark.parametrize(
    ("model", "preset"), [(name, feedback) for name, model in MODELS.items() for feedback in model.feedbacks]
)
def test_the_same_spec_gives_the_same_numbers(model: str, preset: str, folders: Folders) -> None:
    first, second = (experiment(quick("gradient", preset, model), folders).result() for _ in range(2))
    assert first.metrics == second.metrics
    assert [row["loss"] for row in first.history] == [row["loss"] for row in second.history]
    other = experiment(quick("gradient", preset, model, seed=1), folders).result()
    assert other.metrics != first.metrics


def test_a_second_run_answers_from_the_store(folders: Folders) -> None:
    store, stages = MemoryStore(), []
    first = Experiment(quick("greedy"), store, folders).result()
    again = Experiment(quick("greedy"), store, folders, lambda p: stages.append(p.stage)).result()
    assert again == first
    assert stages == []


def test_runs_share_what_they_have_in_common(folders: Folders) -> None:
    store, stages = MemoryStore(), []
    first = Experiment(quick("gradient"), store, folders).result()
    other = Experiment(quick("gradient", ratio=0.3), store, folders, lambda p: stages.append(p.stage)).result()
    assert "Pretraining the proxy" not in stages
    assert other.seconds["pretrain"] == first.seconds["pretrain"] > 0


def test_untrained_proxy_is_the_start_of_the_pretrained_one(folders: Folders) -> None:
    store = MemoryStore()
    start = Experiment(quick("gradient", pretrain=False), store, folders).proxy
    trained = Experiment(quick("gradient", proxy={"epochs": 1, "learning_rate": 1e-9}), store, folders).proxy
    np.testing.assert_allclose(trained.params["user"], start.params["user"], atol=1e-5)


def test_an_untrained_proxy_is_not_called_pretraining(folders: Folders) -> None:
    assert experiment(quick("greedy", pretrain=False), folders).result().seconds["pretrain"] == 0


def test_readiness_of_the_proxy(folders: Folders) -> None:
    store = MemoryStore()
    assert View(quick("random"), store, folders).can(SELECT)
    assert View(quick("greedy", pretrain=False), store, folders).can(SELECT)
    assert not View(quick("greedy"), store, folders).can(SELECT)
    _ = Experiment(quick("greedy"), store, folders).proxy
    assert View(quick("gradient"), store, folders).can(SELECT)


def test_a_view_shows_what_is_there_and_never_trains(folders: Folders) -> None:
    store = MemoryStore()
    view = View(quick("greedy"), store, folders)
    assert len(view.split.train) > 0
    for look in ("proxy", "coreset", "trained", "evaluated"):
        with pytest.raises(CorelensError, match="press Run, or Prepare, first"):
            getattr(view, look)
    assert not view.has(PROXY)
    Experiment(quick("greedy"), store, folders).result()
    assert len(View(quick("greedy"), store, folders).coreset.rows) > 0


def test_a_view_never_downloads(folders: Folders) -> None:
    with pytest.raises(CorelensError, match="takes longer than a page may"):
        _ = View(quick(data={"dataset": "ml-1m"}), MemoryStore(), folders).split


def test_files_that_changed_since_the_run_was_asked_for_are_said(folders: Folders) -> None:
    stale = quick(data={"dataset": "synthetic-10k", "fingerprint": "0123456789abcdef"})
    with pytest.raises(CorelensError, match="are not those that this was asked for; ask again"):
        Experiment(stale, MemoryStore(), folders).result()


def test_weights_of_a_coreset_are_trained_with(folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the method to the model: weights are relative, and a row of weight 0 is as good as absent."""

    def select(self: Random, candidates: Candidates, budget: int, rng: np.random.Generator) -> Coreset:
        rows = np.arange(budget)
        return Coreset(rows, WEIGHTS[kind](rows))

    spec = quick("random", "explicit", "mf", train={"epochs": 3, "batch_size": 65536, "learning_rate": 0.01})
    kind, found = "", {}
    for kind in WEIGHTS:
        monkeypatch.setattr(Random, "select", select)
        made = experiment(spec, folders)
        found[kind] = made.trained.params["item"], coreset_frame(made)["weight"].to_numpy()
    ones, twos, some = (found[name] for name in ("ones", "twos", "some"))
    assert ones[0] == pytest.approx(twos[0], abs=1e-5)  # weights are relative within a batch
    assert np.abs(ones[0] - some[0]).max() > 1e-3
    assert some[1].tolist() == [0.0, 1.0] * (len(some[1]) // 2) + [0.0] * (len(some[1]) % 2)
    untouched = np.setdiff1d(np.arange(len(some[0])), made.split.train.item[made.coreset.rows[1::2]])
    start = experiment(spec.with_(train={"epochs": 3, "batch_size": 65536, "learning_rate": 1e-12}), folders)
    assert some[0][untouched] == pytest.approx(start.trained.params["item"][untouched], abs=1e-6)


def test_a_listener_can_stop_a_run(folders: Folders) -> None:
    def listen(progress: Progress) -> None:
        if progress.stage == "Training" and progress.epoch == 2:
            raise CancelledError("Cancelled.")

    store = MemoryStore()
    with pytest.raises(CancelledError):
        Experiment(quick(), store, folders, listen).result()
    assert Experiment(quick(), store, folders).result().n_selected > 0


def test_early_stopping_keeps_the_best_epoch(folders: Folders) -> None:
    spec = quick("full", train={"epochs": 30, "patience": 2}).with_(model={"name": "ncf", "init_std": 0.01})
    result = experiment(spec, folders).result()
    scores = [row["validation_recall@10"] or 0.0 for row in result.history]
    assert scores[result.best_epoch - 1] == max(scores)
    assert len(scores) <= result.best_epoch + 2


def test_the_coreset_leaves_with_original_ids(folders: Folders) -> None:
    chosen = experiment(quick("greedy"), folders)
    frame = coreset_frame(chosen)
    assert list(frame.columns) == ["user_id", "item_id", "rating", "time", "weight"]
    catalogue, train = chosen.split.catalogue, chosen.split.train
    kept = {(u, i) for u, i in zip(frame.user_id, frame.item_id, strict=True)}
    rows = chosen.coreset.rows
    assert kept == {
        (catalogue.user_ids[u], catalogue.item_ids[i]) for u, i in zip(train.user[rows], train.item[rows], strict=True)
    }


def test_more_clusters_than_users_is_said_in_a_sentence(folders: Folders) -> None:
    with pytest.raises(SelectionError, match="choose at most 150 clusters"):
        _ = experiment(quick().with_(method={"name": "clustering", "clusters": 5000}), folders).coreset


def test_what_cannot_be_saved_is_said_in_a_sentence(folders: Folders) -> None:
    class Full(MemoryStore):
        def put(self, key: str, artifact: object) -> None:
            raise OSError(28, "No space left on device")

    with pytest.raises(CorelensError, match=r"could not be saved \(the disk is full\)\. Finished steps are kept"):
        Experiment(quick(), Full(), folders).result()

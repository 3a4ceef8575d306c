from __future__ import annotations

import importlib
import re
import threading
from dataclasses import replace

import numpy as np
import psutil
import pytest
import torch
from torch.nn import functional

from rec_core.data.interactions import Feedback, Interactions
from rec_core.errors import TrainingError
from rec_core.models import NCF, Fitted, Model, Params, Shape, SimpleMF
from rec_core.specs import TrainSpec
from rec_core.training import kernels, loop, memory, sampling
from rec_core.training.kernels.reference import losses
from rec_core.training.kernels.reference.losses import Batch
from rec_core.training.kernels.reference.networks import Autograd, network
from rec_core.training.loop import Watch
from rec_core.training.sampling import Sampler
from tests.conftest import interactions

N_USERS, N_ITEMS = 12, 9


def _rows(n: int = 60) -> Interactions:
    rng = np.random.default_rng(3)
    return interactions(
        rng.integers(0, N_USERS, n).tolist(), rng.integers(0, N_ITEMS, n).tolist(), rng.integers(1, 6, n).tolist()
    )


SMALL: list[Model] = [SimpleMF(dim=8, init_std=0.3), NCF(dim=8, init_std=0.3)]


def _start(model: Model) -> Params:
    return model.start(Shape(N_USERS, N_ITEMS, 3.0), np.random.default_rng(0))


def _train(
    model: Model, rows: Interactions, spec: TrainSpec, feedback: Feedback = "explicit", **more: object
) -> loop.Trained:
    return loop.train(model, _start(model), rows, feedback, spec, np.random.default_rng(1), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("model", SMALL)
def test_full_batch_training_equals_plain_autograd_and_adam(model: Model) -> None:
    rows, spec = _rows(), TrainSpec(epochs=5, batch_size=1000, learning_rate=0.01)
    ours = _train(model, rows, spec).params
    plain = {name: torch.from_numpy(array.copy()).requires_grad_() for name, array in _start(model).items()}
    adam = torch.optim.Adam(plain.values(), lr=0.01)
    user, item = torch.from_numpy(rows.user).long(), torch.from_numpy(rows.item).long()
    for _ in range(5):
        adam.zero_grad()
        score = model.predict(
            plain, functional.embedding(user, plain["user"]), functional.embedding(item, plain["item"])
        )
        functional.mse_loss(score, torch.from_numpy(rows.rated)).backward()
        adam.step()
    for name, array in ours.items():
        np.testing.assert_allclose(array, plain[name].detach().numpy(), atol=2e-4)


def _batch(items: int, weight: torch.Tensor | None = None) -> Batch:
    generator = torch.Generator().manual_seed(0)
    user = torch.randint(N_USERS, (6,), generator=generator)
    chosen = torch.randint(N_ITEMS, (6, items), generator=generator)
    return Batch(user, chosen, torch.randint(1, 6, (6,), generator=generator).float(), weight)


def _plain_loss(score: torch.Tensor, batch: Batch, feedback: Feedback) -> torch.Tensor:
    """The losses of the report, from torch's own functions; a row's negatives share its weight."""
    weight = torch.ones(len(batch.user)) if batch.weight is None else batch.weight
    if feedback == "explicit":
        assert batch.rating is not None
        each = functional.mse_loss(score[:, 0], batch.rating, reduction="none")
    else:
        label = torch.zeros_like(score)
        label[:, 0] = 1
        each = functional.binary_cross_entropy(score.sigmoid(), label, reduction="none").mean(dim=1)
    return (each * weight).sum() / weight.sum()


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("feedback", ["explicit", "implicit"])
@pytest.mark.parametrize("by_hand", [True, False])
@pytest.mark.parametrize("model", [*SMALL, SimpleMF(dim=8, init_std=0.3, bias=True)])
def test_gradients_equal_autograd(model: Model, feedback: Feedback, weighted: bool, by_hand: bool) -> None:
    weight = torch.tensor([1.0, 0.0, 2.0, 0.5, 3.0, 1.0]) if weighted else None
    batch = _batch(1 if feedback == "explicit" else 4, weight)
    tensors = {name: torch.from_numpy(a.copy()).requires_grad_() for name, a in _start(model).items()}
    u = tensors["user"][batch.user].detach().requires_grad_()
    v = tensors["item"][batch.items.flatten()].detach().requires_grad_()
    expected = _plain_loss(model.predict(tensors, u[:, None], v.view(6, -1, v.shape[1])), batch, feedback)
    expected.backward()

    loss_of = losses.squared_error if feedback == "explicit" else losses.cross_entropy
    ours = network(model) if by_hand else Autograd(model)
    assert isinstance(ours, Autograd) != by_hand
    with torch.no_grad():
        score, kept = ours.forward(tensors, u, v)
        loss, slope = loss_of(score, batch)
        du, dv, layers = ours.backward(tensors, u, v, kept, slope)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
    gradients = {"u": (du, u.grad), "v": (dv, v.grad)} | {n: (g, tensors[n].grad) for n, g in layers.items()}
    assert set(layers) == set(tensors) - {"user", "item"}
    for name, (found, theirs) in gradients.items():
        assert theirs is not None, name
        np.testing.assert_allclose(found.numpy(), theirs.numpy(), atol=1e-6, err_msg=name)


def test_extreme_scores_have_finite_losses_and_slopes() -> None:
    batch = _batch(4)
    loss, slope = losses.cross_entropy(torch.tensor([1e4, -1e4] * 12), batch)
    assert np.isfinite(loss.item())
    assert torch.isfinite(slope).all()


@pytest.mark.parametrize("model", SMALL)
def test_a_weight_counts_like_repeating_the_row(model: Model) -> None:
    rows, spec = _rows(20), TrainSpec(epochs=8, batch_size=1000, learning_rate=0.01)
    times = np.random.default_rng(5).integers(1, 4, 20)
    weighted = _train(model, rows, spec, weights=times.astype(np.float32)).params
    repeated = _train(model, rows.take(np.repeat(np.arange(20), times)), spec).params
    for name, array in weighted.items():
        np.testing.assert_allclose(array, repeated[name], atol=2e-4)


def test_negatives_are_drawn_anew_each_epoch_over_all_items() -> None:
    spec = TrainSpec(epochs=2, batch_size=7, negatives=4)
    sampler = Sampler(_rows(), N_ITEMS, "implicit", spec, np.random.default_rng(0))
    first, second = (np.concatenate([block.items for block in sampler.epoch()]) for _ in range(2))
    assert first.shape == (60, 5)
    assert not np.array_equal(first, second)
    assert set(first[:, 1:].flatten().tolist()) == set(range(N_ITEMS))
    assert sorted(first[:, 0].tolist()) == sorted(_rows().item.tolist())
    assert sum(len(block) for block in sampler.epoch()) == sampler.batches() == 9


def test_batches_are_those_that_the_sampler_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    """A permutation, then the negatives of every so many rows: what another kernel may rely on."""
    monkeypatch.setattr(sampling, "DRAWN", 21)
    monkeypatch.setattr(sampling, "_HANDED", 14)
    rows, spec = _rows(), TrainSpec(batch_size=7, negatives=2)
    rng, weights = np.random.default_rng(5), np.arange(60, dtype=np.float32)
    blocks = list(Sampler(rows, N_ITEMS, "implicit", spec, np.random.default_rng(5), weights).epoch())
    order = rng.permutation(60)
    drawn = [rng.integers(N_ITEMS, size=(len(order[i : i + 21]), 2), dtype=np.int32) for i in range(0, 60, 21)]
    assert np.concatenate([block.user for block in blocks]).tolist() == rows.user[order].tolist()
    assert np.concatenate([block.items[:, 1:] for block in blocks]).tolist() == np.concatenate(drawn).tolist()
    assert np.concatenate([b.weight for b in blocks if b.weight is not None]).tolist() == order.tolist()
    assert [len(block) for block in blocks] == [2, 1, 2, 1, 2, 1]
    assert all(block.rating is None for block in blocks)


@pytest.mark.parametrize("model", SMALL)
@pytest.mark.parametrize("feedback", ["explicit", "implicit"])
def test_training_learns(model: Model, feedback: Feedback) -> None:
    trained = _train(model, _rows(), TrainSpec(epochs=40, learning_rate=0.01), feedback)
    assert trained.history[-1].loss < 0.8 * trained.history[0].loss


def test_the_start_is_left_as_it_was() -> None:
    model = SMALL[0]
    start = _start(model)
    before = {name: array.copy() for name, array in start.items()}
    loop.train(model, start, _rows(), "explicit", TrainSpec(epochs=2), np.random.default_rng(0))
    assert all(np.array_equal(start[name], array) for name, array in before.items())


def test_patience_keeps_the_best_epoch_and_stops() -> None:
    scores = iter([0.1, 0.5, 0.4, 0.5, 0.3, 0.9])
    seen = []

    def validate(params: dict[str, np.ndarray]) -> float:
        seen.append({name: array.copy() for name, array in params.items()})
        return next(scores)

    trained = _train(SMALL[0], _rows(), TrainSpec(epochs=6), watch=Watch(validate, patience=3))
    assert (trained.best_epoch, len(trained.history)) == (2, 5)
    assert np.array_equal(trained.params["user"], seen[1]["user"])


def test_without_patience_the_last_epoch_is_kept() -> None:
    scores = iter([0.9, 0.5, 0.1])
    trained = _train(SMALL[0], _rows(), TrainSpec(epochs=3), watch=Watch(lambda params: next(scores)))
    assert (trained.best_epoch, len(trained.history)) == (3, 3)


def test_the_scorer_scores_lists_of_items_and_all_items() -> None:
    score = kernels.scorer(Fitted(SMALL[1], _start(SMALL[1])))
    users, every = np.array([1, 4]), np.arange(N_ITEMS)[None]
    assert score(users, every).shape == (2, N_ITEMS)
    np.testing.assert_allclose(score(users, np.array([[2, 3], [0, 8]]))[1], score(users, every)[1, [0, 8]], atol=1e-5)


@pytest.mark.parametrize("patience", [0, 2])
def test_training_that_diverges_is_said_in_a_sentence(patience: int) -> None:
    watch = Watch(lambda params: float("nan"), patience)
    with pytest.raises(TrainingError, match=r"Training diverged in epoch \d: .* smaller learning rate"):
        _train(SMALL[0], _rows(), TrainSpec(epochs=5, batch_size=10, learning_rate=1e30), watch=watch)


def test_parameters_and_scores_that_are_not_finite_are_said_in_a_sentence() -> None:
    """In one step of one epoch the loss is finite still: it was taken before the step."""
    spec = TrainSpec(epochs=1, batch_size=1000, learning_rate=1e37)
    with pytest.raises(TrainingError, match=r"Training diverged in epoch 1: its numbers are no longer finite"):
        _train(SMALL[0], _rows(), replace_rate(spec, 1e39))
    large = _train(SMALL[0], _rows(), spec).params
    assert all(np.isfinite(array).all() for array in large.values())
    with pytest.raises(TrainingError, match="Training diverged: its numbers are no longer finite"):
        kernels.scorer(Fitted(SMALL[0], large))(np.array([0]), np.arange(N_ITEMS)[None])


def replace_rate(spec: TrainSpec, learning_rate: float) -> TrainSpec:
    return spec.model_copy(update={"learning_rate": learning_rate})


def test_training_leaves_small_numbers_as_they_were() -> None:
    _train(SMALL[0], _rows(), TrainSpec(epochs=1))
    assert (torch.tensor([1e-40]) * 0.5).item() > 0


@pytest.mark.parametrize("slow", [False, True])
def test_memory_is_estimated_from_what_training_takes(slow: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The estimate is no less than what is really taken, and of the same order."""
    monkeypatch.setattr(kernels, "why_slow", lambda: "asked for" if slow else "")
    importlib.import_module(kernels.LIBRARY)
    model, shape = NCF(dim=64), Shape(500, 400, 0.0)
    rng = np.random.default_rng(0)
    rows = interactions(rng.integers(0, 500, 20_000).tolist(), rng.integers(0, 400, 20_000).tolist())
    spec = TrainSpec(epochs=1, batch_size=20_000, negatives=8)
    before = psutil.Process().memory_info().rss
    peak = [before]
    running = threading.Event()

    def watch() -> None:
        while not running.wait(0.005):
            peak[0] = max(peak[0], psutil.Process().memory_info().rss)

    thread = threading.Thread(target=watch)
    thread.start()
    loop.train(model, model.start(shape, rng), rows, "implicit", spec, rng)
    running.set()
    thread.join()
    estimated = memory.needed(model, shape, len(rows), memory.Sizes(64, 20_000, 8))
    assert peak[0] - before <= estimated < 6 * max(peak[0] - before, 100 << 20)


def test_what_does_not_fit_is_refused_with_what_would(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available", lambda: 1 << 30)
    shape = Shape(6040, 3416, 0.0)
    memory.require(NCF(), shape, 100_000, "implicit", TrainSpec())
    for model, spec, words in (
        (NCF(dim=8192), TrainSpec(), r"Choose an embedding size of at most ([\d,]+)"),
        (NCF(), TrainSpec(negatives=100_000), r"Choose a number of negatives per positive of at most ([\d,]+)"),
        (SimpleMF(), TrainSpec(negatives=16, batch_size=2**30), r"Choose a batch size of at most ([\d,]+)"),
    ):
        with pytest.raises(TrainingError, match=words) as caught:
            memory.require(model, shape, 10**7, "implicit", spec)
        found = re.search(words, str(caught.value))
        assert found is not None
        fits = int(found[1].replace(",", ""))
        name = "dim" if "embedding" in words else "batch_size" if "batch" in words else "negatives"
        sizes = replace(memory.Sizes(model.dim, spec.batch_size, spec.negatives), **{name: fits})
        assert memory.needed(model, shape, 10**7, sizes) <= 1 << 30


def test_a_device_that_is_not_there_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORELENS_DEVICE", "tpu")
    with pytest.raises(TrainingError, match="CORELENS_DEVICE is 'tpu'; set it to cpu or cuda, or leave it out"):
        _train(SMALL[0], _rows(), TrainSpec(epochs=1))
    monkeypatch.setenv("CORELENS_DEVICE", "cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(TrainingError, match="torch finds no CUDA device here; leave it out, or install a build"):
        _train(SMALL[0], _rows(), TrainSpec(epochs=1))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("model", SMALL)
@pytest.mark.parametrize("feedback", ["explicit", "implicit"])
def test_a_cuda_device_gives_what_the_processor_gives(
    model: Model, feedback: Feedback, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = TrainSpec(epochs=3, batch_size=16, learning_rate=0.01)
    here = _train(model, _rows(), spec, feedback)
    monkeypatch.setenv("CORELENS_DEVICE", "cuda")
    there = _train(model, _rows(), spec, feedback)
    assert [epoch.loss for epoch in there.history] == pytest.approx([e.loss for e in here.history], rel=1e-3)
    for name, array in here.params.items():
        np.testing.assert_allclose(there.params[name], array, atol=5e-3)

"""Next item's kernels against its softmax in double precision, written out row by row."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rec_core.data.histories import histories
from rec_core.data.interactions import Interactions
from rec_core.models import NextItem, Params, Shape
from rec_core.specs import TrainSpec
from rec_core.training import kernels, loop
from rec_core.training.kernels import support
from rec_core.training.kernels.compiled.next_item import CompiledNextItem
from rec_core.training.kernels.reference.next_item import ReferenceNextItem
from rec_core.training.sampling import Block, Sampler

N_USERS, N_ITEMS, BATCH, RATE = 12, 30, 8, 0.01
SHAPE = Shape(N_USERS, N_ITEMS, 0.0)


def _log() -> Interactions:
    rng, n = np.random.default_rng(0), 200
    user, item = rng.integers(0, N_USERS, n, dtype=np.int32), rng.integers(0, N_ITEMS, n, dtype=np.int32)
    return Interactions(user, item, None, rng.integers(0, 60, n))


def _start(model: NextItem) -> Params:
    start, rng = model.start(SHAPE, np.random.default_rng(1)), np.random.default_rng(2)
    start["item"][:, -1] = rng.normal(0, 0.1, N_ITEMS)
    return start


def _blocks(model: NextItem, epochs: int, weighted: bool, size: int = BATCH) -> list[Block]:
    rows, rng = _log(), np.random.default_rng(3)
    weights = rng.uniform(0.1, 2, len(rows)).astype(np.float32) if weighted else None
    settings = TrainSpec(batch_size=size)
    sampler = Sampler(rows, N_ITEMS, "implicit", settings, rng, weights, model.shared_negatives)
    return [block for _ in range(epochs) for block in sampler.epoch()]


def _plainly(model: NextItem, blocks: list[Block], decay: float = 0.0) -> tuple[dict[str, torch.Tensor], float]:
    """Train in double precision, a row's loss at a time; return parameters and the sum of the batches' losses."""
    params = {name: torch.from_numpy(a.astype(np.float64)).requires_grad_() for name, a in _start(model).items()}
    adam = torch.optim.AdamW(params.values(), lr=RATE, weight_decay=decay)
    total, before = 0.0, _before(model.context)
    for block in blocks:
        assert block.shared is not None
        for place, shared in enumerate(block.shared):
            batch = range(place * block.size, min((place + 1) * block.size, len(block.row)))
            weight = [1.0 if block.weight is None else float(block.weight[i]) for i in batch]
            losses = [_loss(params, before[block.row[i]], int(block.items[i, 0]), shared.tolist()) for i in batch]
            loss = torch.stack(losses) @ torch.tensor(weight, dtype=torch.float64) / sum(weight)
            adam.zero_grad()
            loss.backward()
            adam.step()
            total += float(loss.detach())
    return params, total


def _before(context: int) -> list[list[int]]:
    """Return the newest items before each row in its user's history, the newest first."""
    rows, found = _log(), []
    assert rows.time is not None
    time = rows.time.tolist()
    for row in range(len(rows)):
        own = np.flatnonzero(rows.user == rows.user[row]).tolist()
        ordered = sorted(own, key=lambda one: (time[one], one))
        earlier = ordered[: ordered.index(row)][::-1]
        found.append([int(rows.item[one]) for one in earlier[:context]])
    return found


def _loss(params: dict[str, torch.Tensor], before: list[int], own: int, shared: list[int]) -> torch.Tensor:
    u = torch.zeros(params["source"].shape[1], dtype=torch.float64)
    for place, item in enumerate(before):
        u = u + params["place"][place] * params["source"][item]
    items = [own, *(item for item in shared if item != own)]
    scores = torch.stack([u @ params["item"][item, :-1] + params["item"][item, -1] for item in items])
    return -torch.log_softmax(scores, dim=0)[0]


def _kernels(model: NextItem, decay: float = 0.0) -> list[kernels.Kernel]:
    start = _start(model)
    return [
        CompiledNextItem(model, start, RATE, _log(), decay),
        ReferenceNextItem(model, start, RATE, torch.device("cpu"), _log(), decay),
    ]


@pytest.mark.parametrize(
    ("settings", "weighted", "size", "decay"),
    [
        ({"dim": 6, "context": 3, "shared": 5}, False, BATCH, 0.0),
        ({"dim": 6, "context": 3, "shared": 5}, False, BATCH, 0.1),
        ({"dim": 4, "context": 9, "shared": 20}, True, BATCH, 0.0),
        ({"dim": 17, "context": 1, "shared": 16}, True, 300, 0.0),  # one batch, of more rows than there are
    ],
    ids=str,
)
def test_epochs_are_those_of_adamw_in_double_precision(
    settings: dict[str, int], weighted: bool, size: int, decay: float
) -> None:
    model = NextItem(init_std=0.3, **settings)
    blocks = _blocks(model, 3, weighted, size)
    expected, total = _plainly(model, blocks, decay)
    for kernel in _kernels(model, decay):
        assert sum(kernel.run(block) for block in blocks) == pytest.approx(total, rel=1e-4)
        found = kernel.params()
        assert set(found) == set(expected)
        for name, tensor in expected.items():
            assert np.abs(found[name] - tensor.detach().numpy()).max() < 2e-3, name


def test_looking_at_the_parameters_changes_nothing() -> None:
    model = NextItem(dim=4, shared=8)
    blocks = _blocks(model, 2, False)
    one, other = (CompiledNextItem(model, _start(model), RATE, _log()) for _ in range(2))
    for block in blocks:
        one.run(block)
        one.params()
        other.run(block)
    assert all((one.params()[name] == other.params()[name]).all() for name in one.params())


def test_batches_larger_than_a_tile_are_the_reference_s() -> None:
    rng, n = np.random.default_rng(0), 1500
    rows = Interactions(
        rng.integers(0, 40, n, dtype=np.int32), rng.integers(0, 90, n, dtype=np.int32), None, np.arange(n)
    )
    model = NextItem(dim=12, init_std=0.2, shared=33)
    start = model.start(Shape(40, 90, 0.0), np.random.default_rng(1))
    sampler = Sampler(rows, 90, "implicit", TrainSpec(batch_size=700), np.random.default_rng(2), None, 33)
    blocks = [block for _ in range(4) for block in sampler.epoch()]
    ours, theirs = (
        CompiledNextItem(model, start, RATE, rows),
        ReferenceNextItem(model, start, RATE, torch.device("cpu"), rows),
    )
    for block in blocks:
        assert ours.run(block) == pytest.approx(theirs.run(block), rel=1e-4)
    for name, array in theirs.params().items():
        np.testing.assert_allclose(ours.params()[name], array, atol=2e-3)


@pytest.mark.parametrize("slow", [False, True])
def test_it_learns_what_follows(slow: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of users who walk around a circle of items, the next is known; where each begins is not."""
    if slow:
        monkeypatch.setattr(kernels, "uses_reference", lambda: True)
    first = np.random.default_rng(0).integers(0, N_ITEMS, 60)
    item = (first[:, None] + np.arange(9)) % N_ITEMS
    rows = Interactions(
        np.repeat(np.arange(60, dtype=np.int32), 9), item.ravel().astype(np.int32), None, np.arange(540)
    )
    model = NextItem(dim=16, init_std=0.1, context=3, shared=16)
    start = model.start(Shape(60, N_ITEMS, 0.0), np.random.default_rng(0))
    settings = TrainSpec(epochs=30, batch_size=32, learning_rate=0.01)
    trained = loop.train(model, start, rows, "implicit", settings, np.random.default_rng(1))
    u = model.users(trained.params, histories([rows], 60))
    assert ((u @ trained.params["item"].T).argmax(axis=1) == (item[:, -1] + 1) % N_ITEMS).mean() > 0.9
    assert support.why_slow() == "" or slow


def test_it_may_start_from_co_occurrence() -> None:
    model = NextItem(dim=6)
    start = model.start(SHAPE, np.random.default_rng(0))
    warm = model.from_co_occurrence(start, _log(), SHAPE, np.random.default_rng(0))
    assert {name: array.shape for name, array in warm.items()} == {name: array.shape for name, array in start.items()}
    assert not warm["item"][:, -1].any()
    assert (warm["place"] == start["place"]).all()
    few = NextItem(dim=64)  # more numbers than there are items
    wide = few.from_co_occurrence(few.start(SHAPE, np.random.default_rng(0)), _log(), SHAPE, np.random.default_rng(0))
    assert wide["source"].shape == (N_ITEMS, 64)
    assert not wide["source"][:, N_ITEMS:].any()

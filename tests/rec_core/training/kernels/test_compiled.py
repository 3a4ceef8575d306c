"""Compiled kernels against float64 Adam of torch, against autograd, and against the reference."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch.nn import functional

from rec_core.data.interactions import Feedback, Interactions
from rec_core.models import NCF, Fitted, Model, Params, Shape, SimpleMF
from rec_core.training.kernels import compiled, support
from rec_core.training.kernels.compiled import jit, products
from rec_core.training.kernels.compiled.adam import BETA_1
from rec_core.training.kernels.compiled.layers import packed, together, unpacked
from rec_core.training.kernels.compiled.mf import CompiledMF
from rec_core.training.kernels.compiled.ncf import CompiledNCF
from rec_core.training.kernels.compiled.next_item import CompiledNextItem
from rec_core.training.kernels.reference import Reference, scoring
from rec_core.training.sampling import Block

N_USERS, N_ITEMS, NEGATIVES, BATCH, RATE = 60, 40, 4, 8, 0.01
ROOT = Path(__file__).resolve().parents[4]


def _start(model: Model) -> Params:
    return model.start(Shape(N_USERS, N_ITEMS, 3.0), np.random.default_rng(0))


def _block(feedback: Feedback, steps: int, weighted: bool = False, seed: int = 1) -> Block:
    rng, rows = np.random.default_rng(seed), steps * BATCH - 3  # the last batch is shorter
    items = rng.integers(0, N_ITEMS, (rows, 1 if feedback == "explicit" else 1 + NEGATIVES), dtype=np.int32)
    rating = rng.integers(1, 6, rows).astype(np.float32) if feedback == "explicit" else None
    weight = rng.uniform(0, 2, rows).astype(np.float32) if weighted else None
    return Block(rng.integers(0, N_USERS, rows, dtype=np.int32), items, rating, weight, BATCH)


def _plainly(
    model: Model, start: Params, block: Block, decay: float = 0.0
) -> tuple[dict[str, torch.Tensor], list[float]]:
    """Train in double precision with torch's own layers, losses and AdamW; return parameters and losses."""
    params = {name: torch.from_numpy(array.astype(np.float64)).requires_grad_() for name, array in start.items()}
    adam = torch.optim.AdamW(params.values(), lr=RATE, weight_decay=decay)
    losses = []
    for begin in range(0, len(block.user), block.size):
        rows = slice(begin, begin + block.size)
        adam.zero_grad()
        loss = _loss(model, params, block.take(rows))
        loss.backward()
        adam.step()
        losses.append(loss.item())
    return params, losses


def _loss(model: Model, params: dict[str, torch.Tensor], batch: Block) -> torch.Tensor:
    user, items = torch.from_numpy(batch.user).long(), torch.from_numpy(batch.items).long()
    score = model.predict(params, params["user"][user][:, None], params["item"][items])
    weight = torch.ones(len(user)) if batch.weight is None else torch.from_numpy(batch.weight)
    if batch.rating is not None:
        each = (score[:, 0] - torch.from_numpy(batch.rating)) ** 2
    elif isinstance(model, SimpleMF) and model.loss == "bpr":
        each = -functional.logsigmoid(score[:, :1] - score[:, 1:]).mean(dim=1)
    else:
        label = torch.zeros_like(score)
        label[:, 0] = 1
        each = functional.binary_cross_entropy_with_logits(score, label, reduction="none").mean(dim=1)
    return (each * weight).sum() / weight.sum()


def _compiled(model: Model, start: Params, decay: float = 0.0) -> CompiledMF | CompiledNCF:
    kernel = compiled.begin(model, start, RATE, Interactions.none(), decay)
    assert not isinstance(kernel, CompiledNextItem)
    return kernel


ALL = list(
    itertools.product((0.01, 0.1, 1.0), ("explicit", "implicit"), (False, True), (False, True))
)  # start, feedback, biases, weights
FEW = [case for at, case in enumerate(ALL) if at % 9 == 0]


@pytest.mark.parametrize(
    ("std", "feedback", "bias", "weighted"),
    [pytest.param(*case, marks=() if case in FEW else pytest.mark.slow) for case in ALL],
)
def test_a_thousand_steps_of_mf_are_those_of_adam_in_double_precision(
    std: float, feedback: Feedback, bias: bool, weighted: bool
) -> None:
    model = SimpleMF(dim=6, init_std=std, bias=bias)
    start, block = _start(model), _block(feedback, 1000, weighted)
    expected, losses = _plainly(model, start, block)
    kernel = _compiled(model, start)
    assert kernel.run(block) == pytest.approx(sum(losses), rel=1e-4)
    found = kernel.params()
    assert set(found) == set(start)
    for name, tensor in expected.items():
        array = tensor.detach().numpy()
        spread = array.std() if array.size > 1 else 1.0
        assert np.abs(found[name] - array).max() <= 1e-3 * spread, name


@pytest.mark.parametrize(
    ("model", "feedback", "steps", "decay"),
    [
        (SimpleMF(dim=6, init_std=0.1, bias=True), "explicit", 1000, 0.1),
        (SimpleMF(dim=6, init_std=1.0), "implicit", 500, 0.01),
        (NCF(dim=8, init_std=0.1), "implicit", 5, 0.1),
    ],
)
def test_weights_decay_as_in_adamw_in_double_precision(
    model: Model, feedback: Feedback, steps: int, decay: float
) -> None:
    """Rows that no batch touches decay too: of 60 users a block knows the first ones only from its second half on."""
    start, block = _start(model), _block(feedback, steps)
    block.user[: len(block.user) // 2] = 10 + block.user[: len(block.user) // 2] % 40
    expected, losses = _plainly(model, start, block, decay)
    assert not np.allclose(expected["user"].detach(), _plainly(model, start, block)[0]["user"].detach(), atol=1e-4)
    for kernel in (_compiled(model, start, decay), Reference(model, start, feedback, RATE, weight_decay=decay)):
        assert kernel.run(block) == pytest.approx(sum(losses), rel=1e-4)
        for name, tensor in expected.items():
            array = tensor.detach().numpy()
            spread = array.std() if array.size > 1 else 1.0
            assert np.abs(kernel.params()[name] - array).max() <= 2e-3 * spread, name


@pytest.mark.parametrize(("std", "bias", "weighted"), [(0.01, True, False), (0.1, False, True), (1.0, True, True)])
def test_a_thousand_steps_in_pairs_are_those_of_adam_in_double_precision(
    std: float, bias: bool, weighted: bool
) -> None:
    """What all items of a user share, as its bias, has no part in which of two is better: it stays where it was."""
    model = SimpleMF(dim=6, init_std=std, bias=bias, loss="bpr")
    start, block = _start(model), _block("implicit", 1000, weighted)
    expected, losses = _plainly(model, start, block)
    kernels = [_compiled(model, start), Reference(model, start, "implicit", RATE)]
    for kernel, exact in zip(kernels, (1e-3, 1e-2), strict=True):
        assert kernel.run(block) == pytest.approx(sum(losses), rel=1e-4)
        found = kernel.params()
        if bias:
            assert (found["user"][:, -1] == 0).all()
            assert found["mean"] == start["mean"]
        for name in ("user", "item"):
            array = expected[name].detach().numpy()
            assert np.abs(found[name] - array).max() <= exact * array.std(), name


def _gradients(kernel: CompiledMF | CompiledNCF, dim: int) -> Params:
    """Return what a first step left behind: gradients of rows as they are, those of layers in their moments."""
    tables = {}
    for name, rows in (("user", kernel._users), ("item", kernel._items)):
        tables[name] = rows.numbers.reshape(-1, 4, rows.width)[:, 3]
    if isinstance(kernel, CompiledMF):
        return tables
    layers = kernel._layers
    numbers = layers.numbers.reshape(4, -1)
    first = layers._replace(numbers=(numbers[1] / (1 - BETA_1)).astype(np.float32))
    return {name: together(table, dim) for name, table in tables.items()} | unpacked(first, dim)


@pytest.mark.parametrize("dim", [4, 6, 20, 32])
@pytest.mark.parametrize("feedback", ["explicit", "implicit"])
def test_gradients_of_ncf_are_those_of_autograd(feedback: Feedback, dim: int) -> None:
    model = NCF(dim=dim, init_std=0.5)
    start, batch = _start(model), _block(feedback, 1, weighted=True)
    params = {name: torch.from_numpy(array.astype(np.float64)).requires_grad_() for name, array in start.items()}
    _loss(model, params, batch).backward()
    kernel = _compiled(model, start)
    kernel.run(batch)
    for name, found in _gradients(kernel, dim).items():
        expected = params[name].grad
        assert expected is not None
        np.testing.assert_allclose(found, expected.numpy(), atol=1e-5, err_msg=name)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("feedback", ["explicit", "implicit"])
def test_five_steps_of_ncf_are_those_of_adam_in_double_precision(feedback: Feedback, weighted: bool) -> None:
    model = NCF(dim=12, init_std=0.5)
    start, block = _start(model), _block(feedback, 5, weighted)
    expected, losses = _plainly(model, start, block)
    kernel = _compiled(model, start)
    assert kernel.run(block) == pytest.approx(sum(losses), rel=1e-5)
    for name, array in kernel.params().items():
        np.testing.assert_allclose(array, expected[name].detach().numpy(), atol=1e-4, err_msg=name)


@pytest.mark.parametrize("model", [SimpleMF(dim=8), NCF(dim=8, init_std=0.1)])
@pytest.mark.parametrize("feedback", ["explicit", "implicit"])
def test_losses_of_twenty_epochs_are_those_of_the_reference(model: Model, feedback: Feedback) -> None:
    start = _start(model)
    ours, reference = _compiled(model, start), Reference(model, start, feedback, RATE)
    for epoch in range(20):
        block = _block(feedback, 60, seed=epoch)
        assert ours.run(block) == pytest.approx(reference.run(block), rel=1e-2)


@pytest.mark.parametrize("model", [SimpleMF(dim=8, bias=True), NCF(dim=8)])
def test_looking_at_the_parameters_changes_nothing(model: Model) -> None:
    start, (first, second) = _start(model), (_block("implicit", 40, seed=seed) for seed in (1, 2))
    looked, unseen = _compiled(model, start), _compiled(model, start)
    for kernel in (looked, unseen):
        kernel.run(first)
        if kernel is looked:
            before = {name: array.copy() for name, array in kernel.params().items()}
            assert all(np.array_equal(array, before[name]) for name, array in kernel.params().items())
        kernel.run(second)
    assert all(np.array_equal(array, unseen.params()[name]) for name, array in looked.params().items())


def test_layers_are_found_as_they_were_packed() -> None:
    start = _start(NCF(dim=10))
    found = unpacked(packed(start, 10), 10)
    assert set(found) == set(start) - {"user", "item"}
    assert all(np.array_equal(array, start[name]) for name, array in found.items())


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 20), st.integers(1, 4), st.integers(1, 30), st.sampled_from([0, 1, 2]), st.booleans())
def test_products_are_those_of_numpy(rows: int, blocks: int, depth: int, ending: int, turned: bool) -> None:
    rng, columns = np.random.default_rng(rows + depth), products.COLUMNS * blocks
    a, b, start, gate = (
        rng.normal(size=shape).astype(np.float32)
        for shape in ((depth, rows) if turned else (rows, depth), (depth, columns), (rows, columns), (rows, columns))
    )
    out = np.empty((rows, columns), np.float32)
    left = products.Matrix(a.ravel(), 0, 1, rows) if turned else products.Matrix(a.ravel(), 0, depth, 1)
    of = [products.Matrix(array.ravel(), 0, columns, 1) for array in (out, start, b)]
    products.multiply(of[0], of[1], left, of[2], (rows, columns, depth), gate.ravel(), ending)
    expected = start + (a.T if turned else a).astype(np.float64) @ b
    expected = [expected, np.maximum(expected, 0), np.where(gate > 0, expected, 0)][ending]
    np.testing.assert_allclose(out, expected, atol=1e-4)


@pytest.mark.parametrize(
    "model", [SimpleMF(dim=5), SimpleMF(dim=32, bias=True), NCF(dim=4), NCF(dim=18), NCF(dim=32)], ids=repr
)
def test_scores_are_those_of_the_reference(model: Model) -> None:
    params = _start(model)
    if "mean" in params:
        params["user"][:, -1], params["item"][:, -1] = 0.5, -0.25
    fitted, users = Fitted(model, params), np.array([3, 0, 59])
    fast, slow = compiled.scorer(fitted), scoring.scorer(fitted)
    some = np.random.default_rng(0).integers(0, N_ITEMS, (3, 500), dtype=np.int32)
    for items in (np.arange(N_ITEMS)[None], some, some[:, :1]):
        np.testing.assert_allclose(fast(users, items), slow(users, items), atol=2e-5)


def _in_a_process(code: str, cache: Path, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | {"XDG_CACHE_HOME": str(cache)} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


_HITS = """
from rec_core.training.kernels import ready
from rec_core.training.kernels.compiled import mf, ncf, scoring
print([sum(f.stats.cache_hits.values()) for f in (mf._run, ncf._run, scoring._mf, scoring._ncf)])
"""


@pytest.mark.slow
def test_what_one_process_compiled_the_next_one_loads(tmp_path: Path) -> None:
    assert _in_a_process(_HITS, tmp_path) == "[0, 0, 0, 0]"
    assert _in_a_process(_HITS, tmp_path) == "[1, 1, 1, 1]"
    functions, kinds = (len(list(tmp_path.rglob(f"*.{ending}"))) for ending in ("nbi", "nbc"))
    assert functions == kinds > 10  # what is compiled ahead, half by half, is what a run calls


def test_what_is_kept_is_found_by_the_code_of_every_kernel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """numba looks at the file of a function alone, and what is inlined into it comes from others."""
    version = support.code_version.__wrapped__  # remembered otherwise, while the program runs
    before = version()
    shutil.copytree(Path(jit.__file__).parent, tmp_path / "compiled")
    monkeypatch.setattr(support, "__file__", str(tmp_path / "support.py"))
    assert version() == before
    (tmp_path / "compiled" / "lanes.py").write_text("# another way")
    assert version() != before


_WHY = """
from rec_core.training.kernels import ready
from rec_core.models import SimpleMF, Shape
from rec_core.data.interactions import Interactions
from rec_core.specs import TrainSpec
from rec_core.training import kernels
from rec_core.training.sampling import Block
import numpy as np
model, rows = SimpleMF(dim=4), Interactions.none()
kernel = kernels.begin(model, model.start(Shape(2, 2, 0.0), np.random.default_rng(0)), "explicit", TrainSpec(), rows)
kernel.run(Block(np.zeros(1, np.int32), np.zeros((1, 1), np.int32), np.ones(1, np.float32), None, 1))
print(type(kernel).__name__, "|", kernels.why_slow())
"""


def test_a_cache_that_cannot_be_written_falls_back_to_the_reference(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = _in_a_process(_WHY, tmp_path / "file")
    assert said.startswith("Reference | Training takes several times as long here, because compiled code cannot be")
    assert said.endswith("Make that folder writable, or set XDG_CACHE_HOME to one that is, and start again.")


def test_a_processor_without_wide_registers_falls_back_to_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    features: dict[str, Any] = {"avx2": False, "fma": True}
    monkeypatch.setattr("llvmlite.binding.get_host_cpu_features", lambda: features)
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    assert "this processor has no AVX2;" in support._processor()
    features["avx2"] = True
    assert support._processor() == ""


def test_rows_begin_where_a_line_of_memory_does() -> None:
    kernel = _compiled(SimpleMF(dim=32), _start(SimpleMF(dim=32)))
    numbers: NDArray[np.float32] = kernel._users.numbers
    assert numbers.ctypes.data % 64 == 0


def test_kernels_are_compiled_ahead_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    started: list[list[str]] = []

    class Process:
        pid = os.getpid()

        def __init__(self, command: list[str], **options: object) -> None:
            started.append(command[1:])

        def wait(self) -> None: ...

    monkeypatch.setattr("subprocess.Popen", Process)
    monkeypatch.setattr("os.setpriority", lambda *of: None)
    monkeypatch.setattr(support, "kept", lambda: tmp_path)
    support.compile_ahead()
    assert started == [["-m", "rec_core.training.kernels.ready"]] * 2  # each compiles what the other does not
    (tmp_path / support.DONE).touch()
    support.compile_ahead()
    assert len(started) == 2


@pytest.mark.parametrize("model", [SimpleMF(dim=4, init_std=1e-4), NCF(dim=4, init_std=1e-4)])
def test_thousands_of_negatives_have_a_finite_loss(model: Model) -> None:
    """The logarithm of a product is taken in time: of 2,000 factors near 2 it would be infinite."""
    items = np.random.default_rng(0).integers(0, N_ITEMS, (3, 2001), dtype=np.int32)
    block, start = Block(np.arange(3, dtype=np.int32), items, None, None, 3), _start(model)
    assert _compiled(model, start).run(block) == pytest.approx(
        Reference(model, start, "implicit", RATE).run(block), rel=1e-5
    )


@pytest.mark.slow
def test_a_user_without_a_home_is_told_what_to_do(tmp_path: Path) -> None:
    """A container with an arbitrary number for its user: nothing is known of where that user's files are."""
    code = "import pwd\ndef gone(uid): raise KeyError(uid)\npwd.getpwuid = gone\n" + _WHY
    environment = {name: value for name, value in os.environ.items() if name not in ("HOME", "XDG_CACHE_HOME")}
    environment["PYTHONPATH"] = str(ROOT)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("Reference | ")
    assert "set XDG_CACHE_HOME to one that is" in done.stdout


def test_what_is_not_a_number_is_not_taken_for_nothing() -> None:
    """An activation of inf − inf: as 0 it would give a finite score, and training that diverged would be measured."""
    model = NCF(dim=4)
    params = {name: np.zeros_like(array) for name, array in _start(model).items()}
    params["user"][:], params["item"][:] = 1e20, -1e20
    params["w1"][:] = 1e20
    fitted = Fitted(model, params)
    with np.errstate(all="ignore"):
        fast, slow = (of(fitted)(np.array([0]), np.array([[0]])) for of in (compiled.scorer, scoring.scorer))
    assert np.isnan(slow).all()
    assert np.isnan(fast).all()

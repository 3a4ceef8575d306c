"""The fast kernels, compiled by numba: no call into a library in a step, and Adam only for the rows of a batch."""

from __future__ import annotations

import numpy as np
from filelock import FileLock, Timeout

from rec_core.models import NCF, Fitted, Model, Params, Shape, SimpleMF
from rec_core.training.kernels.compiled.mf import CompiledMF
from rec_core.training.kernels.compiled.ncf import CompiledNCF
from rec_core.training.kernels.compiled.scoring import scorer
from rec_core.training.kernels.support import DONE, kept
from rec_core.training.sampling import Block

__all__ = ["CompiledMF", "CompiledNCF", "begin", "make_ready", "scorer"]


def begin(model: Model, start: Params, learning_rate: float) -> CompiledMF | CompiledNCF:
    """Return a kernel that trains ``model``, a SimpleMF or an NCF, from ``start``, which is copied."""
    if isinstance(model, SimpleMF):
        return CompiledMF(model, start, learning_rate)
    assert isinstance(model, NCF)
    return CompiledNCF(model, start, learning_rate)


def make_ready() -> None:
    """Load every kernel, or compile it where that was not done on this machine yet.

    Of several processes that start together each compiles what none of the others does.
    """
    kept().mkdir(parents=True, exist_ok=True, mode=0o700)
    models: list[Model] = [NCF(dim=4), SimpleMF(dim=4)]  # what takes longest first
    for model in [model for model in models if not _load(model, wait=False)]:
        _load(model, wait=True)
    (kept() / DONE).touch()


def _load(model: Model, wait: bool) -> bool:
    """Have a model's kernels called once, unless another process is at that just now and is not to be waited for."""
    some, none = np.zeros(1, np.int32), np.zeros(0, np.int64)
    try:
        with FileLock(kept() / f"{model.name}.lock", blocking=wait):
            kernel = begin(model, model.start(Shape(1, 1, 0.0), np.random.default_rng(0)), 0.001)
            kernel.run(Block(some, some[:, None], None, None, 1))
            scorer(Fitted(model, kernel.params()))(none, none[:, None])
    except Timeout:
        return False
    return True

"""The fast kernels, compiled by numba: no call into a library in a step, and Adam only for the rows of a batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from filelock import FileLock, Timeout

from rec_core.data.interactions import Interactions
from rec_core.models import NCF, Fitted, Model, NextItem, Params, Shape, SimpleMF
from rec_core.training.kernels.compiled.mf import CompiledMF
from rec_core.training.kernels.compiled.ncf import CompiledNCF
from rec_core.training.kernels.compiled.next_item import CompiledNextItem
from rec_core.training.kernels.compiled.scoring import scorer
from rec_core.training.kernels.support import DONE, kept
from rec_core.training.sampling import Block

__all__ = ["CompiledMF", "CompiledNCF", "CompiledNextItem", "begin", "make_ready", "scorer"]
Compiled = CompiledMF | CompiledNCF | CompiledNextItem


def begin(model: Model, start: Params, learning_rate: float, trained_on: Interactions, weight_decay: float) -> Compiled:
    """Return a kernel that trains ``model``, one of those known here, from ``start``, which is copied."""
    if isinstance(model, SimpleMF):
        return CompiledMF(model, start, learning_rate, weight_decay)
    if isinstance(model, NextItem):
        return CompiledNextItem(model, start, learning_rate, trained_on, weight_decay)
    assert isinstance(model, NCF)
    return CompiledNCF(model, start, learning_rate, weight_decay)


def make_ready() -> None:
    """Load every kernel, or compile it where that was not done on this machine yet.

    Of several processes that start together each compiles what none of the others does.
    """
    kept().mkdir(parents=True, exist_ok=True, mode=0o700)
    mf, ncf, next_item, some = SimpleMF(dim=4), NCF(dim=4), NextItem(dim=4), np.zeros(1, np.int32)
    block = Block(some, some[:, None], None, None, 1, some.astype(np.int64), some[:, None])
    of_mf, of_ncf = CompiledMF(mf, _start(mf), 0.001), CompiledNCF(ncf, _start(ncf), 0.001)
    of_next = CompiledNextItem(next_item, _start(next_item), 0.001, Interactions(some, some, None, None))
    network, tables = of_ncf.halves(block)

    def use_mf() -> None:
        of_mf.run(block)
        _score_nothing(mf, of_mf)

    def use_next() -> None:
        of_next.run(block)
        of_next.params()

    # What takes longest first.
    _share({"ncf-network": network, "ncf-tables": tables, "mf": use_mf, "next-item": use_next})
    _share({"ncf-run": lambda: of_ncf.run(block), "ncf-scores": lambda: _score_nothing(ncf, of_ncf)})
    (kept() / DONE).touch()


def _start(model: Model) -> Params:
    return model.start(Shape(1, 1, 0.0), np.random.default_rng(0))


def _score_nothing(model: Model, kernel: CompiledMF | CompiledNCF) -> None:
    none = np.zeros(0, np.int64)
    scorer(Fitted(model, kernel.params()))(none, none[:, None])


def _share(work: Mapping[str, Callable[[], object]]) -> None:
    """Do all of it, first what no other process is at: what others did is loaded afterwards."""
    for name in [name for name in work if not _alone(name, work[name], wait=False)]:
        _alone(name, work[name], wait=True)


def _alone(name: str, work: Callable[[], object], wait: bool) -> bool:
    """Do it unless another process is at the same just now and is not to be waited for."""
    try:
        with FileLock(kept() / f"{name}.lock", blocking=wait):
            work()
    except Timeout:
        return False
    return True

"""Kernels: what takes a step of training, and what scores pairs quickly. They differ in nothing but speed.

``compiled`` knows SimpleMF, NCF and next item, and is what trains them wherever this machine can use it;
``reference`` is written with torch and made to be read, trains any model, on a CUDA device where that is asked for, and
is what tests compare with. Each is loaded when it is needed.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import Feedback, Interactions
from rec_core.errors import TrainingError
from rec_core.models import NCF, Fitted, FoldIn, Model, NextItem, Params, Score, SimpleMF
from rec_core.training.kernels.support import compile_ahead, compiling_for, device, uses_reference, why_slow
from rec_core.training.sampling import Block, Training

__all__ = [
    "LIBRARY",
    "VERSION",
    "Kernel",
    "begin",
    "compile_ahead",
    "compiling_for",
    "diverged",
    "is_compiled",
    "scorer",
    "why_slow",
]
VERSION = 2  # goes up when the same batches give other parameters, beyond rounding, which kernels differ by
LIBRARY = "rec_core.training.kernels.ready"  # what training imports, for those who want it loaded ahead of need


class Kernel(Protocol):
    """A model while it is trained by Adam (Kingma and Ba, 2015, arXiv 1412.6980), with AdamW's decay of weights."""

    def run(self, block: Block) -> float:
        """Take one step per batch of ``block``; return the sum of the batches' mean losses."""

    def params(self) -> Params:
        """Return the present values; they may share memory with what is trained."""


def is_compiled(model: Model) -> bool:
    """Say whether ``model`` is trained by a compiled kernel here, on the processor."""
    return isinstance(model, SimpleMF | NCF | NextItem) and not uses_reference()


def begin(model: Model, start: Params, feedback: Feedback, training: Training, rows: Interactions) -> Kernel:
    """Return a kernel that trains ``model`` from ``start``, which is copied, on batches of ``rows``."""
    rate, decay = training.learning_rate, training.weight_decay
    where = device()
    if is_compiled(model):
        from rec_core.training.kernels import compiled

        return compiled.begin(model, start, rate, rows, decay)
    from rec_core.training.kernels import reference

    return reference.begin(model, start, feedback, rate, where, rows, decay)


def _unchecked(fitted: Fitted) -> Score:
    if isinstance(fitted.model, FoldIn):
        users = fitted.model.users(fitted.params, fitted.profiles)
        return _unchecked(Fitted(fitted.model.trained_as, {**fitted.params, "user": users}))
    if fitted.served is not None:
        return fitted.served.scorer(fitted.params, fitted.profiles)
    if isinstance(fitted.model, SimpleMF | NCF) and not why_slow():
        from rec_core.training.kernels import compiled

        return compiled.scorer(fitted)
    from rec_core.training.kernels.reference import scoring

    return scoring.scorer(fitted)


def scorer(fitted: Fitted) -> Score:
    """Return the function that scores users (B,) against items (B, C), or (1, M) for the same items for all.

    It raises a TrainingError where a score is not finite: finite parameters may be too large to be multiplied.
    """
    score = _unchecked(fitted.bare)

    def finite(users: NDArray[np.integer], items: NDArray[np.integer]) -> NDArray[np.floating]:
        scores = score(users, items)
        if fitted.has_base:
            scores = scores + fitted.base(users[:, None], items)
        if not np.isfinite(scores).all():
            raise diverged()
        return scores

    return finite


def diverged(when: str = "") -> TrainingError:
    """Return what to say where training left the finite numbers."""
    return TrainingError(
        f"Training diverged{when}: its numbers are no longer finite. Choose a smaller learning rate or a smaller "
        "spread of the starting embeddings, then run again."
    )

"""Memory that training takes, estimated before any of it is taken.

The factors are rounded up (peak of the process, by the numbers that they multiply).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from rec_core.data.interactions import Feedback
from rec_core.errors import TrainingError
from rec_core.memory import available, gigabytes
from rec_core.models import Model, Shape
from rec_core.training import kernels
from rec_core.training.sampling import DRAWN, Training

_COPIES = 9  # of the parameters: start, values, gradient, two moments, what is read, the best epoch, what is written
_PER_PAIR = 6  # times a pair's own numbers, for what a step of the reference keeps until its gradients are known
_TILE = 1 << 10  # pairs that a compiled kernel works on at a time; at least all of one positive
_PER_DRAW = 24  # bytes for user, item and label of the rows whose negatives are drawn at once
_SCORED = 1 << 14  # pairs that the reference scores at a time
_LEAST = 4  # of any setting that is suggested


@dataclass(frozen=True)
class Sizes:
    """What a reader can make smaller: how long embeddings are, and how many pairs a step holds."""

    dim: int
    batch_size: int
    negatives: int


_WAYS = {
    "dim": "an embedding size",
    "batch_size": "a batch size",
    "negatives": "a number of negatives per positive",
}


def needed(model: Model, shape: Shape, rows: int, sizes: Sizes) -> int:
    """Return about how many bytes it takes to train ``model`` on so many rows."""
    numbers = model.model_copy(update={"dim": sizes.dim} if sizes.dim else {}).numbers
    batch, drawn = (min(rows, size) for size in (sizes.batch_size, max(DRAWN, sizes.batch_size)))
    parameters = numbers.row * (shape.n_users + shape.n_items) + numbers.layers
    if kernels.is_compiled(model):
        pairs = max(_TILE, 1 + sizes.negatives)
    else:
        pairs = max(batch * (1 + sizes.negatives), _SCORED)
    return 4 * (_COPIES * parameters + _PER_PAIR * numbers.pair * pairs) + _PER_DRAW * drawn * (1 + sizes.negatives)


def require(model: Model, shape: Shape, rows: int, feedback: Feedback, training: Training) -> None:
    """Refuse what does not fit into the memory that is free.

    Raises:
        TrainingError: saying what would fit.
    """
    negatives = training.negatives if feedback == "implicit" else 0
    sizes = Sizes(int(getattr(model, "dim", 0)), training.batch_size, negatives)
    free, takes = available(), needed(model, shape, rows, sizes)
    if takes > free:
        raise TrainingError(
            f"Training {model.title} with these settings takes about {gigabytes(takes)} of memory, and "
            f"{gigabytes(free)} are free. {_what_fits(model, shape, rows, sizes, free)}"
        )


def _what_fits(model: Model, shape: Shape, rows: int, sizes: Sizes, free: int) -> str:
    """Return the first setting that is enough to halve a few times, the others as they are."""
    for name, words in _WAYS.items():
        value = getattr(sizes, name) // 2
        while value >= _LEAST and needed(model, shape, rows, replace(sizes, **{name: value})) > free:
            value //= 2
        if value >= _LEAST:
            return f"Choose {words} of at most {value - value % 2:,}, then run again."
    return "Choose a smaller embedding size, batch size and number of negatives, or smaller data."

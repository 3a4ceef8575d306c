"""What the proxy's training and the model's have in common."""

from __future__ import annotations

import numpy as np

from rec_core.data.interactions import Interactions
from rec_core.models import Model, Params, Shape, co_occurrence, svd
from rec_core.settings import Settings
from rec_core.specs import ExperimentSpec
from rec_core.stages.split import SPLIT
from rec_core.stages.stage import Inputs, Work
from rec_core.training import kernels, memory, sampling
from rec_core.training.sampling import Training

_SPREAD, _LEAST = 0.1, 1e-12  # of the vectors in a start, and below which they are 0


def training_inputs(spec: ExperimentSpec, training: Settings) -> Inputs:
    """Return what any training depends on: its settings, how batches are drawn, and what takes the steps."""
    ignored = set() if spec.feedback == "implicit" else {"negatives"}
    ignored |= {"start"} if getattr(training, "start", "random") == "random" else set()
    return training.model_dump(exclude=ignored) | {"sampling": sampling.VERSION, "kernels": kernels.VERSION}


def started(
    work: Work, model: Model, rows: Interactions, training: Training | None, rng: np.random.Generator
) -> Params:
    """Return where ``model`` starts at random on ``rows``; None trains it not.

    Raises:
        TrainingError: if this, or training from it, does not fit into memory.
    """
    shape, spec = shape_of(work, rows), work.spec
    memory.require(model, shape, len(rows) if training else 0, spec.feedback, training or spec.train)
    return model.start(shape, rng)


def warmed(model: Model, start: Params, rows: Interactions, rng: np.random.Generator) -> Params:
    """Return ``start`` with the singular vectors of ``rows`` in it.

    E is scaled to a standard deviation of ``_SPREAD`` and added to the embeddings of the items, and to those of the
    users the mean over their items.
    """
    rank = int(getattr(model, "dim", 32))
    x = co_occurrence.matrix(rows, len(start["user"]), len(start["item"]))
    vectors = svd.item_vectors(x, rank, rng)
    vectors *= _SPREAD / max(float(vectors.std()), _LEAST)
    by_table = {"item": vectors, "user": svd.profiles(x, vectors)}
    return start | {table: model.added(vectors, start[table]) for table, vectors in by_table.items()}


def shape_of(work: Work, rows: Interactions) -> Shape:
    """Return the shape of a start that is trained on ``rows``."""
    catalogue = work.get(SPLIT).catalogue
    mean = 0.0 if rows.rating is None else float(rows.rating.mean(dtype=np.float64))
    return Shape(catalogue.n_users, catalogue.n_items, mean)

"""What the proxy's training and the model's have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rec_core.data.histories import Histories, histories
from rec_core.data.interactions import Feedback, Interactions, Split
from rec_core.models import Model, NextItem, Params, Shape, baselines, counting, svd
from rec_core.models.base import BASE_ITEM, BASE_MEAN, BASE_USER
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
    if spec.feedback == "implicit" or getattr(training, "residuals", "off") == "off":
        ignored.add("residuals")
    ignored |= {name for name in ("walked", "weight_decay") if not getattr(training, name, 0)}
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
    """Return ``start`` with the singular vectors of ``rows`` in it; next item's are those of co-occurrence.

    E is scaled to a standard deviation of ``_SPREAD`` and added to the embeddings of the items, and to those of the
    users the mean over their items.
    """
    if isinstance(model, NextItem):
        return model.from_co_occurrence(start, rows, Shape(int(rows.user.max()) + 1, len(start["item"]), 0.0), rng)
    rank = min(int(getattr(model, "dim", svd.RANK)), start["item"].shape[1])  # a model may have fewer numbers a row
    x = counting.matrix(rows, len(start["user"]), len(start["item"]))
    vectors = svd.item_vectors(x, rank, rng)
    vectors *= _SPREAD / max(float(vectors.std()), _LEAST)
    by_table = {"item": vectors, "user": svd.profiles(x, vectors)}
    return start | {table: model.added(vectors, start[table]) for table, vectors in by_table.items()}


def less_biases(work: Work, rows: Interactions, kept: Interactions) -> tuple[Params, Interactions]:
    """Return the damped biases of ``rows`` as parameters, and what they leave of the ratings of ``kept``."""
    catalogue = work.get(SPLIT).catalogue
    found = baselines.biases(rows, catalogue.n_users, catalogue.n_items)
    base = {
        BASE_MEAN: np.array([found.mean], np.float32),
        BASE_USER: found.user.astype(np.float32),
        BASE_ITEM: found.item.astype(np.float32),
    }
    left = kept.rated - (base[BASE_MEAN] + base[BASE_USER][kept.user] + base[BASE_ITEM][kept.item])
    return base, replace(kept, rating=left)


def shape_of(work: Work, rows: Interactions) -> Shape:
    """Return the shape of a start that is trained on ``rows``."""
    catalogue = work.get(SPLIT).catalogue
    mean = 0.0 if rows.rating is None else float(rows.rating.mean(dtype=np.float64))
    return Shape(catalogue.n_users, catalogue.n_items, mean)


def profiles(split: Split, rows: Sequence[Interactions], feedback: Feedback) -> Histories:
    """Return what a model is served from when it knows ``rows``, in parts; clicks have no ratings."""
    known = histories(rows, split.catalogue.n_users)
    return replace(known, rating=None) if feedback == "implicit" else known

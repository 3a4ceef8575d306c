"""The model, trained on the coreset."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import Interactions, marked
from rec_core.data.sources import SOURCES
from rec_core.errors import TrainingError
from rec_core.evaluation import validation_metric
from rec_core.evaluation.free import spaced
from rec_core.evaluation.ranking import SAMPLED, sampled_ranks
from rec_core.evaluation.rating import ERROR, rating_errors
from rec_core.models import Counted, Fitted, FoldIn, Params, svd
from rec_core.progress import reporter
from rec_core.randomness import generator
from rec_core.selection import Candidates
from rec_core.selection.base import Present
from rec_core.specs import ExperimentSpec, TrainSpec
from rec_core.stages.negatives import NEGATIVES
from rec_core.stages.select import SELECT
from rec_core.stages.split import SPLIT, require_held_out
from rec_core.stages.stage import Inputs, Stage, Work
from rec_core.stages.training import less_biases, profiles, shape_of, started, training_inputs, warmed
from rec_core.training import kernels, loop
from rec_core.training.sampling import Taken
from rec_core.training.walks import with_walked

_FITTED = 1000  # users whose validation rows are looked at, where each user is fitted anew
Weights = NDArray[np.float32] | None


@dataclass(frozen=True)
class TrainedModel:
    """Parameters, the history per epoch, and the epoch the parameters were taken at."""

    params: Params
    history: list[dict[str, float | None]]
    best_epoch: int


def _inputs(spec: ExperimentSpec) -> Inputs:
    return {
        "split": SPLIT.within(spec),
        "feedback": spec.feedback,
        "selection": SELECT.within(spec),
        "model": spec.model.counted(spec.feedback),
        "train": training_inputs(spec, _settled(spec)) if spec.model.is_trained else None,
        "negatives": NEGATIVES.within(spec) if spec.feedback == "implicit" else None,
        "seed": spec.seed,
        **_mended(spec),
    }


def _mended(spec: ExperimentSpec) -> Inputs:
    """Return the versions of what once gave other results and counts for few runs: older ones of those are misses.

    Walked positives took the weights of other rows, and rows that change with the epoch were no residuals.
    """
    no_residuals = spec.is_dynamic and spec.feedback == "explicit" and spec.train.residuals != "off"
    return ({"walks version": 2} if spec.walked else {}) | ({"residuals version": 2} if no_residuals else {})


def _settled(spec: ExperimentSpec) -> TrainSpec:
    """Return the settings that count: where all rows are kept, a sketch of all rows is one of the kept ones.

    A model served from the profile learns ratings as they are: what is fitted to a user has a bias of its own.
    """
    train = spec.train
    same = {name: "kept" for name in ("start", "residuals") if getattr(train, name) == "sketch"}
    whole = {"residuals": "off"} if spec.model.is_served else {}
    return train.model_copy(update=(same if spec.keeps_everything else {}) | whole | {"walked": spec.walked})


def _needs(spec: ExperimentSpec) -> tuple[Stage[Any], ...]:
    return (SELECT, NEGATIVES) if spec.feedback == "implicit" else (SELECT,)


def _require_order(spec: ExperimentSpec) -> None:
    """Refuse a model that learns from order where none is known.

    Raises:
        TrainingError: naming models that do without.
    """
    source = SOURCES[spec.data.dataset]
    if spec.model.needs_order and not source.has_order:
        raise TrainingError(
            f"{spec.model.title} learns from the order of rows, and {source.title} has no times, nor lines that are "
            "said to be in order of time; choose another model, such as Item co-occurrence."
        )


def _compute(work: Work) -> TrainedModel:
    _require_order(work.spec)
    require_held_out(work.spec)
    spec, coreset, settings = work.spec, work.get(SELECT), _settled(work.spec)
    every, model = work.get(SPLIT).train, spec.model.settled(spec.feedback)
    kept = every.take(coreset.rows)
    if isinstance(model, Counted):
        return TrainedModel(model.fit(kept, shape_of(work, kept), generator(spec.seed, "counting")), [], 0)
    rows = {"kept": kept, "sketch": every}
    taught, base, trained_as = every if spec.is_dynamic else kept, Params(), model.trained_as
    if spec.feedback == "explicit" and settings.residuals != "off":
        base, taught = less_biases(work, rows[settings.residuals], taught)
    start = started(work, trained_as, taught, settings, generator(spec.seed, "start"))
    if settings.start != "random":
        start = warmed(trained_as, start, rows[settings.start], generator(spec.seed, "singular vectors"))
    taught, weights = _walked(work, taught, coreset.weights)
    held_out = _validated_on(work)
    validated = len(held_out) > 0
    known = profiles(work.get(SPLIT), [_of_users(every, held_out)], spec.feedback) if model.is_served else None
    watch = loop.Watch(
        # Without validation rows nothing tells the best epoch: training goes on to the last one.
        validate=(lambda params: _validate(work, Fitted(model, params | base, known), held_out)) if validated else None,
        patience=settings.patience if validated else 0,
        report=reporter(work.listen, TRAIN.doing, settings.epochs),
    )
    take = _anew(work, len(kept), lambda params: Fitted(model, params | base)) if spec.is_dynamic else None
    rng = generator(spec.seed, "training")
    trained = loop.train(trained_as, start, taught, spec.feedback, settings, rng, watch, weights, take)
    history = [_line(epoch, spec) for epoch in trained.history]
    return TrainedModel(trained.params | base, history, trained.best_epoch)


def _validated_on(work: Work) -> Interactions:
    """Return the validation rows; of a model that is fitted to each user, those of some, evenly spaced."""
    held_out = work.get(SPLIT).validation
    few = isinstance(work.spec.model, FoldIn)
    return held_out.take(spaced(len(held_out), _FITTED)) if few else held_out


def _of_users(rows: Interactions, some: Interactions) -> Interactions:
    """Return the rows of the users of ``some``."""
    return rows.take(marked(some.user, int(rows.user.max()) + 1)[rows.user])


def _walked(work: Work, rows: Interactions, weights: Weights) -> tuple[Interactions, Weights]:
    """Return ``rows`` with the positives that walks on them add; those weigh 1, the mean of what rows weigh."""
    if not work.spec.walked:
        return rows, weights
    catalogue, rng = work.get(SPLIT).catalogue, generator(work.spec.seed, "walks")
    more = with_walked(rows, catalogue.n_users, catalogue.n_items, work.spec.walked, rng)
    return more, None if weights is None else np.append(weights, np.ones(len(more) - len(rows), np.float32))


def _anew(work: Work, budget: int, fitted: Callable[[Params], Fitted]) -> Callable[[Params], Taken]:
    """Return what selects the rows of each epoch; the first's are the coreset's."""
    split, spec = work.get(SPLIT), work.spec
    user, item, rng = split.train.user, split.train.item, generator(spec.seed, "pairs")
    present: list[Fitted] = []

    def now() -> Present:
        score = kernels.scorer(present[-1])
        predicted = score(user, item[:, None])[:, 0]
        if present[-1].model.in_pairs:
            predicted = predicted - score(user, rng.integers(split.catalogue.n_items, size=(len(user), 1)))[:, 0]
        return Present(present[-1], predicted.astype(np.float32))

    candidates = Candidates(split.train, split.catalogue.n_users, spec.feedback)
    chosen = spec.method.epochs(candidates, budget, generator(spec.seed, "selection"), now)

    def take(params: Params) -> Taken:
        present[:] = [fitted(params)]
        coreset = next(chosen)
        return coreset.rows, coreset.weights

    return take


def _validate(work: Work, fitted: Fitted, held_out: Interactions) -> float:
    """Return the metric on validation rows, larger for better."""
    score = kernels.scorer(fitted)
    metric = validation_metric(work.spec.feedback)
    if work.spec.feedback == "explicit":
        per_user = {ERROR: rating_errors(score, held_out)}
    else:
        per_user = {SAMPLED: sampled_ranks(score, held_out, work.get(NEGATIVES).validation)}
    return metric.gain(metric.value(per_user), 0.0)


def _line(epoch: loop.Epoch, spec: ExperimentSpec) -> dict[str, float | None]:
    metric = validation_metric(spec.feedback)
    values = vars(epoch) | {validation_column(metric.name): metric.gain(epoch.validation or 0.0, 0.0)}
    return {name: value for name, value in values.items() if name != "validation"}


def validation_column(metric: str) -> str:
    """Return the name of a metric on the validation split in a history."""
    return f"validation_{metric}"


def _libraries(work: Work) -> tuple[str, ...]:
    if not work.spec.model.is_trained:
        return work.spec.model.libraries
    return (kernels.LIBRARY, *((svd.LIBRARY,) if work.spec.train.start != "random" else ()))


TRAIN = Stage(
    "train",
    1,
    TrainedModel,
    _inputs,
    _compute,
    "Training",
    needs=_needs,
    libraries=_libraries,
    live=lambda spec: False,
)

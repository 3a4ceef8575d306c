"""The model, trained on the coreset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rec_core.evaluation import validation_metric
from rec_core.evaluation.ranking import SAMPLED, sampled_ranks
from rec_core.evaluation.rating import ERROR, rating_errors
from rec_core.models import Fitted, Params, svd
from rec_core.progress import reporter
from rec_core.randomness import generator
from rec_core.specs import ExperimentSpec, Start
from rec_core.stages.negatives import NEGATIVES
from rec_core.stages.select import SELECT
from rec_core.stages.split import SPLIT
from rec_core.stages.stage import Inputs, Stage, Work
from rec_core.stages.training import started, training_inputs, warmed
from rec_core.training import kernels, loop


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
        "train": training_inputs(spec, spec.train.model_copy(update={"start": _start(spec)})),
        "negatives": NEGATIVES.within(spec) if spec.feedback == "implicit" else None,
        "seed": spec.seed,
    }


def _start(spec: ExperimentSpec) -> Start:
    """Return the start that counts: where all rows are kept, those of the coreset are all."""
    return "kept" if spec.keeps_everything and spec.train.start == "sketch" else spec.train.start


def _needs(spec: ExperimentSpec) -> tuple[Stage[Any], ...]:
    return (SELECT, NEGATIVES) if spec.feedback == "implicit" else (SELECT,)


def _compute(work: Work) -> TrainedModel:
    spec, coreset = work.spec, work.get(SELECT)
    kept, model = work.get(SPLIT).train.take(coreset.rows), spec.model.settled(spec.feedback)
    start = started(work, model, kept, spec.train, generator(spec.seed, "start"))
    if spec.train.start != "random":
        rows = kept if spec.train.start == "kept" else work.get(SPLIT).train
        start = warmed(model, start, rows, generator(spec.seed, "singular vectors"))
    watch = loop.Watch(
        validate=lambda params: _validate(work, Fitted(model, params)),
        patience=spec.train.patience,
        report=reporter(work.listen, TRAIN.doing, spec.train.epochs),
    )
    rng = generator(spec.seed, "training")
    trained = loop.train(model, start, kept, spec.feedback, spec.train, rng, watch, coreset.weights)
    return TrainedModel(trained.params, [_line(epoch, spec) for epoch in trained.history], trained.best_epoch)


def _validate(work: Work, fitted: Fitted) -> float:
    """Return the metric on the validation split, larger for better."""
    score, held_out = kernels.scorer(fitted), work.get(SPLIT).validation
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


TRAIN = Stage(
    "train",
    1,
    TrainedModel,
    _inputs,
    _compute,
    "Training",
    needs=_needs,
    libraries=lambda work: (kernels.LIBRARY, *((svd.LIBRARY,) if work.spec.train.start != "random" else ())),
    live=lambda spec: False,
)

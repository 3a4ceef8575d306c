"""Metrics of the model and of the controls, and the model's result for each test user."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rec_core.data.interactions import Interactions, Split
from rec_core.evaluation.evaluate import Evaluation, evaluate_ranking, evaluate_ratings
from rec_core.models import Fitted
from rec_core.progress import reporter
from rec_core.randomness import generator
from rec_core.specs import ExperimentSpec
from rec_core.stages.load import LOAD
from rec_core.stages.negatives import NEGATIVES
from rec_core.stages.profile import PROFILE, is_chosen, served_model
from rec_core.stages.select import SELECT
from rec_core.stages.split import SPLIT
from rec_core.stages.stage import Inputs, Stage, Work
from rec_core.stages.train import TRAIN
from rec_core.stages.training import profiles
from rec_core.training import kernels


def fitted_model(work: Work, histories: Sequence[Interactions] | None = None) -> Fitted:
    """Return the trained model; one that is served from histories has those in ``histories``, rows in parts.

    Without these it has all that users are known to have before their test.
    """
    params, split = work.get(TRAIN).params, work.get(SPLIT)
    if not work.spec.model.is_served:
        return Fitted(work.spec.model.settled(work.spec.feedback), params)
    rows = split.known if histories is None else histories
    return Fitted(served_model(work), params, profiles(split, rows, work.spec.feedback))


def measured_on(spec: ExperimentSpec) -> Inputs:
    """Return what the test set depends on: the held-out ratings and what they are ranked against.

    Runs with equal ones were measured on the same; how the validation rating is chosen does not matter.
    """
    ranked = spec.feedback == "implicit"
    if spec.split.is_given:
        return {"load": LOAD.within(spec), "test": spec.split.test} | _sampled(spec)
    return {
        "load": LOAD.within(spec),
        "min": spec.data.min_interactions,
        "repeats": spec.data.repeats if spec.data.fingerprint else None,
        "test": [spec.split.test, spec.split.held_out] if spec.split.by_date else spec.split.test,
        "negatives": spec.evaluation.negatives if ranked else None,
        "seed": spec.data_seed if ranked or spec.split.test == "random" else None,
    } | _sampled(spec)


def _sampled(spec: ExperimentSpec) -> Inputs:
    """Return who is ranked among all items, where that is not everybody."""
    few = spec.feedback == "implicit" and spec.evaluation.users
    return {"users": [spec.evaluation.users, spec.data_seed]} if few else {}


def ranked_among_all(spec: ExperimentSpec, split: Split) -> NDArray[np.int64] | None:
    """Return the places of the tested users that are ranked among all items; None for all of them."""
    count, every = spec.evaluation.users, len(split.tested)
    if not 0 < count < every:
        return None
    return np.sort(generator(spec.data_seed, "ranked users").choice(every, count, replace=False))


def _compute(work: Work) -> Evaluation:
    split = work.get(SPLIT)
    kept, score = split.train.take(work.get(SELECT).rows), kernels.scorer(fitted_model(work))
    alone = kernels.scorer(fitted_model(work, [split.train])) if work.spec.model.is_served else None
    if work.spec.feedback == "explicit":
        return evaluate_ratings(score, split, kept, alone)
    report = reporter(work.listen, EVALUATE.doing)
    among_all = ranked_among_all(work.spec, split)
    return evaluate_ranking(score, split, kept, work.get(NEGATIVES).test, report, alone, among_all)


def _inputs(spec: ExperimentSpec) -> Inputs:
    # Of models with histories it gives more since its second version; results of others are as they were.
    served = {"histories version": 2} if spec.model.is_served else {}
    profile = {"profile": PROFILE.within(spec)} if is_chosen(spec) else {}
    return TRAIN.within(spec) | profile | served | _sampled(spec)


EVALUATE = Stage(
    "evaluate",
    1,
    Evaluation,
    _inputs,
    _compute,
    "Evaluating",
    needs=lambda spec: (SELECT, TRAIN, *((PROFILE,) if is_chosen(spec) else ())),
    libraries=lambda work: () if work.spec.model.is_served else (kernels.LIBRARY,),
    live=lambda spec: False,
)

"""Which part of a user's history a model is served from: chosen once for a split and a model, whatever rows are kept.

A run on a coreset and its baseline on full data then differ in nothing but the rows. The choice is made on the
validation split, by the model as it is counted on whole users drawn at random, few enough to take a moment.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import get_args

import numpy as np

from rec_core.data.interactions import Interactions, marked
from rec_core.evaluation import validation_metric
from rec_core.evaluation.ranking import SAMPLED, sampled_ranks
from rec_core.models import Counted, Fitted, Model, Shape
from rec_core.models.served import CHOSEN, Profile
from rec_core.randomness import generator
from rec_core.specs import ExperimentSpec
from rec_core.stages.negatives import NEGATIVES
from rec_core.stages.split import SPLIT
from rec_core.stages.stage import Inputs, Stage, Work
from rec_core.stages.training import profiles
from rec_core.training import kernels

_UNCHOSEN: Profile = "all"  # where there is no validation split to choose on
_ROWS, _USERS = 100_000, 2_000  # that the model is counted on, at least one user's; and whose items are looked for


@dataclass(frozen=True)
class ChosenProfile:
    """The profile, and what each that was tried finds on the validation split; ``rows`` were counted on."""

    profile: Profile
    tried: dict[str, float]
    rows: int


def is_chosen(spec: ExperimentSpec) -> bool:
    """Say whether the profile is left to choice."""
    return isinstance(spec.model, Counted) and spec.model.profile == CHOSEN


def served_model(work: Work) -> Model:
    """Return a model that is served from the profile, with the profile that it is served from."""
    model = work.spec.model.settled(work.spec.feedback)
    if isinstance(model, Counted) and model.profile == CHOSEN:
        return model.served_with(work.get(PROFILE).profile)
    return model


def _inputs(spec: ExperimentSpec) -> Inputs:
    model = spec.model.counted(spec.feedback)
    return {"negatives": NEGATIVES.within(spec), "model": model, "seed": spec.data_seed}


def _compute(work: Work) -> ChosenProfile:
    split, model, metric = work.get(SPLIT), work.spec.model, validation_metric(work.spec.feedback)
    assert isinstance(model, Counted)
    if not len(split.validation):
        return ChosenProfile(_UNCHOSEN, {}, 0)
    catalogue, rng = split.catalogue, generator(work.spec.data_seed, "profile")
    rows, known = _some_users(split.train, catalogue.n_users, rng), profiles(split, [split.train], work.spec.feedback)
    params = model.fit(rows, Shape(catalogue.n_users, catalogue.n_items, 0.0), rng)
    asked = split.validation.take(np.sort(rng.permutation(len(split.validation))[:_USERS]))
    some, negatives = known.take(asked.user), work.get(NEGATIVES).validation[asked.user]
    asked = replace(asked, user=np.arange(len(asked), dtype=np.int32))  # of those alone
    tried = {}
    for profile in get_args(Profile):
        if profile != CHOSEN:
            score = kernels.scorer(Fitted(model.served_with(profile), params, some))
            tried[profile] = metric.value({SAMPLED: sampled_ranks(score, asked, negatives)})
    return ChosenProfile(metric.best(tried), tried, len(rows))


def _some_users(train: Interactions, n_users: int, rng: np.random.Generator) -> Interactions:
    """Return the rows of users in random order, as long as they are no more than a moment's worth."""
    order = rng.permutation(n_users)
    total = np.cumsum(np.bincount(train.user, minlength=n_users)[order])
    return train.take(marked(order[: max(1, int(np.searchsorted(total, _ROWS, "right")))], n_users)[train.user])


PROFILE = Stage(
    "profile",
    1,
    ChosenProfile,
    _inputs,
    _compute,
    "Choosing the profile",
    needs=lambda spec: (SPLIT, NEGATIVES),
    libraries=lambda work: work.spec.model.libraries,
    live=lambda spec: False,
)

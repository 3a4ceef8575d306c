"""What is tuned, and what Optuna proposes next: settings of training, each between bounds around what is usual.

Its tree-structured Parzen estimator (Bergstra et al., 2011, "Algorithms for hyper-parameter optimization") draws at
random until it was told of ``_BEFORE`` values, and from then on mostly near the best of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rec_core.errors import SpecError
from rec_core.settings import Settings
from rec_core.specs import Epochs, ExperimentSpec, LearningRate, Negatives, Start, WeightDecay

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

Told = Sequence[tuple["Configuration", float]]  # each with its validation quality, larger for better
_BEFORE = 8
_FACTOR = 10.0  # of the usual learning rate, both ways
_SIZES = (3, 6)  # embeddings of 8 to 64 numbers, by their logarithms
_DECAYS = (1e-5, 0.1)
_NEGATIVES = (1, 8)
_FEWEST_EPOCHS = 4  # the usual ones divided by this
_DIGITS = 3  # of a rate: what is proposed can be written down and typed in again


class Configuration(Settings):
    """What one trial sets; None leaves a setting as it is in the experiment that is tuned."""

    learning_rate: LearningRate | None = None
    weight_decay: WeightDecay | None = None
    dim: int | None = None
    start: Start | None = None
    negatives: Negatives | None = None
    epochs: Epochs | None = None

    def of(self, spec: ExperimentSpec) -> ExperimentSpec:
        """Return the experiment with these settings."""
        chosen = self.model_dump(exclude_none=True)
        model = {"dim": chosen.pop("dim")} if "dim" in chosen else {}
        return spec.with_(model=spec.model.model_dump() | model, train=spec.train.model_dump() | chosen)


def propose(spec: ExperimentSpec, count: int, told: Told = (), seed: int = 0) -> tuple[Configuration, ...]:
    """Return ``count`` configurations to try next; the same ones for the same ``told`` and ``seed``.

    They are proposed together, as if those that are still open were to do no better than the worst (constant liar).

    Raises:
        SpecError: if the model of ``spec`` is not trained, so that nothing can be tuned.
    """
    import optuna  # half a second that few looks at a page need

    space = _space(spec)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(seed=seed + len(told), n_startup_trials=_BEFORE, constant_liar=True)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    for configuration, value in told:
        params = _numbers(configuration)
        inside = {name: space[name] for name in params if name in space}
        study.add_trial(
            optuna.create_trial(params={name: params[name] for name in inside}, distributions=inside, value=value)
        )
    return tuple(_configuration(study.ask(space).params) for _ in range(count))


def _space(spec: ExperimentSpec) -> dict[str, BaseDistribution]:
    """Return what is tuned, by the names of ``Configuration``; a size by its logarithm, so that it has an order."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if not spec.model.is_trained:
        raise SpecError(f"{type(spec.model).title} is counted, not trained: nothing of it can be tuned. Choose NCF.")
    usual = spec.train
    space: dict[str, BaseDistribution] = {
        "learning_rate": FloatDistribution(usual.learning_rate / _FACTOR, usual.learning_rate * _FACTOR, log=True),
        "weight_decay": FloatDistribution(*_DECAYS, log=True),
        "start": CategoricalDistribution(["random", "kept"]),
        "epochs": IntDistribution(max(usual.epochs // _FEWEST_EPOCHS, 1), usual.epochs),
    }
    if "dim" in type(spec.model).model_fields:
        space["dim"] = IntDistribution(*_SIZES)
    if spec.feedback == "implicit":
        space["negatives"] = IntDistribution(*_NEGATIVES, log=True)
    return space


def _numbers(configuration: Configuration) -> dict[str, Any]:
    """Return a configuration as Optuna's numbers."""
    chosen = configuration.model_dump(exclude_none=True)
    return chosen | ({"dim": round(math.log2(chosen["dim"]))} if "dim" in chosen else {})


def _configuration(params: Mapping[str, Any]) -> Configuration:
    short = {name: float(f"{params[name]:.{_DIGITS}g}") for name in ("learning_rate", "weight_decay")}
    dim = {"dim": 2 ** params["dim"]} if "dim" in params else {}
    return Configuration.model_validate({**params, **short, **dim})

"""What an experiment is: frozen, validated, every default in one place.

Two specs that make the same run have the same key: what a run ignores (the ratio of ``full``, the proxy of
``random``) is left out before the key is taken.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from rec_core import selection
from rec_core.data import sources
from rec_core.errors import SpecError
from rec_core.models import ModelName
from rec_core.stages import Json, stage_key

Feedback = Literal["explicit", "implicit"]
Preset = Literal["report", "recommended"]
PRESETS: tuple[Preset, ...] = get_args(Preset)
Positive = Annotated[int, Field(gt=0)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class DataSpec(_Frozen):
    """Which data: a known data set, its filter and, for a copy that differs from the published one, its fingerprint."""

    dataset: str = "synthetic"
    fingerprint: str = ""
    min_interactions: int = Field(default=5, ge=3)

    @field_validator("dataset")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in sources.SOURCES:
            raise ValueError(f"unknown data set '{name}'; choose one of {', '.join(sources.SOURCES)}")
        return name


class SplitSpec(_Frozen):
    """Which interaction of each user is held out for test, and which of the rest for validation."""

    test: Literal["last", "random"] = "last"
    validation: Literal["random", "next-to-last"] = "random"


class ModelSpec(_Frozen):
    """The model that is trained on the coreset; ``bias`` counts for SimpleMF on explicit feedback only."""

    name: ModelName = "ncf"
    dim: int = Field(default=32, ge=4, multiple_of=2)
    init_std: float = Field(default=1.0, gt=0)
    bias: bool = False


class TrainSpec(_Frozen):
    """How the model is trained; ``patience`` 0 keeps the last epoch, otherwise the best validation epoch."""

    epochs: Positive = 20
    patience: int = Field(default=0, ge=0)
    batch_size: Positive = 256
    learning_rate: float = Field(default=0.001, gt=0)
    negatives: Positive = 4


class ProxySpec(_Frozen):
    """The SimpleMF that gives embeddings and gradients; pretrained on all train rows."""

    epochs: Positive = 5
    dim: int = Field(default=32, ge=4)
    init_std: float = Field(default=1.0, gt=0)
    bias: bool = False
    batch_size: Positive = 256
    learning_rate: float = Field(default=0.001, gt=0)
    negatives: Positive = 4


class MethodSpec(_Frozen):
    """How rows are chosen: a method of the registry and its own parameters."""

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)

    name: str = "gradient"

    @property
    def params(self) -> dict[str, Any]:
        """The method's own parameters, defaults included; shares with three decimals."""
        given = {**selection.METHODS[self.name].params, **(self.model_extra or {})}
        shares = {name for name, default in selection.METHODS[self.name].params.items() if isinstance(default, float)}
        return {name: round(float(value), 3) if name in shares else value for name, value in given.items()}

    @model_validator(mode="after")
    def _known(self) -> MethodSpec:
        if self.name not in selection.METHODS:
            raise ValueError(f"unknown method '{self.name}'; choose one of {', '.join(selection.METHODS)}")
        defaults = selection.METHODS[self.name].params
        for name, value in (self.model_extra or {}).items():
            if name not in defaults:
                raise ValueError(f"the method '{self.name}' has no parameter '{name}'")
            _check(name, value, is_share=isinstance(defaults[name], float))
        return self


def _check(name: str, value: object, is_share: bool) -> None:
    if is_share:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise ValueError(f"'{name}' must be a number between 0 and 1")
    elif isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"'{name}' must be a whole number of at least 1")


class EvaluationSpec(_Frozen):
    """How many sampled items the held-out item is ranked against, beside the ranking over all items."""

    negatives: Positive = 99


class ExperimentSpec(_Frozen):
    """One experiment: everything that determines its result."""

    data: DataSpec = DataSpec()
    split: SplitSpec = SplitSpec()
    feedback: Feedback = "implicit"
    model: ModelSpec = ModelSpec()
    method: MethodSpec = MethodSpec()
    pretrain: bool = True
    ratio: float = Field(default=0.2, ge=0.001, le=1.0)
    train: TrainSpec = TrainSpec()
    proxy: ProxySpec = ProxySpec()
    evaluation: EvaluationSpec = EvaluationSpec()
    data_seed: Seed = 0
    seed: Seed = 0

    @field_validator("ratio")
    @classmethod
    def _three_places(cls, ratio: float) -> float:
        return round(ratio, 3)

    @property
    def key(self) -> str:
        """The run's name: SHA-256 of the canonical JSON of everything that counts."""
        return _key(self)

    @property
    def without_seed(self) -> str:
        """What runs that differ in nothing but the seed have in common."""
        return _key_without_seed(self)

    def with_(self, **changes: Any) -> ExperimentSpec:
        """Return a validated copy with some fields replaced."""
        return parse(
            self.model_dump() | {k: v.model_dump() if isinstance(v, _Frozen) else v for k, v in changes.items()}
        )


@lru_cache(maxsize=10_000)
def _key(spec: ExperimentSpec) -> str:
    # Remembered here and not in the spec: pydantic's model_copy would take a cached property along.
    return stage_key("run", canonical(spec))


@lru_cache(maxsize=10_000)
def _key_without_seed(spec: ExperimentSpec) -> str:
    return spec.with_(seed=0).key


def parse(values: Json) -> ExperimentSpec:
    """Return the spec that ``values`` (as from JSON) describe.

    Raises:
        SpecError: one sentence per wrong setting.
    """
    try:
        return ExperimentSpec.model_validate(values)
    except ValidationError as error:
        raise SpecError(" ".join(_sentence(e) for e in error.errors())) from error


def _sentence(error: Any) -> str:
    name = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"There is no setting '{name}'; leave it out."
    message = error["msg"].removeprefix("Value error, ")
    return f"{name}: {message[0].lower()}{message[1:]}."


def canonical(spec: ExperimentSpec) -> dict[str, Json]:
    """Return the parts of ``spec`` that its run depends on, as plain JSON values."""
    return {
        "split": split_inputs(spec),
        "feedback": spec.feedback,
        "selection": selection_inputs(spec),
        "model": _without(spec.model.model_dump(), [] if _has_bias(spec, spec.model.name) else ["bias"]),
        "train": _training(spec, spec.train),
        "negatives": negative_inputs(spec) if spec.feedback == "implicit" else None,
        "seed": spec.seed,
    }


def load_inputs(spec: ExperimentSpec) -> dict[str, Json]:
    """Return what the loaded data depend on."""
    return {"dataset": spec.data.dataset, "fingerprint": spec.data.fingerprint}


def split_inputs(spec: ExperimentSpec) -> dict[str, Json]:
    """Return what the split depends on; its seed only where a rule is random."""
    rules = spec.split.model_dump()
    seed = spec.data_seed if "random" in rules.values() else None
    return {"load": load_inputs(spec), "min": spec.data.min_interactions, "rules": rules, "seed": seed}


def test_inputs(spec: ExperimentSpec) -> dict[str, Json]:
    """Return what the test set depends on: the held-out ratings and what they are ranked against.

    Runs with equal ones were measured on the same; how the validation rating is chosen does not matter.
    """
    ranked = spec.feedback == "implicit"
    return {
        "load": load_inputs(spec),
        "min": spec.data.min_interactions,
        "test": spec.split.test,
        "negatives": spec.evaluation.negatives if ranked else None,
        "seed": spec.data_seed if ranked or spec.split.test == "random" else None,
    }


def negative_inputs(spec: ExperimentSpec) -> dict[str, Json]:
    """Return what the test negatives depend on."""
    return {"split": split_inputs(spec), "count": spec.evaluation.negatives, "seed": spec.data_seed}


def proxy_inputs(spec: ExperimentSpec) -> dict[str, Json]:
    """Return what the proxy depends on; an untrained one does not depend on how it would be trained."""
    proxy = spec.proxy
    ignored = [] if _has_bias(spec, "mf") else ["bias"]
    if not spec.pretrain:
        ignored += ["epochs", "batch_size", "learning_rate", "negatives"]
    return {
        "split": split_inputs(spec),
        "feedback": spec.feedback,
        "pretrain": spec.pretrain,
        "proxy": _without(_training(spec, proxy), ignored),
        "seed": spec.seed,
    }


def selection_inputs(spec: ExperimentSpec) -> dict[str, Json]:
    """Return what the coreset depends on. Keeping every row is ``full``, whatever method was asked to."""
    method = selection.METHODS[spec.method.name]
    if keeps_everything(spec):
        return {"split": split_inputs(spec), "method": "full"}
    return {
        "split": split_inputs(spec),
        "method": method.name,
        "params": spec.method.params,
        "ratio": f"{spec.ratio:.3f}",
        "proxy": proxy_inputs(spec) if method.needs_proxy else None,
        "seed": spec.seed,
    }


def keeps_everything(spec: ExperimentSpec) -> bool:
    """Say whether the coreset is all of the train split."""
    return spec.method.name == "full" or spec.ratio == 1.0


def _has_bias(spec: ExperimentSpec, model: str) -> bool:
    return spec.feedback == "explicit" and model == "mf"


def _training(spec: ExperimentSpec, settings: BaseModel) -> dict[str, Json]:
    return _without(settings.model_dump(), [] if spec.feedback == "implicit" else ["negatives"])


def _without(values: dict[str, Json], names: list[str]) -> dict[str, Json]:
    return {name: value for name, value in values.items() if name not in names}


def preset(name: Preset, feedback: Feedback, model: ModelName, **others: Any) -> ExperimentSpec:
    """Return the spec of a preset: the report's settings, or those found to work better.

    ``others`` are further top-level fields of ``ExperimentSpec``, for example ``ratio=0.1``.
    """
    base: dict[str, Any] = {"feedback": feedback, "model": {"name": model}}
    if name == "recommended":
        small = 0.01 if model == "ncf" else 0.05
        base["model"] |= {"init_std": small, "bias": True}
        base |= {
            "split": {"validation": "next-to-last"},
            "train": {"epochs": 40, "patience": 5},
            "proxy": {"init_std": 0.1, "bias": True},
        }
    return parse(base | {k: v.model_dump() if isinstance(v, BaseModel) else v for k, v in others.items()})

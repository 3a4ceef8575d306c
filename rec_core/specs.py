"""What an experiment is: frozen, validated, every default in one place.

What a stage, and so a run, depends on is said by the stage (``rec_core.stages``); two specs whose runs depend on the
same are one run.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, TypeVar, get_args

from pydantic import BaseModel, Field, ValidationError, ValidationInfo, field_validator, model_validator

from rec_core.canonical import Json
from rec_core.data.interactions import Feedback
from rec_core.data.rejected import Unreadable
from rec_core.data.repeats import REPEATS, Repeats
from rec_core.data.sources import SOURCES
from rec_core.data.splits import GIVEN, TestRule, ValidationRule
from rec_core.errors import SpecError
from rec_core.evaluation import Metric, headline_metric, metrics_of
from rec_core.evaluation.ranking import ALL_ITEMS
from rec_core.models import MODELS, NCF, Model, SimpleMF
from rec_core.selection import METHODS, Method
from rec_core.selection.gradient import Gradient
from rec_core.settings import LARGEST, Dim, Settings, Share, Spread, choice, offered, sentence

Preset = Literal["report", "recommended"]
PRESETS: tuple[Preset, ...] = get_args(Preset)
Start = Literal["random", "kept", "sketch"]
STARTS: Mapping[str, str] = {"random": "At random", "kept": "SVD of the kept rows", "sketch": "SVD of all rows"}
Residuals = Literal["off", "kept", "sketch"]
RESIDUALS: Mapping[str, str] = {
    "off": "As they are",
    "kept": "Less the biases of the kept rows",
    "sketch": "Less the biases of all rows",
}
UNREADABLE: Mapping[str, str] = {"stop": "Stop and say which", "left-out": "Leave them out"}
TESTS: Mapping[str, str] = {
    "last": "Last",
    "random": "Random",
    "global-time": "After a date (global time)",
    GIVEN: "As the data come",  # which nobody chooses: it belongs to the data
}
VALIDATIONS: Mapping[str, str] = {
    "random": "Random",
    "next-to-last": "Next to last",
    "like-test": "As the test rating",
}
Epochs = Annotated[int, Field(ge=1, le=100_000)]
BatchSize = Annotated[int, Field(ge=1, le=2**31 - 1)]
LearningRate = Annotated[float, Field(gt=0, le=LARGEST)]
WeightDecay = Annotated[float, Field(ge=0, le=1000)]
Negatives = Annotated[int, Field(ge=1, le=10**7)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
S = TypeVar("S", bound=Settings)

if TYPE_CHECKING:
    AnyModel = Model
    AnyMethod = Method
else:  # whatever the registries hold, told apart by name
    AnyModel = Annotated[reduce(or_, MODELS.values()), Field(discriminator="name")]
    AnyMethod = Annotated[reduce(or_, METHODS.values()), Field(discriminator="name")]


class DataSpec(Settings):
    """Which data: a known data set, its filter and, for a copy that differs from the published one, its fingerprint.

    ``repeats`` says which rows count where a user has an item more than once, ``unreadable`` what is done about rows
    of a file that cannot be read.
    """

    dataset: str = "synthetic"
    fingerprint: str = ""
    min_interactions: int = offered(
        5, "Smallest number of rows per user and {item}", 3, 100, link="min", ge=3, le=1_000_000
    )
    repeats: Repeats = choice("latest", "Where a user has one {item} more than once", REPEATS)
    unreadable: Unreadable = choice("stop", "Unreadable rows", UNREADABLE)

    @field_validator("dataset")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in SOURCES:
            raise ValueError(f"unknown data set '{name}'; choose one of {', '.join(SOURCES)}")
        return name


class SplitSpec(Settings):
    """Which interaction of each user is held out for test, and which of the rest for validation.

    ``like-test`` is the rule of the test: whatever is chosen by validation is then chosen for it. Under global time it
    always is; ``held_out`` is the share of all interactions that is test, and the share before it validation. With
    ``all_rows`` nothing is held out and nothing can be measured: that is for production, once a method is chosen.
    Data that come with a split have the test rule ``given``, and no other data have it; nothing else counts then.
    """

    test: TestRule = choice("last", "Test rating", TESTS)
    validation: Literal[ValidationRule, "like-test"] = choice("random", "Validation rating", VALIDATIONS)
    held_out: Share = offered(
        0.1, "Share of the latest rows that is test, and before it validation", 0.01, 0.4, ge=0.001, le=0.4
    )

    all_rows: bool = False

    @property
    def is_given(self) -> bool:
        """Whether the data come with their split."""
        return self.test == GIVEN and not self.all_rows

    @property
    def by_date(self) -> bool:
        """Whether test is what comes after a date, whoever it is of."""
        return self.test == "global-time" and not self.all_rows

    @property
    def validation_rule(self) -> ValidationRule:
        """How the validation rating is chosen where the test is not by date."""
        if self.validation != "like-test":
            return self.validation
        return "next-to-last" if self.test == "last" else "random"

    @property
    def is_alike(self) -> bool:
        """Whether the validation rating is chosen as the test's is."""
        return self.by_date or self.is_given or (self.validation_rule == "random") == (self.test == "random")


class TrainSpec(Settings):
    """How the model is trained; ``patience`` 0 keeps the last epoch, otherwise the best validation epoch.

    ``start`` is what embeddings begin as: random numbers, to which singular vectors of the kept rows may be added, or
    those of all train rows, a sketch of data beyond the coreset (``rec_core.models.svd``). ``residuals`` of ratings are
    what damped biases leave of them, counted on the same rows (``rec_core.models.baselines``). ``walked`` are positives
    that walks on the kept rows add to each of them (``rec_core.training.walks``).
    """

    start: Start = choice("random", "Start of the embeddings", STARTS)
    residuals: Residuals = choice("off", "Ratings are learnt", RESIDUALS)
    epochs: Epochs = offered(20, "Epochs, at most", 1, 500)
    patience: int = offered(
        0, "Stop after so many epochs without gain (0: keep the last epoch)", 0, 100, ge=0, le=100_000
    )
    batch_size: BatchSize = offered(256, "Batch size", 16, 65536, link="batch")
    learning_rate: LearningRate = offered(0.001, "Learning rate", 0.00001, 1.0, link="rate")
    weight_decay: WeightDecay = offered(0.0, "Weight decay (AdamW)", 0.0, 1.0, link="decay")
    negatives: Negatives = offered(4, "Negatives per positive", 1, 64)
    walked: int = offered(0, "Further positives per kept row, by walks on the kept rows", 0, 32, ge=0, le=1000)

    @property
    def may_stop(self) -> bool:
        """Whether training may end before the last epoch that is allowed."""
        return 0 < self.patience < self.epochs


class ProxySpec(Settings):
    """The SimpleMF that gives embeddings and gradients; pretrained on all train rows."""

    epochs: Epochs = offered(5, "Epochs of the proxy", 1, 100, link="proxy_epochs")
    dim: Dim = 32
    init_std: Spread = 1.0
    bias: bool = False
    batch_size: BatchSize = 256
    learning_rate: LearningRate = 0.001
    negatives: Negatives = 4

    @property
    def weight_decay(self) -> float:
        """None: a proxy is what the report has."""
        return 0.0

    @property
    def model(self) -> SimpleMF:
        """The proxy's model."""
        return SimpleMF(dim=self.dim, init_std=self.init_std, bias=self.bias)


class EvaluationSpec(Settings):
    """How many sampled items the held-out item is ranked against, and how many users are ranked among all items too.

    ``users`` are drawn by the data seed, the same for every run on these data; 0 ranks everybody. It came later, so it
    counts in keys only where it is set.
    """

    negatives: int = Field(default=99, ge=1, le=10_000)
    users: int = Field(default=0, ge=0, le=10**9)


class ExperimentSpec(Settings):
    """One experiment: everything that determines its result."""

    data: DataSpec = DataSpec()
    split: SplitSpec = SplitSpec()
    feedback: Feedback = "implicit"
    model: AnyModel = NCF()
    method: AnyMethod = Gradient()
    pretrain: bool = True
    ratio: float = Field(default=0.2, ge=0.001, le=1.0)
    train: TrainSpec = TrainSpec()
    proxy: ProxySpec = ProxySpec()
    evaluation: EvaluationSpec = EvaluationSpec()
    data_seed: Seed = offered(0, "Seed of split and test negatives", 0, 2**31)
    seed: Seed = offered(0, "Seed", 0, 2**31)

    @model_validator(mode="before")
    @classmethod
    def _split_as_it_comes(cls, values: Any) -> Any:
        """Take the split of data that come with one: the default gives way to it, and another rule is refused."""
        if not isinstance(values, dict):
            return values
        data, split = (_as_values(values.get(part, {})) for part in ("data", "split"))
        data = {"dataset": DataSpec().dataset} | data if isinstance(data, dict) else data
        if not isinstance(data, dict) or not isinstance(split, dict):
            return values
        source = SOURCES.get(str(data.get("dataset", "")))
        if source is None:
            return values  # which is said of the data set
        comes, asked = source.has_split, split.get("test", SplitSpec().test)
        if comes and asked == SplitSpec().test:
            return values | {"split": split | {"test": GIVEN}}
        if comes != (asked == GIVEN):
            raise ValueError(
                f"{source.title} comes with its own split, so split.test={asked} does not go with it; leave it out"
                if comes
                else "split.test=given is for data that come with a split (--train, --validation, --test); choose "
                "last, random or global-time"
            )
        return values

    @field_validator("model", "method", mode="before")
    @classmethod
    def _named(cls, value: Any, info: ValidationInfo) -> Any:
        """Without a name, the default's is meant."""
        default = cls.model_fields[str(info.field_name)].default.name
        return {"name": default} | value if isinstance(value, dict) else value

    @field_validator("ratio")
    @classmethod
    def _three_places(cls, ratio: float) -> float:
        return round(ratio, 3)

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        """Refuse a model that cannot learn from this feedback, or from rows that change."""
        if self.feedback not in self.model.feedbacks:
            raise ValueError(
                f"{self.model.title} learns from clicks alone; choose implicit feedback (clicks), or another model"
            )
        if self.model.is_served and self.is_dynamic:
            raise ValueError(
                f"{self.method.title} chooses other rows in every epoch, and {self.model.title} learns from its rows "
                "as a whole; choose a method that keeps its rows, or a model with one embedding per user"
            )
        return self

    @property
    def keeps_everything(self) -> bool:
        """Whether the coreset is all of the train split."""
        return self.method.name == "full" or self.ratio == 1.0

    @property
    def is_dynamic(self) -> bool:
        """Whether other rows are trained on in every epoch."""
        return self.method.is_dynamic and not self.keeps_everything

    @property
    def walked(self) -> int:
        """How many positives walks add to each kept row: none where no row is missing, and none to ratings."""
        missing = self.feedback == "implicit" and not (self.keeps_everything or self.is_dynamic or self.model.is_served)
        return self.train.walked if missing else 0

    @property
    def uses_proxy(self) -> bool:
        """Whether the coreset depends on a proxy."""
        return self.method.needs_proxy and not self.keeps_everything

    def with_(self, **changes: Any) -> ExperimentSpec:
        """Return a validated copy with some fields replaced."""
        return parse(self.model_dump() | _plain(changes))


def parse(values: Json) -> ExperimentSpec:
    """Return the spec that ``values`` (as from JSON) describe.

    Raises:
        SpecError: one sentence per wrong setting.
    """
    return checked(ExperimentSpec, values)


def checked(kind: type[S], values: Json) -> S:
    """Return the settings of a kind that ``values`` describe.

    Raises:
        SpecError: one sentence per wrong setting.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise SpecError(" ".join(_sentence(e) for e in error.errors())) from error


def revive(values: Json) -> ExperimentSpec:
    """Return the spec that some version of Corelens wrote down; settings that have gone are left out.

    Raises:
        SpecError: if this version does not know what it asks for.
    """
    model = values.get("model", {})
    if model.get("name", "ncf") == "ncf":  # 0.1.0 gave every model a bias, which NCF ignored
        values = values | {"model": {name: value for name, value in model.items() if name != "bias"}}
    return parse(values)


def judged_by(name: Preset, feedback: Feedback, is_given: bool = False) -> Metric:
    """Return the metric that headlines are about: the report's, or the recommended one, for clicks among all items.

    Where the split ``is_given``, users have several test items, which are ranked among all items alone.

    Sampled ranks need not order models as ranks among all items do (Krichene and Rendle, 2020,
    doi:10.1145/3394486.3403226).
    """
    if is_given:
        return headline_metric(feedback, several=True)
    strict = [metric for metric in metrics_of(feedback) if metric.part == ALL_ITEMS and name == "recommended"]
    return next(iter(strict), headline_metric(feedback))


def under_other_models(spec: ExperimentSpec) -> list[ExperimentSpec]:
    """Return ``spec`` under every model, its own among them, each trained in every way that counts for its feedback."""
    found = {spec.model.settled(spec.feedback).called: spec}
    for title, model in MODELS.items():
        if spec.feedback not in model.feedbacks or (model.is_served and spec.is_dynamic):
            continue
        for variant in model.variants:
            other = _under(spec, title, variant)
            found.setdefault(other.model.settled(spec.feedback).called, other)
    return list(found.values())


def alike(spec: ExperimentSpec, feedback: Feedback, model: str) -> ExperimentSpec:
    """Return ``spec`` under another feedback or another model, with the settings that are usual there.

    Raises:
        SpecError: if the model cannot learn from that feedback, or not from what the method keeps.
    """
    if feedback == spec.feedback:
        return spec if model == spec.model.name else _under(spec, model, {})
    kept = ("data", "split", "method", "pretrain", "ratio", "evaluation", "data_seed", "seed")
    return preset(preset_of(spec), feedback, model, **{name: getattr(spec, name) for name in kept})


def _under(spec: ExperimentSpec, title: str, variant: Mapping[str, Json]) -> ExperimentSpec:
    """Return ``spec`` under the model called ``title``, in one of its variants.

    Others have the settings that are recommended for them, unless its own are the report's; and embeddings of its size,
    where that is not the usual one.
    """
    name, model = preset_of(spec), MODELS[title]
    own, usual = spec.model.model_dump(), type(spec.model)().model_dump()
    settings = {} if name == "report" else dict(model.recommended)
    resized = "dim" in model.model_fields and own.get("dim", 0) != usual.get("dim", 0)
    settings |= {"dim": own["dim"]} if resized else {}
    return spec.with_(model={"name": title} | settings | dict(variant), train=_trained_alike(spec, model, name))


def preset_of(spec: ExperimentSpec) -> Preset:
    """Return whose settings a model has; one that has none of its own is told by how validation is chosen."""
    recommended = type(spec.model).recommended
    if not recommended:
        return "report" if spec.split.validation == SplitSpec().validation else "recommended"
    usual = type(spec.model)()
    return "report" if all(getattr(spec.model, n) == getattr(usual, n) for n in recommended) else "recommended"


def _trained_alike(spec: ExperimentSpec, model: type[Model], name: Preset) -> dict[str, Json]:
    """Return the training of ``spec``, with what is usual for ``model`` where it has what is usual for its own."""
    usual = preset(name, spec.feedback, spec.model.name).train.model_dump()
    theirs = preset(name, spec.feedback, model.model_fields["name"].default).train.model_dump()
    own = spec.train.model_dump()
    return {setting: theirs[setting] if own[setting] == usual[setting] else own[setting] for setting in own}


_KINDS: Mapping[str, tuple[str, Mapping[str, Any]]] = {"model": ("model", MODELS), "method": ("method", METHODS)}


def _sentence(error: Any) -> str:
    place, kind = [str(part) for part in error["loc"]], error["type"]
    if place and place[0] in _KINDS:
        what, known = _KINDS[place[0]]
        if kind == "union_tag_invalid":
            return f"{what}: unknown {what} '{error['ctx']['tag']}'; choose one of {', '.join(known)}."
        if len(place) > 1:
            if kind == "extra_forbidden" and what == "method":
                own = ", ".join(f"method.{name}" for name in METHODS[place[1]].model_fields if name != "name")
                return f"method: the method '{place[1]}' has no parameter '{place[-1]}'; it has {own or 'none'}."
            del place[1]  # the name of the model or method, by which pydantic tells them apart
    return sentence(place, error)


def preset(name: Preset, feedback: Feedback, model: str, **others: Any) -> ExperimentSpec:
    """Return the spec of a preset: the report's settings, or those found to work better.

    ``others`` are further top-level fields of ``ExperimentSpec``, for example ``ratio=0.1``.
    """
    base: dict[str, Any] = {"feedback": feedback, "model": {"name": model}}
    if name == "report":
        # It does not say so, but its figures for clicks are those of its best validation epochs (see the README).
        base["train"] = {"patience": TrainSpec().epochs}
    else:
        base["model"] |= MODELS[model].recommended
        base |= {
            "split": {"validation": "like-test"},
            "train": {"epochs": 40, "patience": 5} | dict(MODELS[model].recommended_training),
            "proxy": {"init_std": 0.1, "bias": True},
        }
    return parse(base | _plain(others))


def _as_values(settings: Any) -> Any:
    return settings.model_dump() if isinstance(settings, BaseModel) else settings


def _plain(fields: Mapping[str, Any]) -> dict[str, Json]:
    return {name: v.model_dump() if isinstance(v, BaseModel) else v for name, v in fields.items()}

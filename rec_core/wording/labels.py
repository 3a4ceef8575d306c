"""What things are called on pages, in tables and in figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain, count
from types import MappingProxyType

from rec_core import specs
from rec_core.data.interactions import Feedback
from rec_core.data.sources import SOURCES, Words
from rec_core.evaluation import Metric, free
from rec_core.evaluation.controls import KEPT
from rec_core.models import MODELS
from rec_core.replicates import Group, group_key
from rec_core.selection import METHODS
from rec_core.settings import offers
from rec_core.specs import ExperimentSpec
from rec_core.stages import RUN
from rec_core.wording.numbers import capital, percent

ALL_DATA = "All data"
ALL_ROWS = "All rows, for production: nothing is held out"
CONTROLS = {
    "global_mean": "Global mean",
    "item_mean": "Item mean",
    "user_item_bias": "User + item bias",
    "most_popular": "Most popular",
    free.RECENT_POPULAR: "Most popular lately",
    free.NEIGHBOURHOOD: "Item neighbourhood",
    free.SVD: "Untrained SVD",
    free.BLEND: "Untrained SVD + popularity",
    free.WALK: "Random walk",
    free.PROXY: "The proxy itself",
}
CUSTOM = "Custom"
PRESETS: dict[specs.Preset, str] = {"report": "As in the report", "recommended": "Recommended"}
FEEDBACK: dict[Feedback, str] = {"explicit": "Ratings", "implicit": "Clicks"}
MODEL_TITLES = {name: model.title for name, model in MODELS.items()}
# As they are chosen: those that are served from users' own histories say so.
MODEL_CHOICES = {name: title + (" · profile" if MODELS[name].is_served else "") for name, title in MODEL_TITLES.items()}


def words_of(spec: ExperimentSpec) -> Words:
    """Return what the things of a spec's data are called."""
    return SOURCES[spec.data.dataset].words


def part_title(spec: ExperimentSpec) -> str:
    """Return how much of the data is kept, for example "20 % of the ratings"."""
    return f"{percent(spec.ratio)} of the {words_of(spec).rows}"


def method_title(method: str, pretrain: bool) -> str:
    """Return a method with its proxy, for example "Gradient, no pretraining"."""
    entry = METHODS[method]
    return entry.title if pretrain or not entry.needs_proxy else f"{entry.title}, no pretraining"


def proxy_title(pretrain: bool) -> str:
    """Return what a proxy is called."""
    return "Pretrained proxy" if pretrain else "Random start"


def method_choice(spec: ExperimentSpec) -> str:
    """Return the method as it was set, for example "Window (position 0.4)"."""
    return f"{method_title(spec.method.name, spec.pretrain)}{_params(spec)}"


def choice_title(spec: ExperimentSpec) -> str:
    """Return what is kept, for example "Gradient at 20 %"."""
    start = _start(spec) + (", with walks" if spec.walked else "") + (", of all rows" if spec.split.all_rows else "")
    if spec.keeps_everything:
        return METHODS["full"].title + start
    return f"{method_choice(spec)} at {round(100 * spec.ratio, 1):g} %{start}"  # a setting is not rounded


def line_title(spec: ExperimentSpec) -> str:
    """Return what runs that differ in ratio and seed are called, for example "Recent (alpha 0), SVD start"."""
    start = _start(spec) + (", with walks" if spec.walked else "")
    return f"{METHODS['full'].title if spec.keeps_everything else method_choice(spec)}{start}"


def _start(spec: ExperimentSpec) -> str:
    """Return where embeddings start, if that is not as usual for the model."""
    start = "kept" if spec.keeps_everything and spec.train.start == "sketch" else spec.train.start
    usual = spec.model.recommended_training.get("start", "random")
    if start == usual or not spec.model.is_trained:
        return ""
    return {"random": ", random start", "kept": ", SVD start", "sketch": ", sketch of all data"}[start]


def short_choice(spec: ExperimentSpec) -> str:
    """Return what is kept in as few words as tell points apart, for example "Recent 20 %"."""
    title = method_title(spec.method.name, spec.pretrain)
    return title if spec.keeps_everything else f"{title} {round(100 * spec.ratio, 1):g} %"


def _params(spec: ExperimentSpec) -> str:
    """Return the method's own settings where they are not the defaults, or do not go without saying."""
    own = {name: (offer, getattr(spec.method, name)) for name, offer in offers(type(spec.method)).items()}
    said = [
        offer.options[value].lower() if offer.options else f"{name} {value:g}"
        for name, (offer, value) in own.items()
        if offer.said or value != offer.default
    ]
    return f" ({', '.join(said)})" if said else ""


def run_title(spec: ExperimentSpec) -> str:
    """Return a run in short, for example "NCF · Gradient at 20 %"."""
    return f"{model_title(spec)} · {choice_title(spec)}"


def model_title(spec: ExperimentSpec) -> str:
    """Return what the model is called, for example "SimpleMF (BPR)"."""
    return spec.model.settled(spec.feedback).called


def run_key(spec: ExperimentSpec) -> str:
    """Return the beginning of a run's key, by which a caption names its settings."""
    return RUN.key(spec)[:8]


def names(groups: Sequence[Group], given: Mapping[str, str] = MappingProxyType({})) -> dict[str, Group]:
    """Return the groups by what they are called: as people named them (``given``, by ``group_key``), or what they are.

    Of several that would be called the same the first keeps the name, so that links to it stay when others are made;
    the later ones have their settings said too, or a number.
    """
    found: dict[str, Group] = {}
    for group in groups:
        era = f" ({group.era})" if group.era else ""
        name = (given.get(group_key(group.spec)) or run_title(group.spec)) + era
        detailed = f"{name} · {settings_title(group.spec)}"
        numbered = (f"{name} ({number})" for number in count(2))
        found[next(title for title in chain((name, detailed), numbered) if title not in found)] = group
    return found


def seeds(count: int) -> str:
    """Return how many seeds, in words.

    >>> seeds(1), seeds(3)
    ('one seed', '3 seeds')
    """
    return "one seed" if count == 1 else f"{count} seeds"


def seed_list(drawn: Sequence[int]) -> str:
    """Return which seeds, in words.

    >>> seed_list([0, 1, 2]), seed_list(range(1000))
    ('0, 1, 2', '0, 1, 2, 3, 4, 5 … (1,000)')
    """
    shown = ", ".join(map(str, drawn[:6]))
    return shown if len(drawn) <= 6 else f"{shown} … ({len(drawn):,})"


def caption(spec: ExperimentSpec) -> str:
    """Return what a figure was made with, for its caption."""
    return f"{data_title(spec)}, {choice_title(spec)}, seed {spec.seed}, settings {run_key(spec)}."


def caption_of_groups(groups: Sequence[Group]) -> str:
    """Return what a figure of groups of runs was made with."""
    keys = [result.key for group in groups for result in group.results]
    return caption_of_runs([spec for group in groups for spec in group.specs], keys)


def caption_of_runs(specs_: Sequence[ExperimentSpec], made: Sequence[str] = ()) -> str:
    """Return what a figure of runs on the same data was made with; ``made`` are their keys, if not the specs'."""
    drawn = sorted({spec.seed for spec in specs_})
    named = [key[:8] for key in made] or list(map(run_key, specs_))
    keys = ", ".join(named) if len(specs_) <= 6 else "in the table"
    count = "1 run" if len(specs_) == 1 else f"{len(specs_)} runs"
    return f"{data_title(specs_[0])}, {count}, seed {seed_list(drawn)}, settings {keys}."


def data_title(spec: ExperimentSpec) -> str:
    """Return which ratings these are, for example "MovieLens 1M, clicks"."""
    return f"{SOURCES[spec.data.dataset].title}, {FEEDBACK[spec.feedback].lower()}"


def settings_title(spec: ExperimentSpec) -> str:
    """Return the title of the settings of ``spec``, with the number of ranked users if not all are."""
    users = spec.evaluation.users
    if not users or spec.feedback == "explicit":
        return preset_title(spec)
    everybody = spec.with_(evaluation=spec.evaluation.model_dump() | {"users": 0})
    return f"{preset_title(everybody)}, {users:,} users ranked among all items"


@lru_cache(maxsize=10_000)
def preset_title(spec: ExperimentSpec) -> str:
    """Return the name of the preset whose settings ``spec`` has, or "Custom"."""
    for name in specs.PRESETS:
        same = specs.preset(
            name,
            spec.feedback,
            spec.model.name,
            data={"dataset": spec.data.dataset, "fingerprint": spec.data.fingerprint},
            method={"name": spec.method.name},
            pretrain=spec.pretrain,
            ratio=spec.ratio,
            seed=spec.seed,
            data_seed=spec.data_seed,
        )
        if RUN.key(same) == RUN.key(spec):
            return PRESETS[name]
    return CUSTOM


def quality(metric: Metric) -> str:
    """Return what a share of quality is a share of; an error is better the smaller it is, so no share of it is kept."""
    return metric.title if metric.higher_is_better else f"quality by {metric.title}"


def control_title(name: str) -> str:
    """Return a control, for example "Most popular" or "Most popular, kept rows"."""
    plain = name.removesuffix(KEPT)
    title = CONTROLS.get(plain) or capital(plain.replace("_", " "))  # a result of another version may have other ones
    return title + (", kept rows" if name.endswith(KEPT) else "")

"""What things are called on pages, in tables and in figures."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from rec_core import selection, specs
from rec_core.data import sources
from rec_core.models import TITLES
from rec_core.specs import ExperimentSpec

METRICS = {
    "rmse": "RMSE",
    "mae": "MAE",
    "recall@10": "Recall@10",
    "ndcg@10": "NDCG@10",
    "recall@10_all": "Recall@10, all items",
    "ndcg@10_all": "NDCG@10, all items",
}
CONTROLS = {
    "global_mean": "Global mean",
    "item_mean": "Item mean",
    "user_item_bias": "User + item bias",
    "most_popular": "Most popular",
}
PRESETS: dict[specs.Preset, str] = {"report": "As in the report", "recommended": "Recommended"}
FEEDBACK: dict[specs.Feedback, str] = {"explicit": "Ratings", "implicit": "Clicks"}


def method_title(method: str, pretrain: bool) -> str:
    """Return a method with its proxy, for example "Gradient, no pretraining"."""
    entry = selection.METHODS[method]
    return entry.title if pretrain or not entry.needs_proxy else f"{entry.title}, no pretraining"


def proxy_title(pretrain: bool) -> str:
    """Return what a proxy is called."""
    return "Pretrained proxy" if pretrain else "Random start"


def method_choice(spec: ExperimentSpec) -> str:
    """Return the method as it was set, for example "Window (position 0.4)"."""
    return f"{method_title(spec.method.name, spec.pretrain)}{_params(spec)}"


def choice_title(spec: ExperimentSpec) -> str:
    """Return what is kept, for example "Gradient at 20 %"."""
    if specs.keeps_everything(spec):
        return selection.METHODS["full"].title
    return f"{method_choice(spec)} at {round(100 * spec.ratio, 1):g} %"  # a setting is not rounded


def _params(spec: ExperimentSpec) -> str:
    """Return the method's own settings where they are not the defaults; a share is always said."""
    defaults = selection.METHODS[spec.method.name].params
    said = [
        f"{name} {value:g}"
        for name, value in spec.method.params.items()
        if isinstance(defaults[name], float) or value != defaults[name]
    ]
    return f" ({', '.join(said)})" if said else ""


def run_title(spec: ExperimentSpec) -> str:
    """Return a run in short, for example "NCF · Gradient at 20 %"."""
    return f"{TITLES[spec.model.name]} · {choice_title(spec)}"


def pick_title(spec: ExperimentSpec) -> str:
    """Return a run with the beginning of its key, so that no two are called the same."""
    return f"{run_title(spec)} · {spec.key[:6]}"


def caption(spec: ExperimentSpec) -> str:
    """Return what a figure was made with, for its caption."""
    return f"{data_title(spec)}, {choice_title(spec)}, seed {spec.seed}, settings {spec.key[:8]}."


def caption_of_runs(specs_: Sequence[ExperimentSpec]) -> str:
    """Return what a figure of several runs on the same data was made with."""
    seeds = sorted({spec.seed for spec in specs_})
    keys = ", ".join(spec.key[:8] for spec in specs_) if len(specs_) <= 6 else "in the table"
    count = "1 run" if len(specs_) == 1 else f"{len(specs_)} runs"
    return f"{data_title(specs_[0])}, {count}, seed {', '.join(map(str, seeds[:6]))}, settings {keys}."


def data_title(spec: ExperimentSpec) -> str:
    """Return which ratings these are, for example "MovieLens 1M, clicks"."""
    return f"{sources.SOURCES[spec.data.dataset].title}, {FEEDBACK[spec.feedback].lower()}"


@lru_cache(maxsize=10_000)
def settings_title(spec: ExperimentSpec) -> str:
    """Return the name of the preset whose settings ``spec`` has, or "Custom"."""
    for name in specs.PRESETS:
        same = specs.preset(
            name,
            spec.feedback,
            spec.model.name,
            data=spec.data,
            method={"name": spec.method.name},
            pretrain=spec.pretrain,
            ratio=spec.ratio,
            seed=spec.seed,
            data_seed=spec.data_seed,
        )
        if same.key == spec.key:
            return PRESETS[name]
    return "Custom"


def quality(metric: str) -> str:
    """Return what a share of quality is a share of; an error is better the smaller it is, so no share of it is kept."""
    return f"quality by {METRICS[metric]}" if metric == "rmse" else METRICS[metric]


def control_title(name: str) -> str:
    """Return a control, for example "Most popular" or "Most popular, kept rows"."""
    return CONTROLS[name.removesuffix("_kept")] + (", kept rows" if name.endswith("_kept") else "")

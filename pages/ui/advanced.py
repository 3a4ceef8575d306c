"""The settings behind "Advanced": an empty field means what the preset says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.ui import links, net
from rec_core.data.interactions import Feedback
from rec_core.data.sources import SOURCES
from rec_core.models import MODELS, Model
from rec_core.selection import METHODS
from rec_core.settings import Offer, Settings, offers
from rec_core.specs import DataSpec, ExperimentSpec, ProxySpec, SplitSpec, TrainSpec

# The parts of a spec whose settings are offered, in the order in which they are drawn.
_PARTS: dict[str, type[Settings]] = {
    "split": SplitSpec,
    "train": TrainSpec,
    "proxy": ProxySpec,
    "data": DataSpec,
    "": ExperimentSpec,
}
# Settings that count for one kind of feedback alone.
_ONLY = {"explicit": ("train.residuals",), "implicit": ("train.negatives", "train.walked")}


# Data that come with a split are taken as they are.
_AS_GIVEN = ["split.test", "split.validation", "split.held_out", "data.min_interactions", "data.repeats"]


@dataclass(frozen=True)
class Field:
    """A field of Advanced: what it offers, and its place in the spec."""

    offer: Offer
    place: str


def parameters() -> dict[str, links.Parameter]:
    """Return what a link may say of the fields, whichever of them are drawn."""
    kinds = [*(("method", method) for method in METHODS.values()), *(("model", model) for model in MODELS.values())]
    fields = [field for part, kind in (*kinds, *_PARTS.items()) for field in _declared(part, kind)]
    return {field.offer.link: _parameter(field.offer) for field in fields}


def _parameter(offer: Offer) -> links.Parameter:
    title = offer.title.format(item="item")
    if offer.options:
        return links.option(title, offer.options)
    return links.number(title, offer.low, offer.high, offer.is_whole)


def show(preset: dict[str, Any]) -> dict[str, Any]:
    """Draw the fields that count for the chosen method and feedback; return what differs from ``preset``."""
    item = SOURCES[preset["data"]["dataset"]].words.item
    changed: dict[str, Any] = {}
    for field in _fields(preset):
        if field.place != _of_no_account(preset, changed):
            changed[field.place] = _draw(field, _get(preset, field.place), item)
    return {place: value for place, value in changed.items() if value not in (None, _get(preset, place))}


def _draw(field: Field, default: Any, item: str) -> Any:
    """Draw an empty field that shows the preset's value; return what the reader put there, or None."""
    offer = field.offer
    title, key = offer.title.format(item=item), offer.link
    if offer.options:
        words = offer.options.__getitem__
        return st.selectbox(
            title,
            list(offer.options),
            None,
            words,
            key=key,
            bind="query-params",
            placeholder=words(default),
        )
    kind = int if offer.is_whole else float
    return st.number_input(
        title,
        kind(offer.low),
        kind(offer.high),
        None,
        key=key,
        bind="query-params",
        placeholder=str(default),
        format="%d" if offer.is_whole else "%g",
        step=1 if offer.is_whole else 0.001,
    )


def say_what_is_changed(changed: dict[str, Any], preset: str) -> None:
    """Say that the settings are no longer the preset's, and offer to go back to them."""
    if not changed:
        return
    count = "1 change" if len(changed) == 1 else f"{len(changed)} changes"
    st.caption(f"**Custom: {count}** from “{preset}”", width="content")
    st.button("Reset", key="reset", on_click=_reset, type="tertiary")


@net.callback
def _reset() -> None:
    for key in parameters():
        if key in st.session_state:
            st.session_state[key] = None


def apply(preset: dict[str, Any], changed: dict[str, Any]) -> dict[str, Any]:
    """Return the spec's values with the changed ones put in."""
    values = {name: dict(v) if isinstance(v, dict) else v for name, v in preset.items()}
    for place, value in changed.items():
        *path, last = place.split(".")
        (values[path[0]] if path else values)[last] = value
    return values


def _fields(preset: dict[str, Any]) -> list[Field]:
    """Return the fields that count: those of the chosen method and model, and those of every run."""
    parts = {"method": METHODS[preset["method"]["name"]], "model": MODELS[preset["model"]["name"]]} | _PARTS
    ignored = [place for feedback, places in _ONLY.items() if feedback != preset["feedback"] for place in places]
    ignored += _AS_GIVEN if SOURCES[preset["data"]["dataset"]].has_split else []
    ignored += _of_no_account_to(MODELS[preset["model"]["name"]], preset["feedback"])
    fields = [field for part, kind in parts.items() for field in _declared(part, kind)]
    return [field for field in fields if field.place not in ignored]


def _of_no_account_to(model: type[Model], feedback: Feedback) -> list[str]:
    """Return the settings that do not count for a model: those of the other feedback, and of training it has not."""
    own = [f"model.{name}" for name in (model.implicit_only if feedback == "explicit" else model.explicit_only)]
    if not model.is_trained:
        return [*own, *(f"train.{name}" for name in TrainSpec.model_fields)]
    return [*own, "train.walked", "train.residuals"] if model.is_served else own


def _of_no_account(preset: dict[str, Any], changed: dict[str, Any]) -> str:
    """Return the setting that does not count under the test rating that was chosen before it."""
    by_date = (changed.get("split.test") or preset["split"]["test"]) == "global-time"
    return "split.validation" if by_date else "split.held_out"


def _declared(part: str, kind: type[Settings]) -> list[Field]:
    return [Field(offer, f"{part}.{name}" if part else name) for name, offer in offers(kind).items()]


def _get(values: dict[str, Any], place: str) -> Any:
    for part in place.split("."):
        values = values[part]
    return values

"""The settings behind "Advanced": an empty field means what the preset says."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.ui import links
from rec_core.data.sources import SOURCES
from rec_core.models import MODELS
from rec_core.selection import METHODS
from rec_core.settings import Settings, offers
from rec_core.specs import ExperimentSpec

Number = tuple[str, str, float, float]  # label, place in the spec, smallest and largest value
# By key in the URL.
_TRAINING: dict[str, Number] = {
    "epochs": ("Epochs, at most", "train.epochs", 1, 500),
    "patience": ("Stop after so many epochs without gain (0: keep the last epoch)", "train.patience", 0, 100),
    "batch": ("Batch size", "train.batch_size", 16, 65536),
    "rate": ("Learning rate", "train.learning_rate", 0.00001, 1.0),
}
_NEGATIVES: dict[str, Number] = {"negatives": ("Negatives per positive", "train.negatives", 1, 64)}
_PROXY: dict[str, Number] = {"proxy_epochs": ("Epochs of the proxy", "proxy.epochs", 1, 100)}
_DATA: dict[str, Number] = {
    "min": ("Smallest number of ratings per user and {item}", "data.min_interactions", 3, 100),
    "seed": ("Seed", "seed", 0, 2**31),
    "data_seed": ("Seed of split and test negatives", "data_seed", 0, 2**31),
}
# By key in the URL: label, place in the spec, options.
_CHOICES: dict[str, tuple[str, str, list[str]]] = {
    "test": ("Test rating", "split.test", ["last", "random"]),
    "validation": ("Validation rating", "split.validation", ["random", "next-to-last"]),
    "repeats": ("Where a user has one {item} more than once", "data.repeats", ["kept", "latest"]),
}


def parameters() -> dict[str, links.Parameter]:
    """Return what a link may say of the fields, whichever of them are drawn."""
    choices = {
        key: links.option(label.format(item="item"), _same(options)) for key, (label, _, options) in _CHOICES.items()
    }
    values = ExperimentSpec().model_dump()
    numbers = {
        key: links.number(label.format(item="item"), low, high, isinstance(_get(values, place), int))
        for key, (label, place, low, high) in (_TRAINING | _NEGATIVES | _PROXY | _DATA).items()
    }
    declared = {
        offer.link: links.number(offer.title, offer.low, offer.high, isinstance(offer.default, int))
        for kind in (*MODELS.values(), *METHODS.values())
        for offer in offers(kind).values()
    }
    return choices | numbers | declared


def _same(options: list[str]) -> dict[str, str]:
    return {option: option for option in options}


def show(preset: dict[str, Any]) -> dict[str, Any]:
    """Draw the fields that count for the chosen method and feedback; return what differs from ``preset``."""
    changed: dict[str, Any] = {}
    item = SOURCES[preset["data"]["dataset"]].words.item
    for key, (label, place, options) in _CHOICES.items():
        changed[place] = st.selectbox(
            label.format(item=item),
            options,
            index=None,
            key=key,
            bind="query-params",
            placeholder=str(_get(preset, place)),
        )
    for key, (label, place, low, high) in _numbers(preset).items():
        whole = isinstance(_get(preset, place), int)
        kind = int if whole else float
        changed[place] = st.number_input(
            label.format(item=item),
            kind(low),
            kind(high),
            None,
            key=key,
            bind="query-params",
            placeholder=str(_get(preset, place)),
            format="%d" if whole else "%g",
            step=1 if whole else 0.001,
        )
    return {place: value for place, value in changed.items() if value not in (None, _get(preset, place))}


def say_what_is_changed(changed: dict[str, Any], preset: str) -> None:
    """Say that the settings are no longer the preset's, and offer to go back to them."""
    if not changed:
        return
    count = "1 change" if len(changed) == 1 else f"{len(changed)} changes"
    st.caption(f"**Custom: {count}** from “{preset}”", width="content")
    st.button("Reset", key="reset", on_click=_reset, type="tertiary")


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


def _numbers(preset: dict[str, Any]) -> dict[str, Number]:
    """Return the numbers that count: those of every run, and those that the chosen model and method declare."""
    model, method = MODELS[preset["model"]["name"]], METHODS[preset["method"]["name"]]
    negatives = _NEGATIVES if preset["feedback"] == "implicit" else {}
    return _TRAINING | _declared("model", model) | negatives | _PROXY | _declared("method", method) | _DATA


def _declared(part: str, kind: type[Settings]) -> dict[str, Number]:
    return {o.link: (o.title, f"{part}.{name}", o.low, o.high) for name, o in offers(kind).items()}


def _get(values: dict[str, Any], place: str) -> Any:
    for part in place.split("."):
        values = values[part]
    return values

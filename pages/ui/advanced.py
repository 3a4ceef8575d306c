"""The settings behind "Advanced": an empty field means what the preset says."""

from __future__ import annotations

from typing import Any

import streamlit as st

from rec_core import selection

# Key in the URL: label, place in the spec, smallest and largest value, or the options.
_NUMBERS: dict[str, tuple[str, str, float, float]] = {
    "epochs": ("Epochs, at most", "train.epochs", 1, 500),
    "patience": ("Stop after so many epochs without gain (0: keep the last epoch)", "train.patience", 0, 100),
    "batch": ("Batch size", "train.batch_size", 16, 65536),
    "rate": ("Learning rate", "train.learning_rate", 0.00001, 1.0),
    "dim": ("Embedding size", "model.dim", 4, 256),
    "std": ("Spread of starting embeddings", "model.init_std", 0.0001, 10.0),
    "negatives": ("Negatives per positive", "train.negatives", 1, 64),
    "proxy_epochs": ("Epochs of the proxy", "proxy.epochs", 1, 100),
    "clusters": ("Clusters", "method.clusters", 1, 1000),
    "position": ("Window, from easiest (0) to hardest (1)", "method.position", 0.0, 1.0),
    "min": ("Smallest number of ratings per user and film", "data.min_interactions", 3, 100),
    "seed": ("Seed", "seed", 0, 2**31),
    "data_seed": ("Seed of split and test negatives", "data_seed", 0, 2**31),
}
_CHOICES: dict[str, tuple[str, str, list[str]]] = {
    "test": ("Test rating", "split.test", ["last", "random"]),
    "validation": ("Validation rating", "split.validation", ["random", "next-to-last"]),
}


def show(preset: dict[str, Any]) -> dict[str, Any]:
    """Draw the fields that count for the chosen method and feedback; return what differs from ``preset``."""
    changed: dict[str, Any] = {}
    for key, (label, place, options) in _CHOICES.items():
        changed[place] = st.selectbox(
            label, options, index=None, key=key, bind="query-params", placeholder=str(_get(preset, place))
        )
    for key, (label, place, low, high) in _NUMBERS.items():
        if not _counts(place, preset):
            continue
        whole = isinstance(low, int) and isinstance(high, int)
        changed[place] = st.number_input(
            label,
            low,
            high,
            None,
            key=key,
            bind="query-params",
            placeholder=str(_get(preset, place)),
            format="%d" if whole else "%g",
            step=1 if whole else 0.001,
        )
    return {place: value for place, value in changed.items() if value is not None}


def apply(preset: dict[str, Any], changed: dict[str, Any]) -> dict[str, Any]:
    """Return the spec's values with the changed ones put in."""
    values = {name: dict(v) if isinstance(v, dict) else v for name, v in preset.items()}
    for place, value in changed.items():
        *path, last = place.split(".")
        (values[path[0]] if path else values)[last] = value
    return values


def _counts(place: str, preset: dict[str, Any]) -> bool:
    if place.startswith("method."):
        return place.removeprefix("method.") in _method(preset).params
    return place != "train.negatives" or preset["feedback"] == "implicit"


def _get(values: dict[str, Any], place: str) -> Any:
    if place.startswith("method."):
        return _method(values).params[place.removeprefix("method.")]
    for part in place.split("."):
        values = values[part]
    return values


def _method(values: dict[str, Any]) -> selection.Method:
    return selection.METHODS[values["method"]["name"]]

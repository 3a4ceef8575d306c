"""Controls that pages share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeVar

import streamlit as st

from pages.ui import links

T = TypeVar("T", bound=str)


def segments(
    label: str,
    options: Mapping[T, str],
    key: str,
    default: T,
    text: str = "",
    width: Literal["content", "stretch"] = "content",
) -> T:
    """Draw a choice among a few ``options`` (value → label), bound to the URL, and return the chosen value."""
    links.look(key, links.exactly(label, options.values()))
    chosen = st.segmented_control(
        label,
        list(options),
        format_func=options.__getitem__,
        default=default,
        required=True,
        key=key,
        bind="query-params",
        help=text or None,
        width=width,
    )
    links.say(key)
    return chosen or default  # a link that ends in "?model=" empties even a required control


def field(label: str, key: str, usual: float, bounds: tuple[float, float], text: str = "") -> float:
    """Draw a number that is in the address, and return it."""
    low, high = bounds
    links.look(key, links.number(label, low, high, whole=False))
    chosen = st.number_input(
        label,
        min_value=low,
        max_value=high,
        value=usual,
        step=1.0,
        format="%g",
        key=key,
        bind="query-params",
        width=180,
        help=text or None,
    )
    links.say(key)
    return float(chosen or usual)  # a link that ends in "?keep=" empties it

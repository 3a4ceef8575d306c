"""What a link asks for, read before any control is drawn: what no control can take is taken out, and said.

Streamlit drops such values without a word, and some of them (``?seed=inf``) end the page.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import streamlit as st

from rec_core.wording.numbers import plain_markdown

_READ, _MISREAD, _SHOWN_WITH = "_link_was_read", "_misread", "_misread_shown_with"
_LONGEST = 24  # characters of a misread value that are shown


@dataclass(frozen=True)
class Parameter:
    """What a control takes: its name, and how a text is read; ``read`` returns the text as the control writes it."""

    title: str
    read: Callable[[str], str | None]


def option(title: str, options: Mapping[Any, str], others: Mapping[Any, str] = MappingProxyType({})) -> Parameter:
    """Return a parameter that takes one of ``options`` (id → title), by either, however its letters are written.

    ``others`` are further titles (id → title).
    """
    known = {
        text.casefold(): shown
        for name, shown in options.items()
        for text in (str(name), shown, others.get(name, shown))
    }
    return Parameter(title, lambda text: known.get(text.strip().casefold()))


def number(title: str, low: float, high: float, whole: bool) -> Parameter:
    """Return a parameter that takes a number between ``low`` and ``high``."""

    def read(text: str) -> str | None:
        try:
            value = float(text)
        except ValueError:
            return None
        fits = math.isfinite(value) and low <= value <= high and (value.is_integer() or not whole)
        return text if fits else None

    return Parameter(title, read)


def read(parameters: Mapping[str, Parameter]) -> bool:
    """Read the link once per session; return whether it was changed, so that the app has to start over."""
    if st.session_state.get(_READ, False):
        return False
    st.session_state[_READ] = True
    misread, changed = {}, False
    for key in [key for key in parameters if key in st.query_params]:
        text = st.query_params[key]
        found = parameters[key].read(text)
        if found is None and text:
            misread[parameters[key].title] = text
        if found is None:
            del st.query_params[key]
        elif found != text or len(st.query_params.get_all(key)) > 1:
            st.query_params[key] = found
        else:
            continue
        changed = True
    st.session_state[_MISREAD] = misread
    return changed


def misread(chosen: str) -> list[str]:
    """Return a sentence for each value of the link that could not be read, until something else is ``chosen``."""
    if st.session_state.setdefault(_SHOWN_WITH, chosen) != chosen:
        st.session_state.pop(_MISREAD, None)
    return [
        f"The link asks for {title} “{plain_markdown(text[:_LONGEST])}{'…' if len(text) > _LONGEST else ''}”, which is "
        "not on offer; what is chosen here is shown instead."
        for title, text in st.session_state.get(_MISREAD, {}).items()
    ]

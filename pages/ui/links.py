"""What a link asks for, read before any control is drawn: what no control can take is taken out, and said.

Streamlit drops such values without a word, and some of them (``?seed=inf``) end the page.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import streamlit as st

from rec_core.wording.numbers import plain_markdown

_READ, _MISREAD, _SHOWN_WITH = "_link_was_read", "_misread", "_misread_shown_with"
_LONGEST = 24  # characters of a misread value that are shown


@dataclass(frozen=True)
class Parameter:
    """What a control takes: its name, and how a text is read; ``read`` returns the text as the control writes it.

    ``why`` returns why a text cannot be read, in a sentence.
    """

    title: str
    read: Callable[[str], str | None]
    why: Callable[[str], str] | None = None

    def said(self, text: str) -> str:
        """Return the sentence about a text that cannot be read."""
        if self.why is not None:
            return self.why(text)
        return (
            f"The link asks for {self.title} “{shown(text)}”, which is not on offer; what is chosen here is shown "
            "instead."
        )


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


def named(title: str, things: Mapping[str, Collection[str]]) -> Parameter:
    """Return a parameter that names one of ``things`` (id → its titles) by its id.

    A title is taken too where one thing alone has it; where several have it, the link cannot say which is meant.
    """
    ids = {name.casefold(): name for name in things}
    by_title: dict[str, list[str]] = {}
    for name, titles in things.items():
        for text in {one.casefold() for one in titles}:
            by_title.setdefault(text, []).append(name)

    def found(text: str) -> list[str]:
        key = text.strip().casefold()
        return [ids[key]] if key in ids else by_title.get(key, [])

    def why(text: str) -> str:
        if found(text):
            return f"The link asks for {title} “{shown(text)}”, and several have that name: choose one here."
        return Parameter(title, lambda _: None).said(text)

    return Parameter(title, lambda text: one[0] if len(one := found(text)) == 1 else None, why)


def shown(text: str) -> str:
    """Return the beginning of a text from a link, for Markdown."""
    return f"{plain_markdown(text[:_LONGEST])}{'…' if len(text) > _LONGEST else ''}"


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
    misread, changed = [], False
    for key in [key for key in parameters if key in st.query_params]:
        text = st.query_params[key]
        found = parameters[key].read(text)
        if found is None and text:
            misread.append(parameters[key].said(text))
        if found is None:
            del st.query_params[key]
        elif found != text or len(st.query_params.get_all(key)) > 1:
            st.query_params[key] = found
        else:
            continue
        changed = True
    st.session_state[_MISREAD] = misread
    return changed


def exactly(title: str, labels: Collection[str]) -> Parameter:
    """Return a parameter that takes one of ``labels``, as they are written."""
    return Parameter(title, lambda text: text if text in labels else None)


def switch(title: str) -> Parameter:
    """Return a parameter that is on or off."""
    return Parameter(title, lambda text: text if text.lower() in ("true", "false") else None)


def look(key: str, parameter: Parameter) -> None:
    """Read what the link asks of a page's control; called before the control is drawn, which drops what is wrong."""
    if key in st.query_params and key not in st.session_state:
        asked = [text for text in st.query_params.get_all(key) if text]
        wrong = [parameter.said(text) for text in asked if parameter.read(text) is None]
        st.session_state[f"{_MISREAD} {key}"] = wrong


def say(key: str) -> None:
    """Warn of values that a page's control could not read, until something else is chosen; called after it is drawn."""
    name, chosen = f"{_MISREAD} {key}", st.session_state.get(key)
    if st.session_state.get(name):
        if st.session_state.setdefault(f"{_SHOWN_WITH} {key}", chosen) == chosen:
            st.warning("  \n".join(st.session_state[name]))
        else:
            st.session_state[name] = []


def misread(chosen: str) -> list[str]:
    """Return a sentence for each value of the link that could not be read, until something else is ``chosen``."""
    if st.session_state.setdefault(_SHOWN_WITH, chosen) != chosen:
        st.session_state.pop(_MISREAD, None)
    return list(st.session_state.get(_MISREAD, []))

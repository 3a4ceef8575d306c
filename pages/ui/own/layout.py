"""How a file is written: what was guessed, and the controls that say otherwise."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

import streamlit as st

from pages.ui.own import draft, looking
from rec_core.data.sources.table import Layout
from rec_core.data.sources.table.reading import DECIMALS, ENCODINGS
from rec_core.specs import checked
from rec_core.wording import log_read
from rec_core.wording.numbers import plain_markdown

SEPARATORS = dict(log_read.SEPARATORS)
OF_VALUES = ("decimal", "thousands", "time_format")  # they are about columns, and stand below these
_LABELS = {
    "header": "The first line names the columns",
    "quoted": "Quotation marks enclose fields",
    "multiline": "Fields in quotation marks may have line breaks",
    "escape": "Sign before a quotation mark within a field",
    "spaces": "Drop spaces after separators",
    "skip": "Lines to skip at the top",
    "comment": "Skip lines that begin with",
    "decimal": "Decimal sign",
    "thousands": "Thousands separator",
    "time_format": "Form of the times",
}
_KEYS = {"quoted": "quotes"}
_SIGNS = {"": "none", " ": "space", **DECIMALS}


def choose(path: str, of: str, answers: dict[str, Any]) -> dict[str, Any]:
    """Show how a file seems to be written, let the reader say otherwise, and return what they say.

    ``answers`` to questions are what the controls show at first; ``of`` ends their keys.
    """
    guessed = _with(looking.guessed(path), answers)
    if guessed.form != "text":
        st.caption(f"Read as {log_read.layout(guessed)}.")
        return {}
    with st.expander(f"Read as {plain_markdown(log_read.layout(guessed))}"):
        separator = _separator(guessed, of)
        said = {} if separator == guessed.separator else {"separator": separator}
        layout = _with(looking.guessed(path, separator), answers)
        of = looking.key_of(path, layout.model_dump_json())  # what is guessed below depends on the separator too
        st.caption("Change these only if the rows below look wrong.")
        names = [name for name in Layout.model_fields if name not in ("form", "separator", *OF_VALUES)]
        return said | _changed(layout, {name: control(layout, name, of) for name in names})


def of_values(layout: Layout, of: str) -> dict[str, Any]:
    """Let the reader say how numbers and times are written; return what they say otherwise."""
    return _changed(layout, {name: control(layout, name, of) for name in OF_VALUES if name in Layout.model_fields})


def control(layout: Layout, name: str, of: str) -> Any:
    """Draw the control of a setting, as its type asks for, and return its value."""
    value, label = getattr(layout, name), _LABELS.get(name, name.replace("_", " ").capitalize())
    kind, key = Layout.model_fields[name].annotation, draft.key(f"{_KEYS.get(name, name)}-{of}")
    if name == "encoding":
        options = list(ENCODINGS)
        return st.selectbox("Encoding", options, options.index(value), ENCODINGS.__getitem__, key=key)
    if kind is bool:
        return st.checkbox(label, value, key=key)
    if get_origin(kind) is Literal:
        options = list(get_args(kind))
        return st.selectbox(label, options, options.index(value), lambda sign: _SIGNS.get(sign, sign), key=key)
    if kind is int:
        return int(st.number_input(label, 0, 1000, value, key=key))
    return st.text_input(label, value, key=key, help=_HELP.get(name))


_HELP = {"time_format": "Empty for dates such as 2019-06-01 and for seconds since 1970. Or a pattern: %d/%m/%Y %H:%M."}


def _separator(guessed: Layout, of: str) -> str:
    options = list(dict.fromkeys([guessed.separator, *SEPARATORS]))
    separator = st.selectbox(
        "Separator",
        options,
        format_func=lambda sign: SEPARATORS.get(sign, sign),
        key=draft.key(f"separator-{of}"),
        accept_new_options=True,
    )
    checked(Layout, {"separator": separator})
    return str(separator)


def _with(layout: Layout, answers: dict[str, Any]) -> Layout:
    return checked(Layout, layout.model_dump() | answers)


def _changed(layout: Layout, values: dict[str, Any]) -> dict[str, Any]:
    """Return the values that differ from those of a layout.

    Raises:
        SpecError: if one of them is no such setting.
    """
    changed = {name: value for name, value in values.items() if value != getattr(layout, name)}
    _with(layout, changed)
    return changed

"""How a file is written: what was guessed, and the controls that say otherwise."""

from __future__ import annotations

import streamlit as st

from pages.ui.own import looking
from rec_core.data.sources.table import Layout
from rec_core.data.sources.table.reading import DECIMALS, ENCODINGS
from rec_core.specs import checked
from rec_core.wording.numbers import plain_markdown

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", "::": "two colons", " ": "space"}


def choose(path: str, of: str) -> Layout:
    """Show the guessed layout, let the reader change it, and return the one to read the file with."""
    layout = looking.guessed(path)
    if layout.form != "text":
        st.caption({"json": "Read as JSON lines.", "parquet": "Read as Parquet."}[layout.form])
        return layout
    with st.expander(f"Read as {_said(layout)}"):
        options = list(dict.fromkeys([layout.separator, *SEPARATORS]))
        separator = st.selectbox(
            "Separator",
            options,
            format_func=lambda sign: SEPARATORS.get(sign, sign),
            key=f"own-separator-{of}",
            accept_new_options=True,
        )
        checked(Layout, {"separator": separator})
        layout = looking.guessed(path, separator)
        encodings, encoded = list(ENCODINGS), f"own-encoding-{of}"
        encoding = st.selectbox(
            "Encoding", encodings, encodings.index(layout.encoding), ENCODINGS.__getitem__, key=encoded
        )
        of = looking.key_of(path, separator)  # what is guessed below depends on the separator too
        header = st.checkbox("The first line names the columns", layout.header, key=f"own-header-{of}")
        quoted = st.checkbox("Quotation marks enclose fields", layout.quoted, key=f"own-quotes-{of}")
        signs, sign = list(DECIMALS), f"own-sign-{of}"
        decimal = st.selectbox("Decimal sign", signs, signs.index(layout.decimal), DECIMALS.__getitem__, key=sign)
    said = {"encoding": encoding, "header": header, "quoted": quoted, "decimal": decimal}
    return checked(Layout, layout.model_dump() | said)


def _said(layout: Layout) -> str:
    header = "the first line names the columns" if layout.header else "no line of names"
    sign = SEPARATORS.get(layout.separator, layout.separator)
    return f"{ENCODINGS[layout.encoding]} text, fields separated by {plain_markdown(sign)}, {header}"

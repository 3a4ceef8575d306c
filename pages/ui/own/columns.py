"""Which column is what, of a log and of a second file about its items."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from pages.ui import cards
from pages.ui.access import allowed
from pages.ui.own import looking
from rec_core.canonical import digest
from rec_core.data.sources.table import ROLES, Columns, Sniffed
from rec_core.data.sources.table.reading import Role
from rec_core.errors import DataError
from rec_core.specs import checked

_SHOWN = 20  # rows
_NONE = "–"
_ITEM_ROLES: tuple[Role, ...] = ("item", "title", "categories")


def rows(found: Sniffed, alt: str, key: str) -> None:
    """Show the first rows of a file."""
    records = pd.DataFrame(found.records[:_SHOWN], columns=found.names)
    cards.table(records, alt=alt, key=key, height=240)


def choose(found: Sniffed, key: str, of: str, roles: tuple[Role, ...] = tuple(ROLES)) -> Columns:
    """Let the reader choose the column of each role; the guess is the default."""
    options = [_NONE, *found.names]
    guessed = found.columns.named
    of = digest([of, found.layout.model_dump()])[:12]  # another layout has other columns, and other guesses
    chosen: dict[str, str] = {}
    with st.grid(len(roles), min_column_width=130):
        for role in roles:
            name = st.selectbox(
                ROLES[role],
                options,
                options.index(guessed.get(role, _NONE)),
                key=f"{key}-{role}-{of}",
            )
            if name and name != _NONE:
                chosen[role] = name
    return checked(Columns, chosen)


def of_items(reading: dict[str, Any], of: str) -> tuple[str, dict[str, Any]]:
    """Let the reader name a second file about the items ``of`` the first; return its path and how both are read."""
    with st.expander("Titles and categories of items, from a second file"):
        typed = st.text_input("Path of that file", key=f"own-items-{of}", placeholder="/data/items.csv").strip()
        if not typed:
            return "", reading
        path = allowed(typed)
        of = looking.key_of(path, of)
        found = looking.sniffed(path, of_items=True)
        columns = choose(found, "own-items", of, _ITEM_ROLES)
        rows(found, "The first rows of the second file.", f"own-item-rows-{of}")
        if not columns.item:
            raise DataError("The second file needs a column that names items: say which one does.")
    return path, reading | {"items_layout": found.layout, "items": columns}

"""Which column is what, and which rows count, of a log and of a second file about its items."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from pages.ui import cards
from pages.ui.access import allowed
from pages.ui.own import draft, looking
from rec_core.canonical import digest
from rec_core.data.sources.table import ROLES, Columns, Layout, Sniffed
from rec_core.data.sources.table.answering import Said
from rec_core.data.sources.table.reading import Role
from rec_core.errors import DataError
from rec_core.wording.numbers import plain_markdown

_SHOWN = 20  # rows
_NONE = "–"
_FIRST: tuple[Role, ...] = ("user", "item", "rating", "time", "title", "categories")
_ITEM_ROLES: tuple[Role, ...] = ("item", "title", "categories")
_WIDTH = 130  # pixels of a column's choice, at least
_MOST = 50  # kinds of events


def rows(found: Sniffed, alt: str, key: str) -> None:
    """Show the first rows of a file."""
    records = pd.DataFrame(found.records[:_SHOWN], columns=found.names)
    cards.table(records, alt=alt, key=key, height=240)


def choose(found: Sniffed, key: str, of: str, roles: tuple[Role, ...] = _FIRST) -> dict[str, str]:
    """Let the reader choose the column of each role; return those that differ from the guess, "" for none."""
    options = [_NONE, *found.names]
    guessed = found.columns.named
    of = digest([of, found.names, guessed])[:12]  # another guess has other controls
    said: dict[str, str] = {}
    with st.grid(len(roles), min_column_width=_WIDTH):
        for role in roles:
            before = guessed.get(role, _NONE)
            name = st.selectbox(ROLES[role], options, options.index(before), key=draft.key(f"{key}{role}-{of}"))
            if name and name != before:
                said[role] = "" if name == _NONE else name
    return said


def others() -> tuple[Role, ...]:
    """Return the roles that few logs have a column for."""
    return tuple(role for role in ROLES if role not in _FIRST)


def counting(found: Sniffed, of: str) -> dict[str, Any]:
    """Let the reader say which rows count; return what differs from the guess."""
    columns = found.columns
    of = digest([of, columns.model_dump(mode="json")])[:12]
    said: dict[str, Any] = {}
    if columns.event:
        place = found.names.index(columns.event)
        kinds = list(dict.fromkeys([*columns.events, *(record[place] for record in found.records)]))[:_MOST]
        said["events"] = tuple(
            st.multiselect(
                "Events that count", kinds, list(columns.events), key=draft.key(f"events-{of}"), placeholder="All"
            )
        )
    if columns.rating:
        said["at_least"] = st.number_input(
            "Lowest rating that counts", value=columns.at_least, key=draft.key(f"at-least-{of}"), placeholder="Any"
        )
        said["unrated"] = st.text_input(
            "Ratings that mean “not rated”", columns.unrated, key=draft.key(f"unrated-{of}"), placeholder="0, -1"
        ).replace(" ", "")
    if not columns.time:
        order = "Lines are in order of time, at least those of each user"
        said["in_order"] = st.checkbox(order, columns.in_order, key=draft.key(f"in-order-{of}"))
    return {name: value for name, value in said.items() if value != getattr(columns, name)}


def of_items(of: str) -> tuple[str, Layout, Columns]:
    """Let the reader name a second file about the items ``of`` the first; return its path and how it is read."""
    with st.expander("Titles and categories of items, from a second file"):
        name = draft.key(f"items-{of}")
        typed = st.text_input("Path of that file", key=name, placeholder="/data/items.csv").strip()
        if not typed:
            return "", Layout(), Columns()
        path = allowed(typed)
        of = looking.key_of(path, of)
        said = Said(roles=choose(looking.answered(path, Said(), of_items=True), "items-", of, _ITEM_ROLES))
        found = looking.answered(path, said, of_items=True)
        rows(found, "The first rows of the second file.", f"own-item-rows-{of}")
        if not found.columns.item:
            raise DataError("The second file needs a column that names items: say which one does.")
        unasked = [plain_markdown(one.text) for one in found.questions]
        if unasked:
            st.caption(f"Choose its columns to answer: {' '.join(unasked)}")
    return path, found.layout, found.columns

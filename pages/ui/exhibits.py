"""How an exhibit looks on a page: the figure, its caption, and a click away its words, its table and its points."""

from __future__ import annotations

import time
from typing import Any

import streamlit as st

from pages.ui import cards
from rec_core.figures.exhibit import Exhibit
from rec_core.figures.style import config

_ROOM = 4  # pixels, so that no scroll bar appears
HEAD_START = 0.7  # seconds
_BEFORE = "_charts_before"  # set once a visit has seen a chart


def let_the_page_be_drawn_first() -> None:
    """Wait a moment before the first chart of a visit: while a browser loads the code of charts, no button answers."""
    if not st.session_state.get(_BEFORE, False):
        st.session_state[_BEFORE] = True
        time.sleep(HEAD_START)


def show(exhibit: Exhibit, **chart: Any) -> None:
    """Draw the exhibit; ``chart`` goes to ``st.plotly_chart``."""
    lasso = chart.get("on_select", "ignore") != "ignore"
    # A changed chart is a new one to Streamlit's front end; in a box of its height nothing moves until it is drawn.
    with st.container(height=exhibit.figure.layout.height + _ROOM, border=False):
        st.plotly_chart(
            exhibit.figure, key=f"chart-{exhibit.name}", config=config(exhibit.name, lasso), alt=exhibit.alt, **chart
        )
    st.caption(exhibit.caption)
    with st.container(horizontal=True, gap="small"):
        with st.popover("How to read this", type="tertiary", icon=":material/help:"):
            st.markdown(exhibit.how)
            if exhibit.formula:
                st.latex(exhibit.formula)
            if exhibit.source:
                st.caption(exhibit.source)
        _table(exhibit)
        cards.csv(exhibit.table, exhibit.name)


def _table(exhibit: Exhibit) -> None:
    """Offer the table twin; it is sent only once it is opened."""
    key = f"table-{exhibit.name}"
    popover = st.popover("Table", type="tertiary", icon=":material/table:", key=key, on_change="rerun")
    if popover.open:
        with popover:
            cards.table(
                exhibit.table,
                height=320,
                alt=f"The numbers of the figure “{exhibit.title}”.",
                column_config=cards.number_columns(exhibit.table, exhibit.shares),
            )

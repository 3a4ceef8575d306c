"""The summary as slides: large type, no sidebar, arrow keys."""

from __future__ import annotations

import streamlit as st

from pages.ui import cards, nav, net
from rec_core.export.document import Document
from rec_core.figures.exhibit import Exhibit
from rec_core.figures.style import config, enlarge
from rec_core.wording.numbers import plain_markdown

_PLACE = "_slide"


@net.callback
def start() -> None:
    """Begin to present, with the first slide."""
    nav.present()
    st.session_state[_PLACE] = 0


def show(document: Document) -> None:
    """Draw one slide and what turns to the next."""
    st.session_state[nav.SHOWN] = True
    n = len(document.exhibits) + 2
    place = min(st.session_state.get(_PLACE, 0), n - 1)
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        st.caption(f"{place + 1} of {n}")
        st.button("Previous", shortcut="Left", on_click=_turn, args=(place - 1,), disabled=place == 0)
        st.button("Next", shortcut="Right", on_click=_turn, args=(place + 1,), disabled=place == n - 1)
        st.button("End", shortcut="Esc", on_click=nav.stop_presenting)
    if place == 0:
        _opening(document)
    elif place == n - 1:
        _closing(document)
    else:
        _figure(document.exhibits[place - 1])


@net.callback
def _turn(place: int) -> None:
    st.session_state[_PLACE] = place


def _opening(document: Document) -> None:
    cards.headline(plain_markdown(document.title) or document.headline)
    if document.title:
        st.header(document.headline, anchor=False)
    st.header(document.decision, anchor=False)
    cards.numbers({label: (value, against, "") for label, (value, against) in document.facts.items()})
    for line in filter(str.strip, document.notes.splitlines()):
        st.markdown(f"#### {plain_markdown(line)}")


def _figure(exhibit: Exhibit) -> None:
    cards.headline(exhibit.title)
    st.plotly_chart(enlarge(exhibit.figure), key=f"slide-{exhibit.name}", config=config(exhibit.name), alt=exhibit.alt)
    st.markdown(f"##### {exhibit.how}")
    st.caption(exhibit.caption)


def _closing(document: Document) -> None:
    cards.headline("What this does not show")
    st.markdown("\n".join(f"#### {line}\n" for line in document.limits))
    st.header("How it was made", anchor=False)
    st.markdown("\n".join(f"#### {line}\n" for line in document.method))

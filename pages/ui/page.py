"""How a page begins: inside the app, with a question, and with something to look at; or it says what is missing."""

from __future__ import annotations

from typing import NoReturn

import streamlit as st

from pages.ui import cards, nav, state
from rec_core.experiment import View
from rec_core.stages import SELECT
from rec_core.wording import labels


def begin(question: str, needs_coreset: bool = True) -> View:
    """Return what the chosen settings keep, or draw ``question`` with what is needed first, and stop.

    ``{choice}`` in the question stands for what is kept. A page that works without a coreset says so.
    """
    nav.guard()
    asked = question.format(choice=labels.choice_title(state.spec()))
    if not cards.data_are_here(asked):
        st.stop()
    view = state.view()
    if needs_coreset and not view.can(SELECT):
        cards.headline(asked)
        if view.proxy_is_ready:  # a method that takes longer than a page may
            cards.train(view.spec)
        else:
            cards.prepare(
                view.spec,
                f"**{labels.choice_title(view.spec)} needs its proxy first**, a small model that is trained once on "
                f"all {state.words().rows} and serves every ratio, method and page. A run makes it too.",
            )
        st.stop()
    if needs_coreset:
        cards.say_what_changes(view.spec)
    return view


def stop(headline: str) -> NoReturn:
    """End a page that has nothing to answer, with its question."""
    cards.headline(headline)
    st.stop()

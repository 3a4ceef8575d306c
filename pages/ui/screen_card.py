"""The card that says which rows to keep, before anything is trained."""

from __future__ import annotations

import streamlit as st

from cache.jobs import ACTIVE
from pages.ui import cards, estimates, state
from rec_core.selection.screen import Screen
from rec_core.stages import SCREEN
from rec_core.stages.screen import asks
from rec_core.sweeps.search import training
from rec_core.wording import screen as wording
from rec_core.wording.numbers import about


def show() -> None:
    """Say what the screen found, or offer to screen."""
    spec = state.spec()
    if not (state.data_is_here() and asks(spec)):
        return
    view = state.view()
    with st.container(border=True):
        st.markdown(f"**{wording.QUESTION}**")
        if view.has(SCREEN):
            _found(view.screened)
        elif state.jobs().job(spec, "screen").state in ACTIVE:
            st.caption("On its way, as shown above. This page updates by itself.")
        else:
            st.caption("Found out from the data alone, before anything is trained.")
            st.button(
                f"Find out · {about(estimates.expected_screen(view))}",
                key="screen",
                on_click=state.ask,
                args=(spec,),
                kwargs={"kind": "screen"},
            )


def _found(screen: Screen) -> None:
    spec = state.spec()
    st.markdown(wording.answer(screen, spec))
    if caution := wording.caution(spec):
        st.caption(caution)
    with st.container(horizontal=True, vertical_alignment="center"):
        found = spec.with_(method=dict(screen.best), train=spec.train.model_dump() | dict(training(screen)))
        if found != spec:
            st.button("Use it", key="use-screen", on_click=state.use, args=(found,), icon=":material/check:")
        with st.popover("What was tried", type="tertiary"):
            st.caption(wording.how(screen))
            table = wording.table(screen, spec)
            config = cards.number_columns(table, [wording.PREDICTED])
            cards.table(table, alt="The methods that were tried, the best first.", column_config=config)

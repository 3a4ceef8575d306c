"""Data: what is in them, what follows from that, where they come from; and people's own logs."""

import streamlit as st

from pages.ui import cards, data_parts, exhibits, nav, own_log, state
from pages.ui.own import said
from rec_core.figures import holdings as figures
from rec_core.stages import LOAD
from rec_core.wording import holdings as wording

nav.guard()
view, source = state.view(), state.source()
found = data_parts.loaded(view) if cards.data_are_here(wording.QUESTION) else None
if found is None:
    if view.has(LOAD):
        data_parts.unreadable(view.dataset, view.spec)
    own_log.show()  # whatever is wrong with a log, it can be removed, and another be named
else:
    dataset, holdings = found
    cards.headline(wording.headline(holdings, source))
    own_log.show()
    said.of_source(source, view)
    for sentence in [*wording.consequences(holdings, source, view.spec), *data_parts.of_split(view)]:
        st.markdown(f"- {sentence}")
    cards.numbers(wording.facts(holdings, source))
    data_parts.unreadable(dataset, view.spec)

    if not source.has_split:
        st.subheader("What the filter leaves", anchor=False)
        data_parts.filters(holdings, view.spec)

    exhibits.show(figures.spread(holdings, source.title, source.words))
    if dataset.interactions.time is not None:
        exhibits.show(figures.timeline(dataset.interactions, source.title, source.words))

    st.subheader("Where they come from", anchor=False)
    data_parts.provenance(source, view.spec)

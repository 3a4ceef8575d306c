"""User map (Q4): who is kept?"""

import streamlit as st

from pages.ui import cards, controls, group_card, map_view, nav, state
from rec_core import labels
from rec_core.analysis import groups
from rec_core.figures.user_map import DRAGS

nav.guard()
spec = state.spec()
choice = labels.choice_title(spec)
live = cards.live_coreset(f"Who does {choice} keep?")
if live is None:
    st.stop()
experiment, coreset = live

history = groups.histories(experiment.split, coreset.rows)
verdict, detail = groups.sentences(history, choice)
cards.headline(verdict)
st.markdown(detail)
compare = controls.segments("Compare", map_view.COMPARE, "maps", "proxies", "What lies side by side.")


@st.fragment
def explore() -> None:
    """Draw the maps and who was chosen on them; choosing redraws only this."""
    state.follow_what_was_asked()
    with st.container(horizontal=True):
        projection = controls.segments("Projection", map_view.PROJECTIONS, "projection", "UMAP", map_view.HELP)
        drag = controls.segments("Choose users", DRAGS, "choose", "lasso", "Or both, with the toolbar of a map.")
    map_view.show(map_view.panels(compare, experiment, coreset), projection, drag)
    group_card.show(experiment.split, history, map_view.chosen())


explore()
cards.settings()

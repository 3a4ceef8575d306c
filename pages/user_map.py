"""User map (Q4): who is kept?"""

import streamlit as st

from pages.ui import cards, controls, group_card, map_view, net, page, state
from rec_core.analysis import groups
from rec_core.figures.user_map import DRAGS
from rec_core.wording import labels
from rec_core.wording.groups import sentences, served

view = page.begin("Who does {choice} keep?")
history = groups.histories(view.split, view.coreset.rows)
verdict, detail = sentences(history, labels.choice_title(view.spec))
cards.headline(verdict)
ranks = groups.ranks(view)
st.markdown(f"{detail} {served(groups.served(history, ranks), view.spec, state.words())}")
compare = controls.segments("Compare", map_view.COMPARE, "maps", "proxies", "What lies side by side.")


@net.fragment
def explore() -> None:
    """Draw the maps and who was chosen on them; choosing redraws only this."""
    state.follow_what_was_asked()
    with st.container(horizontal=True):
        place = st.container(width="content")
        drag = controls.segments("Choose users", DRAGS, "choose", "lasso", "Or both, with the toolbar of a map.")
    panels = map_view.panels(compare, view)
    with place:
        projection = map_view.choose_projection(panels)
    map_view.show(panels, projection, drag)
    group_card.show(view.split, history, map_view.chosen())


explore()
cards.settings()

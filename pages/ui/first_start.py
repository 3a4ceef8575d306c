"""Before anything was run: how small MovieLens 1M can be as it was measured before, and one button that shows how."""

from __future__ import annotations

import streamlit as st

from pages.ui import cards, exhibits, find_card, nav, state, sweeps
from rec_core import measured
from rec_core.data.sources.movielens import FILMS
from rec_core.evaluation.ranking import RECALL_ALL
from rec_core.figures import frontier as figures
from rec_core.models import NCF
from rec_core.selection.quota import Quota
from rec_core.selection.random import Random
from rec_core.selection.recent import Recent
from rec_core.sweeps import Plan
from rec_core.wording import frontier as wording
from rec_core.wording.numbers import percent

_NAME = "See it happen"
_RATIOS = (0.05, 0.1, 0.2, 0.5)


def show(with_figure: bool) -> None:
    """Say what was measured before, draw it where it is asked for, and offer to see it happen."""
    before = measured.read("ml-1m")
    table, controls = before.of(NCF.title, RECALL_ALL.name)
    with st.container(border=True):
        st.markdown(f"**On MovieLens 1M: {wording.before(table, controls, find_card.KEEP / 100, RECALL_ALL, FILMS)}**")
        if with_figure:
            exhibits.show(figures.quality_against_ratio(table, controls, " · ".join(before.remarks)))
        else:
            st.caption(" · ".join(before.remarks))
        _offer()


def _offer() -> None:
    """Offer a small sweep of the chosen data, whose figure fills in on the page Frontier."""
    if not state.data_is_here() or state.spec().keeps_everything:
        return
    spec = state.spec()
    methods = [Random(), Quota()] if spec.feedback == "explicit" else [Recent(), Random(), Quota()]
    plan = Plan.of(spec, methods, (spec.model.name,), (spec.feedback,), _RATIOS, (spec.seed,))
    ratios = f"{percent(_RATIOS[0])} to {percent(_RATIOS[-1])}"
    missing = [job.spec for job in state.jobs().runs(plan.cells) if job.state != "done"]
    if missing and st.button(
        f"See it happen here: {len(methods)} ways to keep {ratios} of {state.source().title} · {cards.about(missing)}",
        key="see-it-happen",
        icon=":material/play_arrow:",
    ):
        sweeps.begin(f"{_NAME}: {state.source().title}, {spec.model.title}", plan)
        st.switch_page(nav.page("frontier"))

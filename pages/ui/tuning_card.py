"""The parts of Tuning: the form that begins one, its choice, and the button that searches on."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import streamlit as st

from pages.ui import cards, controls, net, state, sweeps
from rec_core.analysis.tuning import Tuned
from rec_core.specs import ExperimentSpec
from rec_core.sweeps import Tuning
from rec_core.sweeps.space import Configuration, propose
from rec_core.sweeps.tuning import FEWEST, MOST, Way, proposed
from rec_core.wording import labels
from rec_core.wording import tuning as wording
from rec_core.wording.numbers import counted

_TRIALS, _MORE = 12.0, 6


def why_not(base: ExperimentSpec) -> str:
    """Return why nothing can be tuned on what is chosen, and what to choose; "" where it can."""
    if not base.model.is_trained:
        return (
            f"{labels.model_title(base)} is counted, not trained: nothing of it can be tuned. Choose NCF or SimpleMF."
        )
    if base.keeps_everything:
        return "To tune on a part of the data, choose a method and a ratio below 100 % in the sidebar."
    return ""


def present(base: ExperimentSpec) -> Tuning | None:
    """Return the tuning of the chosen part, if one was asked for; also where one of its configurations is chosen."""
    asked = [sweep.asked for sweep in sweeps.here().all()]
    tunings = [one for one in asked if isinstance(one, Tuning)]
    return next((one for one in tunings if one.base == base or (base,) in one.runs("part")), None)


def begin(base: ExperimentSpec) -> None:
    """Say what a tuning is, and offer to begin it."""
    st.markdown(
        "The best use of a part of the data is to tune on it and train once on everything. Here the same "
        "configurations are trained on both, which shows whether the part chooses well. Beside it stand as many random "
        "rows, and all data for as few epochs as cost as much. Only the validation split is looked at to choose."
    )
    count = int(controls.field("Configurations", "configurations", _TRIALS, (float(FEWEST), float(MOST))))
    tuning = Tuning.of(base, _first(base, count), [base.seed])
    missing = [job.spec for job in state.jobs().runs(tuning.cells) if job.state != "done"]
    with st.container(border=True):
        st.markdown(f"**Tune on {labels.choice_title(base)}** · {wording.about(tuning)}")
        st.button(
            f"Begin · {counted(len(missing), 'run', 'runs')}, {cards.about(missing)}" if missing else "Show it",
            key="tune",
            on_click=sweeps.begin,
            args=(wording.called(base), tuning),
            type="primary",
            icon=":material/tune:",
        )


@lru_cache(maxsize=20)
def _first(base: ExperimentSpec, count: int) -> tuple[Configuration, ...]:
    return propose(base, count)


def use(tuning: Tuning, found: Mapping[Way, Tuned]) -> None:
    """Offer to set the sidebar to what the part chose."""
    if (part := found.get("part")) is None:
        return
    chosen = tuning.configurations[part.chosen]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**It chose** {wording.configuration_title(chosen)}.", width="content")
        st.button("Use it", key="use-tuned", on_click=state.use_training, args=(chosen,), icon=":material/check:")


def search_on(tuning: Tuning) -> None:
    """Offer further configurations near those that do well on the part, once that was tuned."""
    if any(state.made(spec) is None for runs in tuning.runs("part") for spec in runs):
        return
    st.button(
        f"Search on: {_MORE} more near the best",
        key="tune-on",
        on_click=_search_on,
        args=(tuning,),
        icon=":material/travel_explore:",
        help="Optuna proposes them from what did well on the part. All data are tried with them too: the same effort.",
    )


@net.callback
def _search_on(tuning: Tuning) -> None:
    sweeps.extend(wording.called(tuning.base), proposed(tuning, _MORE, state.made))

"""How small can it be: how much is to be kept, the button that finds it out, and when choosing pays."""

from __future__ import annotations

import streamlit as st

from cache.sweeps import Standing
from pages.ui import cards, controls, net, state, sweeps
from rec_core.analysis.comparison import Compared
from rec_core.analysis.frontier import break_even as pays_after
from rec_core.analysis.frontier import costs
from rec_core.specs import ExperimentSpec
from rec_core.sweeps import Question
from rec_core.wording import frontier as wording
from rec_core.wording import labels
from rec_core.wording.numbers import duration, percent

KEEP, _MINUTES, _PLANNED = 95.0, 10.0, 50.0
_FIRST_RATIO = 0.1  # where the screen looks first


def goal() -> float:
    """Draw how much of full data's quality is to be kept, and return it as a share."""
    text = f"Of {labels.quality(state.metric())} on full data, same settings. Choose another under “Judged by”."
    return controls.field("Keep at least (%)", "keep", KEEP, (1.0, 99.9), text) / 100


def show(goal: float, among: str) -> None:
    """Offer to find the smallest part that keeps the goal, or show how that stands.

    A search is about all users, which is said where the page is about some (``among``).
    """
    base = _base(state.spec())
    question = Question.of(base, state.metric().name, goal, _MINUTES)
    name = wording.called(question)
    sweep = next((one for one in sweeps.here().all() if one.name == name), None)
    standing = None if sweep is None else sweeps.here().standing(sweep)
    with st.container(border=True):
        st.markdown("**Find the smallest for me**" + (f", among all users, not {among} alone" if among else ""))
        if standing is not None and isinstance(standing.sweep.asked, Question):
            _stands(standing, standing.sweep.asked)
        if standing is None or standing.is_over or standing.sweep.paused:
            _offer(base, name, goal)


def _offer(base: ExperimentSpec, name: str, goal: float) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        minutes = controls.field("At most (minutes)", "minutes", _MINUTES, (0.5, 10_000.0))
        st.button(
            f"Find what keeps {percent(goal)}",
            key="find",
            on_click=sweeps.begin,
            args=(name, Question.of(base, state.metric().name, goal, minutes)),
            type="primary",
            icon=":material/search:",
            help="Screens the data, tries the most promising subsets on one seed, then confirms the answer on fresh "
            "seeds: four or more, as the time allows.",
        )


def _stands(standing: Standing, question: Question) -> None:
    """Say how a search stands: what it found, or what it has looked at."""
    assert standing.answer is not None
    if standing.is_over:
        first, second = wording.search_answer(standing.answer, question)
        full = None if standing.answer.full is None else state.result(standing.answer.full)
        st.markdown(f"**{first}** {second} {wording.beside_full(full, question.judged_by)}")
        if standing.answer.chosen is not None:
            chosen = standing.answer.confirmed or standing.answer.chosen
            st.button("Use it", key="use-found", on_click=state.use, args=(chosen.spec,), icon=":material/check:")
    elif standing.sweep.paused:
        st.markdown(f"It stopped: {standing.sweep.paused}")
        st.button("Go on", key="find-on", on_click=sweeps.tell, args=("resume", standing.sweep.name))
    else:
        with st.container(horizontal=True, vertical_alignment="center"):
            done = wording.looked_at(standing.answer)
            net.fragment(_progress, run_every="1s")(standing.sweep.name, 60 * question.minutes, done)
            st.button("Stop", key="find-stop", on_click=sweeps.tell, args=("pause", standing.sweep.name))
    if standing.answer.tried:
        with st.popover("What was tried", type="tertiary", icon=":material/table:"):
            tried = wording.tried(standing.answer)
            shares = [wording.RATIO, wording.KEPT, wording.FROM, wording.TO]
            cards.table(tried, alt="The parts that were tried.", column_config=cards.number_columns(tried, shares))


def _progress(name: str, most: float, done: str) -> None:
    """Draw how much of its time a search has taken; what it did meanwhile, whoever follows the jobs."""
    spent = min(sweeps.here().named(name).spent, most)
    st.progress(spent / most, text=f"{duration(spent)} of {duration(most)} · {done}", width="stretch")


def _base(spec: ExperimentSpec) -> ExperimentSpec:
    """Return what a search begins with: the chosen settings, whatever is chosen to be kept."""
    method = {"name": "random"} if spec.keeps_everything or spec.is_dynamic else spec.method
    return spec.with_(method=method, ratio=_FIRST_RATIO)


def break_even(one: Compared) -> None:
    """Draw how many trainings are planned, and say when choosing pays for itself."""
    if one.baseline is None:
        return
    text = "One; some fifty for tuning; or one a day."
    planned = int(controls.field("Trainings planned", "trainings", _PLANNED, (1.0, 1e6), text))
    choosing, part = costs(one.group)
    _, whole = costs(one.baseline)
    st.markdown(wording.pays(choosing, part, whole, pays_after(choosing, part, whole), planned))

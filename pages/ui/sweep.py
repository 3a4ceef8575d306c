"""Why "hardest first" fails: quality of windows of the same size, from the easiest ratings to the hardest."""

from __future__ import annotations

import streamlit as st

from pages.ui import cards, exhibits, state
from rec_core.analysis import gradient_norms
from rec_core.figures import gradient_norms as figures
from rec_core.specs import ExperimentSpec
from rec_core.wording import labels
from rec_core.wording.gradient_norms import sweep_sentence


def show() -> None:
    """Draw the finished part of the sweep, and offer to run the rest."""
    st.subheader(f"Does keeping the hardest {state.words().rows} pay?", anchor=False)
    spec = state.spec()
    if spec.keeps_everything:
        st.caption("Choose a method and a ratio below 100 % to compare windows of the same size.")
        return
    wanted = gradient_norms.sweep_specs(spec)
    done = state.sweep_results()
    if done:
        st.markdown(sweep_sentence(done, state.metric(), state.words()))
        caption = labels.caption_of_runs([wanted[position] for position in sorted(done)])
        exhibits.show(figures.sweep(done, state.sweep_lines(done), state.metric(), caption))
    rest = [one for position, one in wanted.items() if position not in done]
    if rest:
        _offer(rest, len(wanted))


def _offer(rest: list[ExperimentSpec], total: int) -> None:
    busy = [one for one in rest if state.jobs().job(one).state in ("waiting", "running")]
    with st.container(border=True):
        st.markdown(
            f"**Train on {total} windows of the same size, from the easiest {state.words().rows} to the hardest.** "
            f"{total - len(rest)} of {total} are done."
        )
        if len(busy) == len(rest):
            st.caption("On their way; this page goes on by itself.")
            return
        windows = "window" if len(rest) == 1 else "windows"
        st.button(
            f"Run {len(rest)} {windows} · {cards.about(rest)}",
            key="run-sweep",
            on_click=state.ask,
            args=tuple(rest),
            type="primary",
        )

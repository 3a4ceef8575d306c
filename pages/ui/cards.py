"""What pages show when there is something to do first, and the small print below their figures."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from cache.jobs import ACTIVE
from cache.kinds import Kind
from pages.ui import errors, estimates, state, sweeps
from rec_core.analysis.comparison import baseline_spec
from rec_core.export.safe_csv import safe_csv
from rec_core.specs import ExperimentSpec
from rec_core.stages import RUN
from rec_core.wording import labels
from rec_core.wording.numbers import about as approximately
from rec_core.wording.numbers import decimals
from rec_core.wording.summary import how_tuned


def headline(text: str) -> None:
    """Draw the page's answer; a number keeps its % on the same line."""
    st.title(text.replace(" %", "\u00a0%"), anchor=False)


def data_are_here(question: str) -> bool:
    """Say whether the chosen data are on this machine; if not, draw the page's question and where to get them."""
    if state.data_is_here():
        return True
    headline(question)
    if state.has_to_be_read():
        seconds = estimates.expected_reading(state.source().seconds)
        _offer(
            [state.spec()],
            "split",
            f"**{state.source().title} is large:** it is read and split once, in the background.",
            f"Read it · {approximately(seconds)}",
            key="read",
        )
        return False
    if not state.source().download_mb:
        errors.show(state.why_not_here())
        return False
    with st.container(border=True):
        st.markdown(
            f"**{state.source().title} is not on this machine yet.** Download it with the button above, "
            "or start the app with `CORELENS_DATA` set to a folder that holds it."
        )
    return False


def say_what_changes(spec: ExperimentSpec) -> None:
    """Say of a method that selects anew in every epoch that what is shown is not kept."""
    if spec.is_dynamic:
        st.caption(f"{spec.method.title} keeps no rows for good: these are those of the first epoch.")


def prepare(spec: ExperimentSpec, why: str, key: str = "prepare") -> None:
    """Offer to pretrain the proxy of ``spec``."""
    _offer([spec], "prepare", why, f"Prepare · {approximately(estimates.expected_preparation(spec))}", key)


def train(spec: ExperimentSpec) -> None:
    """Offer to make the run of ``spec``, with as many seeds as chosen."""
    wanted = state.seeded(spec)
    count = "" if len(wanted) == 1 else f", {labels.seeds(len(wanted))}"
    label = f"Run {labels.choice_title(spec)}{count} · {about(wanted)}"
    why = f"**{labels.run_title(spec)}** is not trained with these settings yet."
    _offer(wanted, "run", why, label, key=f"train-{labels.run_key(spec)}")


def more_seeds(spec: ExperimentSpec) -> None:
    """Offer two further seeds of ``spec`` and of its baseline: one seed says little of how sure an answer is."""
    wanted = [one for of in (spec, baseline_spec(spec)) for one in state.seeded(of, 3)]
    missing = {RUN.key(one): one for one in wanted if state.jobs().job(one).state not in ("done", *ACTIVE)}
    if missing:
        st.button(
            f"Run two more seeds of this and of full data · {about([*missing.values()])}",
            key="more-seeds",
            on_click=state.ask,
            args=[*missing.values()],
            icon=":material/repeat:",
            help="With three seeds, intervals count how much another start or draw would change.",
        )


def about(wanted: Sequence[ExperimentSpec]) -> str:
    """Return how long runs will take, for example "up to 12 s"."""
    expected = estimates.expected(*wanted)
    return approximately(expected.seconds, expected.at_most)


def _offer(wanted: Sequence[ExperimentSpec], kind: Kind, why: str, label: str, key: str) -> None:
    """Draw a card with a button that asks for jobs; say how they stand if that was asked for."""
    jobs = [state.jobs().job(spec, kind) for spec in wanted]
    with st.container(border=True):
        st.markdown(why)
        if any(job.state in ACTIVE for job in jobs):
            st.caption("On its way, as shown above; this page goes on by itself.")
            return
        st.button(label, key=key, on_click=state.ask, args=list(wanted), kwargs={"kind": kind}, type="primary")


def numbers(facts: Mapping[str, tuple[str, str, str]]) -> None:
    """Draw one card per fact: label → value, what to hold it against ("" for nothing), help ("" for none).

    Cards go side by side, or below each other where the window is narrow.
    """
    with st.grid(len(facts), min_column_width=150):
        for label, (value, against, text) in facts.items():
            st.metric(
                label,
                value,
                against or None,
                delta_color="off",
                delta_arrow="off",
                border=True,
                help=text or None,
                height="stretch",
            )


def settings(of: Mapping[str, tuple[str, ExperimentSpec]] | None = None) -> None:
    """Draw the chosen spec, or several with their keys by their titles, folded, with a download."""
    shown = of or {labels.choice_title(state.spec()): (RUN.key(state.spec()), state.spec())}
    documents = {title: {"key": key, **spec.model_dump()} for title, (key, spec) in shown.items()}
    with st.expander("Settings behind these numbers"):
        document = documents if of else next(iter(documents.values()))
        st.caption(how_tuned(state.spec(), sweeps.tuned_on(state.spec())))
        st.json(document, expanded=1 if of else 2)
        st.download_button(
            "Settings as JSON", json.dumps(document, indent=2), "settings.json", "application/json", on_click="ignore"
        )


def number_columns(frame: pd.DataFrame, shares: Collection[str] = ()) -> dict[str, Any]:
    """Return how numbers of a table are shown: ``shares`` as percentages, others with the decimals of their column."""
    number = st.column_config.NumberColumn
    fractions = [str(name) for name in frame.select_dtypes("float") if name not in shares]
    return {
        **{name: number(format="percent") for name in shares},
        **{name: number(format=f"%.{decimals(frame[name])}f") for name in fractions},
    }


def table(frame: pd.DataFrame | Mapping[str, Any], **options: Any) -> Any:
    """Draw a table without its index; what is not known is a dash in it, where Streamlit writes "None"."""
    return st.dataframe(frame, hide_index=True, placeholder="–", **options)


def csv(frame: pd.DataFrame | Callable[[], pd.DataFrame], name: str, label: str = "CSV") -> None:
    """Draw a button that downloads ``frame``, or what it returns once the button is pressed."""

    def data() -> str:
        return safe_csv(frame() if callable(frame) else frame)

    st.download_button(label, data, f"{name}.csv", "text/csv", on_click="ignore", key=f"csv-{name}")

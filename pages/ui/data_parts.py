"""Parts of the page Data: what a data set holds, what of it cannot be read, where it comes from."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.ui import cards, errors, net, state
from rec_core.analysis.holdings import Holdings, measure
from rec_core.data.interactions import Dataset
from rec_core.data.repeats import Repeats
from rec_core.data.sources import SOURCES, Source
from rec_core.data.sources.table import Table
from rec_core.errors import DataError
from rec_core.experiment import View
from rec_core.export.packed import PACKED, PACKED_WITH_MODEL
from rec_core.specs import ExperimentSpec
from rec_core.stages import LOAD, PLACES, SPLIT
from rec_core.wording import holdings as wording
from rec_core.wording.data import given
from rec_core.wording.numbers import capital, number, percent, plain_markdown


def loaded(view: View) -> tuple[Dataset, Holdings] | None:
    """Return all rows of the chosen data and what they hold; None where they cannot be read, which is said then."""
    try:
        dataset = view.dataset
        minimum, rule = view.spec.data.min_interactions, view.spec.data.repeats
        return dataset, _measured(LOAD.key(view.spec), minimum, rule, view)
    except DataError as error:
        cards.headline(wording.QUESTION)
        errors.show(error)
        return None


def of_split(view: View) -> list[str]:
    """Return what is to be said of a split that comes with the data; nothing of others."""
    return given(view.split, state.words()) if view.spec.split.is_given else []


@st.cache_resource(max_entries=20, show_spinner="Counting")
def _measured(key: str, minimum: int, rule: Repeats, _view: View) -> Holdings:
    source = SOURCES[_view.spec.data.dataset]
    return measure(_view.dataset, minimum, rule, _view.split if source.seconds or source.has_split else None)


def unreadable(dataset: Dataset, spec: ExperimentSpec) -> None:
    """List what of a file could not be read, with a download, and the choice what is done about it."""
    found = dataset.rejected
    if not found.count:
        return
    st.subheader("What cannot be read", anchor=False)
    said = wording.rejected(found, len(dataset.interactions))
    with st.container(border=True):
        if spec.data.unreadable == "stop":
            st.warning(f"{said} Nothing runs on these data until the file is mended, or such rows are left out.")
            st.button("Leave them out", key="leave-out", type="primary", on_click=_set_unreadable, args=["left-out"])
        else:
            st.markdown(f"{said} They are left out, which is said beside every number.")
            st.button("Stop instead", key="stop-instead", on_click=_set_unreadable, args=[None])
        table = pd.DataFrame(
            ({"File": found.file.tolist()} if len(found.file) else {})
            | {
                capital(found.unit): found.line,
                "Column": found.column.tolist(),
                "Why": found.wrong.tolist(),
                "What stands there": found.value.tolist(),
            }
        )
        cards.table(table, height=min(320, 40 + 35 * len(table)), alt="Rows that cannot be read.", key="unreadable")
        if found.count > len(table):
            st.caption(f"The first {number(len(table))} of {number(found.count)}.")
        cards.csv(table, "unreadable-rows", "Download the list")


@net.callback
def _set_unreadable(value: str | None) -> None:
    st.session_state["unreadable"] = value


def filters(holdings: Holdings, spec: ExperimentSpec) -> None:
    """Show what each smallest count of rows per user and item would leave."""
    words, chosen = state.words(), spec.data.min_interactions
    table = pd.DataFrame(
        {
            "At least": [left.minimum for left in holdings.left],
            "Rows": [left.rows for left in holdings.left],
            "of all": [percent(left.rows / holdings.rows) for left in holdings.left],
            "Users": [left.users for left in holdings.left],
            capital(words.items): [left.items for left in holdings.left],
            "": ["as set" if left.minimum == chosen else "" for left in holdings.left],
        }
    )
    st.caption(
        f"Repeated pairs are settled first. Users and {words.items} with fewer rows are left out, "
        "repeated until none is left; the number is set under Advanced."
    )
    counted = {str(name): st.column_config.NumberColumn(format="localized") for name in table.columns[[1, 3, 4]]}
    cards.table(table, alt="What filters leave.", key="filters", column_config=counted)


def provenance(source: Source, spec: ExperimentSpec) -> None:
    """Say where the copy lies, how much room it takes, and under which terms it is."""
    place = source.locate(state.jobs().folders)
    if isinstance(source, Table):
        own = next((log for log in state.logs().listed() if log.name == source.name), None)
        whose = "shared by somebody else" if own is None else "of your own"
        st.markdown(f"A log {whose}.")
        place = None if own is None else own.locate(state.jobs().folders)
    if place is not None:
        st.markdown(f"It lies at {plain_markdown(str(place))} ({_size(source)}).")
    st.markdown(wording.kept(*_in_the_store(spec)))
    if note := source.note(spec.data.fingerprint):
        st.markdown(note)
    if source.terms:
        st.markdown(f"Terms of use: {source.terms}")
    if source.citation:
        st.markdown(f"Please cite: {plain_markdown(source.citation)}")


def _in_the_store(spec: ExperimentSpec) -> tuple[int, int, int]:
    """Return how many bytes the data take there, how many runs on them there are, and how many bytes those."""
    store, read = state.jobs().store, {LOAD.key(spec), SPLIT.key(spec)}
    runs = [(one, result) for one, result in state.finished().runs if one.data.dataset == spec.data.dataset]
    bundles = {stage.key(one) for one, _ in runs for stage in (PLACES, PACKED, PACKED_WITH_MODEL)}
    of_runs = {key for _, result in runs for key in (result.key, *result.stage_keys.values())} - read | bundles
    return store.size(read), len(runs), store.size(of_runs)


def _size(source: Source) -> str:
    place = source.locate(state.jobs().folders)
    if place is None:
        return "nothing"
    try:
        files = [place] if place.is_file() else [file for file in place.rglob("*") if file.is_file()]
        return f"{number(sum(file.stat().st_size for file in files) / 1e6)} MB"
    except OSError:
        return "size not known"

"""The sweeps, searches and tunings of this server, and what readers do with them."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from cache.sweeps import Sweeps
from pages.ui import access, net, state
from rec_core.errors import CorelensError
from rec_core.specs import ExperimentSpec
from rec_core.sweeps import Cells, Question, Tuning
from rec_core.wording import labels


@st.cache_resource(show_spinner=False)
def here() -> Sweeps:
    """Return the sweeps of this server's home folder."""
    return Sweeps(state.jobs())


def is_visible(asked: Cells | Question) -> bool:
    """Return True if all runs of a sweep are on data that the visitor may use."""
    cells = asked.cells if isinstance(asked, Cells) else [asked.base]
    return all(map(access.may_use, {cell.data.dataset for cell in cells}))


@net.callback
def begin(name: str, asked: Cells | Question) -> None:
    """Begin a sweep; what goes wrong is shown above the page."""
    try:
        here().ask(name, asked)
        here().go_on()
    except CorelensError as error:
        state.complain(str(error))


@net.callback
def extend(name: str, asked: Cells) -> None:
    """Have more run in a sweep; what goes wrong is shown above the page."""
    try:
        here().extend(name, asked)
        here().go_on()
    except CorelensError as error:
        state.complain(str(error))


@net.callback
def tell(what: Literal["pause", "resume", "forget"], name: str) -> None:
    """Pause, resume or forget a sweep; what goes wrong is shown above the page."""
    try:
        getattr(here(), what)(name)
        here().go_on()
    except CorelensError as error:
        state.complain(str(error))


def tuned_on(of: ExperimentSpec) -> str:
    """Return what settings like these were tuned on, or nothing where they were not."""
    asked = [sweep.asked for sweep in here().all()]
    for tuning in (one for one in asked if isinstance(one, Tuning)):
        tried = [runs[0] for runs in tuning.runs("part")]
        if any((one.data, one.model, one.train) == (of.data, of.model, of.train) for one in tried):
            return labels.choice_title(tuning.base)
    return ""

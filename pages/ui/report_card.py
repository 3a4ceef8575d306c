"""The parts of Report tables: what is run and what is missing, a table, why it differs, and what can be taken along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import pandas as pd
import streamlit as st

from cache.jobs import ACTIVE
from pages.ui import cards, net, state
from rec_core import report
from rec_core.data.sources import SOURCES
from rec_core.export.tables import FORMS, Form, render
from rec_core.published import TABLES, Cause, Table
from rec_core.specs import ExperimentSpec
from rec_core.wording.numbers import counted

_FORMS: dict[Form, tuple[str, str]] = {"md": ("Markdown", "md"), "csv": ("CSV", "csv"), "latex": ("LaTeX", "tex")}


def wanted(seeds: int) -> dict[int, list[list[ExperimentSpec]]]:
    """Return the runs of each row of each table, on the chosen data and with nothing else that was chosen."""
    data = {"data": {"dataset": state.spec().data.dataset}}
    return {
        number: [list(map(state.resolved, row)) for row in report.wanted(table, seeds, data)]
        for number, table in TABLES.items()
    }


def show_data() -> None:
    """Where other data are chosen than the report's, say so and offer its."""
    source = SOURCES[report.DATASET]
    if state.spec().data.dataset == report.DATASET or not source.is_offered(state.jobs().folders):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"The report's figures are of {source.title}, ours here of {state.source().title}.")
        st.button(f"Use {source.title}", key="use-reports-data", on_click=_use)


@net.callback
def _use() -> None:
    st.session_state["data"] = report.DATASET


def show_missing(every: Sequence[ExperimentSpec]) -> None:
    """Say how many runs there are, and offer to make the others."""
    jobs = state.jobs().runs(every)
    done, going = sum(job.state == "done" for job in jobs), sum(job.state in ACTIVE for job in jobs)
    missing = [job.spec for job in jobs if job.state not in ("done", *ACTIVE)]
    if done == len(jobs):
        return
    with st.container(border=True):
        st.progress(done / len(jobs), text=f"{done} of {counted(len(jobs), 'run is', 'runs are')} done.")
        if going:
            others = "Others" if missing else "The others"
            st.caption(f"{others} are on their way, as shown above; this page goes on by itself.")
        if missing:
            st.button(
                f"Run what is missing · {cards.about(missing)}",
                key="run-tables",
                on_click=state.ask_for_many,
                args=tuple(missing),
                type="primary",
                icon=":material/play_arrow:",
            )


def table(of: Table, cells: pd.DataFrame) -> None:
    """Draw a table; the names of its rows stay where it is wider than the window."""
    text = st.column_config.TextColumn
    right = {name: text(alignment="right") for name in cells.columns if name not in (report.METHOD, report.AGAINST)}
    cards.table(
        cells,
        height="content",
        alt=f"{report.title(of)}, the report's figures beside ours.",
        column_config=right | {report.METHOD: text(pinned=True)},
    )


def cause(why: Cause, mark: str = "", is_new: bool = True) -> None:
    """Say why rows differ, what of that was checked, and what is not known; or that it was said above."""
    if not is_new:
        st.markdown(f"{mark} **{why.title}.** As above.".strip())
        return
    st.markdown(
        f"{mark} **{why.title}.** {why.text}  \n*Checked:* {why.checked}  \n*Not known:* {why.unchecked}".strip()
    )


def take_along(frames: Mapping[int, pd.DataFrame], seeds: int) -> None:
    """Offer all tables as files, and the command that prints them."""
    with st.container(horizontal=True):
        for form in FORMS:
            name, ending = _FORMS[form]
            st.download_button(
                name,
                partial(_document, frames, form),
                f"corelens-report-tables.{ending}",
                "text/plain",
                on_click="ignore",
                key=f"tables-{form}",
            )
    st.caption("The same from the command line:")
    st.code(f"python -m rec_core tables --dataset {state.spec().data.dataset} --seeds {seeds}", language="sh")


def _document(frames: Mapping[int, pd.DataFrame], form: Form) -> str:
    tables = [(TABLES[number], cells) for number, cells in frames.items()]
    return "\n".join(render(report.title(one), cells, report.footnotes(one), form) for one, cells in tables)

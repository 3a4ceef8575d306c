"""What was read of a log, on the page: in the card before it is used, and on the page Data from then on."""

from __future__ import annotations

import streamlit as st

from rec_core.data.sources import Source
from rec_core.data.sources.table import Reading, Table
from rec_core.data.sources.table.summing import WasRead
from rec_core.experiment import View
from rec_core.stages import READ
from rec_core.wording import log_read
from rec_core.wording.numbers import plain_markdown


def of_source(source: Source, view: View) -> None:
    """Say it of a log that is used; of other data nothing, and of a log that was not read yet neither."""
    if isinstance(source, Table) and view.can(READ):
        st.caption(f"Read as {plain_markdown(log_read.layout(source.reading.layout))}.")
        show(source.reading, view.read)


def show(reading: Reading, read: WasRead) -> None:
    """Say how the columns are read, how many rows there are of which days, and what is odd."""
    st.markdown(f"**Columns:** {plain_markdown(log_read.roles(reading, read))}")
    if counts := log_read.found(read):
        st.markdown(f"**Rows:** {plain_markdown(counts)}")
    for sentence in read.odd:
        st.warning(plain_markdown(sentence), icon=":material/info:")

"""The numbers of a frontier as a table for a paper."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from rec_core.analysis.comparison import Compared, Intervals
from rec_core.analysis.frontier import clear_best
from rec_core.export.tables import render
from rec_core.replicates import Estimate
from rec_core.wording import frontier as wording
from rec_core.wording import labels


def offer(
    every: Sequence[Compared],
    caption: str,
    gain: Callable[[Compared, Compared], Estimate | None],
    intervals: Intervals,
) -> None:
    """Draw a button that downloads the table; what is best by ``gain`` is worked out once it is pressed."""

    def text() -> str:
        best = clear_best(every, gain)
        cells, bold = wording.grid(every, best, intervals)
        title = f"{every[0].metric.title} by the share of rows kept, {labels.model_title(every[0].spec)}"
        return render(title, cells, [caption, wording.BOLD], "latex", bold)

    st.download_button(
        "LaTeX",
        text,
        "corelens-frontier.tex",
        "text/plain",
        on_click="ignore",
        key="frontier-latex",
        icon=":material/functions:",
        type="tertiary",
        help="A table for a paper (booktabs), methods by ratios. " + wording.BOLD,
    )

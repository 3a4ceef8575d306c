"""Take the kept rows away, beside the verdict on them."""

from __future__ import annotations

import streamlit as st

from rec_core.experiment import View
from rec_core.export.bundle import zipped
from rec_core.stages import PLACES, SELECT
from rec_core.wording.numbers import number


def show(view: View, of_several: bool = False) -> None:
    """Draw the button that downloads the bundle; there is none for a method that keeps no rows for good.

    Where runs ``of_several`` seeds are shown, it says which one's rows they are.
    """
    if view.spec.is_dynamic or not view.can(SELECT):
        return
    if not view.can(PLACES):
        st.caption("These data are large: `python -m rec_core export` takes the kept rows away.")
        return
    whose = f", of seed {view.spec.seed}" if of_several else ""
    st.download_button(
        f"Take the {number(len(view.coreset.rows))} kept rows away{whose}",
        lambda: zipped(view),
        "corelens-coreset.zip",
        "application/zip",
        on_click="ignore",
        key="take-away",
        icon=":material/download:",
        help="A zip: Parquet and CSV with the ids that the data came with and each row's place in the source, files "
        "for RecBole, Cornac and Elliot, a script with three lines for each of eight libraries, and the experiment to "
        "make it again from the command line.",
    )

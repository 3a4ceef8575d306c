"""Take the kept rows away, beside the verdict on them."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from cache.jobs import ACTIVE
from cache.kinds import STAGES, Kind
from pages.ui import state
from rec_core.experiment import View
from rec_core.export.packed import zip_of
from rec_core.specs import ExperimentSpec
from rec_core.stages import PLACES, SELECT
from rec_core.wording.labels import ALL_ROWS
from rec_core.wording.numbers import number

_FILE = "corelens-coreset.zip"
_WHAT = (
    "A zip: Parquet and CSV with the ids that the data came with and each row's place in the source, files for "
    "RecBole, Cornac and Elliot, a script with three lines for each of eight libraries, and the experiment to make it "
    "again from the command line. Where a spreadsheet would take ids for formulas, there is a copy for it."
)
_AND_MORE = (
    "The same, with the trained model (safetensors, with id maps and a script that loads it), its first ten items for "
    "every user, and, unless the data are large, the rows that are not kept. A worker packs it."
)
_OF_ALL_ROWS = (
    "For production, once you have chosen a method and a share: the same rule selects from every row that passes the "
    "filter. Nothing is held out, so no quality shown here was measured on these rows."
)


def show(view: View, is_trained: bool = False, of_several: bool = False) -> None:
    """Draw the buttons that download the bundle; there are none for a method that keeps no rows for good.

    What takes long is packed by a worker first. Where runs ``of_several`` seeds are shown, it says which one's rows
    they are.
    """
    if view.spec.is_dynamic or not view.can(SELECT):
        return
    whose = f", of seed {view.spec.seed}" if of_several else ""
    rows = f"the {number(len(view.coreset.rows))} kept rows"
    with st.container(horizontal=True, vertical_alignment="center"):
        if PLACES.live(view.spec) and view.can(PLACES):
            _download(f"Take {rows} away{whose}", lambda: zip_of(view), "take-away", _WHAT)
        else:
            _packed_first(view, "pack", f"Pack {rows}{whose}", f"Take {rows} away{whose}", _WHAT)
        if is_trained:
            _packed_first(view, "pack-model", "Pack them with the model", "Take them away with the model", _AND_MORE)
        _for_production(state.view(_of_all_rows(view.spec)), whose)


def _of_all_rows(spec: ExperimentSpec) -> ExperimentSpec:
    return spec.with_(split=spec.split.model_copy(update={"all_rows": True}))


def _for_production(view: View, whose: str) -> None:
    """Draw the button that downloads what the same method and share select from all rows."""
    label = f"{ALL_ROWS}{whose}"
    if view.can(SELECT) and PLACES.live(view.spec) and view.can(PLACES):
        _download(label, lambda: zip_of(view), "take-away-all-rows", _OF_ALL_ROWS)
    else:
        _packed_first(view, "pack", f"Prepare: {label}", label, _OF_ALL_ROWS, key="pack-all-rows")


def _packed_first(view: View, kind: Kind, pack: str, take: str, more: str, key: str = "") -> None:
    """Draw the button that has a bundle packed, called ``pack``, and once it is, the one that downloads it.

    Their keys are the ``kind``, unless there is another ``key``.
    """
    stage = STAGES[kind]
    if view.has(stage):
        _download(take, lambda: view.graph.get(stage).zip.tobytes(), f"take-away-{key or kind}", more)
    elif state.jobs().job(view.spec, kind).state in ACTIVE:
        st.caption("The bundle is on its way, as shown above.")
    else:
        asking = {"kind": kind}
        st.button(pack, key=key or kind, help=more, on_click=state.ask, args=(view.spec,), kwargs=asking)


def _download(label: str, zip_of: Callable[[], bytes], key: str, more: str) -> None:
    st.download_button(
        label,
        zip_of,
        _FILE,
        "application/zip",
        on_click="ignore",
        key=key,
        icon=":material/download:",
        help=more,
    )

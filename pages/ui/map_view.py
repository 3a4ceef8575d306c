"""Maps of users side by side: one per proxy, the same for every method; who is chosen on one is shown on all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cache.ledger import Kind
from pages.ui import exhibits, overlay, state
from rec_core import labels
from rec_core.analysis import groups, projection
from rec_core.analysis.projection import UserMap
from rec_core.estimate import map_seconds
from rec_core.experiment import Coreset, Experiment
from rec_core.figures.user_map import user_map
from rec_core.randomness import generator
from rec_core.specs import ExperimentSpec
from rec_core.words import duration, number

Compare = Literal["proxies", "methods", "trained"]
COMPARE: dict[Compare, str] = {
    "proxies": "Pretrained and random start",
    "methods": "Methods",
    "trained": "Proxy and trained model",
}
HELP = "PCA is there at once; UMAP shows groups better and is computed once per proxy, as a job."
_CHOSEN, _SIGNED = "_map_users", "_map_signature"


@dataclass(frozen=True)
class Panel:
    """A map to draw: whose embeddings (a proxy's or a trained model's), and what is kept."""

    title: str
    experiment: Experiment
    coreset: Coreset
    kind: Kind

    @property
    def spec(self) -> ExperimentSpec:
        """The experiment that the embeddings come from."""
        return self.experiment.spec

    @property
    def of_proxy(self) -> bool:
        """Whether the map is of a proxy."""
        return self.kind == "map-proxy"

    @property
    def is_ready(self) -> bool:
        """Whether the embeddings can be had without training."""
        return not self.spec.pretrain or self.experiment.has_proxy if self.of_proxy else self.experiment.is_trained


def panels(compare: Compare, experiment: Experiment, coreset: Coreset) -> list[Panel]:
    """Return the maps that lie side by side."""
    spec = experiment.spec
    own = Panel("Pretrained proxy" if spec.pretrain else "Random start", experiment, coreset, "map-proxy")
    if compare == "methods":
        chosen = Panel(labels.choice_title(spec), experiment, coreset, "map-proxy")
        others = [Panel(title, experiment, kept, "map-proxy") for title, (_, kept) in overlay.choose().items()]
        return [chosen, *others]
    if compare == "trained":
        return [own, Panel("Trained model", experiment, coreset, "map-run")]
    return [
        Panel(title, state.experiment(spec.with_(pretrain=pretrain)), coreset, "map-proxy")
        for title, pretrain in (("Pretrained proxy", True), ("Random start", False))
    ]


def chosen() -> NDArray[np.int64]:
    """Return the chosen users, positions in the catalogue."""
    return np.array(st.session_state.get(_CHOSEN, (state.spec().data, []))[1], dtype=np.int64)


def show(wanted: list[Panel], method: str) -> None:
    """Draw the maps side by side, or below each other in a narrow window, and offer what is missing."""
    with st.grid(min(len(wanted), 2), min_column_width=380):
        for number_, panel in enumerate(wanted):
            with st.container():
                _show(f"map-{number_}", panel, method)
    missing = {
        panel.experiment.map_key(panel.of_proxy): panel for panel in wanted if panel.is_ready and not _drawn(panel)
    }
    if method == "UMAP" and missing:
        _offer(list(missing.values()))


def _show(name: str, panel: Panel, method: str) -> None:
    if not panel.is_ready:
        what = "The pretrained proxy" if panel.of_proxy else "This run's model"
        st.info(
            f"{what} is not there yet. {'Prepare it' if panel.of_proxy else 'Run it with the button in the sidebar'}."
        )
        return
    places = _places(panel, method)
    used = "UMAP" if method == "UMAP" and _drawn(panel) else "PCA"
    split = panel.experiment.split
    signature = (name, panel.title, used, state.spec().key)
    current = st.session_state.get(_SIGNED) == signature
    # The map that was drawn on keeps its own selection as long as its figure does not change; the others are told.
    highlighted = None if current or not len(chosen()) else chosen()
    history = groups.histories(split, panel.coreset.rows)
    st.markdown(f"**{panel.title}**")
    exhibits.show(
        user_map(name, panel.title, used, places, history, split, _caption(panel, used, places), highlighted),
        on_select=lambda: _choose(f"chart-{name}", signature),
        selection_mode=("points", "box", "lasso"),
    )


def _choose(key: str, signature: tuple[str, ...]) -> None:
    points = st.session_state[key].selection.points
    users = sorted({_user(point["customdata"]) for point in points})
    st.session_state[_CHOSEN] = (state.spec().data, users)
    st.session_state[_SIGNED] = signature if users else None


def let_go() -> None:
    """Forget who was chosen."""
    st.session_state.pop(_CHOSEN, None)
    st.session_state.pop(_SIGNED, None)


def _user(customdata: Any) -> int:
    # A row of a typed array arrives as an object with the keys "0", "1", …
    return int(customdata["0"] if isinstance(customdata, Mapping) else customdata[0])


def _caption(panel: Panel, used: str, places: UserMap) -> str:
    n = panel.experiment.split.catalogue.n_users
    note = "" if len(places.users) == n else f" A random {number(len(places.users))} of {number(n)} users."
    return f"{used}. {labels.caption(state.spec())}{note}"


def _drawn(panel: Panel) -> bool:
    return state.jobs().store.has(panel.experiment.map_key(panel.of_proxy))


def _places(panel: Panel, method: str) -> UserMap:
    """Return UMAP's places if they are wanted and there, PCA's otherwise."""
    if method == "UMAP" and _drawn(panel):
        return panel.experiment.user_map(panel.of_proxy)
    return projection.pca(panel.experiment.user_embeddings(panel.of_proxy), generator(panel.spec.seed, "map"))


def _offer(missing: list[Panel]) -> None:
    jobs = [state.jobs().job(panel.spec, panel.kind) for panel in missing]
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        if all(job.state in ("waiting", "running") for job in jobs):
            st.caption("UMAP is on its way; until then this is PCA. The page goes on by itself.")
            return
        st.markdown("This is PCA. UMAP shows groups better; it is drawn once and serves every method and ratio.")
        seconds = sum(map_seconds(panel.experiment.split.catalogue.n_users) for panel in missing)
        st.button(
            f"Draw the UMAP · up to {duration(seconds)}",
            key="draw-map",
            type="primary",
            on_click=_ask,
            args=([(panel.spec, panel.kind) for panel in missing],),
        )
    for message in {job.message for job in jobs if job.message}:
        st.warning(message)


def _ask(wanted: list[tuple[ExperimentSpec, Kind]]) -> None:
    for spec, kind in wanted:
        state.ask(spec, kind=kind)

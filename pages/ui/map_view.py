"""Maps of users side by side: one per proxy, the same for every method; who is chosen on one is shown on all."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cache.kinds import STAGES, Kind
from cache.ledger import Note
from pages.ui import cards, controls, estimates, exhibits, net, overlay, state
from rec_core import projection
from rec_core.analysis import groups
from rec_core.canonical import digest
from rec_core.errors import CorelensError
from rec_core.experiment import View
from rec_core.figures.user_map import Drag, user_map
from rec_core.projection import UserMap
from rec_core.randomness import generator
from rec_core.selection import Coreset
from rec_core.specs import ExperimentSpec
from rec_core.stages import PROXY, SPLIT, TRAIN
from rec_core.wording import labels
from rec_core.wording.numbers import about, number

Compare = Literal["proxies", "methods", "trained"]
Projection = Literal["UMAP", "PCA"]
PROJECTIONS: dict[Projection, str] = {"UMAP": "UMAP", "PCA": "PCA"}
COMPARE: dict[Compare, str] = {
    "proxies": "Pretrained and random start",
    "methods": "Methods",
    "trained": "Proxy and trained model",
}
HELP = "PCA is there at once; UMAP shows groups better and is computed once per proxy, as a job."
_MOST = 6  # maps: each takes a WebGL context, of which browsers allow 8 to 16 in all
_GROUP = "group"  # the link's parameter that names chosen users
_CHOSEN, _DRAWN_ON, _CLEARED = "_map_users", "_map_drawn_on", "_map_cleared"
Signature = tuple[str, ...]  # what a map's figure depends on


@dataclass(frozen=True)
class Panel:
    """A map to draw: whose embeddings (a proxy's or a trained model's), and what is kept by which choice."""

    title: str
    view: View
    kept_by: ExperimentSpec
    coreset: Coreset
    kind: Kind

    @property
    def spec(self) -> ExperimentSpec:
        """The experiment that the embeddings come from."""
        return self.view.spec

    @property
    def of_proxy(self) -> bool:
        """Whether the map is of a proxy."""
        return self.kind == "map-proxy"

    @property
    def is_ready(self) -> bool:
        """Whether the embeddings can be had without training."""
        return self.view.can(PROXY if self.of_proxy else TRAIN)

    @property
    def is_drawn(self) -> bool:
        """Whether the UMAP is in the store."""
        return self.view.has(STAGES[self.kind])


def panels(compare: Compare, view: View) -> list[Panel]:
    """Return the maps that lie side by side."""
    spec, coreset = view.spec, view.coreset

    def of_proxy(title: str, pretrain: bool, kept_by: ExperimentSpec, kept: Coreset) -> Panel:
        return Panel(title, state.view(spec.with_(pretrain=pretrain)), kept_by, kept, "map-proxy")

    if compare == "methods":
        others = [of_proxy(title, spec.pretrain, other, kept) for title, (other, kept) in overlay.choose().items()]
        return [of_proxy(labels.choice_title(spec), spec.pretrain, spec, coreset), *others]
    if compare == "trained":
        own = of_proxy(labels.proxy_title(spec.pretrain), spec.pretrain, spec, coreset)
        return [own, Panel("Trained model", view, spec, coreset, "map-run")]
    return [of_proxy(labels.proxy_title(pretrain), pretrain, spec, coreset) for pretrain in (True, False)]


def choose_projection(wanted: list[Panel]) -> Projection:
    """Let the reader choose how maps are drawn; a UMAP is marked only where there is one, and as soon as there is."""
    drawn = any(panel.is_drawn for panel in wanted)
    key = "projection" if drawn else "projection-without-umap"
    options: dict[Projection, str] = PROJECTIONS if drawn else {"PCA": PROJECTIONS["PCA"]}
    return controls.segments("Projection", options, key, "UMAP" if drawn else "PCA", HELP)


def chosen() -> NDArray[np.int64]:
    """Return the chosen users of the chosen data, positions in the catalogue; those of the link after a reload."""
    if _CHOSEN not in st.session_state and _GROUP in st.query_params:
        st.session_state[_CHOSEN] = _kept(st.query_params[_GROUP])
    data, users = st.session_state.get(_CHOSEN, (None, []))
    return np.array(users if data == _catalogue() else [], dtype=np.int64)


def _kept(name: str) -> tuple[str | None, list[int]]:
    """Return the data and the users of a group that was kept under a name; nobody where there is none."""
    text = state.jobs().ledger.note(f"{_GROUP} {name}").text
    with contextlib.suppress(ValueError, TypeError, RecursionError):
        data, users = json.loads(text)
        return str(data), [int(user) for user in users]
    return None, []


def _catalogue() -> str:
    """Return what users' positions belong to."""
    return SPLIT.key(state.spec())


def show(wanted: list[Panel], method: Projection, drag: Drag) -> None:
    """Draw the maps side by side, or below each other in a narrow window, and offer what is missing."""
    with st.grid(min(len(wanted), 2), min_column_width=380):
        for place, panel in enumerate(wanted):
            with st.container():
                st.markdown(f"**{panel.title}**{' · PCA' if method == 'UMAP' and not panel.is_drawn else ''}")
                if not panel.is_ready:
                    _say_what_is_missing(f"map-{place}", panel)
                elif place >= _MOST:
                    st.caption(f"A browser shows {_MOST} such maps at most; take some away to see this one.")
                else:
                    _show(f"map-{place}", panel, method, drag)
    missing = {STAGES[panel.kind].key(panel.spec): panel for panel in wanted if panel.is_ready and not panel.is_drawn}
    if missing:
        _offer(list(missing.values()))


def _say_what_is_missing(name: str, panel: Panel) -> None:
    if panel.of_proxy:
        cards.prepare(panel.spec, "This map needs the pretrained proxy.", key=f"prepare-{name}")
    else:
        cards.train(panel.spec)


def _show(name: str, panel: Panel, method: Projection, drag: Drag) -> None:
    used: Projection = "UMAP" if method == "UMAP" and panel.is_drawn else "PCA"
    places, split = _places(panel, used), panel.view.split
    signature = (name, panel.title, used, drag, labels.run_key(panel.kept_by))
    highlighted = _highlighted(signature)
    history = groups.histories(split, panel.coreset.rows)
    caption = _caption(panel, used, places)
    shown = name, panel.title, used, places, history, split, caption, state.words(), highlighted, drag
    exhibit = user_map(*shown, groups.ranks(state.view(panel.kept_by)))
    # A chart that changes is drawn anew: letting go also takes the lasso off the map.
    exhibit.figure.update_layout(selectionrevision=st.session_state.get(_CLEARED, 0))
    exhibits.show(
        exhibit,
        on_select=partial(_choose, f"chart-{name}", signature, highlighted),
        selection_mode=("points", "box", "lasso"),
    )


def _highlighted(signature: Signature) -> NDArray[np.int64] | None:
    """Return the users that a map shows as chosen.

    A selection lasts as long as its figure stays the same, so the map that was drawn on is drawn as it was then; the
    others show who was chosen.
    """
    drawn_on, as_it_was = st.session_state.get(_DRAWN_ON, (None, None))
    if drawn_on == signature:
        return as_it_was
    return chosen() if len(chosen()) else None


@net.callback
def _choose(key: str, signature: Signature, highlighted: NDArray[np.int64] | None) -> None:
    points = st.session_state[key].selection.points
    users = sorted({_user(point["customdata"]) for point in points})
    st.session_state[_CHOSEN] = (_catalogue(), users)
    st.session_state[_DRAWN_ON] = (signature, highlighted)
    _remember()


def _remember() -> None:
    """Keep who was chosen under a short name, which goes into the link."""
    text = json.dumps(st.session_state[_CHOSEN])
    name = digest(text)[:12]
    with contextlib.suppress(CorelensError):  # a disk that cannot be written: the group lasts as long as the session
        state.jobs().ledger.annotate(f"{_GROUP} {name}", Note(text=text))
        st.query_params[_GROUP] = name


@net.callback
def let_go() -> None:
    """Forget who was chosen."""
    st.session_state.pop(_CHOSEN, None)
    st.session_state.pop(_DRAWN_ON, None)
    st.query_params.pop(_GROUP, None)
    st.session_state[_CLEARED] = st.session_state.get(_CLEARED, 0) + 1


def _user(customdata: Any) -> int:
    # A row of a typed array arrives as an object with the keys "0", "1", …
    return int(customdata["0"] if isinstance(customdata, Mapping) else customdata[0])


def _caption(panel: Panel, used: Projection, places: UserMap) -> str:
    n = panel.view.split.catalogue.n_users
    note = "" if len(places.users) == n else f" A random {number(len(places.users))} of {number(n)} users."
    return f"{used}, × nothing kept. {labels.caption(panel.kept_by)}{note}"


def _places(panel: Panel, method: Projection) -> UserMap:
    if method == "UMAP":
        return panel.view.user_map(panel.of_proxy)
    return projection.pca(panel.view.embedded(panel.of_proxy).embeddings("user"), generator(panel.spec.seed, "map"))


def _offer(missing: list[Panel]) -> None:
    jobs = [state.jobs().job(panel.spec, panel.kind) for panel in missing]
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        if all(job.state in ("waiting", "running") for job in jobs):
            st.caption("UMAP is on its way; until then this is PCA. The page goes on by itself.")
            return
        st.markdown("UMAP shows groups better than PCA; it is drawn once and serves every method and ratio.")
        # Workers share the maps, and each compiles what is not there.
        rounds = -(-len(missing) // state.jobs().workers)
        seconds = rounds * max(estimates.expected_map(panel.view) for panel in missing)
        st.button(
            f"Draw the UMAP · {about(seconds, at_most=True)}",
            key="draw-map",
            type="primary",
            on_click=_ask,
            args=([(panel.spec, panel.kind) for panel in missing],),
        )
    for message in {job.message for job in jobs if job.message}:
        st.warning(message)


@net.callback
def _ask(wanted: list[tuple[ExperimentSpec, Kind]]) -> None:
    for spec, kind in wanted:
        state.ask(spec, kind=kind)

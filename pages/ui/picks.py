"""The groups of runs and the selections that a reader compares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.ui import net, state
from rec_core.analysis.comparison import baseline_spec
from rec_core.analysis.slices import Measured
from rec_core.canonical import Json, digest
from rec_core.data.interactions import Split
from rec_core.errors import CorelensError
from rec_core.evaluation import Metric
from rec_core.experiment import View
from rec_core.replicates import Group, group_key
from rec_core.specs import ExperimentSpec
from rec_core.stages import EVALUATE, LOAD, RUN, SELECT
from rec_core.wording.numbers import plain_markdown

FEWEST, MOST = 2, 6
_RUNS, _BASELINE = "runs", "baseline"
_LIVE = "The sidebar's settings, not trained"


@dataclass(frozen=True)
class Pick:
    """Finished runs that differ in nothing but the seed, or what would be kept (``group`` None); a view per seed."""

    title: str
    views: tuple[View, ...]
    group: Group | None

    @property
    def view(self) -> View:
        """What can be looked at, of the lowest seed."""
        return self.views[0]

    @property
    def spec(self) -> ExperimentSpec:
        """The experiment, with the lowest seed."""
        return self.view.spec

    @property
    def key(self) -> str:
        """The key of the run with the lowest seed."""
        return self.group.key if self.group else RUN.key(self.spec)

    @property
    def split(self) -> Split:
        """The split that rows belong to."""
        return self.view.split

    @property
    def is_whole(self) -> bool:
        """Whether everything that is compared can be had without training."""
        return self.group is None or all(view.can(SELECT) and view.has(EVALUATE) for view in self.views)

    @property
    def rows(self) -> NDArray[np.int64]:
        """The kept rows, of the lowest seed."""
        return self.view.coreset.rows

    @property
    def measured(self) -> Measured:
        """What slices are measured of."""
        return Measured(self.split, self.rows, [view.evaluated.per_user for view in self.views])

    @property
    def shown(self) -> list[NDArray[np.int64]]:
        """How often each item is among a user's first ten, by seed."""
        return [view.evaluated.shown for view in self.views]

    def values(self, metric: Metric) -> dict[int, NDArray[np.float64]]:
        """Return seed → the metric's value per user, (n_users,)."""
        return {view.spec.seed: metric.values(view.evaluated.per_user) for view in self.views}


def choose() -> list[Pick]:
    """Let the reader pick among finished runs of the chosen data and feedback, and what the sidebar would keep."""
    chosen = state.spec()
    found = state.named_groups()
    options = list(found)
    if state.result(chosen) is None and state.view().can(SELECT):
        options.append(_LIVE)
    if absent := [title for title in st.query_params.get_all(_RUNS) if title not in options]:
        st.caption(f"Not among the finished runs of this data and feedback: {', '.join(map(plain_markdown, absent))}.")
    wanted = st.multiselect(
        "Compare",
        options,
        default=_default(found, options, chosen),
        key=_RUNS,
        bind="query-params",
        max_selections=MOST,
        placeholder="Choose two to six",
        help="Finished runs of the chosen data and feedback, and what the sidebar's settings would keep.",
    )
    picked = [
        Pick(title, (state.view(),), None)
        if title == _LIVE
        else Pick(title, tuple(state.views(found[title])), found[title])
        for title in wanted
    ]
    lost = [pick for pick in picked if not pick.is_whole]
    for pick in lost:
        st.warning(
            f"Parts of {pick.title} are damaged or gone from the store; it can be compared once it is made again."
        )
        specs = pick.group.specs if pick.group else ()
        st.button("Run it again", key=f"again-{pick.key}", on_click=state.ask, args=specs)
    return [pick for pick in picked if pick.is_whole]


def _default(found: Mapping[str, Group], options: list[str], chosen: ExperimentSpec) -> list[str]:
    """Return the baseline, the chosen run or selection, and the newest others."""
    wanted = [group_key(baseline_spec(chosen)), group_key(chosen)]
    by_key = {group_key(group.spec): title for title, group in found.items() if not group.era}
    first = [title for title in [*map(by_key.get, wanted), _LIVE] if title in options]
    return list(dict.fromkeys([*first, *reversed(options)]))[:4]


def rename(made: Mapping[str, Group]) -> None:
    """Let the reader call runs as they like; the names are kept, and stand wherever runs are compared."""
    with st.expander("Rename these runs"):
        given = state.jobs().ledger.names()
        for title, group in made.items():
            st.text_input(
                title,
                given.get(group_key(group.spec), ""),
                key=f"name-{group.key}",
                max_chars=60,
                on_change=_rename,
                args=(group, title),
                placeholder="A name of your own",
            )


@net.callback
def _rename(group: Group, before: str) -> None:
    """Keep a name, and keep the runs chosen under it."""
    try:
        state.jobs().ledger.rename(group_key(group.spec), st.session_state[f"name-{group.key}"].strip())
    except CorelensError as error:
        state.complain(str(error))
        return
    now = next((title for title, one in state.named_groups().items() if one.key == group.key), before)
    st.session_state[_RUNS] = [now if title == before else title for title in st.session_state.get(_RUNS, [])]


def baseline(made: Mapping[str, Group]) -> str:
    """Let the reader pin the runs that the others are compared with; they stay pinned for this data and feedback."""
    chosen = state.spec()
    scope = digest([LOAD.within(chosen), chosen.feedback])
    pinned = state.jobs().ledger.pinned(scope)
    keys = {group.key: title for title, group in made.items()}
    held = [group.key for group in made.values() if pinned in group.keys]
    whole = [group.key for group in made.values() if group.spec.keeps_everything]
    default = next(iter((*held, *whole, *keys)))
    st.session_state[_BASELINE] = default  # as it is pinned now: another session may have pinned another one
    picked: str = st.selectbox(
        "Pinned baseline",
        list(keys),
        format_func=keys.__getitem__,
        key=_BASELINE,
        help="Differences are against this run. It stays pinned for this data and feedback.",
        on_change=_pin,
        args=(scope,),
    )
    return keys[picked]


@net.callback
def _pin(scope: str) -> None:
    try:
        state.jobs().ledger.pin(scope, st.session_state[_BASELINE])
    except CorelensError as error:
        state.complain(str(error))


def alike(picked: list[Pick], inputs: Callable[[ExperimentSpec], Json]) -> list[Pick]:
    """Return the largest group of picks for which ``inputs`` are the same, for example those of one test set."""
    found: dict[str, list[Pick]] = {}
    for pick in picked:
        found.setdefault(digest(inputs(pick.spec)), []).append(pick)
    return max(found.values(), key=len, default=[])


def say_left_out(picked: list[Pick], kept: list[Pick], why: str) -> None:
    """Say which picks are left out of what follows."""
    if left := [pick.title for pick in picked if pick not in kept]:
        st.caption(f"Left out here, because of {why}: {', '.join(left)}.")

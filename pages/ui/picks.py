"""The groups of runs and the selections that a reader compares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.ui import state
from rec_core.analysis.comparison import baseline_spec
from rec_core.analysis.slices import Measured
from rec_core.canonical import Json, digest
from rec_core.data.interactions import Split
from rec_core.evaluation import Metric
from rec_core.experiment import View
from rec_core.replicates import Group, groups
from rec_core.specs import ExperimentSpec
from rec_core.stages import EVALUATE, LOAD, RUN, SELECT
from rec_core.wording import labels

FEWEST, MOST = 2, 6
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

    def values(self, metric: Metric) -> dict[int, NDArray[np.float64]]:
        """Return seed → the metric's value per user, (n_users,)."""
        return {view.spec.seed: metric.values(view.evaluated.per_user) for view in self.views}


def choose() -> list[Pick]:
    """Let the reader pick among finished runs of the chosen data and feedback, and what the sidebar would keep."""
    chosen = state.spec()
    alike = groups((spec, result) for spec, result in state.results() if _is_alike(spec, chosen))
    found = {labels.group_title(group): group for group in alike}
    options = list(found)
    if state.result(chosen) is None and state.view().can(SELECT):
        options.append(_LIVE)
    wanted = st.multiselect(
        "Compare",
        options,
        default=_default(options, chosen),
        key="runs",
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
        st.warning(f"Parts of {pick.title} are damaged or gone; run it again to compare it.")
    return [pick for pick in picked if pick.is_whole]


def _is_alike(spec: ExperimentSpec, chosen: ExperimentSpec) -> bool:
    return spec.data == chosen.data and spec.feedback == chosen.feedback


def _default(options: list[str], chosen: ExperimentSpec) -> list[str]:
    """Return the baseline, the chosen run or selection, and the newest others."""
    wanted = [labels.pick_title(baseline_spec(chosen)), labels.pick_title(chosen), _LIVE]
    first = [title for title in wanted if title in options]
    return list(dict.fromkeys([*first, *reversed(options)]))[:4]


def baseline(made: Mapping[str, Group]) -> str:
    """Let the reader pin the runs that the others are compared with; they stay pinned for this data and feedback."""
    chosen = state.spec()
    scope = digest([LOAD.within(chosen), chosen.feedback])
    pinned = state.jobs().ledger.pinned(scope)
    keys = {group.key: title for title, group in made.items()}
    held = [group.key for group in made.values() if pinned in group.keys]
    whole = [group.key for group in made.values() if group.spec.keeps_everything]
    default = next(iter((*held, *whole, *keys)))
    picked: str = st.selectbox(
        "Pinned baseline",
        list(keys),
        index=list(keys).index(default),
        format_func=keys.__getitem__,
        key="baseline",
        help="Differences are against this run. It stays pinned for this data and feedback.",
    )
    if picked != default:
        state.jobs().ledger.pin(scope, picked)
    return keys[picked]


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

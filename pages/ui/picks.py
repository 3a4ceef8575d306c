"""The runs and selections that a reader compares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.ui import state
from rec_core import labels, specs
from rec_core.analysis.comparison import baseline_spec
from rec_core.data.interactions import Split
from rec_core.experiment import Experiment
from rec_core.results import RunResult
from rec_core.specs import ExperimentSpec
from rec_core.stages import Json, digest

FEWEST, MOST = 2, 6
_LIVE = "The sidebar's settings, not trained"


@dataclass(frozen=True)
class Pick:
    """A finished run, or what would be kept (``result`` None)."""

    title: str
    experiment: Experiment
    result: RunResult | None

    @property
    def spec(self) -> ExperimentSpec:
        """The experiment."""
        return self.experiment.spec

    @property
    def split(self) -> Split:
        """The split that rows belong to."""
        return self.experiment.split

    @property
    def is_whole(self) -> bool:
        """Whether everything that is compared can be had without training."""
        if self.result is None:
            return True
        return self.experiment.is_selected and self.experiment.is_evaluated

    @property
    def rows(self) -> NDArray[np.int64]:
        """The kept rows."""
        return self.experiment.coreset.rows

    @property
    def per_user(self) -> Mapping[str, NDArray[np.float32]]:
        """Each test user's rank or error."""
        return self.experiment.evaluated.per_user


def choose() -> list[Pick]:
    """Let the reader pick among finished runs of the chosen data and feedback, and what the sidebar would keep."""
    chosen = state.spec()
    found = {labels.pick_title(spec): (spec, result) for spec, result in state.results() if _is_alike(spec, chosen)}
    options = list(found)
    if state.result(chosen) is None and state.experiment().proxy_is_ready:
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
        Pick(title, state.experiment(), None)
        if title == _LIVE
        else Pick(title, state.experiment(found[title][0]), found[title][1])
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


def baseline(results: Mapping[str, RunResult]) -> str:
    """Let the reader pin the run that the others are compared with; it stays pinned for this data and feedback."""
    chosen = state.spec()
    scope = digest([specs.load_inputs(chosen), chosen.feedback])
    pinned = state.jobs().ledger.pinned(scope)
    keys = {result.key: title for title, result in results.items()}
    whole = [key for key, result in zip(keys, results.values(), strict=True) if result.n_selected == result.n_train]
    default = next(key for key in (pinned, *whole, *keys) if key in keys)
    picked: str = st.selectbox(
        "Pinned baseline",
        list(keys),
        index=list(keys).index(default),
        format_func=keys.__getitem__,
        key="baseline",
        help="Differences are against this run. It stays pinned for this data and feedback.",
    )
    if picked != pinned and picked != default:
        state.jobs().ledger.pin(scope, picked)
    return keys[picked]


def alike(picked: list[Pick], inputs: Callable[[ExperimentSpec], Json]) -> list[Pick]:
    """Return the largest group of picks for which ``inputs`` are the same, for example those of one test set."""
    groups: dict[str, list[Pick]] = {}
    for pick in picked:
        groups.setdefault(digest(inputs(pick.spec)), []).append(pick)
    return max(groups.values(), key=len, default=[])


def say_left_out(picked: list[Pick], kept: list[Pick], why: str) -> None:
    """Say which picks are left out of what follows."""
    if left := [pick.title for pick in picked if pick not in kept]:
        st.caption(f"Left out here, because of {why}: {', '.join(left)}.")

"""The runs and selections that a reader compares."""

from __future__ import annotations

from collections.abc import Mapping
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
from rec_core.stages import digest

FEWEST, MOST = 2, 6
_LIVE = "live"


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
    found = {result.key: (spec, result) for spec, result in state.results() if _is_alike(spec, chosen)}
    titles = {key: labels.pick_title(spec) for key, (spec, _) in found.items()}
    options = {title: key for key, title in titles.items()}
    if chosen.key not in found and state.data_is_here() and state.experiment().proxy_is_ready:
        options[f"{labels.choice_title(chosen)} · not trained"] = _LIVE
    wanted = st.multiselect(
        "Compare",
        list(options),
        default=_default(options, chosen),
        key="runs",
        bind="query-params",
        max_selections=MOST,
        placeholder="Choose two to six",
        help="Finished runs of the chosen data and feedback, and what the sidebar's settings would keep.",
    )
    return [_pick(title, options[title], found) for title in wanted]


def _is_alike(spec: ExperimentSpec, chosen: ExperimentSpec) -> bool:
    return spec.data == chosen.data and spec.feedback == chosen.feedback


def _default(options: Mapping[str, str], chosen: ExperimentSpec) -> list[str]:
    """Return the baseline, the chosen run or selection, and the newest others of the same model."""
    wanted = [baseline_spec(chosen).key, chosen.key, _LIVE]
    first = [title for key in wanted for title, other in options.items() if other == key]
    return list(dict.fromkeys([*first, *reversed(list(options))]))[:4]


def _pick(title: str, key: str, found: Mapping[str, tuple[ExperimentSpec, RunResult]]) -> Pick:
    if key == _LIVE:
        return Pick(title, state.experiment(), None)
    spec, result = found[key]
    return Pick(title, state.experiment(spec), result)


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


def with_same_split(chosen: list[Pick]) -> list[Pick]:
    """Return those whose rows belong to the same split as the first one's."""
    first = specs.split_inputs(chosen[0].spec)
    return [pick for pick in chosen if specs.split_inputs(pick.spec) == first]

"""Among whom quality is measured: everyone, or a slice of the users."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from pages.ui import links, state
from rec_core.analysis import slices
from rec_core.analysis.comparison import Compared, Intervals
from rec_core.evaluation.controls import KEPT
from rec_core.experiment import View
from rec_core.replicates import Estimate
from rec_core.results import RunResult
from rec_core.specs import ExperimentSpec
from rec_core.stages import CONTROLS, EVALUATE, SPLIT
from rec_core.wording.numbers import number, small
from rec_core.wording.slices import slice_title


@dataclass(frozen=True, eq=False)
class Among:
    """Users by whom groups are judged: their name, and which test rows (n_test,) are theirs, None for everyone's.

    ``title`` is what an axis calls them, ``said`` a sentence; both are empty for everyone.
    """

    name: str = slices.ALL
    mask: slices.Mask | None = None
    title: str = ""
    said: str = ""

    def groups(self, every: Sequence[Compared]) -> list[Compared]:
        """Return groups as they are among these users; without those of which that is not known any more."""
        if self.mask is None:
            return list(every)
        found = (slices.among(one, self._measured) for one in every)
        return [one for one in found if one is not None]

    @property
    def intervals(self) -> Intervals:
        """How sure the numbers of groups are among these users."""
        return state.intervals(self.mask, self.name)

    def gain(self, one: Compared, other: Compared) -> Estimate | None:
        """Return how much better a group is than another among these users."""
        return state.gain_over(one, other.group, self.mask)

    def _measured(self, of: ExperimentSpec, found: RunResult) -> RunResult | None:
        """Return a result by what these users got; its controls are those on all rows, which all runs share."""
        known, view, metric = _known(), state.view(of, found), state.metric()
        if (key := (found.key, metric.name, self.name)) not in known:
            if not view.has(EVALUATE):
                return None
            known[key] = slices.value(metric, [view.evaluated.per_user], self._rows)
        free = [control for control in found.controls if not control.endswith(KEPT)]
        for place, control in [(self._place(of, control), control) for control in free]:
            if place not in known and view.has_control(control):
                known[place] = metric.of_mean(float(view.control_values(control, metric)[self._rows].mean()))
        controls = {control: {metric.name: known[at]} for control in free if (at := self._place(of, control)) in known}
        # What histories hold, and what is found without that, is known of all users alone.
        alone: dict[str, Any] = {"histories": {}, "cut": {}, "cut_controls": {}, "readings": None}
        return replace(found, metrics={metric.name: known[key]}, controls=controls, **alone)

    def _place(self, of: ExperimentSpec, control: str) -> tuple[str, ...]:
        """Return where a control's value is kept: those beside models with histories serve users from other rows."""
        return CONTROLS.key(of), state.metric().name, self.name, control

    @property
    def _rows(self) -> slices.Mask:
        assert self.mask is not None
        return self.mask


def draw() -> Among:
    """Draw the choice and return it."""
    masks, words = _masks(SPLIT.key(state.spec()), state.view()), state.words()
    links.look("among", links.exactly("Among", [slice_title(one, words) for one in masks]))
    name = st.selectbox(
        "Among",
        list(masks),
        format_func=lambda one: slice_title(one, words),
        key="among",
        bind="query-params",
        width=260,
        help=f"Users by how many {words.rows} they have; held-out {words.items} by how popular they are, and by kind.",
    )
    links.say("among")
    if name is None or name == slices.ALL:
        return Among()
    title, (some, every) = small(slice_title(name, words)), (int(masks[one].sum()) for one in (name, slices.ALL))
    said = f"Only among {title}: {number(some)} of {number(every)} tested users."
    return Among(name, masks[name], title, said)


@st.cache_data(max_entries=5, show_spinner=False)
def _masks(split: str, _view: View) -> dict[str, slices.Mask]:
    """Return the slices that have enough users, everyone first."""
    found = slices.slices(_view.split)
    return {name: mask for name, mask in found.items() if mask.sum() >= slices.FEWEST or name == slices.ALL}


@st.cache_resource(show_spinner=False)
def _known() -> dict[tuple[str, ...], float]:
    """Return what was worked out of slices of the users, whoever looked."""
    return {}

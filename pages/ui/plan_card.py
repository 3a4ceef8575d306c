"""Plan a sweep: every chosen method at every ratio, and what that takes before anything runs."""

from __future__ import annotations

import streamlit as st

from cache.jobs import ACTIVE
from pages.ui import cards, state, sweeps
from rec_core.errors import CorelensError
from rec_core.models import MODELS
from rec_core.selection import METHODS
from rec_core.specs import ExperimentSpec
from rec_core.sweeps import RATIOS, Plan, left_out
from rec_core.wording import labels
from rec_core.wording.numbers import counted, percent

_METHODS = ("random", "recent", "quota", "users")
_MORE_RATIOS = (0.001, 0.002, 0.03, 0.08, 0.15, 0.3, 0.4, 0.65, 0.8)
_SEEDS = 3


def show() -> None:
    """Draw the form, and how many runs it describes."""
    spec = state.spec()
    with st.expander("Plan a sweep", icon=":material/grid_on:", key="plan", on_change="rerun") as card:
        if not card.open:
            return
        try:
            plan = _planned(spec)
        except CorelensError as error:
            st.warning(str(error))
            return
        if plan is None:
            st.caption("Choose at least one of each.")
            return
        for sentence in left_out(plan):
            st.caption(f"Left out: {sentence}")
        _offer(plan)


def _planned(spec: ExperimentSpec) -> Plan | None:
    """Draw the choices and return what they describe; None where one is empty."""
    offered = [name for name in METHODS if name != "full"]
    methods = st.multiselect(
        "Methods",
        offered,
        default=list(dict.fromkeys([*_METHODS, *([] if spec.method.name == "full" else [spec.method.name])])),
        format_func=lambda name: METHODS[name].title,
        key="plan-methods",
    )
    ratios = st.multiselect(
        "Ratios",
        sorted((*RATIOS, *_MORE_RATIOS)),
        default=list(RATIOS),
        format_func=percent,
        key="plan-ratios",
    )
    with st.container(horizontal=True):
        models = st.multiselect(
            "Models",
            list(MODELS),
            default=[spec.model.name],
            format_func=labels.MODEL_CHOICES.__getitem__,
            key="plan-models",
        )
        feedbacks = st.multiselect(
            "Feedback",
            list(labels.FEEDBACK),
            default=[spec.feedback],
            format_func=labels.FEEDBACK.__getitem__,
            key="plan-feedback",
        )
        seeds = st.number_input("Seeds", min_value=1, max_value=50, value=_SEEDS, key="plan-seeds", width=120)
    if not (methods and ratios and models and feedbacks and seeds):
        return None
    chosen = tuple(spec.method if name == spec.method.name else METHODS[name]() for name in methods)
    numbers = tuple((spec.seed + more) % 2**32 for more in range(int(seeds)))
    return Plan.of(spec, chosen, models, feedbacks, ratios, numbers)


def _offer(plan: Plan) -> None:
    """Say how many runs there are and how long the rest takes; offer to begin."""
    jobs = state.jobs().runs(plan.cells)
    missing = [job.spec for job in jobs if job.state not in ("done", *ACTIVE)]
    stored = sum(job.state == "done" for job in jobs)
    rest = cards.about(missing) if missing else ""
    left = f"{rest} for the rest" if missing else "nothing is left to run"
    st.markdown(f"**{counted(len(jobs), 'run', 'runs')}** · {stored} in the store · {left}")
    name = st.text_input(
        "Called",
        value=_called(plan),
        key=f"plan-name-{len(sweeps.here().all())}",
        max_chars=120,
        help="With the name of a sweep, what is new is added to it.",
    ).strip()
    asked = next((sweep.asked for sweep in sweeps.here().all() if sweep.name == name), None)
    begun = asked if isinstance(asked, Plan) else None
    verb = "Add to it" if begun else "Begin" if missing else "List it"
    st.button(
        f"{verb} · {rest}" if missing else verb,
        key="plan-begin",
        on_click=sweeps.extend if begun else sweeps.begin,
        args=(name, begun.extended(plan) if begun else plan),
        type="primary",
        disabled=not name,
    )


def _called(plan: Plan) -> str:
    """Return a name that no sweep has yet."""
    methods = counted(len(plan.methods), "method", "methods")
    name = f"{labels.data_title(plan.base)}: {methods} at {counted(len(plan.ratios), 'ratio', 'ratios')}"
    taken = {sweep.name for sweep in sweeps.here().all()}
    numbered = (f"{name} ({number})" for number in range(2, len(taken) + 3))
    return next(one for one in (name, *numbered) if one not in taken)

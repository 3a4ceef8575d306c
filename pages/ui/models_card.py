"""The same rows under other models: is what a coreset keeps the rows' doing, or the model's?"""

from __future__ import annotations

import streamlit as st

from pages.ui import cards, state
from rec_core.analysis.comparison import Compared, baseline_spec
from rec_core.analysis.models import carried
from rec_core.specs import under_other_models
from rec_core.wording import labels
from rec_core.wording import models as wording


def show(one: Compared) -> None:
    """Set models side by side on all rows and on those of a finished coreset, and offer to train what is missing."""
    st.subheader(wording.QUESTION, anchor=False)
    both = {labels.model_title(spec): (baseline_spec(spec), spec) for spec in under_other_models(state.spec())}
    found = {title: (state.group_of(full), state.group_of(ours)) for title, (full, ours) in both.items()}
    models = carried(found, one.group, one.metric)
    groups = [group for pair in found.values() for group in pair if group is not None]
    said = wording.sentence(models, one.metric, len(one.group.results))
    st.markdown(f"{said} {wording.same_information(groups, state.words())}")
    table = wording.table(models, one.metric)
    number = st.column_config.NumberColumn
    values = {name: number(format="%.3f") for name in (wording.FULL, wording.KEPT_ROWS, wording.SERVED)}
    cards.table(
        table,
        alt="What each model gives on all rows and on the kept ones.",
        height="content",
        column_config=values | {wording.SHARE: number(format="%.0f %%")},
    )
    cards.csv(table, "models")
    every = [seeded for pair in both.values() for spec in pair for seeded in state.seeded(spec)]
    missing = [spec for spec in every if state.result(spec) is None]
    if missing and state.data_is_here():
        st.button(
            f"Train the other models · {cards.about(missing)}",
            key="other-models",
            on_click=state.ask,
            args=missing,
            disabled=bool(state.jobs().active()),
            help=", ".join(dict.fromkeys(labels.run_title(spec) for spec in missing)),
        )

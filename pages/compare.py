"""Compare: what differs between runs, in settings, in what they keep, in quality, and for whom?"""

from typing import Any

import streamlit as st

from pages.ui import cards, controls, exhibits, nav, picks, state
from rec_core import labels, specs
from rec_core.analysis import difference, overlap, slices
from rec_core.analysis.comparison import main_metric
from rec_core.figures import compare as figures
from rec_core.figures.style import distinct, mark

nav.guard()
question = "What differs between runs?"
if not cards.data_are_here(question):
    st.stop()
answer = st.container()
chosen = picks.choose()
if len(chosen) < picks.FEWEST:
    with answer:
        cards.headline(question)
    st.info(
        "Choose two to six runs above. Runs appear here once they are finished; start one with the sidebar's button."
    )
    st.stop()

own = [mark(pick.spec.method.name, pick.spec.pretrain) for pick in chosen]
marks = {pick.title: one for pick, one in zip(chosen, distinct(own), strict=True)}
metric = main_metric(state.spec().feedback)
tested = picks.alike([pick for pick in chosen if pick.result is not None], specs.test_inputs)
results = {pick.title: pick.result for pick in tested if pick.result is not None}

baseline = picks.baseline(results) if results else None
with answer:
    cards.headline(difference.headline(results, baseline, metric))
st.subheader("What differs in the settings", anchor=False)
differing = difference.settings({pick.title: pick.spec for pick in chosen})
if differing.empty:
    st.caption("Nothing that counts.")
else:
    st.dataframe(differing, hide_index=True, alt="Settings that are not the same for all.")
    cards.csv(differing, "settings-that-differ")

if baseline is not None:
    st.subheader("Quality", anchor=False)
    picks.say_left_out([pick for pick in chosen if pick.result is not None], tested, "another test set")
    table = difference.metrics(results, baseline)
    delta: dict[str, Any] = {
        name: st.column_config.NumberColumn(format="%+.3f")
        for name in table.columns.astype(str)
        if name.startswith("Δ")
    }
    plain: dict[str, Any] = {
        name: st.column_config.NumberColumn(format="%.3f") for name in labels.METRICS.values() if name in table
    }
    st.dataframe(
        table,
        hide_index=True,
        alt="Every metric of each run, and its difference from the baseline.",
        column_config={**plain, **delta, "Run": st.column_config.TextColumn(pinned=True, width="medium")},
    )
    cards.csv(table, "metrics")

if results:
    caption = labels.caption_of_runs([pick.spec for pick in tested])
    st.subheader("For whom, and for which films", anchor=False)
    frame = slices.table({pick.title: (pick.split, pick.rows, pick.per_user) for pick in tested}, metric)
    exhibits.show(figures.by_slice(frame, marks, metric, caption))

st.subheader("What they have in common", anchor=False)
by = controls.segments("By", figures.OVERLAP, "overlap", "ratings")
same_rows = picks.alike(chosen, specs.split_inputs)
picks.say_left_out(chosen, same_rows, "another split, which has other rows")
if len(same_rows) >= picks.FEWEST:
    rows = {pick.title: pick.rows for pick in same_rows}
    shared = overlap.matrix(same_rows[0].split.train, rows, by)
    caption = labels.caption_of_runs([pick.spec for pick in same_rows])
    exhibits.show(figures.overlap(shared, list(rows), by, caption))

if results:
    caption = labels.caption_of_runs([pick.spec for pick in tested])
    st.subheader("Training curves", anchor=False)
    columns = {f"validation_{metric}": f"Validation {labels.METRICS[metric]}", "loss": "Train loss"}
    column = controls.segments("Curve", columns, "curve", f"validation_{metric}")
    exhibits.show(figures.curves(results, marks, column, caption))
cards.settings({pick.title: pick.spec for pick in chosen})

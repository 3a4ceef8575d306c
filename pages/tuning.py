"""Tuning: does what is tuned on a part of the data carry over to all of it?"""

import streamlit as st

from pages.ui import cards, exhibits, page, state, sweep_list, tuning_card
from rec_core.analysis.tuning import validations
from rec_core.evaluation import validation_metric
from rec_core.figures import tuning as figures
from rec_core.sweeps import Tuning
from rec_core.sweeps.tuning import best_on_full, outcome, trials
from rec_core.wording import labels
from rec_core.wording import tuning as wording

page.begin(wording.QUESTION, needs_coreset=False)
base = state.spec()
if why := tuning_card.why_not(base):
    cards.headline(wording.QUESTION)
    st.markdown(why)
    st.stop()

tuning = tuning_card.present(base)
if tuning is None:
    cards.headline(wording.QUESTION)
    tuning_card.begin(base)
    sweep_list.show(Tuning)
    st.stop()

found = outcome(tuning, state.made, state.metric(), state.share)
first, second = wording.answer(found, tuning)
cards.headline(first)
best = state.result(best_on_full(tuning, state.made, state.metric())) if found else None
st.markdown(f"{second} {wording.control(best, state.metric())}")
if found:
    table = wording.table(found, tuning)
    cards.table(
        table,
        alt="What tuning in each way comes to.",
        column_config=cards.number_columns(table, wording.SHARES),
    )
    cards.csv(table, "tuning-ways")
validated = {way: validations(trials(tuning, way, state.made)) for way in tuning.ways}
if validated["full"] and any(validated[way] for way in tuning.ways if way != "full"):
    caption = labels.caption_of_runs(tuning.cells)
    exhibits.show(figures.orders(tuning, validated, validation_metric(base.feedback), caption))
    tuning_card.use(tuning, found)
tuning_card.search_on(tuning)
sweep_list.show(Tuning)
cards.settings()

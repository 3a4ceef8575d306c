"""Norms (Q5): what does a norm mean?"""

import streamlit as st

from pages.ui import cards, controls, exhibits, nav, norm_pairs, state
from rec_core import labels
from rec_core.analysis import norms
from rec_core.figures import norms as figures
from rec_core.figures.style import mark
from rec_core.words import number

nav.guard()
spec = state.spec()
choice = labels.choice_title(spec)
question = "What did training do to the norms?"
live = cards.live_coreset(question)
if live is None:
    st.stop()
experiment, coreset = live

answer = st.container()
compared = controls.segments("Compare", norm_pairs.TITLES, "compare", "training")
with st.container(horizontal=True):
    of = controls.segments("Of", norm_pairs.OF, "of", "users") if compared != "scores" else "users"
    which = controls.segments("Which", norm_pairs.WHICH, "which", "all")
pairs = norm_pairs.find(compared, of, which, experiment, coreset)
if pairs is None:
    with answer:
        cards.headline(question)
    st.stop()

drawn = norm_pairs.sample(pairs)
found = norm_pairs.correlations(drawn.digest, drawn)
verdict, meaning = norms.sentences(compared, pairs.of, found)
with answer:
    cards.headline(verdict)
st.markdown(meaning)
st.dataframe(
    figures.correlation_table(found),
    hide_index=True,
    alt="Pearson, Spearman and Kendall with intervals, p-values and n.",
    column_config={
        **dict.fromkeys(("Value", "95 % from", "to"), st.column_config.NumberColumn(format="%.3f")),
        "p": st.column_config.TextColumn(help="Two-sided, of no relation at all."),
        "n": st.column_config.NumberColumn(format="localized"),
    },
)
note = "" if len(drawn.x) == len(pairs.x) else f" A random {number(len(drawn.x))} of {number(len(pairs.x))}."
exhibits.show(figures.scatter(drawn, mark(spec.method.name, spec.pretrain).colour, labels.caption(spec) + note))
cards.settings()

"""Norms (Q5): what does a norm mean?"""

import streamlit as st

from pages.ui import cards, controls, exhibits, norm_pairs, page, state
from rec_core.figures import norms as figures
from rec_core.figures.style import mark
from rec_core.wording import labels
from rec_core.wording import norms as wording
from rec_core.wording.numbers import number

QUESTION = "What did training do to the norms?"
view = page.begin(QUESTION)
spec = view.spec

answer = st.container()
compared = controls.segments("Compare", norm_pairs.TITLES, "compare", "training")
with st.container(horizontal=True):
    of = (
        controls.segments("Of", norm_pairs.of_titles(state.words()), "of", "users") if compared != "scores" else "users"
    )
    which = controls.segments("Which", norm_pairs.WHICH, "which", "all")
pairs = norm_pairs.find(compared, of, which, view)
if pairs is None:
    with answer:
        page.stop(QUESTION)

drawn = norm_pairs.sample(pairs)
found = norm_pairs.correlations(drawn.digest, drawn)
verdict, meaning = wording.sentences(compared, pairs.of, found)
with answer:
    cards.headline(verdict)
st.markdown(meaning)
cards.table(
    figures.correlation_table(found),
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

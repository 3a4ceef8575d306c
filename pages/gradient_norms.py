"""Gradient norms (Q1): which ratings pull hardest, and which of them are kept?"""

import streamlit as st

from pages.ui import cards, controls, exhibits, nav, page, state, sweep
from rec_core.analysis import activity, coverage, gradient_norms
from rec_core.figures import gradient_norms as figures
from rec_core.figures.style import mark
from rec_core.stages import SCORE
from rec_core.wording import activity as activity_words
from rec_core.wording import coverage as coverage_words
from rec_core.wording import gradient_norms as wording
from rec_core.wording import labels

view = page.begin("Does {choice} keep what is easy or what is hard?")
spec, split, coreset = view.spec, view.split, view.coreset
choice, words = labels.choice_title(spec), state.words()

panels, missing = {}, None
for pretrain in (True, False):
    scored = state.view(spec.with_(method={"name": "gradient"}, pretrain=pretrain))
    if scored.can(SCORE):
        panels[labels.proxy_title(pretrain)] = gradient_norms.Norms(scored.scores, coreset.rows)
    else:
        missing = scored.spec
# A method that looks at a proxy is judged by that one; the others by the pretrained one, if it is there.
looks_at = spec.pretrain if spec.method.needs_proxy else True
own = labels.proxy_title(looks_at and missing is None)

cards.headline(wording.verdict(panels[own], choice, own.lower(), words))
kind = wording.kind_sentence(panels[own], gradient_norms.kind_of_rows(panels[own], split.train), words)
tail = coverage_words.tail_sentence(coverage.tail_shares(coverage.measure(split, coreset.rows), split), words)
measured = activity.measure(split.train, coreset.rows, split.catalogue.n_users)
st.markdown(f"{kind} {tail} {activity_words.left_out(measured, words)}")
with st.container(horizontal=True):
    nav.link("coverage", "What is left out")
    nav.link("activity", f"Whose {words.rows} are kept")
    nav.link("user_map", "Who is kept, on a map")

look = mark(spec.method.name, spec.pretrain)
exhibits.show(figures.distribution(panels, look, labels.caption(spec), words))
if missing is not None:
    cards.prepare(missing, "To see the norms of the **pretrained** proxy too, prepare it.", key="prepare-other")

st.subheader("What goes with a large norm?", anchor=False)
titles = figures.against_titles(words)
if split.train.rating is None:
    del titles["rating"]
with st.container(horizontal=True):
    against = controls.segments("By", titles, "by", "popularity")
    under = controls.segments("Proxy", {title: title for title in panels}, "proxy", own) if len(panels) > 1 else own
values, group = gradient_norms.groups(split.train, against)
table = gradient_norms.relation(panels[under], values, group)
exhibits.show(figures.relation(table, against, f"{labels.caption(spec)} Norms: {under.lower()}.", words))

sweep.show()
cards.settings()

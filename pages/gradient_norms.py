"""Gradient norms (Q1): which ratings pull hardest, and which of them are kept?"""

import streamlit as st

from pages.ui import cards, controls, exhibits, nav, state, sweep
from rec_core import labels
from rec_core.analysis import activity, coverage, gradient_norms
from rec_core.figures import gradient_norms as figures
from rec_core.figures.style import mark

nav.guard()
spec = state.spec()
choice = labels.choice_title(spec)
live = cards.live_coreset(f"Does {choice} keep what is easy or what is hard?")
if live is None:
    st.stop()
experiment, coreset = live
split = experiment.split

panels, missing = {}, None
for pretrain in (True, False):
    scored = state.experiment(spec.with_(method={"name": "gradient"}, pretrain=pretrain))
    if scored.proxy_is_ready:
        panels[labels.proxy_title(pretrain)] = gradient_norms.mark_kept(scored.scores, coreset.rows)
    else:
        missing = scored.spec
# A method that looks at a proxy is judged by that one; the others by the pretrained one, if it is there.
looks_at = spec.pretrain if experiment.method.needs_proxy else True
own = labels.proxy_title(looks_at and missing is None)

verdict, kind = gradient_norms.sentences(panels[own], split.train, choice, own.lower())
cards.headline(verdict)
measured = activity.measure(split.train, coreset.rows, split.catalogue.n_users)
tail = coverage.tail_sentence(coverage.measure(split, coreset.rows), split)
st.markdown(f"{kind} {tail} {activity.left_out(measured)}")
with st.container(horizontal=True):
    nav.link("coverage", "What is left out")
    nav.link("activity", "Whose ratings are kept")
    nav.link("user_map", "Who is kept, on a map")

look = mark(spec.method.name, spec.pretrain)
exhibits.show(figures.distribution(panels, look, labels.caption(spec)))
if missing is not None:
    cards.prepare(missing, "To see the norms of the **pretrained** proxy too, prepare it.", key="prepare-other")

st.subheader("What goes with a large norm?", anchor=False)
with st.container(horizontal=True):
    against = controls.segments("By", figures.TITLES, "by", "popularity")
    under = controls.segments("Proxy", {title: title for title in panels}, "proxy", own) if len(panels) > 1 else own
values, group = gradient_norms.groups(split.train, against)
table = gradient_norms.relation(panels[under], values, group)
exhibits.show(figures.relation(table, against, f"{labels.caption(spec)} Norms: {under.lower()}."))

sweep.show()
cards.settings()

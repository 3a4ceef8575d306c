"""One user: what would they see, trained on everything and on the coreset?"""

import streamlit as st

from pages.ui import cards, exhibits, nav, state, user_picker
from rec_core import labels
from rec_core.analysis import recommend
from rec_core.analysis.comparison import baseline_spec
from rec_core.figures.recommendations import side_by_side
from rec_core.words import number, plain_markdown

nav.guard()
spec = state.spec()
choice = labels.choice_title(spec)
question = "What would they see?"
live = cards.live_coreset(question)
if live is None:
    st.stop()
experiment, coreset = live
split, catalogue = experiment.split, experiment.split.catalogue

answer = st.container()
user = user_picker.choose(split, coreset.rows)
if user is None:
    with answer:
        cards.headline(question)
    st.stop()

seen = recommend.history(split, coreset.rows, user)
both = [state.experiment(baseline_spec(spec)), experiment]
missing = list({one.spec.key: one.spec for one in both if not one.is_trained}.values())
lists = [recommend.top_list(spec.model.name, one.trained.params, split, user) for one in both if one.is_trained]
who, held_out = str(catalogue.user_ids[user]), int(split.test.item[user])
film = plain_markdown(str(catalogue.titles[held_out]))
with answer:
    if missing:
        cards.headline(f"What would user {who} see?")
    else:
        verdict, detail = recommend.sentences(who, film, seen, lists[0], lists[1], choice)
        cards.headline(verdict)
        st.markdown(detail)

with st.grid(2, min_column_width=440):
    left, right = st.container(), st.container()
with left:
    st.subheader("Their ratings", anchor=False)
    st.caption(f"{number(int((seen['Kept'] != '').sum()))} of {number(len(seen))} are kept.")
    st.dataframe(
        seen,
        hide_index=True,
        height=420,
        alt="The user's train ratings, kept ones first.",
        column_config={"Stars": st.column_config.NumberColumn(format="%g")},
    )
    cards.csv(seen, "history")
with right:
    st.subheader("Their recommendations", anchor=False)
    for one in missing:
        cards.train(one)
    if not missing:
        caption = f"User {who}. {labels.caption(spec)}"
        names = ("Full data", choice)
        exhibits.show(side_by_side(catalogue.titles, lists[0], lists[1], names, held_out, caption))
cards.settings()

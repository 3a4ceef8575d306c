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
both = {"Full data": state.experiment(baseline_spec(spec)), choice: experiment}
missing = [one.spec for one in both.values() if not one.is_trained]
lists = {
    title: recommend.top_list(spec.model.name, one.trained.params, split, user)
    for title, one in both.items()
    if one.is_trained
}
who, held_out = str(catalogue.user_ids[user]), int(split.test.item[user])
film = plain_markdown(str(catalogue.titles[held_out]))
with answer:
    if missing:
        cards.headline(f"What would user {who} see?")
    else:
        full, ours = lists["Full data"], lists[choice]
        verdict, detail = recommend.sentences(who, film, seen, full, ours, choice)
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
        exhibits.show(side_by_side(catalogue.titles, full, ours, ("Full data", choice), held_out, caption))
    else:
        for title, top in lists.items():
            st.caption(f"{title}, the best first.")
            st.dataframe({"Film": catalogue.titles[top.items]}, hide_index=True, alt=f"The ten best films of {title}.")
cards.settings()

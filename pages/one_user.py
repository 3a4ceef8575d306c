"""One user: what would they see, trained on everything and on the coreset?"""

import streamlit as st

from pages.ui import cards, exhibits, page, state, user_picker
from rec_core.analysis import columns as col
from rec_core.analysis import recommend, votes
from rec_core.analysis.comparison import baseline_spec
from rec_core.figures.recommendations import side_by_side
from rec_core.stages import TRAIN
from rec_core.wording import labels, serving
from rec_core.wording.columns import title, titled
from rec_core.wording.numbers import capital, number, plain_markdown
from rec_core.wording.recommend import sentences

QUESTION = "What would they see?"
view = page.begin(QUESTION)
spec, split, catalogue = view.spec, view.split, view.split.catalogue
choice, words = labels.choice_title(spec), state.words()

answer = st.container()
user = user_picker.choose(split, view.coreset.rows)
if user is None:
    with answer:
        page.stop(QUESTION)

seen = recommend.history(split, view.coreset.rows, user)
both = {"Full data": state.view(baseline_spec(spec)), choice: view}
missing = [one.spec for one in both.values() if not one.has(TRAIN)]
lists = {name: recommend.top_list(one.model, split, user) for name, one in both.items() if one.has(TRAIN)}
who, held_out = str(catalogue.user_ids[user]), recommend.held_out_item(split, user)
with answer:
    if missing:
        cards.headline(f"What would user {who} see?")
    else:
        item = None if held_out is None else plain_markdown(str(catalogue.titles[held_out]))
        verdict, detail = sentences(who, item, seen, lists["Full data"], lists[choice], choice, words)
        cards.headline(verdict)
        st.markdown(detail)

with st.grid(2, min_column_width=440):
    left, right = st.container(), st.container()
with left:
    st.subheader(f"Their {words.rows}", anchor=False)
    st.caption(f"{number(int((seen[col.KEPT] != '').sum()))} of {number(len(seen))} are kept.")
    cards.table(
        titled(seen, words),
        height=420,
        alt=f"The user's train {words.rows}, kept ones first.",
        column_config={title(col.RATING, words): st.column_config.NumberColumn(format="%g")},
    )
    cards.csv(titled(seen, words), "history")
with right:
    st.subheader("Their recommendations", anchor=False)
    for one in missing:
        cards.train(one)
    if not missing:
        caption, names = f"User {who}. {labels.caption(spec)}", ("Full data", choice)
        first, second = (lists[name] for name in names)
        exhibits.show(side_by_side(catalogue.titles, first, second, names, held_out, caption, words))
    else:
        for name, top in lists.items():
            st.caption(f"{name}, the best first.")
            best = {capital(words.item): catalogue.titles[top.items].tolist()}
            cards.table(best, alt=f"The ten best {words.items} of {name}.")
if not missing and (why := votes.votes(view.model, user, lists[choice].items)):
    st.subheader("Why these?", anchor=False)
    st.caption(serving.why(why, seen, choice, words))
    reasons = titled(serving.reasons(why, catalogue.titles), words)
    cards.table(reasons, alt=f"The {words.items} of theirs that speak for each {words.item}.", height="content")
    cards.csv(reasons, "why")
cards.settings()

"""Compare: what differs between runs, in settings, in what they keep, in quality, and for whom?"""

import streamlit as st

from pages.ui import cards, comparison_card, controls, exhibits, page, picks, state
from rec_core.analysis import difference, overlap, slices, variety
from rec_core.analysis.comparison import Compared
from rec_core.evaluation import validation_metric
from rec_core.figures import compare as figures
from rec_core.figures.style import distinct, mark
from rec_core.stages import SPLIT, measured_on
from rec_core.wording import labels, serving
from rec_core.wording.columns import titled
from rec_core.wording.comparison import cut_short
from rec_core.wording.difference import headline
from rec_core.wording.numbers import plain_markdown

QUESTION = "What differs between runs?"
page.begin(QUESTION, needs_coreset=False)
answer = st.container()
chosen = picks.choose()
if len(chosen) < picks.FEWEST:
    with answer:
        cards.headline(QUESTION)
    st.info("Choose two to six runs above. Runs appear here once they are finished; start one with the button on top.")
    st.stop()

own = [mark(pick.spec.method.name, pick.spec.pretrain) for pick in chosen]
marks = {pick.title: one for pick, one in zip(chosen, distinct(own), strict=True)}
metric, words = state.metric(), state.words()
same_test = picks.alike([pick for pick in chosen if pick.group is not None], measured_on)
made = {pick.title: pick.group for pick in same_test if pick.group is not None}
caption = labels.caption_of_groups(list(made.values())) if made else ""

baseline = picks.baseline(made) if made else None
values = {pick.title: pick.values(metric) for pick in same_test}
gains = {} if baseline is None else difference.against(metric, values, baseline)
with answer:
    cards.headline(headline(made, baseline, metric, gains))
    if baseline is not None:
        st.markdown(cut_short(made[baseline]))
    if gains and (lacking := [title for title in made if title not in gains]):
        st.caption(f"{metric.title} was not measured in {plain_markdown(', '.join(lacking))}.")
st.subheader("What differs in the settings", anchor=False)
differing = titled(difference.settings({pick.title: pick.spec for pick in chosen}), words)
if differing.empty:
    st.caption("Nothing that counts.")
else:
    cards.table(differing, alt="Settings that are not the same for all.")
    cards.csv(differing, "settings-that-differ")

if baseline is not None:
    st.subheader("Quality", anchor=False)
    for said in dict.fromkeys(filter(None, (serving.trained_on(pick.spec) for pick in same_test))):
        st.caption(said)
    for title, group in made.items():
        if said := serving.same_information(Compared(group, None, metric)):
            st.caption(f"{title}: {said}")
    picks.say_left_out([pick for pick in chosen if pick.group is not None], same_test, "another test set")
    comparison_card.metrics_table(difference.metrics(made, baseline, metric, gains), words)

    if not (shown := variety.table(same_test[0].split, {pick.title: pick.shown for pick in same_test})).empty:
        st.subheader("What they would show", anchor=False)
        comparison_card.shown_table(shown, words)

    st.subheader(f"For whom, and for which {words.items}", anchor=False)
    frame = slices.table({pick.title: pick.measured for pick in same_test}, metric)
    exhibits.show(figures.by_slice(frame, marks, metric, caption, words))

st.subheader("What they have in common", anchor=False)
by = controls.segments("By", figures.overlap_titles(words), "overlap", "ratings")
same_rows = picks.alike(chosen, SPLIT.within)
picks.say_left_out(chosen, same_rows, "another split, which has other rows")
if len(same_rows) >= picks.FEWEST:
    rows = {pick.title: pick.rows for pick in same_rows}
    shared = overlap.matrix(same_rows[0].split.train, rows, by)
    drawn = labels.caption_of_runs([pick.spec for pick in same_rows], [pick.key for pick in same_rows])
    exhibits.show(figures.overlap(shared, list(rows), by, drawn, words))

if made:
    picks.rename(made)
    trained = {title: group for title, group in made.items() if group.results[0].history}
    if trained:
        st.subheader("Training curves", anchor=False)
        columns = figures.history_titles(validation_metric(state.spec().feedback))
        column = controls.segments("Curve", columns, "curve", next(iter(columns)))
        exhibits.show(figures.curves(trained, marks, column, columns[column], caption))
    if untrained := [title for title in made if title not in trained]:
        st.caption(f"Not trained in epochs: {', '.join(map(plain_markdown, untrained))}.")
cards.settings({pick.title: (pick.key, pick.spec) for pick in chosen})

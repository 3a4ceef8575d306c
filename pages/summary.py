"""Summary: for people who decide, on a page, as slides, or as one file."""

import streamlit as st

from pages.ui import cards, exhibits, nav, page, slides, summary_parts
from rec_core.export.document import to_html
from rec_core.wording import labels
from rec_core.wording.comparison import not_measured
from rec_core.wording.numbers import plain_markdown

QUESTION = "What should we do about {choice}?"
view = page.begin(QUESTION)
chosen = summary_parts.chosen()
if chosen is None:
    cards.headline(QUESTION.format(choice=labels.choice_title(view.spec)))
    st.markdown("A summary is made of a finished run and of its baseline.")
    for missing in summary_parts.missing():
        cards.train(missing)
    st.stop()

if not chosen.is_measured:
    cards.headline(QUESTION.format(choice=labels.choice_title(view.spec)))
    st.info(not_measured(chosen.metric, len(chosen.group.specs)))
    st.stop()

if nav.presents():
    slides.show(summary_parts.document(chosen, view, summary_parts.chosen_figures(view)))
    st.stop()

answer = st.container()
figures = summary_parts.edit(view)
document = summary_parts.document(chosen, view, figures)
with answer:
    cards.headline(plain_markdown(document.title) or document.headline)
    if document.title:
        st.markdown(f"##### {document.headline}")
    st.markdown(f"##### {document.decision}")
with st.container(horizontal=True):
    st.button(
        "Present",
        icon=":material/slideshow:",
        on_click=slides.start,
        help="Large type, no sidebar; arrow keys turn pages.",
    )
    st.download_button(
        "Download as one HTML file",
        lambda: to_html(document),
        "corelens-summary.html",
        "text/html",
        on_click="ignore",
        icon=":material/download:",
        help="Works offline, figures included; nothing is fetched.",
    )
for line in filter(str.strip, document.notes.splitlines()):
    st.markdown(plain_markdown(line))
cards.numbers({label: (value, against, "") for label, (value, against) in document.facts.items()})
for exhibit in document.exhibits:
    st.subheader(exhibit.title, anchor=False)
    exhibits.show(exhibit)
st.subheader("All runs", anchor=False)
cards.table(
    document.table,
    alt="All runs of this data, feedback and model.",
    column_config=cards.number_columns(document.table),
)
st.subheader("How it was made", anchor=False)
st.markdown("\n".join(f"- {line}" for line in document.method))
st.subheader("What this does not show", anchor=False)
st.markdown("\n".join(f"- {line}" for line in document.limits))
cards.settings()

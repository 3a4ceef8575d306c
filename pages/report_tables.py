"""Report tables: do the report's tables come out?"""

import streamlit as st

from pages.ui import cards, controls, page, report_card, state
from rec_core import report
from rec_core.published import EVERYWHERE, TABLES

page.begin(report.QUESTION, needs_coreset=False)
answer = st.container()
seeds = int(controls.field("Seeds", "table_seeds", 3.0, (1.0, 20.0), "Runs of each row, with seeds from 0 on."))
wanted = report_card.wanted(seeds)
results = {number: [state.results(row) for row in rows] for number, rows in wanted.items()}
with answer:
    first, second = report.answer(results)
    cards.headline(first)
    st.markdown(second)

report_card.show_data()
report_card.show_missing([spec for rows in wanted.values() for row in rows for spec in row])
frames = {number: report.build(table, results[number], state.per_user) for number, table in TABLES.items()}
said = set[str]()
for number, table in TABLES.items():
    st.subheader(report.title(table), anchor=False)
    report_card.table(table, frames[number])
    for mark, cause in report.causes(table):
        report_card.cause(cause, mark, is_new=cause.title not in said)
        said.add(cause.title)
st.subheader("All tables", anchor=False)
for cause in EVERYWHERE:
    report_card.cause(cause)
st.caption(report.INTERVALS)
report_card.take_along(frames, seeds)

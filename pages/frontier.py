"""Frontier: how small can it be?"""

import streamlit as st

from pages.ui import (
    cards,
    exhibits,
    find_card,
    first_start,
    latex_table,
    page,
    plan_card,
    slice_choice,
    state,
    sweep_list,
)
from rec_core.analysis import comparison, frontier
from rec_core.figures import frontier as figures
from rec_core.sweeps import Plan
from rec_core.wording import frontier as wording
from rec_core.wording import labels, serving

page.begin(wording.QUESTION, needs_coreset=False)
spec, metric = state.spec(), state.metric()
answer = st.container()
with st.container(horizontal=True):
    goal = find_card.goal()
    among = slice_choice.draw()
every = among.groups(frontier.alike(state.compared(), spec))
found = frontier.smallest(every, goal, among.intervals.kept)
with answer:
    first, second = wording.answer(found, metric, among.title)
    cards.headline(first)
    st.markdown(f"{second} {among.said}")

if parts := [one for one in every if not one.is_baseline]:
    table = wording.named(frontier.table(every, among.intervals))
    caption = f"{labels.caption_of_groups([one.group for one in every])} {among.said}".strip()
    free = comparison.free_controls(parts[0].group.results[0].controls_with(metric), metric)
    controls = {labels.control_title(name): value for name, value in free.items()}
    exhibits.show(figures.quality_against_ratio(table, controls, caption, among.title))
    latex_table.offer(every, caption, among.gain, among.intervals)
    full = [one for one in every if one.is_baseline]
    if full:
        of_all = next((one for one in state.compared() if one.group.key == full[0].group.key), None)
        if of_all and (held := serving.same_information(of_all)):
            st.caption(held)
        rise = frontier.rise(frontier.random_rows(every), among.intervals)
        st.markdown(wording.ending(rise, full[0].value, metric))
    exhibits.show(figures.quality_against_cost(table, caption, among.title))
    if (best := found.sure or found.likely) is not None:
        find_card.break_even(best[0])
elif not state.finished().runs:
    first_start.show(with_figure=True)
find_card.show(goal, among.title)
plan_card.show()
sweep_list.show(Plan)
cards.settings()

"""Frontier: how small can it be?"""

import streamlit as st

from pages.ui import cards, exhibits, find_card, first_start, page, plan_card, state, sweep_list
from rec_core.analysis import comparison, frontier
from rec_core.figures import frontier as figures
from rec_core.sweeps import Plan
from rec_core.wording import frontier as wording
from rec_core.wording import labels

page.begin(wording.QUESTION, needs_coreset=False)
spec, metric = state.spec(), state.metric()
every = frontier.alike(state.compared(), spec)
answer = st.container()
goal = find_card.goal()
found = frontier.smallest(every, goal, state.kept)
with answer:
    first, second = wording.answer(found, metric)
    cards.headline(first)
    st.markdown(second)

if parts := [one for one in every if not one.is_baseline]:
    table = wording.named(frontier.table(every, state.kept))
    caption = labels.caption_of_groups([one.group for one in every])
    free = comparison.free_controls(parts[0].group.results[0].controls, metric)
    controls = {labels.control_title(name): value for name, value in free.items()}
    exhibits.show(figures.quality_against_ratio(table, controls, caption))
    full = [one for one in every if one.is_baseline]
    if full:
        st.markdown(wording.ending(frontier.rise(frontier.random_rows(every)), full[0].value, metric))
    exhibits.show(figures.quality_against_cost(table, caption))
    if (best := found.sure or found.likely) is not None:
        find_card.break_even(best[0])
elif not state.finished().runs:
    first_start.show(with_figure=True)
find_card.show(goal)
plan_card.show()
sweep_list.show(Plan)
cards.settings()

"""Results: what do I lose if I train on a part of the data?"""

import numpy as np
import streamlit as st

from pages.ui import (
    cards,
    comparison_card,
    exhibits,
    first_start,
    gallery,
    models_card,
    nav,
    picks,
    screen_card,
    state,
    take_away,
)
from rec_core.analysis import activity, comparison, coverage, slices, variety
from rec_core.analysis.comparison import Compared
from rec_core.evaluation import free
from rec_core.experiment import View
from rec_core.figures.both_kinds import quality_against_cost
from rec_core.figures.quality_time import quality_against_time
from rec_core.replicates import Group
from rec_core.stages import EVALUATE, RUN, SELECT
from rec_core.wording import activity as activity_words
from rec_core.wording import comparison as wording
from rec_core.wording import coverage as coverage_words
from rec_core.wording import data as data_words
from rec_core.wording import labels, serving
from rec_core.wording import slices as slice_words
from rec_core.wording import variety as variety_words
from rec_core.wording.numbers import capital, number, percent

nav.guard()


def show_chosen(one: Compared) -> None:
    """Answer for the chosen settings, in words and four numbers."""
    evidence = state.evidence(one)
    first, second = wording.headline(one, evidence)
    cards.headline(first)
    st.markdown(f"{second} {beside_random(one)}")
    say_how_users_are_served(one)
    show_why(one)
    cards.numbers(wording.facts(one, evidence))
    if state.data_is_here():
        take_away.show(state.views(one.group)[0], is_trained=True, of_several=len(one.group.specs) > 1)
    if not one.is_judged and state.data_is_here():
        cards.train(comparison.baseline_spec(one.spec))
    elif len(one.group.specs) == 1 and state.data_is_here():
        cards.more_seeds(one.spec)


def say_how_users_are_served(one: Compared) -> None:
    """Say what a model served from the profile was trained on, and what a run used beyond its budget."""
    beyond = state.beyond(state.views(one.group)[0]) if state.data_is_here() else ""
    if said := " ".join(filter(None, [serving.trained_on(one.spec), beyond])):
        st.markdown(said)


def show_not_measured(one: Compared) -> None:
    """Say of a run that it was not measured by the chosen metric."""
    cards.headline(wording.question(one.spec))
    st.info(wording.not_measured(one.metric, len(one.group.specs)))


def beside_random(one: Compared) -> str:
    """Return what as many random rows say to that, where they were trained on and every user's result is there."""
    random = comparison.random_beside(one, compared)
    gain = None if random is None else state.gain_over(one, random)
    return "" if gain is None else wording.than_random(gain)


def show_why(one: Compared) -> None:
    """Say where the quality is lost, and link to the pages that explain it."""
    if one.is_baseline or not state.data_is_here():
        return
    ours, full = (evaluated_views(group) if group else [] for group in (one.group, one.baseline))
    if not ours or not ours[0].can(SELECT):
        return
    split, words = ours[0].split, state.words()
    both = [
        slices.head_and_tail(split, [view.evaluated.per_user for view in views], one.metric) if views else None
        for views in (ours, full)
    ]
    where = slice_words.head_and_tail(both[0], both[1], one.metric, words)
    shown = [variety.variety(split, [view.evaluated.shown for view in views]) for views in (ours, full)]
    kept = "" if one.spec.is_dynamic else what_is_kept(ours[0])
    st.markdown(f"{kept} {where} {variety_words.sentence(shown[0], shown[1], words)}")
    with st.container(horizontal=True):
        nav.link("gradient_norms", "Why? What is kept, easy or hard")
        nav.link("coverage", "Who and what is left out")


def what_is_kept(view: View) -> str:
    """Return which items the kept rows are of, and which ratings they give too often."""
    words, measured = state.words(), coverage.measure(view.split, view.coreset.rows)
    rating = coverage_words.ratings_sentence(measured, words) if view.spec.feedback == "explicit" else ""
    return f"{coverage_words.tail_sentence(coverage.tail_shares(measured, view.split), words)} {rating}"


def evaluated_views(group: Group) -> list[View]:
    """Return a view of each run whose results per user are there."""
    return [view for view in state.views(group) if view.has(EVALUATE)]


def show_live() -> None:
    """Show what would be kept, before anything is trained, and offer to train."""
    question = wording.question(state.spec())
    if not cards.data_are_here(question):
        return
    cards.headline(question)
    view = state.view()
    if view.can(SELECT):
        show_kept(view)
    elif not view.proxy_is_ready:
        cards.prepare(view.spec, "What would be kept can be shown once its proxy is prepared; a run makes it too.")


def show_figure() -> None:
    """Draw one figure of what would be kept, below what there is to do: it takes longest on a cold start."""
    if state.data_is_here() and (view := state.view()).can(SELECT):
        exhibits.let_the_page_be_drawn_first()
        exhibits.show(gallery.FIGURES[gallery.FIRST](gallery.Subject(view, state.random_coreset(), [])))


def show_kept(view: View) -> None:
    """Show what would be kept, in numbers."""
    split, rows = view.split, view.coreset.rows
    words, kept = state.words(), activity.measure(split.train, rows, split.catalogue.n_users)
    measured = coverage.measure(split, rows)
    tail = coverage_words.tail_sentence(coverage.tail_shares(measured, split), words)
    st.markdown(f"This is what would be kept. {tail}")
    cards.say_what_changes(view.spec)
    reached = f"With at least one {words.row}."
    cards.numbers(
        {
            f"{capital(words.rows)} kept": (number(len(rows)), percent(len(rows) / len(split.train)), ""),
            "Users kept": (number(kept.users_kept), f"of {number(split.catalogue.n_users)}", reached),
            f"{capital(words.items)} kept": (
                number(int(np.count_nonzero(measured["items"].kept))),
                f"of {number(split.catalogue.n_items)}",
                reached,
            ),
            "Median activity": (
                number(kept.median_kept),
                f"{number(kept.median_full)} in all data",
                activity_words.median_help(words),
            ),
        }
    )
    take_away.show(view)


def show_runs(measured: list[Compared], others: list[Compared]) -> None:
    """Show all runs of this data, feedback and model: chart, table, controls; ``others`` lack the chosen metric."""
    chosen_key, every = RUN.key(state.spec()), [*measured, *others]
    if measured:
        st.subheader("Quality against time", anchor=False)
        caption = labels.caption_of_groups([one.group for one in measured])
        exhibits.show(quality_against_time(measured, chosen_key, caption, state.intervals()))
    table = wording.named(comparison.table(every, RUN.key(comparison.baseline_spec(state.spec())), state.intervals()))
    st.subheader("All runs of this data, feedback and model", anchor=False)
    if elsewhere := state.finished().tested_otherwise(state.spec()):
        st.caption(wording.left_out(elsewhere, state.words()))
    if others:
        st.caption(wording.not_measured(state.metric(), sum(len(one.group.specs) for one in others)))
    ticked = comparison_card.runs_table(table, every[0].metric)
    with st.container(horizontal=True, vertical_alignment="center"):
        cards.csv(table.drop(columns=["curve"]), "runs")
        wanted = [title for title, group in state.named_groups().items() if group.key in ticked][: picks.MOST]
        if len(wanted) >= picks.FEWEST:
            nav.link("compare", f"Compare {len(wanted)} runs", runs=wanted)
        else:
            st.caption("Tick two to six rows to compare them.")
    latest = next((one for one in every if chosen_key in one.group.keys), every[-1])
    st.subheader("Controls: what costs nothing", anchor=False)
    controls = wording.named_controls(comparison.controls_table(latest.group, latest.metric))
    comparison_card.controls_table(controls, labels.choice_title(latest.spec))
    comparison_card.controls_to_come(latest.group)
    compares = free.NEIGHBOURHOOD in latest.controls
    if state.data_is_here() and not compares and free.too_many(n_items := state.view().split.catalogue.n_items):
        st.caption(wording.controls_left_out(n_items, state.words()))
    ranked = latest.spec.feedback == "implicit" and state.data_is_here()
    if ranked and (fewer := data_words.fewer_negatives(state.view().negatives.test)):
        st.caption(fewer)
    if state.data_is_here():
        for note in state.about_the_test():
            st.caption(note)


def show_both_kinds(every: list[Compared]) -> None:
    """Draw the finished runs of every model, once there is more than one model."""
    if len({one.spec.model.settled(one.spec.feedback).called for one in every}) < 2:
        return
    st.subheader("Both kinds of models", anchor=False)
    leaders = comparison.leaders(every)
    verdicts = {whole: state.than(some[0], some[1].group) for whole, some in leaders.items() if len(some) > 1}
    st.markdown(serving.both_kinds(leaders, verdicts))
    exhibits.show(
        quality_against_cost(every, labels.caption_of_groups([one.group for one in every]), state.intervals())
    )


compared, not_measured = state.compared(), state.not_measured()
chosen = next((one for one in [*compared, *not_measured] if RUN.key(state.spec()) in one.group.keys), None)
if chosen and chosen.is_measured:
    show_chosen(chosen)
elif chosen:
    show_not_measured(chosen)
else:
    show_live()
    if not state.finished().runs:
        first_start.show(with_figure=False)
show_both_kinds(state.under_any_model())
if compared or not_measured:
    screen_card.show()
    show_runs(compared, not_measured)
    keeps_rows = chosen is not None and not (chosen.is_baseline or chosen.spec.is_dynamic)
    if chosen and chosen.is_measured and keeps_rows:  # on which other models can be trained
        models_card.show(chosen)
else:
    comparison_card.first_comparison()
    screen_card.show()
if not chosen:
    show_figure()
cards.settings()

"""Results: what do I lose if I train on a part of the data?"""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.ui import cards, comparison_card, exhibits, nav, picks, state
from rec_core import labels
from rec_core.analysis import activity, comparison, coverage, slices
from rec_core.analysis.comparison import Run
from rec_core.data.interactions import Split
from rec_core.figures.quality_time import quality_against_time
from rec_core.words import number, percent

nav.guard()


def show_chosen(run: Run) -> None:
    """Answer for the chosen settings, in words and four numbers."""
    first, second = comparison.headline(run)
    cards.headline(first)
    st.markdown(second)
    show_why(run)
    metric, control = labels.METRICS[run.metric], labels.control_title(run.best_control[0]).lower()
    kept, saved = run.quality_kept, run.time_saved
    gain_help = f"In {metric}, over “{control}”, which needs no training. Below zero: training was not worth it."
    cards.numbers(
        {
            "Quality kept": (
                "–" if kept is None else percent(kept),
                "",
                f"Of {labels.quality(run.metric)} on full data.",
            ),
            "Gain over control": (f"{run.gain:+.3f}".replace("-", "−"), "", gain_help),
            "Time saved": ("–" if saved is None else percent(saved), "", "Of pretraining, selecting and training."),
            "Ratings used": (number(run.result.n_selected), f"of {number(run.result.n_train)}", ""),
        }
    )
    if run.baseline is None and state.data_is_here():
        cards.train(comparison.baseline_spec(run.spec))


def show_why(run: Run) -> None:
    """Say where the quality is lost, and link to the pages that explain it."""
    ours, full = state.experiment(run.spec), state.experiment(comparison.baseline_spec(run.spec))
    if run.is_baseline or not (state.data_is_here() and ours.is_evaluated and ours.is_selected):
        return
    measured = coverage.measure(ours.split, ours.coreset.rows)
    stars = coverage.stars_sentence(measured) if run.spec.feedback == "explicit" else ""
    beside = full.evaluated.per_user if full.is_evaluated else None
    where = slices.head_and_tail(ours.split, ours.evaluated.per_user, beside, run.metric)
    st.markdown(f"{coverage.tail_sentence(measured, ours.split)} {stars} {where}")
    with st.container(horizontal=True):
        nav.link("gradient_norms", "Why? What is kept, easy or hard")
        nav.link("coverage", "Who and what is left out")


def show_live() -> None:
    """Show what would be kept, before anything is trained, and offer to train."""
    title = labels.choice_title(state.spec())
    question = f"What do I lose if I train on {title[0].lower()}{title[1:]}?"
    if not cards.data_are_here(question):
        return
    cards.headline(question)
    experiment = state.experiment()
    if experiment.proxy_is_ready:
        show_kept(experiment.split, experiment.coreset.rows)
    cards.train(experiment.spec)


def show_kept(split: Split, rows: NDArray[np.integer]) -> None:
    """Show what would be kept."""
    kept = activity.measure(split.train, rows, split.catalogue.n_users)
    measured = coverage.measure(split, rows)
    st.markdown(f"This is what would be kept. {coverage.tail_sentence(measured, split)}")
    cards.numbers(
        {
            "Ratings kept": (number(len(rows)), percent(len(rows) / len(split.train)), ""),
            "Users kept": (
                number(kept.users_kept),
                f"of {number(split.catalogue.n_users)}",
                "With at least one rating.",
            ),
            "Films kept": (
                number(int(np.count_nonzero(measured["Films"].kept))),
                f"of {number(split.catalogue.n_items)}",
                "With at least one rating.",
            ),
            "Median activity": (
                number(kept.median_kept),
                f"{number(kept.median_full)} in all data",
                activity.MEDIAN_HELP,
            ),
        }
    )


def show_runs(runs: list[Run]) -> None:
    """Show all runs of this data, feedback and model: chart, table, controls."""
    st.subheader("Quality against time", anchor=False)
    caption = labels.caption_of_runs([run.spec for run in runs])
    exhibits.show(quality_against_time(runs, state.spec().key, caption))
    table = comparison.table(runs, comparison.baseline_spec(state.spec()).key)
    st.subheader("All runs of this data, feedback and model", anchor=False)
    ticked = comparison_card.runs_table(table, runs[0].metric)
    with st.container(horizontal=True, vertical_alignment="center"):
        cards.csv(table.drop(columns=["curve"]), "runs")
        wanted = [labels.pick_title(run.spec) for run in runs if run.result.key in ticked][: picks.MOST]
        if len(wanted) >= picks.FEWEST:
            nav.link("compare", f"Compare {len(wanted)} runs", runs=wanted)
        else:
            st.caption("Tick two to six rows to compare them.")
    latest = next((run for run in runs if run.result.key == state.spec().key), runs[-1])
    st.subheader("Controls: what costs nothing", anchor=False)
    comparison_card.controls_table(comparison.controls_table(latest), labels.choice_title(latest.spec))


chosen_runs = state.runs()
chosen = next((run for run in chosen_runs if run.result.key == state.spec().key), None)
if chosen:
    show_chosen(chosen)
else:
    show_live()
if chosen_runs:
    show_runs(chosen_runs)
else:
    comparison_card.first_comparison()
cards.settings()

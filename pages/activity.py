"""Activity (Q3): does the coreset prefer heavy users?"""

import streamlit as st

from pages.ui import cards, controls, exhibits, nav, overlay, state
from rec_core import labels
from rec_core.analysis import activity
from rec_core.analysis.statistics import gini
from rec_core.figures import activity as figures
from rec_core.figures.style import mark
from rec_core.words import number

nav.guard()
spec = state.spec()
choice = labels.choice_title(spec)
live = cards.live_coreset(f"Does {choice} prefer heavy users?")
if live is None:
    st.stop()
experiment, coreset = live
split = experiment.split
measured = activity.measure(split.train, coreset.rows, split.catalogue.n_users)
chance = activity.measure(split.train, state.random_coreset().rows, split.catalogue.n_users)

verdict, numbers = activity.sentences(measured, choice)
cards.headline(verdict)
st.markdown(f"{numbers} {activity.left_out(measured)}")
cards.numbers(
    {
        "Median activity": (
            number(measured.median_kept),
            f"{number(measured.median_full)} in all data",
            activity.MEDIAN_HELP,
        ),
        "Gini": (f"{gini(measured.kept):.3f}", f"{gini(chance.kept):.3f} for a random coreset", activity.GINI_HELP),
        "KS distance": (f"{measured.distance:.3f}", "0 same, 1 apart", activity.DISTANCE_HELP),
        "Earth mover's": (number(measured.movers_distance), "ratings of the user", activity.MOVERS_HELP),
    }
)

with st.container(horizontal=True, vertical_alignment="bottom"):
    view = controls.segments(
        "Show",
        figures.VIEWS,
        "show",
        "ratings",
        "“Ratings per user” is the report's Figure 1; it moves to the left with the ratio, whoever is preferred.",
    )
    cumulative = st.toggle("Cumulative", key="cumulative", bind="query-params")
    log_shares = st.toggle("Log shares", key="log", bind="query-params", help="Shows the far ends of the distribution.")
beside = overlay.choose()

activities = {choice: (measured, mark(spec.method.name, spec.pretrain))}
for title, (other, kept) in beside.items():
    activities[title] = (
        activity.measure(split.train, kept.rows, split.catalogue.n_users),
        mark(other.method.name, other.pretrain),
    )
exhibits.show(
    figures.distribution(activities, view, labels.caption(spec), cumulative=cumulative, log_shares=log_shares)
)

st.subheader("The same in numbers", anchor=False)
table = activity.overview({title: a for title, (a, _) in activities.items()})
formats = {"Mean per user": "%.1f", "Gini": "%.3f", "KS distance": "%.3f", "Earth mover's distance": "%.1f"}
st.dataframe(
    table,
    hide_index=True,
    alt="Users, mean, median, Gini and distances, for all data and for what is kept.",
    column_config={name: st.column_config.NumberColumn(format=form) for name, form in formats.items()},
)
cards.csv(table, "activity-overview")
cards.settings()

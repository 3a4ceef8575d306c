"""Activity (Q3): does the coreset prefer heavy users?"""

import streamlit as st

from pages.ui import cards, nav, state
from rec_core import labels
from rec_core.analysis import activity
from rec_core.figures import activity as figures
from rec_core.figures.style import CONFIG, mark
from rec_core.words import number

nav.guard()
spec = state.spec()
live = cards.live_coreset(f"Does {labels.choice_title(spec)} prefer heavy users?")
if live is None:
    st.stop()
experiment, coreset = live
split = experiment.split
choice = labels.choice_title(spec)
measured = activity.measure(split.train, coreset.rows, split.catalogue.n_users)

verdict, numbers = activity.sentences(measured, choice)
cards.headline(verdict)
st.markdown(f"{numbers} {activity.left_out(measured)}")

gini_full, gini_kept = activity.gini(measured.full), activity.gini(measured.kept)
distance = activity.kolmogorov_smirnov(measured)
cards.numbers(
    {
        "Median activity": (
            number(measured.median_kept),
            f"{number(measured.median_full)} in all data",
            activity.MEDIAN_HELP,
        ),
        "Gini": (f"{gini_kept:.3f}", f"{gini_full:.3f} in all data", activity.GINI_HELP),
        "Distance": (f"{distance:.3f}", "0 same, 1 apart", activity.DISTANCE_HELP),
    }
)

with st.container(horizontal=True):
    view = st.segmented_control(
        "Show",
        ["Where ratings come from", "Ratings per user"],
        default="Where ratings come from",
        required=True,
        key="show",
        bind="query-params",
        help="“Ratings per user” is the report's Figure 1; it moves to the left with the ratio, whoever is preferred.",
    )
    cumulative = st.toggle("Cumulative", key="cumulative", bind="query-params")
draw = figures.per_user if view == "Ratings per user" else figures.distribution
st.plotly_chart(
    draw({choice: (measured, mark(spec.method.name, spec.pretrain))}, cumulative),
    key="activity",
    config=CONFIG,
    alt=f"{verdict} {numbers} The table below holds the same distribution.",
)
st.caption(
    f"{state.source().title}, {choice}, seed {spec.seed}. Each step is a range of user activity: train ratings of a "
    "user in all data. Where the coloured line is above the grey area on the right, heavy users are preferred."
)

bins = activity.by_activity(measured, activity.edges(measured))
with st.expander("The same as a table"):
    percent_column = st.column_config.NumberColumn(format="percent")
    st.dataframe(
        bins,
        hide_index=True,
        alt="Users, ratings and kept ratings by range of user activity.",
        column_config=dict.fromkeys(("share_of_ratings", "share_of_kept", "share_kept"), percent_column),
    )
    cards.csv(bins, "activity")
cards.settings()

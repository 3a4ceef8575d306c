"""Activity (Q3): does the coreset prefer heavy users?"""

import streamlit as st

from pages.ui import cards, controls, exhibits, links, overlay, page, state
from rec_core.analysis import activity
from rec_core.analysis import columns as col
from rec_core.analysis.statistics import gini
from rec_core.figures import activity as figures
from rec_core.figures.style import mark
from rec_core.wording import activity as wording
from rec_core.wording import labels
from rec_core.wording.columns import title, titled
from rec_core.wording.numbers import number

view = page.begin("Does {choice} prefer heavy users?")
spec, split, coreset = view.spec, view.split, view.coreset
choice, words = labels.choice_title(spec), state.words()
measured = activity.measure(split.train, coreset.rows, split.catalogue.n_users)
chance = activity.measure(split.train, state.random_coreset().rows, split.catalogue.n_users)

verdict, numbers = wording.sentences(measured, choice, words)
cards.headline(verdict)
st.markdown(f"{numbers} {wording.left_out(measured, words)}")
cards.numbers(
    {
        "Median activity": (
            number(measured.median_kept),
            f"{number(measured.median_full)} in all data",
            wording.median_help(words),
        ),
        "Gini": (f"{gini(measured.kept):.3f}", f"{gini(chance.kept):.3f} for a random coreset", wording.GINI_HELP),
        "KS distance": (f"{measured.distance:.3f}", "0 same, 1 apart", wording.DISTANCE_HELP),
        "Earth mover's": (number(measured.movers_distance), f"{words.rows} of the user", wording.MOVERS_HELP),
    }
)

with st.container(horizontal=True, vertical_alignment="bottom"):
    shown = controls.segments(
        "Show",
        figures.views(words),
        "show",
        "ratings",
        f"“{figures.views(words)['users']}” is the report's Figure 1; it moves to the left with the ratio, whoever is "
        "preferred.",
    )
    for key, label in (("cumulative", "Cumulative"), ("log", "Log shares")):
        links.look(key, links.switch(label))
    cumulative = st.toggle("Cumulative", key="cumulative", bind="query-params")
    log_shares = st.toggle("Log shares", key="log", bind="query-params", help="Shows the far ends of the distribution.")
links.say("cumulative")
links.say("log")

activities = {choice: (measured, mark(spec.method.name, spec.pretrain))}
for name, (other, kept) in overlay.choose().items():
    activities[name] = (
        activity.measure(split.train, kept.rows, split.catalogue.n_users),
        mark(other.method.name, other.pretrain),
    )
exhibits.show(
    figures.distribution(activities, shown, labels.caption(spec), words, cumulative=cumulative, log_shares=log_shares)
)

st.subheader("The same in numbers", anchor=False)
everything = {labels.ALL_DATA: activity.of_all(measured)}
table = titled(activity.overview({**everything, **{name: a for name, (a, _) in activities.items()}}), words)
formats = {col.MEAN_PER_USER: "%.1f", col.GINI: "%.3f", col.KS: "%.3f", col.EARTH_MOVERS: "%.1f"}
cards.table(
    table,
    alt="Users, mean, median, Gini and distances, for all data and for what is kept.",
    column_config={title(name, words): st.column_config.NumberColumn(format=form) for name, form in formats.items()},
)
cards.csv(table, "activity-overview")
cards.settings()

"""Coverage (Q2): who and what does the coreset leave out?"""

import pandas as pd
import streamlit as st

from pages.ui import cards, controls, exhibits, nav, overlay, state
from rec_core import labels
from rec_core.analysis import coverage
from rec_core.export import coreset_frame
from rec_core.figures import coverage as figures
from rec_core.figures.style import mark
from rec_core.words import number, percent

nav.guard()
spec = state.spec()
choice = labels.choice_title(spec)
live = cards.live_coreset(f"What does {choice} leave out?")
if live is None:
    st.stop()
experiment, coreset = live
split = experiment.split
measured = coverage.measure(split, coreset.rows)
users, films = measured["Users"], measured["Films"]
chance = coverage.measure(split, state.random_coreset().rows)["Films"]


def list_left_out(frame: pd.DataFrame, what: str, column: str) -> None:
    """List what is left out, filtered by what the reader types."""
    if frame.empty:
        st.caption(f"Every one of the {what} keeps at least one rating.")
        return
    wanted = st.text_input(
        f"Search {what}",
        key=f"search-{what}",
        type="search",
        placeholder="Part of a title" if column == "Film" else "Part of an id",
    )
    found = frame[frame[column].astype(str).str.contains(wanted or "", case=False, regex=False)]
    st.caption(f"{number(len(found))} of {number(len(frame))} {what} with nothing kept.")
    st.dataframe(
        found, hide_index=True, height=300, alt=f"{what.capitalize()} with nothing kept.", key=f"left-out-{what}"
    )
    cards.csv(frame, f"left-out-{what}")


verdict, detail = coverage.sentences(measured, split, choice)
cards.headline(verdict)
reaches_all = films.kept.all() and users.kept.all()
st.markdown(detail if reaches_all else f"{detail} [Which films and users](#left-out)")
cards.numbers(
    {
        "Users reached": (percent(users.share(1)), f"of {number(len(users.full))}", "With at least one kept rating."),
        "Films reached": (percent(films.share(1)), f"of {number(len(films.full))}", "With at least one kept rating."),
        "Gini of films": (f"{films.gini:.3f}", f"{chance.gini:.3f} for a random coreset", coverage.GINI_HELP),
        "KL over films": (
            f"{films.divergence:.3f}",
            f"{chance.divergence:.3f} for a random coreset",
            coverage.KL_HELP,
        ),
    }
)

at_least = int(
    controls.segments("At least", {str(k): str(k) for k in coverage.AT_LEAST}, "least", "1", "Kept ratings.")
)
coverages = {choice: (measured, mark(spec.method.name, spec.pretrain))}
for title, (other, kept) in overlay.choose().items():
    coverages[title] = (coverage.measure(split, kept.rows), mark(other.method.name, other.pretrain))
exhibits.show(figures.reach(coverages, at_least, labels.caption(spec)))

st.subheader("What is over-represented?", anchor=False)
options: dict[coverage.Shares, str] = {part: part for part in coverage.SHARES if part in measured}
by = controls.segments("By", options, "share", next(iter(options)))
exhibits.show(figures.shares(coverages, by, labels.caption(spec)))

st.subheader("Left out entirely", anchor="left-out")
of_films, of_users = st.tabs(["Films", "Users"])
with of_films:
    list_left_out(coverage.left_out_films(split, measured), "films", "Film")
with of_users:
    list_left_out(coverage.left_out_users(split, measured), "users", "User id")
cards.csv(
    lambda: coreset_frame(experiment), "coreset", f"Download the {number(len(coreset.rows))} kept ratings, original ids"
)
cards.settings()

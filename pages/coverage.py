"""Coverage (Q2): who and what does the coreset leave out?"""

import pandas as pd
import streamlit as st

from pages.ui import cards, controls, exhibits, overlay, page, state
from rec_core.analysis import columns as col
from rec_core.analysis import coverage
from rec_core.export.rows import coreset_frame
from rec_core.figures import coverage as figures
from rec_core.figures.style import mark
from rec_core.wording import coverage as wording
from rec_core.wording import labels
from rec_core.wording.columns import titled
from rec_core.wording.numbers import capital, number, percent

view = page.begin("What does {choice} leave out?")
spec, split, coreset = view.spec, view.split, view.coreset
choice, words = labels.choice_title(spec), state.words()
measured = coverage.measure(split, coreset.rows)
users, items = measured["users"], measured["items"]
chance = coverage.measure(split, state.random_coreset().rows)["items"]


def list_left_out(frame: pd.DataFrame, what: str, column: str) -> None:
    """List what is left out, filtered by what the reader types."""
    if frame.empty:
        st.caption(f"Every one of the {what} keeps at least one {words.row}.")
        return
    wanted = st.text_input(
        f"Search {what}",
        key=f"search-{what}",
        type="search",
        placeholder="Part of a title" if column == col.ITEM else "Part of an id",
    )
    found = frame[frame[column].astype(str).str.contains(wanted or "", case=False, regex=False)]
    st.caption(f"{number(len(found))} of {number(len(frame))} {what} with nothing kept.")
    alt = f"{capital(what)} with nothing kept."
    cards.table(titled(found, words), height=300, alt=alt, key=f"left-out-{what}")
    cards.csv(titled(frame, words), f"left-out-{what}")


verdict, detail = wording.sentences(measured, split, choice, words)
cards.headline(verdict)
reaches_all = items.kept.all() and users.kept.all()
st.markdown(detail if reaches_all else f"{detail} [Which {words.items} and users](#left-out)")
reached = f"With at least one kept {words.row}."
cards.numbers(
    {
        "Users reached": (percent(users.share(1)), f"of {number(len(users.full))}", reached),
        f"{capital(words.items)} reached": (percent(items.share(1)), f"of {number(len(items.full))}", reached),
        f"Gini of {words.items}": (
            f"{items.gini:.3f}",
            f"{chance.gini:.3f} for a random coreset",
            wording.gini_help(words),
        ),
        f"KL over {words.items}": (
            f"{items.divergence:.3f}",
            f"{chance.divergence:.3f} for a random coreset",
            wording.divergence_help(words),
        ),
    }
)

at_least = int(
    controls.segments("At least", {str(k): str(k) for k in coverage.AT_LEAST}, "least", "1", f"Kept {words.rows}.")
)
coverages = {choice: (measured, mark(spec.method.name, spec.pretrain))}
for title, (other, kept) in overlay.choose().items():
    coverages[title] = (coverage.measure(split, kept.rows), mark(other.method.name, other.pretrain))
exhibits.show(figures.reach(coverages, at_least, labels.caption(spec), words))

titles = wording.part_titles(words)
options: dict[coverage.Shares, str] = {part: titles[part] for part in coverage.SHARES if part in measured}
if options:
    st.subheader("What is over-represented?", anchor=False)
    by = controls.segments("By", options, "share", next(iter(options)))
    exhibits.show(figures.shares(coverages, by, labels.caption(spec), words))

st.subheader("Left out entirely", anchor="left-out")
of_items, of_users = st.tabs([capital(words.items), "Users"])
with of_items:
    list_left_out(coverage.left_out_items(split, measured), words.items, col.ITEM)
with of_users:
    list_left_out(coverage.left_out_users(split, measured), "users", col.USER_ID)
cards.csv(
    lambda: coreset_frame(view), "coreset", f"Download the {number(len(coreset.rows))} kept {words.rows}, original ids"
)
cards.settings()

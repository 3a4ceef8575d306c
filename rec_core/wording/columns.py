"""What columns are called in tables that people read."""

from __future__ import annotations

import pandas as pd

from rec_core.analysis import columns as col
from rec_core.analysis.coverage import AT_LEAST
from rec_core.data.sources import Words
from rec_core.evaluation import METRICS
from rec_core.wording.labels import ALL_DATA
from rec_core.wording.numbers import capital, indefinite

_TITLES = {
    col.CHOICE: "Kept",
    col.RUN: "Run",
    col.USER_ID: "User id",
    col.ITEM_ID: "Item id",
    col.RATING_VALUE: "Rating values",
    col.OF: "Of",
    col.SLICE: "Slice",
    col.SETTING: "Setting",
    col.CONTROL: "Control",
    col.COUNTED_ON: "Counted on",
    col.BECAUSE: "Because of",
    col.ONE: "One",
    col.OTHER: "Other",
    col.USERS: "Users",
    col.ROWS: "Rows",
    col.BEGINS: "From",
    col.SHARE_OF_THEM: "Share of them",
    col.KEPT: "Kept",
    col.DROPPED: "Dropped",
    col.IN_ALL: "In all data",
    col.ALL: ALL_DATA,
    col.SHARE_KEPT: "Share kept",
    col.THEY: "They",
    col.EVERYONE: "Everyone",
    col.MEAN_PER_USER: "Mean per user",
    col.MEDIAN_PER_USER: "Median per user",
    col.MEDIAN_ACTIVITY: "Median activity",
    col.GINI: "Gini",
    col.KS: "KS distance",
    col.EARTH_MOVERS: "Earth mover's distance",
    col.DIVERGENCE: "KL from all data",
    col.JACCARD: "Jaccard",
    col.BY_CHANCE: "By chance",
    col.LOWER_QUARTILE: "Lower quartile",
    col.MEDIAN_NORM: "Median norm",
    col.UPPER_QUARTILE: "Upper quartile",
    col.BEST_EPOCH: "Best epoch",
    col.VERDICT: "Than the baseline",
    **{col.at_least(count): f"With {count} or more" for count in AT_LEAST},
}
# Columns of a metric and of its difference from the baseline, by what their names begin with, the longest first.
_OF_METRICS = {
    col.delta_from(""): "Δ {}, 95 % from",
    col.delta_to(""): "Δ {}, 95 % to",
    col.delta(""): "Δ {}",
    "": "{}",
}


def title(column: str, words: Words) -> str:
    """Return what a column is called; one that has no other title keeps its name."""
    of_the_data = {
        col.ITEM: words.item,
        col.ITEMS: words.items,
        col.GENRE: words.kind,
        col.GENRES: words.kinds,
        col.RATING: words.units,
        col.RATINGS: words.rows,
        col.RATINGS_IN_ALL: f"{words.rows} in all data",
        col.COVERED: f"{words.items} shown to anybody",
        col.TAIL_SHOWN: f"long-tail {words.items} in the first ten",
        col.POPULARITY_SHOWN: f"train {words.rows} of {indefinite(words.item)} shown",
    }
    if column in of_the_data:
        return capital(of_the_data[column])
    return _TITLES.get(column) or _of_a_metric(column)


def _of_a_metric(column: str) -> str:
    begins, said = next((begins, said) for begins, said in _OF_METRICS.items() if column.startswith(begins))
    metric = METRICS.get(column.removeprefix(begins))
    return column if metric is None else said.format(metric.title)


def titled(frame: pd.DataFrame, words: Words) -> pd.DataFrame:
    """Return the frame with its columns called as people read them."""
    return frame.rename(columns={name: title(str(name), words) for name in frame.columns})

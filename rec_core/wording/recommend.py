"""One user in words: how far two lists agree."""

from __future__ import annotations

import pandas as pd

from rec_core.analysis import columns as col
from rec_core.analysis.recommend import TopList
from rec_core.data.sources import Words


def sentences(
    user: str, title: str | None, seen: pd.DataFrame, full: TopList, ours: TopList, choice: str, words: Words
) -> tuple[str, str]:
    """Return how far two lists agree, in words, and where the held-out item stands in each.

    It is called ``title``, None for a user who is not tested.
    """
    shared = len(set(full.items.tolist()) & set(ours.items.tolist()))
    of = f"{shared} of the {len(full.items)} {words.items}" if shared else f"none of the {words.items}"
    return (
        f"User {user} would see {of} that full data recommends.",
        f"{choice} keeps {int((seen[col.KEPT] != '').sum())} of their {len(seen)} {words.rows}. "
        f"{_held_out(title, full, ours, words)}",
    )


def _held_out(title: str | None, full: TopList, ours: TopList, words: Words) -> str:
    if title is None:
        return f"They are asked for no {words.item} in the test."
    return (
        f"The {words.item} held out for the test, {title}, is at rank {full.held_out_rank:,g} of the model trained on "
        f"full data, and at {ours.held_out_rank:,g} of this one."
    )

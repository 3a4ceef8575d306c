"""One user in words: how far two lists agree."""

from __future__ import annotations

import pandas as pd

from rec_core.analysis import columns as col
from rec_core.analysis.recommend import TopList
from rec_core.data.sources import Words


def sentences(
    user: str, title: str, seen: pd.DataFrame, full: TopList, ours: TopList, choice: str, words: Words
) -> tuple[str, str]:
    """Return how far two lists agree, in words, and where the held-out item, called ``title``, stands in each."""
    shared = len(set(full.items.tolist()) & set(ours.items.tolist()))
    of = f"{shared} of the {len(full.items)} {words.items}" if shared else f"none of the {words.items}"
    return (
        f"User {user} would see {of} that full data recommends.",
        f"{choice} keeps {int((seen[col.KEPT] != '').sum())} of their {len(seen)} ratings. The {words.item} held out "
        f"for the test, {title}, is at rank {full.held_out_rank:,g} of the model trained on full data, and at "
        f"{ours.held_out_rank:,g} of this one.",
    )

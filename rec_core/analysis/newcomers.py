"""Users who come after the test's date: what they would be shown at first, apart from all other numbers."""

from __future__ import annotations

from dataclasses import dataclass

from rec_core.data.interactions import Split
from rec_core.evaluation.free import newest
from rec_core.evaluation.ranking import ALL_ITEMS, RECALL_ALL, ranks_of_strangers
from rec_core.models.baselines import popularity


@dataclass(frozen=True)
class Newcomers:
    """How many they are, and Recall@10 among all items of what is most popular, and of what is so lately."""

    users: int
    popular: float
    recent: float


def newcomers(split: Split) -> Newcomers | None:
    """Return what is found of new users' first items, of whom nothing is known; None where there are no new users."""
    if not len(split.new_users):
        return None
    counts = (popularity(rows, split.catalogue.n_items) for rows in (split.train, newest(split.train)))
    found = [RECALL_ALL.value({ALL_ITEMS: ranks_of_strangers(one, split.new_users)}) for one in counts]
    return Newcomers(len(split.new_users), *found)

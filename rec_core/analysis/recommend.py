"""One user: what two models would recommend, on NumPy alone, so that a page can ask for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rec_core.analysis import columns as col
from rec_core.data.interactions import Split
from rec_core.evaluation.ranking import ranks
from rec_core.models import Fitted

TOP = 10


@dataclass(frozen=True)
class TopList:
    """The best items (k,) for a user, best first, and the rank of the held-out item, if any, among all unknown ones.

    Of several held-out items it is the first that is looked at.
    """

    items: NDArray[np.int64]
    held_out_rank: float | None


def top_list(fitted: Fitted, split: Split, user: int, count: int = TOP) -> TopList:
    """Return the ``count`` items with the highest scores that the user is not known to have.

    There may be fewer. A score that is not a number ranks last.
    """
    every = np.arange(split.catalogue.n_items)
    scores = fitted.predict(np.array([user]), every).astype(np.float32)
    known = known_items(split, user)
    scores[known] = -np.inf
    order = np.argsort(-scores, kind="stable")
    best = order[~np.isin(order, known)][:count]
    held_out = held_out_item(split, user)
    if held_out is None:
        return TopList(best, None)
    others = scores.copy()
    others[held_out] = -np.inf
    return TopList(best, float(ranks(scores[[held_out]], others[None])[0]))


def held_out_item(split: Split, user: int) -> int | None:
    """Return the item that the user is asked for in the test, the first of several; None for a user without one."""
    place = np.searchsorted(split.test.user, user)
    return int(split.test.item[place]) if place < len(split.test) and split.test.user[place] == user else None


def known_items(split: Split, user: int) -> NDArray[np.int32]:
    """Return the items that the user is known to have when the test item is asked for."""
    return np.concatenate([part.item[part.user == user] for part in split.known])


def history(split: Split, rows: NDArray[np.integer], user: int) -> pd.DataFrame:
    """Return the user's train ratings, kept ones first and then by rating: kept (✓), rating, title, genres."""
    mine = np.flatnonzero(split.train.user == user)
    item = split.train.item[mine]
    frame = pd.DataFrame(
        {
            col.KEPT: np.where(np.isin(mine, rows), "✓", ""),
            **({} if split.train.rating is None else {col.RATING: split.train.rating[mine]}),
            col.ITEM: split.catalogue.titles[item].tolist(),
            col.GENRES: [text.replace("|", ", ") for text in split.catalogue.genres[item].tolist()],
        }
    )
    order = [name for name in (col.KEPT, col.RATING) if name in frame]
    return frame.sort_values(order, ascending=False, kind="stable", ignore_index=True)

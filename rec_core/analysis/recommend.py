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
    """The best items (k,) for a user, best first, and the rank of the held-out item among all unknown ones."""

    items: NDArray[np.int64]
    held_out_rank: float


def top_list(fitted: Fitted, split: Split, user: int, count: int = TOP) -> TopList:
    """Return the ``count`` items with the highest scores that the user has neither in train nor in validation.

    There may be fewer. A score that is not a number ranks last.
    """
    every = np.arange(split.catalogue.n_items)
    scores = fitted.predict(np.array([user]), every).astype(np.float32)
    held_out = int(split.test.item[user])
    known = known_items(split, user)
    scores[known] = -np.inf
    order = np.argsort(-scores, kind="stable")
    best = order[~np.isin(order, known)][:count]
    others = scores.copy()
    others[held_out] = -np.inf
    return TopList(best, float(ranks(scores[[held_out]], others[None])[0]))


def known_items(split: Split, user: int) -> NDArray[np.int32]:
    """Return the items that the user has in train or validation."""
    return np.append(split.train.item[split.train.user == user], split.validation.item[split.validation.user == user])


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

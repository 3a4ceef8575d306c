"""One user: what two models would recommend, on NumPy alone, so that a page can ask for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rec_core.data.interactions import Split
from rec_core.evaluation.ranking import ranks
from rec_core.models import MODELS, ModelName

TOP = 10
Params = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True)
class TopList:
    """The best items (k,) for a user, best first, and the rank of the held-out item among all unknown ones."""

    items: NDArray[np.int64]
    held_out_rank: float


def top_list(model: ModelName, params: Params, split: Split, user: int, count: int = TOP) -> TopList:
    """Return the ``count`` items with the highest scores that the user has neither in train nor in validation."""
    everything = params["item"]
    scores = MODELS[model].predict(params, params["user"][user][None], everything).astype(np.float32)
    held_out = int(split.test.item[user])
    scores[known_items(split, user)] = -np.inf
    best = np.argsort(-scores, kind="stable")[:count]
    others = scores.copy()
    others[held_out] = -np.inf
    return TopList(best, float(ranks(scores[[held_out]], others[None])[0]))


def known_items(split: Split, user: int) -> NDArray[np.int32]:
    """Return the items that the user has in train or validation."""
    return np.append(split.train.item[split.train.user == user], split.validation.item[split.validation.user == user])


def history(split: Split, rows: NDArray[np.integer], user: int) -> pd.DataFrame:
    """Return the user's train ratings, kept ones first and then by stars: kept (✓), stars, film, genres."""
    mine = np.flatnonzero(split.train.user == user)
    item = split.train.item[mine]
    frame = pd.DataFrame(
        {
            "Kept": np.where(np.isin(mine, rows), "✓", ""),
            "Stars": split.train.rating[mine],
            "Film": split.catalogue.titles[item],
            "Genres": [text.replace("|", ", ") for text in split.catalogue.genres[item].tolist()],
        }
    )
    return frame.sort_values(["Kept", "Stars"], ascending=False, kind="stable", ignore_index=True)


def sentences(user: str, film: str, seen: pd.DataFrame, full: TopList, ours: TopList, choice: str) -> tuple[str, str]:
    """Return how far two lists agree, in words, and where the held-out ``film`` stands in each."""
    shared = len(set(full.items.tolist()) & set(ours.items.tolist()))
    of = f"{shared} of the {len(full.items)} films" if shared else "none of the films"
    return (
        f"User {user} would see {of} that full data recommends.",
        f"{choice} keeps {int((seen['Kept'] != '').sum())} of their {len(seen)} ratings. The film held out for the "
        f"test, {film}, is at rank {full.held_out_rank:,g} of the model trained on full data, and at "
        f"{ours.held_out_rank:,g} of this one.",
    )

"""Why a model that is served from the profile recommends what it does: what each row of a history adds to a score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rec_core.models import Fitted

MOST = 3  # rows that are named for an item


@dataclass(frozen=True)
class Votes:
    """For one item: the items of the history that speak for it most (at most ``MOST``), and their shares of all that
    speaks for it; ``serving`` is how many rows of the history have a say at all.
    """

    item: int
    voters: list[int]
    shares: list[float]
    serving: int


def votes(fitted: Fitted, user: int, items: NDArray[np.integer]) -> list[Votes]:
    """Return what speaks for each of ``items`` in a user's history; nothing for a model with an embedding per user."""
    if fitted.served is None:
        return []
    profile = fitted.profiles.take(np.array([user]))
    each = fitted.served.votes(fitted.params, profile, items)
    serving = int((each != 0).any(axis=1).sum())
    found = []
    for place, item in enumerate(items.tolist()):
        spoken = np.maximum(each[:, place], 0)
        strongest = np.argsort(-spoken, kind="stable")[:MOST]
        strongest = strongest[spoken[strongest] > 0]
        total = float(spoken.sum())
        shares = [float(spoken[row]) / total for row in strongest]
        found.append(Votes(item, profile.item[strongest].tolist(), shares, serving))
    return found

"""Controls: predictions that cost nothing, measured as models are, user by user."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rec_core.data.histories import joined
from rec_core.data.interactions import Feedback, Interactions, Split
from rec_core.evaluation.metric import PerUser
from rec_core.evaluation.ranking import ALL_ITEMS, SAMPLED, sampled_ranks
from rec_core.evaluation.rating import ERROR, rows_of_users
from rec_core.evaluation.several import ranked_of
from rec_core.models import Score, baselines

RATING_CONTROLS: dict[str, Callable[[Interactions, NDArray[Any], NDArray[Any]], NDArray[np.float64]]] = {
    "global_mean": baselines.global_mean,
    "item_mean": baselines.item_mean,
    "user_item_bias": baselines.user_item_bias,
}
_OF_USERS = "user_item_bias"  # the one that says something of a user
MOST_POPULAR = "most_popular"
KEPT = "_kept"  # ends the name of a control that is counted on the kept rows alone


def names(feedback: Feedback) -> list[str]:
    """Return the controls: ``<control>`` (counted on the full train split) and ``<control>_kept`` (on kept rows)."""
    controls = [*RATING_CONTROLS] if feedback == "explicit" else [MOST_POPULAR]
    return [name + suffix for name in controls for suffix in ("", KEPT)]


def per_user(
    name: str,
    split: Split,
    kept: Interactions,
    negatives: NDArray[np.int32] | None,
    parts: Sequence[str],
    histories: Sequence[Interactions] | None = None,
) -> PerUser:
    """Return those ``parts`` of what the control called ``name`` gives for each test user, without unknown parts.

    ``kept`` are the rows of the coreset, ``negatives`` (n_users x c) what ``rank`` is among. Beside a model that is
    served from ``histories`` (rows in parts), what is said of a user is counted on them too.
    """
    rows, control = kept if name.endswith(KEPT) else split.train, name.removesuffix(KEPT)
    measures: dict[str, Callable[[], PerUser]] = {
        ERROR: lambda: {ERROR: _ratings(control, rows, split, histories) - split.test.rated, **rows_of_users(split)},
        SAMPLED: lambda: {SAMPLED: sampled_ranks(_by_popularity(rows, split), split.test, _given(negatives))},
        ALL_ITEMS: lambda: ranked_of(baselines.popularity(rows, split.catalogue.n_items), split),
    }
    found: dict[str, NDArray[Any]] = {}
    for part in parts:
        if part in measures and not (part == SAMPLED and split.is_given):  # which has no negatives to rank among
            found |= measures[part]()
    return found


def _ratings(
    control: str, rows: Interactions, split: Split, histories: Sequence[Interactions] | None
) -> NDArray[np.float64]:
    user, item = split.test.user, split.test.item
    if histories is not None and control == _OF_USERS:
        return baselines.user_item_bias(rows, user, item, joined(histories))
    return RATING_CONTROLS[control](rows, user, item)


def _by_popularity(rows: Interactions, split: Split) -> Score:
    counts = baselines.popularity(rows, split.catalogue.n_items)
    return lambda users, items: np.broadcast_to(counts[items], (len(users), items.shape[1]))


def _given(negatives: NDArray[np.int32] | None) -> NDArray[np.int32]:
    assert negatives is not None
    return negatives

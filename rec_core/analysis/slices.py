"""Metrics by slice: for whom, and for which films, does a coreset cost most?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rec_core import labels
from rec_core.analysis.coverage import genre_table, long_tail
from rec_core.data.interactions import Split, marked
from rec_core.evaluation.ranking import ranking_metrics
from rec_core.evaluation.rating import rating_metrics
from rec_core.words import percent

FEWEST = 20  # users that a slice needs; the mean of fewer says little
Mask = NDArray[np.bool_]
PerUser = Mapping[str, NDArray[np.float32]]


def slices(split: Split) -> dict[str, Mask]:
    """Return name → which test users (n_users,) belong to it."""
    n_users, n_items = split.catalogue.n_users, split.catalogue.n_items
    activity = np.bincount(split.train.user, minlength=n_users)
    light, heavy = np.quantile(activity, [1 / 3, 2 / 3])
    tail = long_tail(np.bincount(split.train.item, minlength=n_items))[split.test.item]
    names, has = genre_table(split.catalogue)
    return {
        "All users": np.ones(n_users, dtype=bool),
        "Light users (lowest third)": activity <= light,
        "Heavy users (highest third)": activity > heavy,
        "Head films": ~tail,
        "Long-tail films": tail,
        **{f"Genre: {name}": has[split.test.item, column] for column, name in enumerate(names.tolist())},
    }


def left_out(split: Split, rows: NDArray[np.integer]) -> Mask:
    """Return which users (n_users,) keep nothing."""
    return ~marked(split.train.user[rows], split.catalogue.n_users)


def metric(per_user: PerUser, mask: Mask, name: str) -> float:
    """Return the metric ``name`` over the marked users."""
    if name in ("rmse", "mae"):
        return rating_metrics(per_user["error"][mask])[name]
    suffix = "_all" if name.endswith("_all") else ""
    return ranking_metrics(per_user["rank" + suffix][mask], suffix)[name]


def head_and_tail(split: Split, ours: PerUser, full: PerUser | None, metric_name: str) -> str:
    """Return where the loss is, in words: on popular films or on the long tail.

    ``full`` is the baseline's result, None where it was not made yet.
    """
    masks, name = slices(split), labels.METRICS[metric_name]
    head, tail = masks["Head films"], masks["Long-tail films"]
    if min(head.sum(), tail.sum()) < FEWEST:
        return ""

    def value(mask: Mask) -> str:
        beside = "" if full is None else f" against {metric(full, mask, metric_name):.2f} on full data"
        return f"{metric(ours, mask, metric_name):.2f}{beside}"

    return (
        f"On held-out films among the most popular fifth ({percent(float(head.mean()))} of them) {name} is "
        f"{value(head)}, on the long tail {value(tail)}."
    )


def table(runs: Mapping[str, tuple[Split, NDArray[np.integer], PerUser]], name: str) -> pd.DataFrame:
    """Return one row per slice of enough users: how many they are, and the metric of each run on the same users.

    ``runs`` maps a title to split, kept rows and per-user results; their test sets are the same. Users whom a run keeps
    nothing of are a slice too, on which every run is measured.
    """
    first = next(iter(runs.values()))[0]
    masks = slices(first) | {
        f"Users left out by {title}": left_out(split, rows) for title, (split, rows, _) in runs.items()
    }
    return pd.DataFrame(
        [
            {
                "Slice": part,
                "Users": int(mask.sum()),
                **{title: metric(per_user, mask, name) for title, (_, _, per_user) in runs.items()},
            }
            for part, mask in masks.items()
            if mask.sum() >= FEWEST
        ]
    )

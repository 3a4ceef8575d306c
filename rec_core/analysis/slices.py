"""Metrics by slice: for whom, and for which films, does a coreset cost most?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rec_core.analysis.coverage import genre_table, long_tail
from rec_core.data.interactions import Split
from rec_core.evaluation.ranking import ranking_metrics
from rec_core.evaluation.rating import rating_metrics

FEWEST = 20  # users that a slice needs; the mean of fewer says little
Mask = NDArray[np.bool_]
PerUser = Mapping[str, NDArray[np.float32]]


def slices(split: Split, rows: NDArray[np.integer]) -> dict[str, Mask]:
    """Return name → which test users (n_users,) belong to it; users without kept rows are those of this coreset."""
    n_users, n_items = split.catalogue.n_users, split.catalogue.n_items
    activity = np.bincount(split.train.user, minlength=n_users)
    light, heavy = np.quantile(activity, [1 / 3, 2 / 3])
    tail = long_tail(np.bincount(split.train.item, minlength=n_items))[split.test.item]
    nothing = np.bincount(split.train.user[rows], minlength=n_users) == 0
    names, has = genre_table(split.catalogue)
    return {
        "All users": np.ones(n_users, dtype=bool),
        "Light users (lowest third)": activity <= light,
        "Heavy users (highest third)": activity > heavy,
        "Users with nothing kept": nothing,
        "Head films": ~tail,
        "Long-tail films": tail,
        **{f"Genre: {name}": has[split.test.item, column] for column, name in enumerate(names.tolist())},
    }


def metric(per_user: PerUser, mask: Mask, name: str) -> float:
    """Return the metric ``name`` over the marked users; nan for fewer than ``FEWEST``."""
    if mask.sum() < FEWEST:
        return float("nan")
    if name in ("rmse", "mae"):
        return rating_metrics(per_user["error"][mask])[name]
    suffix = "_all" if name.endswith("_all") else ""
    return ranking_metrics(per_user["rank" + suffix][mask], suffix)[name]


def table(split: Split, runs: Mapping[str, tuple[NDArray[np.integer], PerUser]], name: str) -> pd.DataFrame:
    """Return one row per slice: its users (of the first run) and the metric of each run, in its own slices.

    ``runs`` maps a title to kept rows and per-user results.
    """
    masks = {title: slices(split, rows) for title, (rows, _) in runs.items()}
    first = next(iter(masks.values()))
    frame = pd.DataFrame(
        [
            {
                "Slice": part,
                "Users": int(mask.sum()),
                **{title: metric(per_user, masks[title][part], name) for title, (_, per_user) in runs.items()},
            }
            for part, mask in first.items()
        ]
    )
    return frame[frame[list(runs)].notna().any(axis=1)].reset_index(drop=True)

"""The trained model and what it recommends: parameters as safetensors with id maps, and the first items of every user.

Safetensors hold arrays and nothing that could be run; ``load.py`` loads them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rec_core.data.interactions import Split, distinct_pairs
from rec_core.errors import CorelensError
from rec_core.experiment import Stages
from rec_core.export import safe_csv
from rec_core.export.rows import plain
from rec_core.models import Score
from rec_core.progress import reporter
from rec_core.training import kernels

_PAIRS = 1 << 21  # of user and item that are scored at a time


def write(stages: Stages, folder: Path) -> None:
    """Write the model into ``folder``.

    Raises:
        CorelensError: if the model cannot be trained.
    """
    from safetensors.numpy import save_file

    folder.mkdir(parents=True)
    catalogue, params = stages.split.catalogue, stages.trained.params
    arrays = {name: np.ascontiguousarray(array) for name, array in params.items()}
    settings = json.dumps(stages.spec.model.model_dump())
    save_file(arrays, folder / "model.safetensors", {"model": settings, "feedback": stages.spec.feedback})
    users = {"user_idx": np.arange(catalogue.n_users, dtype=np.int32), "user_id": plain(catalogue.user_ids)}
    items = {
        "item_idx": np.arange(catalogue.n_items, dtype=np.int32),
        "item_id": plain(catalogue.item_ids),
        "title": catalogue.titles.tolist(),
    }
    pd.DataFrame(users).to_parquet(folder / "users.parquet", index=False)
    pd.DataFrame(items).to_parquet(folder / "items.parquet", index=False)
    (folder / "load.py").write_bytes(_LOAD.encode())


def write_top(stages: Stages, folder: Path, top: int, spreadsheet: bool) -> str:
    """Write the ``top`` items for every user; return a note on ids that a spreadsheet would compute, or ""."""
    frame = top_items(stages, top)
    frame.to_parquet(folder / f"top_{top}.parquet", index=False)
    return safe_csv.write(frame, folder / f"top_{top}.csv", spreadsheet)


_LOAD = '''"""Load the model: its arrays, what it is, and which row of them is whom."""

from pathlib import Path

import pandas as pd
from safetensors import safe_open

HERE = Path(__file__).resolve().parent
with safe_open(HERE / "model.safetensors", "numpy") as file:
    about = file.metadata()
    params = {name: file.get_tensor(name) for name in file.keys()}
users, items = (pd.read_parquet(HERE / f"{name}.parquet") for name in ("users", "items"))

if __name__ == "__main__":
    print(about, {name: array.shape for name, array in params.items()}, len(users), "users", len(items), "items")
'''


def top_items(stages: Stages, count: int) -> pd.DataFrame:
    """Return the ``count`` items that each user is not known to have and that the model ranks first.

    Columns: user_id, rank from 1, item_id, score (a rating, or a logit); fewer rows where fewer items are unknown.
    """
    split = stages.split
    if not 0 < count <= split.catalogue.n_items:
        raise CorelensError(f"There are {split.catalogue.n_items:,} items to recommend; ask for 1 to that many.")
    report = reporter(stages.graph.listen, "Recommending")
    found = [*_best(kernels.scorer(stages.model), split, count, report)]
    user, item, rank, score = (np.concatenate(part) for part in zip(*found, strict=True))
    catalogue = split.catalogue
    return pd.DataFrame(
        {
            "user_id": plain(catalogue.user_ids[user]),
            "rank": rank.astype(np.int32),
            "item_id": plain(catalogue.item_ids[item]),
            "score": score.astype(np.float32),
        }
    )


def _best(
    score: Score, split: Split, count: int, report: Callable[[float], None]
) -> Iterator[tuple[NDArray[np.integer], NDArray[np.integer], NDArray[np.integer], NDArray[np.floating]]]:
    """Yield users, items, ranks and scores, some users at a time."""
    n_items = split.catalogue.n_items
    every, known = np.arange(n_items), distinct_pairs(split.known, n_items)
    at_once = max(1, _PAIRS // n_items)
    for begin in range(0, split.catalogue.n_users, at_once):
        users = np.arange(begin, min(begin + at_once, split.catalogue.n_users))
        scores = np.array(score(users, every[None]), np.float64)
        low, high = np.searchsorted(known, [begin * n_items, (users[-1] + 1) * n_items])
        has = known[low:high]
        scores[has // n_items - begin, has % n_items] = -np.inf
        best = np.argsort(-scores, axis=1, kind="stable")[:, :count]
        found = np.take_along_axis(scores, best, axis=1)
        place, rank = np.nonzero(found > -np.inf)
        yield users[place], best[place, rank], rank + 1, found[place, rank]
        report((begin + len(users)) / split.catalogue.n_users)

"""What another library makes of a bundle: ``python bundles.py LIBRARY BUNDLE``, in that library's environment.

Prints JSON: split → user → the user's items in the order in which the library holds them, all names as it has them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

sys.path.remove(str(Path(__file__).parent))  # recbole.py there is not the library
SPLITS = ("train", "validation", "test")
Sequences = dict[str, list[str]]


def recbole(bundle: Path) -> dict[str, Sequences]:
    """Load the files as RecBole does for any model, sorted by user and time as it sorts them for sequential ones."""
    from recbole.config import Config
    from recbole.data import create_dataset

    settings = {"data_path": str(bundle / "recbole"), "use_gpu": False}
    config = Config("BPR", "coreset", [str(bundle / "recbole" / "coreset.yaml")], settings)
    parts = create_dataset(config).build()
    found = {}
    for split, part in zip(SPLITS, parts, strict=True):
        if "timestamp" in part.inter_feat:
            part.sort(by=["user_id", "timestamp"])
        found[split] = _of_recbole(part, part.inter_feat)
    return found


def sequential(bundle: Path) -> dict[str, Sequences]:
    """Load the files for RecBole's sequential models, by its own sequential data set and its own split of that."""
    from recbole.config import Config
    from recbole.data import create_dataset

    settings = {"data_path": str(bundle / "recbole"), "use_gpu": False}
    config = Config("GRU4Rec", "sequences", [str(bundle / "recbole" / "sequences.yaml")], settings)
    dataset = create_dataset(config)
    parts = dataset.build()
    found: dict[str, Sequences] = {}
    for split, part in zip(SPLITS, parts, strict=True):
        rows = part.inter_feat
        if split == "train":  # prefixes of each user's sequence with the item after each: the longest is the sequence
            found[split] = {}
            user, item = (_names(part, field, rows[field]) for field in ("user_id", "item_id"))
            held, length = rows["item_id_list"], rows["item_length"]
            for place, one in enumerate(user):
                before = _names(part, "item_id", held[place][: int(length[place])])
                whole = [*before, item[place]]
                if len(whole) > len(found[split].get(one, [])):
                    found[split][one] = whole
        else:
            found[split] = _of_recbole(part, rows)
    return found


def _of_recbole(part: Any, rows: Any) -> Sequences:
    return _listed(*(_names(part, field, rows[field]) for field in ("user_id", "item_id")))


def _names(part: Any, field: str, numbers: Any) -> list[str]:
    return [str(one) for one in part.id2token(field, numbers.numpy())]


def cornac(bundle: Path) -> dict[str, Sequences]:
    """Read the tables and have Cornac order each user's rows by time."""
    import cornac

    found = {}
    for split in SPLITS:
        path = bundle / "uirt" / f"{split}.tsv"
        if not path.exists():
            continue
        data = cornac.data.Dataset.from_uirt(cornac.data.Reader().read(str(path), fmt="UIRT", sep="\t"))
        users, items = data.user_ids, data.item_ids
        found[split] = {users[user]: [items[one] for one in rows[0]] for user, rows in data.chrono_user_data.items()}
    return found


def rectools(bundle: Path) -> dict[str, Sequences]:
    """Construct RecTools' data set of each split, as ``use.py`` does, and order rows as its sequential models do."""
    import pandas as pd
    from rectools.dataset import Dataset

    every, found = pd.read_parquet(bundle / "coreset.parquet"), {}
    for split in every["split"].unique():
        rows = every[every["split"] == split]
        when = pd.to_datetime(rows["time"], unit="s")
        columns = {"user_id": rows["user_id"], "item_id": rows["item_id"], "weight": rows["weight"], "datetime": when}
        data = Dataset.construct(pd.DataFrame(columns))
        held = data.get_raw_interactions().sort_values(["user_id", "datetime"], kind="stable")
        found[split] = _listed(held["user_id"].astype(str), held["item_id"].astype(str))
    return found


def lenskit(bundle: Path) -> dict[str, Sequences]:
    """Build LensKit's data set of each split with times, and order its interactions by them."""
    import pandas as pd
    from lenskit.data import from_interactions_df

    every, found = pd.read_parquet(bundle / "coreset.parquet"), {}
    for split in every["split"].unique():
        rows = every[every["split"] == split][["user_id", "item_id", "time"]]
        data = from_interactions_df(rows.rename(columns={"time": "timestamp"}))
        held = data.interaction_table(format="pandas", fields=["timestamp"], original_ids=True)
        held = held.sort_values(["user_id", "timestamp"], kind="stable")
        found[split] = _listed(held["user_id"].astype(str), held["item_id"].astype(str))
    return found


def implicit(bundle: Path) -> dict[str, Sequences]:
    """Return the items of each user in the matrix that ``use.py`` gives to implicit, which knows no order."""
    import implicit.als
    import pandas as pd
    from scipy.sparse import csr_matrix

    rows = pd.read_parquet(bundle / "coreset.parquet").query("split == 'train'")
    matrix = csr_matrix((rows["weight"].astype("float32"), (rows["user_idx"], rows["item_idx"])))
    implicit.als.AlternatingLeastSquares(factors=4, iterations=1).fit(matrix, show_progress=False)
    users, items = (rows.set_index(f"{one}_idx")[f"{one}_id"].astype(str).to_dict() for one in ("user", "item"))
    pairs = matrix.tocoo()
    return {"train": _listed([users[one] for one in pairs.row], [items[one] for one in pairs.col])}


def _listed(users: Iterable[str], items: Iterable[str]) -> Sequences:
    found: Sequences = {}
    for user, item in zip(users, items, strict=True):
        found.setdefault(user, []).append(item)
    return found


LIBRARIES = {one.__name__: one for one in (recbole, sequential, cornac, rectools, lenskit, implicit)}

if __name__ == "__main__":
    read = LIBRARIES[sys.argv[1]](Path(sys.argv[2]).resolve())
    print(json.dumps(read))

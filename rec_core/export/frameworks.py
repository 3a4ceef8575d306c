"""Files that other libraries read as they are: RecBole's folder, and tables of user, item, rating and time.

Cornac reads the tables as "UIRT" and Elliot by its ``fixed`` strategy. Where data have no ratings every row is a 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from rec_core.export.rows import SPLITS, TEST, TRAIN, VALIDATION, present

NAME = "coreset"
_TYPES = {"user_id": "token", "item_id": "token", "rating": "float", "timestamp": "float"}
_SUFFIXES = {TRAIN: "train", VALIDATION: "valid", TEST: "test"}


def recbole(tables: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Write ``coreset/coreset.train.inter`` and so on, and ``coreset.yaml``, which RecBole runs with.

    Its own splitting is bypassed by ``benchmark_filename``; times are loaded by ``load_col`` alone.
    """
    place = folder / NAME
    place.mkdir(parents=True)
    columns: list[str] = []
    for split, suffix in _SUFFIXES.items():
        frame = _tokens(tables[split]).rename(columns={"time": "timestamp"})
        columns = present(frame, list(_TYPES))
        typed = frame[columns].set_axis([f"{name}:{_TYPES[name]}" for name in columns], axis=1)
        typed.to_csv(place / f"{NAME}.{suffix}.inter", sep="\t", index=False, lineterminator="\n", encoding="utf-8")
    lines = [
        "# RecBole trains on the coreset and is tested on what was held out.",
        f"dataset: {NAME}",
        "data_path: .  # the folder that holds this file; name it whole where you run from elsewhere",
        "benchmark_filename: [train, valid, test]",
        'field_separator: "\\t"',
        "USER_ID_FIELD: user_id",
        "ITEM_ID_FIELD: item_id",
        *(["RATING_FIELD: rating"] if "rating" in columns else []),
        *(["TIME_FIELD: timestamp"] if "timestamp" in columns else []),
        "load_col:",
        f"  inter: [{', '.join(columns)}]",
        "",
    ]
    (folder / f"{NAME}.yaml").write_bytes("\n".join(lines).encode())


def tables_of_four(tables: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Write ``train.tsv``, ``validation.tsv`` and ``test.tsv`` without a header, and what Elliot wants to be told."""
    folder.mkdir(parents=True)
    for split in SPLITS:
        frame = _tokens(tables[split])
        frame = frame if "rating" in frame else frame.assign(rating=1.0)
        frame = frame if "time" in frame else frame.assign(time=0)
        four = frame[["user_id", "item_id", "rating", "time"]]
        four.to_csv(folder / f"{split}.tsv", sep="\t", index=False, header=False, lineterminator="\n", encoding="utf-8")
    lines = [
        "# Elliot: the part of its configuration that names the data.",
        "experiment:",
        f"  dataset: {NAME}",
        "  data_config:",
        "    strategy: fixed",
        "    train_path: train.tsv",
        "    validation_path: validation.tsv",
        "    test_path: test.tsv",
        "",
    ]
    (folder / "elliot.yml").write_bytes("\n".join(lines).encode())


def _tokens(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose ids stand in a field: those with a tab or a quotation mark give way to integer ids."""
    for name, number in (("user_id", "user_idx"), ("item_id", "item_idx")):
        texts = frame[name].astype(str)
        if texts.str.contains('[\t\r\n"]', regex=True).any():
            frame = frame.assign(**{name: frame[number]})
    return frame

"""Files that other libraries read as they are: RecBole's folder, and tables of user, item, rating and time.

Cornac reads the tables as "UIRT" and Elliot by its ``fixed`` strategy. Where data have no ratings every row is a 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from rec_core.export.rows import TEST, TRAIN, VALIDATION, present

NAME = "coreset"
_TYPES = {"user_id": "token", "item_id": "token", "rating": "float", "timestamp": "float"}
_SUFFIXES = {TRAIN: "train", VALIDATION: "valid", TEST: "test"}


def recbole(tables: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Write ``coreset/coreset.train.inter`` and so on, and ``coreset.yaml``, which RecBole runs with.

    Its own splitting is bypassed by ``benchmark_filename``; times are loaded by ``load_col`` alone. Where nothing is
    held out there is one file, ``coreset/coreset.inter``.
    """
    place = folder / NAME
    place.mkdir(parents=True)
    columns: list[str] = []
    for split, table in tables.items():
        frame = _tokens(table).rename(columns={"time": "timestamp"})
        columns = present(frame, list(_TYPES))
        typed = frame[columns].set_axis([f"{name}:{_TYPES[name]}" for name in columns], axis=1)
        name = f"{NAME}.{_SUFFIXES[split]}.inter" if TEST in tables else f"{NAME}.inter"
        typed.to_csv(place / name, sep="\t", index=False, lineterminator="\n", encoding="utf-8")
    (folder / f"{NAME}.yaml").write_bytes("\n".join(_recbole_settings(columns, TEST in tables)).encode())


def _recbole_settings(columns: Sequence[str], held_out: bool) -> list[str]:
    about = "is tested on what was held out" if held_out else "holds rows out itself, by its eval_args: these are all"
    return [
        f"# RecBole trains on the coreset and {about}.",
        f"dataset: {NAME}",
        "data_path: .  # the folder that holds this file; name it whole where you run from elsewhere",
        *(["benchmark_filename: [train, valid, test]"] if held_out else []),
        'field_separator: "\\t"',
        "USER_ID_FIELD: user_id",
        "ITEM_ID_FIELD: item_id",
        *(["RATING_FIELD: rating"] if "rating" in columns else []),
        *(["TIME_FIELD: timestamp"] if "timestamp" in columns else []),
        "load_col:",
        f"  inter: [{', '.join(columns)}]",
        "",
    ]


def tables_of_four(tables: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Write ``train.tsv``, ``validation.tsv`` and ``test.tsv`` without a header, and what Elliot wants to be told.

    Elliot tests on a file; where nothing is held out there is ``train.tsv`` alone.
    """
    folder.mkdir(parents=True)
    for split, table in tables.items():
        frame = _tokens(table)
        frame = frame if "rating" in frame else frame.assign(rating=1.0)
        frame = frame if "time" in frame else frame.assign(time=0)
        four = frame[["user_id", "item_id", "rating", "time"]]
        four.to_csv(folder / f"{split}.tsv", sep="\t", index=False, header=False, lineterminator="\n", encoding="utf-8")
    if TEST not in tables:
        return
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

"""Files that other libraries read as they are: RecBole's folder, and tables of user, item, rating and time.

Cornac reads the tables as "UIRT" and Elliot by its ``fixed`` strategy. Where data have no ratings every row is a 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from rec_core.export.rows import TEST, TRAIN, VALIDATION, present

NAME = "coreset"
_TYPES = {"user_id": "token", "item_id": "token", "rating": "float", "timestamp": "float"}
Tables = Mapping[str, pd.DataFrame]
# What pandas, by which RecBole and Elliot read, takes for a missing value where nothing else is said.
_MISSING = (
    "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA", "NULL",
    "NaN", "None", "n/a", "nan", "null",
)  # fmt: skip
_SUFFIXES = {TRAIN: "train", VALIDATION: "valid", TEST: "test"}


def recbole(tables: Tables, folder: Path) -> str:
    """Write ``coreset/coreset.train.inter`` and so on, and ``coreset.yaml``, which RecBole runs with.

    Rows are in order of time: RecBole keeps times in single precision, in which seconds are alike, and sorts stably.
    Return a note on ids that gave way to integers, or "".

    Its own splitting is bypassed by ``benchmark_filename``; times are loaded by ``load_col`` alone. Where nothing is
    held out there is one file, ``coreset/coreset.inter``.
    """
    place = folder / NAME
    place.mkdir(parents=True)
    columns: list[str] = []
    named, numbered = _named(tables, _no_field)
    for split, table in named.items():
        frame = _in_order(table).rename(columns={"time": "timestamp"})
        columns = present(frame, list(_TYPES))
        typed = frame[columns].set_axis([f"{name}:{_TYPES[name]}" for name in columns], axis=1)
        name = f"{NAME}.{_SUFFIXES[split]}.inter" if TEST in tables else f"{NAME}.inter"
        typed.to_csv(place / name, sep="\t", index=False, lineterminator="\n", encoding="utf-8")
    (folder / f"{NAME}.yaml").write_bytes("\n".join(_recbole_settings(columns, TEST in tables)).encode())
    return _note(folder.name, numbered)


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


def _in_order(table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_values("time", kind="stable") if "time" in table else table


def tables_of_four(tables: Tables, folder: Path) -> str:
    """Write ``train.tsv``, ``validation.tsv`` and ``test.tsv`` without a header, and what Elliot wants to be told.

    Rows are in order of time. Return a note on ids that gave way to integers, or "": Elliot has pandas guess what ids
    are, a file at a time.
    Elliot tests on a file; where nothing is held out there is ``train.tsv`` alone.
    """
    folder.mkdir(parents=True)
    named, numbered = _named(tables, _not_as_text)
    for split, table in named.items():
        frame = _in_order(table)
        frame = frame if "rating" in frame else frame.assign(rating=1.0)
        # Whole seconds, as Cornac reads them; order says the rest.
        frame = frame.assign(time=np.floor(frame["time"]).astype(np.int64) if "time" in frame else 0)
        four = frame[["user_id", "item_id", "rating", "time"]]
        four.to_csv(folder / f"{split}.tsv", sep="\t", index=False, header=False, lineterminator="\n", encoding="utf-8")
    if TEST in tables:
        (folder / "elliot.yml").write_bytes("\n".join(_ELLIOT).encode())
    return _note(folder.name, numbered)


_ELLIOT = (
    "# Elliot: the part of its configuration that names the data.",
    "experiment:",
    f"  dataset: {NAME}",
    "  data_config:",
    "    strategy: fixed",
    "    train_path: train.tsv",
    "    validation_path: validation.tsv",
    "    test_path: test.tsv",
    "",
)


def _named(tables: Tables, broken: Callable[[pd.Series], bool]) -> tuple[Tables, list[str]]:
    """Return the tables with ids that a library reads as they are, and which columns had to give way to integers.

    That is decided once for all splits: one file with integers and another with ids would name other items.
    """
    numbered = [name for name in ("user_id", "item_id") if any(broken(table[name]) for table in tables.values())]
    columns = {name: name.replace("_id", "_idx") for name in numbered}
    renamed = {
        split: table.assign(**{name: table[number] for name, number in columns.items()})
        for split, table in tables.items()
    }
    return renamed, numbered


def _no_field(ids: pd.Series) -> bool:
    """Return True if any id cannot stand in a field, or is one that pandas takes for a missing value."""
    if not pd.api.types.is_string_dtype(ids):
        return False
    return bool(ids.str.contains('[\t\r\n"]', regex=True).any() or ids.isin(_MISSING).any())


def _not_as_text(ids: pd.Series) -> bool:
    """Return True if pandas would change any id, such as "0012" to 12 in those files that hold only such ids."""
    if not pd.api.types.is_string_dtype(ids):
        return False
    return _no_field(ids) or bool(pd.to_numeric(ids, errors="coerce").notna().any())


def _note(folder: str, numbered: Sequence[str]) -> str:
    """Return the note on ids that gave way to integers; "" if none did."""
    if not numbered:
        return ""
    columns = " and ".join(f"{name}s as {name.replace('_id', '_idx')}" for name in numbered)
    return (
        f"The files in {folder}/ have {columns} in all splits, because at least one id would not be read as it is. "
        "coreset.parquet has both."
    )

"""Files that other libraries read as they are: RecBole's folder, and tables of user, item, rating and time.

Cornac reads the tables as "UIRT" and Elliot by its ``fixed`` strategy. Where data have no ratings every row is a 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from rec_core.export.rows import TEST, TRAIN, VALIDATION, present

NAME, SEQUENCES = "coreset", "sequences"
_TYPES = {"user_id": "token", "item_id": "token", "rating": "float", "timestamp": "float"}
_FEWEST = 2  # selected rows of a user, from which on RecBole holds out the rows that the bundle does
Tables = Mapping[str, pd.DataFrame]
# What pandas, by which RecBole and Elliot read, takes for a missing value where nothing else is said.
_MISSING = (
    "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA", "NULL",
    "NaN", "None", "n/a", "nan", "null",
)  # fmt: skip
_TRUTH = ("True", "TRUE", "true", "False", "FALSE", "false")  # what it takes for truth, where a file has nothing else
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
        *(["benchmark_filename: [train, valid, test]"] if held_out else []),
        *_recbole_fields(columns),
        "",
    ]


def _recbole_fields(columns: Sequence[str]) -> list[str]:
    return [
        "data_path: .  # the folder that holds this file; name it whole where you run from elsewhere",
        'field_separator: "\\t"',
        "USER_ID_FIELD: user_id",
        "ITEM_ID_FIELD: item_id",
        *(["RATING_FIELD: rating"] if "rating" in columns else []),
        *(["TIME_FIELD: timestamp"] if "timestamp" in columns else []),
        "load_col:",
        f"  inter: [{', '.join(columns)}]",
    ]


def recbole_sequences(tables: Tables, folder: Path) -> str:
    """Write ``sequences/sequences.inter`` and ``sequences.yaml``, which RecBole's models of sequences run with.

    They read files that are split already only where each row holds its history. So this is one file, and RecBole holds
    out the last two rows of each user, which are those of the bundle. Return a note on users who are left out, or "".
    """
    place = folder / SEQUENCES
    place.mkdir()
    named, _ = _named(tables, _no_field)
    rows = _in_order(pd.concat(named.values(), ignore_index=True)).rename(columns={"time": "timestamp"})
    # Of users with fewer selected rows than that, RecBole would train on rows that are held out.
    count = rows["user_id"].map(named[TRAIN]["user_id"].value_counts()).fillna(0)
    whole = rows[count >= _FEWEST]
    columns = present(whole, list(_TYPES))
    typed = whole[columns].set_axis([f"{name}:{_TYPES[name]}" for name in columns], axis=1)
    typed.to_csv(place / f"{SEQUENCES}.inter", sep="\t", index=False, lineterminator="\n", encoding="utf-8")
    settings = [
        "# RecBole's models of sequences: SASRec, GRU4Rec and others.",
        f"dataset: {SEQUENCES}",
        *_recbole_fields(columns),
        "eval_args:  # each user's last row is tested on, the one before it validates",
        "  split: {LS: valid_and_test}",
        "  order: TO",
        "  mode: full",
        "loss_type: CE",
        "train_neg_sample_args:  # the loss CE takes none",
        "",
    ]
    (folder / f"{SEQUENCES}.yaml").write_bytes("\n".join(settings).encode())
    few = int((rows["user_id"][count < _FEWEST]).nunique())
    users = "1 user has" if few == 1 else f"{few:,} users have"
    return f"{users} fewer than {_FEWEST} selected rows and are not in recbole/{SEQUENCES}/." if few else ""


def _in_order(table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_values("time", kind="stable") if "time" in table else table


def tables_of_four(tables: Tables, folder: Path) -> str:
    """Write ``train.tsv``, ``validation.tsv`` and ``test.tsv`` without a header, and what Elliot wants to be told.

    Rows are in order of time. Return a note on ids that gave way to integers and on times that are no seconds, or "":
    Elliot has pandas guess what ids are, a file at a time.
    Elliot tests on a file; where nothing is held out there is ``train.tsv`` alone.
    """
    folder.mkdir(parents=True)
    named, numbered = _named(tables, _not_as_text)
    per_second = _resolution(tables)
    for split, table in named.items():
        frame = _in_order(table)
        frame = frame if "rating" in frame else frame.assign(rating=1.0)
        # Cornac reads whole numbers, and orders rows by them, those within a second too.
        frame = frame.assign(time=np.rint(frame["time"] * per_second).astype(np.int64) if "time" in frame else 0)
        four = frame[["user_id", "item_id", "rating", "time"]]
        four.to_csv(folder / f"{split}.tsv", sep="\t", index=False, header=False, lineterminator="\n", encoding="utf-8")
    if TEST in tables:
        (folder / "elliot.yml").write_bytes("\n".join(_ELLIOT).encode())
    unit = {1: "", 1_000: "milliseconds", 1_000_000: "microseconds"}[per_second]
    times = f"The files in {folder.name}/ have times in {unit}, since Cornac reads whole numbers." if unit else ""
    return " ".join(filter(None, [_note(folder.name, numbered), times]))


def _resolution(tables: Tables) -> int:
    """Return the parts of a second in which all times are whole: 1, a thousand or, at most, a million."""
    times = [table["time"].to_numpy(np.float64) for table in tables.values() if "time" in table]
    for per_second in (1, 1_000):
        if all(np.allclose(one * per_second, np.rint(one * per_second), rtol=0, atol=1e-3) for one in times):
            return per_second
    return 1_000_000


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
    distinct = (pd.concat([table[name] for table in tables.values()]) for name in ("user_id", "item_id"))
    numbered = [str(ids.name) for ids in distinct if broken(ids.drop_duplicates())]
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
    """Return True if a reader would change any id.

    Such as pandas "0012" to 12 in those files that hold only such ids; Cornac takes blanks off both ends of a line.
    """
    if not pd.api.types.is_string_dtype(ids):
        return False
    is_cut = ids.name == "user_id" and bool(ids.map(lambda one: one[:1].isspace()).any())
    return is_cut or _no_field(ids) or bool((pd.to_numeric(ids, errors="coerce").notna() | ids.isin(_TRUTH)).any())


def _note(folder: str, numbered: Sequence[str]) -> str:
    """Return the note on ids that gave way to integers; "" if none did."""
    if not numbered:
        return ""
    columns = " and ".join(f"{name}s as {name.replace('_id', '_idx')}" for name in numbered)
    return (
        f"The files in {folder}/ have {columns} in all splits, because at least one id would not be read as it is. "
        "coreset.parquet has both."
    )

"""Logs written in any way at random: DuckDB makes the rows of the coreset from each, or the file says why it cannot."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from rec_core.data.sources.table import Columns, Layout, Reading, Table
from rec_core.data.sources.table.reading import ENCODINGS
from rec_core.export import sql
from tests.rec_core.export.test_duckdb_view import RULES, experiment_on, rows_by_duckdb

_ROWS = 700
_IDS = ("{}", "u{}", "0{}", "o'{}", 'a "{}"', "-{}", " {}", "{},5", "Zoë {}", "{} é", "x\\{}", "{}\t1")
_TIMES = {
    "": (
        "{:%Y-%m-%d %H:%M:%S}", "{:%Y-%m-%dT%H:%M:%S.%f}", "{:%Y-%m-%d %H:%M:%S}+02:00", "{:%Y-%m-%d %H:%M:%S} UTC",
        "{:%s}",
    ),
    "%d/%m/%Y %H:%M:%S": ("{:%d/%m/%Y %H:%M:%S}", "{:%-d/%-m/%Y %-H:%M:%S}"),
    "%m/%d/%y %I:%M %p": ("{:%m/%d/%y %I:%M %p}",),
    "%d. %b %Y": ("{:%d. %b %Y}", "{:%d. %B %Y}"),
    "%a, %d %b %Y %H:%M:%S %z": ("{:%a, %d %b %Y %H:%M:%S} +0530", "{:%a, %d %b %Y %H:%M:%S} GMT"),
    "yyyymmdd": ("{:%Y%m%d}",),
    "yyyymmddHHMM": ("{:%Y%m%d%H%M}",),
    "s": ("{:%s}", "{:%s}.25"),
    "ms": ("{:%s}007",),
    "us": ("{:%s}000123",),
}  # fmt: skip
_PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}
_KINDS = ("view", "cart", "purchase")


def _written(rng: np.random.Generator, folder: Path) -> tuple[Table, Path]:
    """Write a log in a way that is drawn, and return it with its path."""

    def one(of: Any) -> Any:
        found = list(of)
        return found[int(rng.integers(len(found)))]

    begin, form = pd.Timestamp("2020-01-01"), one(_TIMES)
    style, clock = one(_TIMES[form]), rng.integers(0, 10_000_000, _ROWS)
    user_style, item_style = one(_IDS), one(_IDS)
    columns: dict[str, list[str]] = {
        "user": [user_style.format(user) for user in rng.integers(1, 40, _ROWS)],
        "item": [item_style.format(item) for item in rng.zipf(1.3, _ROWS) % 40],
        "time": [style.format(begin + pd.Timedelta(seconds=int(second))) for second in clock],
    }
    decimal = one([".", ".", ","])
    columns["stars"] = [f"{value:.1f}".replace(".", decimal) for value in rng.integers(0, 11, _ROWS) / 2]
    columns["what"] = [one(_KINDS) for _ in range(_ROWS)]
    if rng.random() < 0.2:
        for row in rng.choice(_ROWS, 20, replace=False):
            columns[one(["user", "item", "time"])][int(row)] = ""
    names = list(rng.permutation(list(columns)))
    separator, header, encoding = one([",", ";", "\t", "|"]), bool(rng.random() < 0.8), one(ENCODINGS)
    text = io.StringIO()
    writer = csv.writer(
        text, delimiter=separator, quoting=one([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]), lineterminator=one(["\n", "\r\n"])
    )
    rows = zip(*(columns[name] for name in names), strict=True)
    writer.writerows([names, *rows] if header else rows)
    packing = one(_PACKINGS)
    path = folder / f"a log.csv{packing}"
    path.write_bytes(_PACKINGS[packing](text.getvalue().encode(encoding, "replace")))
    said = dict(zip(names, names if header else [f"column {n}" for n in range(1, 6)], strict=True))
    skipping = one([{}, {}, {"events": ("view", "cart")}, {"at_least": 2.5}, {"unrated": "0,0.5"}])
    layout = Layout(separator=separator, header=header, encoding=encoding, decimal=decimal, time_format=form)
    roles = {"user": said["user"], "item": said["item"], "time": said["time"], "event": said["what"]}
    reading = Reading(layout=layout, columns=Columns(**roles, rating=said["stars"] if skipping else "", **skipping))
    return Table.of(str(path), reading), path


def _has_recipe(seed: int, folder: Path) -> bool:
    """Return True if a log's file has a recipe, which makes the rows of the coreset; False if it says why not."""
    rng = np.random.default_rng(seed)
    table, path = _written(rng, folder)
    rule = list(RULES)[int(rng.integers(len(RULES)))]
    experiment = experiment_on(path, rule, table)
    query = sql.coreset_sql(experiment)[0]
    if "-- There is no recipe for DuckDB: " in query:
        assert "CREATE VIEW" not in query
        return False
    assert rows_by_duckdb(query, path) == experiment.places.train[experiment.coreset.rows].tolist(), (seed, rule)
    return True


@pytest.mark.parametrize("seeds", [range(20), pytest.param(range(20, 400), marks=pytest.mark.slow)])
def test_of_any_log_duckdb_makes_the_rows_or_the_file_says_why_not(seeds: range, tmp_path: Path) -> None:
    found = []
    for seed in seeds:
        (folder := tmp_path / str(seed)).mkdir()
        found.append(_has_recipe(seed, folder))
    assert np.mean(found) >= 0.8

"""Lines of a user and their items, Netflix' blocks, and cells that list several items."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rec_core.data.interactions import Dataset
from rec_core.data.sources import Folders
from rec_core.data.sources.table import layout_of, sniff
from rec_core.data.sources.table.pieces import about_how_many
from rec_core.errors import CorelensError, DataError
from rec_core.export.duckdb_view import recipe
from tests.conftest import own
from tests.rec_core.data.table.test_archives import zip_of

_FOLDERS = Folders(None, Path("no-downloads"))


def _pairs(n_users: int = 300, seed: int = 0) -> list[tuple[int, int]]:
    rng = np.random.default_rng(seed)
    return [
        (user, int(item))
        for user in range(n_users)
        for item in rng.choice(500, int(rng.pareto(1.2) * 4) % 60 + (user % 9 > 0), replace=False)
    ]


def _lists(pairs: list[tuple[int, int]], n_users: int = 300) -> str:
    held: dict[int, list[int]] = {user: [] for user in range(n_users)}
    for user, item in pairs:
        held[user].append(item)
    return "".join(" ".join(map(str, [user, *items])) + "\n" for user, items in held.items())


def _written(folder: Path, text: str | bytes, name: str = "train.txt") -> Path:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder / name


def _said(data: Dataset) -> list[tuple[int, int]]:
    rows, catalogue = data.interactions, data.catalogue
    return list(zip(catalogue.user_ids[rows.user].tolist(), catalogue.item_ids[rows.item].tolist(), strict=True))


def test_lines_of_a_user_and_their_items_are_pairs_in_file_order(tmp_path: Path) -> None:
    pairs = _pairs()
    log = own(_written(tmp_path, _lists(pairs)))
    assert (log.reading.layout.form, log.reading.columns.named) == ("lists", {"user": "user", "item": "item"})
    data = log.load(_FOLDERS)
    assert _said(data) == pairs
    assert (data.interactions.rating, data.interactions.time, data.places) == (None, None, None)
    assert abs(about_how_many(log.path, log.reading.layout) - len(pairs)) < 0.05 * len(pairs)
    assert recipe(log, data)[-1].startswith("Tried on export: DuckDB ")
    parts = [_lists(pairs).splitlines(keepends=True)[at::2] for at in (0, 1)]
    path = _written(
        tmp_path, zip_of({"a.txt": "".join(parts[0]).encode(), "b.txt": "".join(parts[1]).encode()}), "x.zip"
    )
    assert sorted(_said(own(path).load(_FOLDERS))) == sorted(pairs)


def test_lists_of_about_one_length_are_lists_too(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    lines = [[user, *rng.choice(80, 30 if user else 12, replace=False).tolist()] for user in range(60)]
    path = _written(tmp_path, "".join(" ".join(map(str, line)) + "\n" for line in lines))
    assert _said(own(path).load(_FOLDERS)) == [(user, item) for user, *items in lines for item in items]


@pytest.mark.parametrize(
    "lines",
    [
        [[n % 7, n % 5, n % 4, 10**9 + n] for n in range(50)],  # a log: no number of fields but one
        [[n, n % 5, n % 4, 10**9 + n] for n in range(50)],  # an index first
        [[n, n % 5, n % 4, 10**9 + n][: 3 if n == 7 else 4] for n in range(50)],  # and a broken line
        [[n, *(n * k % 10 for k in range(20))][: 20 if n == 7 else 21] for n in range(50)],  # features
        [[n % 9, *range(n % 6)] for n in range(50)],  # a user twice
    ],
)
def test_a_table_of_numbers_is_no_list(tmp_path: Path, lines: list[list[int]]) -> None:
    path = _written(tmp_path, "".join(" ".join(map(str, line)) + "\n" for line in lines))
    assert layout_of(str(path)).form == "text"


def test_a_line_of_a_list_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    head = "".join(f"{n} {n + 1} {n + 2}{' 7' * (n % 5)}\n" for n in range(200_000)).encode()
    rejected = own(_written(tmp_path, head + b"200000 caf\xe9 3\n200001 5\n")).load(_FOLDERS).rejected
    assert (rejected.wrong.tolist(), rejected.line.tolist()) == (["not of the file's encoding"], [200_001])


def _blocks(n_items: int = 40, separator: str = ",", end: str = "\n") -> tuple[str, list[tuple[int, int, int, str]]]:
    rng, lines, rows = np.random.default_rng(2), [], []
    for item in range(1, n_items + 1):
        lines.append(f"{item}:")
        for user in rng.choice(900, int(rng.integers(0, 30)), replace=False).tolist():
            rows.append((item, user, int(rng.integers(1, 6)), f"2005-0{item % 9 + 1}-1{user % 9}"))
            lines.append(separator.join(map(str, rows[-1][1:])))
    return end.join(lines) + end, rows


@pytest.mark.parametrize(("separator", "end"), [(",", "\n"), ("\t", "\n"), (",", "\r\n"), (",", "\n\n")])
def test_blocks_under_the_id_of_an_item_are_rows(tmp_path: Path, separator: str, end: str) -> None:
    text, rows = _blocks(separator=separator, end=end)
    log = own(_written(tmp_path, text, "combined_data_1.txt"))
    assert log.reading.layout.form == "blocks"
    assert sniff(log.path).names == ["item", "column 1", "column 2", "column 3"]
    assert log.reading.columns.named == {"user": "column 1", "item": "item", "rating": "column 2", "time": "column 3"}
    data = log.load(_FOLDERS)
    table = "item,user,rating,date\n" + "".join(",".join(map(str, row)) + "\n" for row in rows)
    columns = {"user": "user", "item": "item", "rating": "rating", "time": "date"}
    wanted = own(_written(tmp_path, table, "log.csv"), **columns).load(_FOLDERS)
    for name in ("user", "item", "rating", "time"):
        assert np.array_equal(getattr(data.interactions, name), getattr(wanted.interactions, name)), name
    assert data.catalogue.item_ids.tolist() == wanted.catalogue.item_ids.tolist()
    assert data.rejected.count == 0
    assert recipe(log, data)[-1].startswith("Tried on export: DuckDB ")


def test_a_line_of_a_block_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    text, rows = _blocks()
    lines = text.splitlines()
    at = next(place for place, line in enumerate(lines) if place > 200 and ":" not in line)
    lines[at] = lines[at].replace(",", ",x", 1)
    data = own(_written(tmp_path, "\n".join([*lines, "41:", "7,5"]))).load(_FOLDERS)
    assert data.rejected.line.tolist() == [at + 1, len(lines) + 2]
    assert len(data.interactions) == len(rows) - 1


def test_blocks_longer_than_what_is_read_at_a_time(tmp_path: Path) -> None:
    n_users = 150_000
    text = "1:\n" + "".join(f"{n},3,2005-01-01\n" for n in range(n_users)) + "2:\n5,4,2005-01-02"
    columns = {"user": "column 1", "item": "item", "rating": "column 2", "time": "column 3"}
    data = own(_written(tmp_path, text), **columns).load(_FOLDERS)
    assert len(data.interactions) == n_users + 1
    assert np.bincount(data.interactions.item).tolist() == [n_users, 1]


def test_cells_that_list_several_items_are_refused(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    shown = [" ".join(f"N{n}-{n % 2}" for n in rng.choice(90, 5)) for _ in range(40)]
    lines = [f"{n}\tU{n % 9}\t11/11/2019 9:05:58 AM\tN1 N2 N{n}\t{one}" for n, one in enumerate(shown)]
    said = r"'behaviors.tsv': column 5 lists several values in a cell, such as “N.*”; .* Write a row for each"
    with pytest.raises(DataError, match=said):
        sniff(str(_written(tmp_path, "\n".join(lines), "behaviors.tsv")))
    baskets = "user,items\n" + "".join(f"u{n},{'|'.join(f'i{k}' for k in range(n % 5 + 1))}\n" for n in range(40))
    with pytest.raises(
        DataError, match=r"the column 'items' lists several values in a cell, such as “i0\|i1\|i2\|i3\|i4”"
    ):
        own(_written(tmp_path, baskets, "baskets.csv"), user="user", item="items", rating="", time="").load(_FOLDERS)
    names = "user,artist\n" + "".join(f"u{n},Blink {n % 5} band\n" for n in range(40))
    assert len(own(_written(tmp_path, names, "a.csv"), user="user", item="artist").load(_FOLDERS).interactions) == 40


@pytest.mark.parametrize("count", [30, pytest.param(200, marks=pytest.mark.slow)])
@pytest.mark.parametrize("form", ["lists", "blocks"])
def test_files_that_were_changed_anywhere_are_read_or_refused(tmp_path: Path, form: str, count: int) -> None:
    rng = np.random.default_rng(3)
    text = (_lists(_pairs(40), 40) if form == "lists" else _blocks(12)[0]).encode()
    for number in range(count):
        broken = bytearray(text)
        for at in rng.integers(0, len(broken), 1 + number % 5):
            broken[at] = b" ,:\n\r\0\xff\"'\t-"[rng.integers(11)] if number % 2 else rng.integers(256)
        kept = rng.integers(1, len(broken)) if number % 6 == 0 else len(broken)
        try:
            own(_written(tmp_path, bytes(broken[:kept]))).load(_FOLDERS)
        except CorelensError as error:
            str(error).encode()

"""Quotation marks: enclosing fields, within them, stray; whatever they do, no row is lost in silence."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rec_core.data.interactions import Dataset
from rec_core.data.sources import Folders
from rec_core.data.sources.table import Columns, Layout, Reading, Table, layout_of
from rec_core.data.sources.table import slices as slicing
from tests.conftest import own

_FOLDERS = Folders(None, Path("no-downloads"))
_SWALLOWED = "a line within quotation marks that may be a row"


def _log(folder: Path, text: str) -> Path:
    path = folder / "log.csv"
    path.write_bytes(text.encode())
    return path


def _lines(count: int, texts: dict[int, str] | None = None) -> list[str]:
    """Return lines of user, item, rating, text and time; some texts are given."""
    said = texts or {}
    return [f"u{n % 7},i{n % 11},{n % 5 + 1},{said.get(n, 'ok')},{1_500_000_000 + n}" for n in range(count)]


def _read(path: Path, layout: Layout | None = None) -> Dataset:
    log = own(path)
    if layout is not None:
        log = Table.of(str(path), log.reading.model_copy(update={"layout": layout}))
    return log.load(_FOLDERS)


def _items(data: Dataset) -> list[str]:
    return [str(one) for one in data.catalogue.item_ids[data.interactions.item].tolist()]


_HEADER = "user,item,rating,review,timestamp"


@pytest.mark.parametrize("stray", [{52: '"great 7', 700: 'a 12"'}, {3: '"never closed'}, {3: '"a', 4: 'b"'}])
def test_a_stray_pair_of_quotation_marks_swallows_no_rows(tmp_path: Path, stray: dict[int, str]) -> None:
    data = _read(_log(tmp_path, "\n".join([_HEADER, *_lines(900, stray), ""])))
    assert _items(data) == [f"i{n % 11}" for n in range(900)]
    assert data.rejected.count == 0


def test_stray_marks_beside_marks_that_enclose_fields_swallow_no_rows(tmp_path: Path) -> None:
    """The fields in marks hold separators, so that they cannot be read without."""
    texts = {n: f'"good, the {n}nd"' for n in range(900)} | {52: '"great 7', 700: 'a 12"'}
    path = _log(tmp_path, "\n".join([_HEADER, *_lines(900, texts), "x", ""]))
    layout = layout_of(str(path))
    assert (layout.quoted, layout.multiline) == (True, False)
    data = _read(path)
    assert _items(data) == [f"i{n % 11}" for n in range(900)]
    assert data.rejected.line.tolist() == [902]


def test_texts_of_many_lines_are_read(tmp_path: Path) -> None:
    texts = {n: f'"line ""one""\n\nline, two {n}\r\nand 3, of, 4, {n}"' for n in range(300)}
    path = _log(tmp_path, "\n".join([_HEADER, *_lines(300, texts), "x", ""]))
    layout = layout_of(str(path))
    assert (layout.quoted, layout.multiline) == (True, True)
    data = _read(path)
    assert _items(data) == [f"i{n % 11}" for n in range(300)]
    assert data.rejected.line.tolist() == [1 + 300 * 4 + 1]


def test_lines_that_are_swallowed_far_below_what_is_looked_at_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slicing, "_WHOLE", 1 << 12)
    monkeypatch.setattr(slicing, "_FIRST", 1 << 11)
    monkeypatch.setattr(slicing, "_SLICE", 1 << 9)
    lines = _lines(4000, {52: '"as it, should be"', 990: '"great 7', 993: 'a 12"'})
    path = _log(tmp_path, "\n".join([_HEADER, *lines, ""]))
    assert layout_of(str(path)).quoted
    data = _read(path)
    assert data.rejected.kinds == {_SWALLOWED: 3}
    assert set(data.rejected.line.tolist()) == {992}
    assert [value.split(",")[1] for value in data.rejected.value.tolist()] == ["i1", "i2", "i3"]
    assert len(data.interactions) == 3997
    assert data.rejected.n_unreadable == 3


def test_a_text_of_many_lines_is_not_taken_for_rows(tmp_path: Path) -> None:
    texts = {n: f'"one\ntwo {n}"' for n in range(0, 900, 9)}
    data = _read(_log(tmp_path, "\n".join([_HEADER, *_lines(900, texts), ""])))
    assert (data.rejected.count, len(data.interactions)) == (0, 900)


def test_marks_that_are_a_part_of_names_stay(tmp_path: Path) -> None:
    names = ['"weird al" yankovic', '7" mix', "plain", 'the "king"', '"heroes" (live)']
    rows = [f"u{n % 7}\t{names[n % 5]}\t{n % 3}" for n in range(200)]
    data = _read(_log(tmp_path, "\n".join(["user\tartist\tplays", *rows, ""])))
    assert _items(data) == [names[n % 5] for n in range(200)]


def test_marks_around_every_field_are_no_part_of_it(tmp_path: Path) -> None:
    rows = [f'"u{n % 7}";"i{n % 11}";"{n % 5}"' for n in range(200)]
    data = _read(_log(tmp_path, "\r\n".join(['"user";"item";"rating"', *rows, ""])))
    assert _items(data) == [f"i{n % 11}" for n in range(200)]


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_mark_behind_a_backslash_ends_no_field(tmp_path: Path, ends: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids are kept as they are written."""
    items = ['34\\"', "56", "a;b", "c\\\\", '\\"q\\"; r']
    rows = [f'"u{n % 7}";"{items[n % 5]}";"{n % 5}"' for n in range(200)]
    path = _log(tmp_path, ends.join(['"user";"item";"rating"', *rows, "x", ""]))
    assert layout_of(str(path)).escape == "\\"
    for block in (16 << 20, 1001):
        monkeypatch.setattr("rec_core.data.sources.table.pieces._BLOCK", block)
        data = _read(path)
        assert _items(data) == [items[n % 5] for n in range(200)]
        assert data.rejected.line.tolist() == [202]


def test_a_backslash_at_the_end_of_a_field_escapes_nothing(tmp_path: Path) -> None:
    rows = [f'"u{n % 7}","C:\\dir{n % 11}\\","{n % 5}"' for n in range(200)]
    data = _read(_log(tmp_path, "\n".join(['"user","item","rating"', *rows, ""])))
    assert _items(data) == [f"C:\\dir{n % 11}\\" for n in range(200)]


def test_decimal_commas_between_marks_are_numbers(tmp_path: Path) -> None:
    rows = [f'{n % 7},{n % 11},"{n % 5},5",{1_500_000_000 + n}' for n in range(200)]
    data = _read(_log(tmp_path, "\n".join(["user,item,rating,timestamp", *rows, ""])))
    assert data.interactions.rated.tolist() == [n % 5 + 0.5 for n in range(200)]


_FIELD = st.text(st.sampled_from(['"', ",", "a", "b", " ", "\n", "é", "'", "1"]), max_size=12)


@given(texts=st.lists(_FIELD, min_size=1, max_size=8), n_rows=st.integers(20, 200), seed=st.integers(0, 99))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_that_a_program_wrote_is_read_back(tmp_path: Path, texts: list[str], n_rows: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    rows = [[f"u{n % 7}", f"i{n % 11}", texts[rng.integers(len(texts))], 1_500_000_000 + n] for n in range(n_rows)]
    writer.writerows([["user", "item", "review", "timestamp"], *rows])
    path = _log(tmp_path, out.getvalue())
    columns = Columns(user="user", item="item", time="timestamp", title="review")
    data = Table.of(str(path), Reading(layout=layout_of(str(path)), columns=columns)).load(_FOLDERS)
    assert data.rejected.count == 0
    assert _items(data) == [row[1] for row in rows]
    assert data.interactions.time is not None
    assert data.interactions.time.tolist() == [row[3] for row in rows]


@given(
    places=st.lists(st.integers(0, 399), min_size=1, max_size=6, unique=True),
    stray=st.sampled_from(['"great', 'a 12"', '"', 'x "y" z', '"a"b']),
    enclosed=st.booleans(),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_stray_marks_never_lose_a_row(tmp_path: Path, places: list[int], stray: str, enclosed: bool) -> None:
    texts = {n: f'"good, {n}"' for n in range(400)} if enclosed else {}
    data = _read(_log(tmp_path, "\n".join([_HEADER, *_lines(400, texts | dict.fromkeys(places, stray)), ""])))
    assert len(data.interactions) + data.rejected.count >= 400
    if data.rejected.count == 0:
        assert _items(data) == [f"i{n % 11}" for n in range(400)]

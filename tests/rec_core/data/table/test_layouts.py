"""Separated text in the layouts that programs and people write: each is read as the table it holds."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rec_core.data.interactions import Dataset
from rec_core.data.sources import Folders
from rec_core.data.sources.table import Columns, Layout, Reading, Table, layout_of, sniff
from rec_core.data.sources.table.layouts import _SEPARATORS
from rec_core.data.sources.table.sniffing import laid_out
from tests.conftest import own

_FOLDERS = Folders(None, Path("no-downloads"))
_NAMES = ["user", "item", "rating", "timestamp"]
_ROWS = [[f"u{n % 7}", f"i{n % 11}", f"{n % 5 + 1}", f"{1_500_000_000 + n}"] for n in range(60)]


def _log(folder: Path, text: str | bytes, name: str = "log.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def _text(rows: list[list[str]], separator: str = ",", end: str = "\n", last: str = "") -> str:
    return "".join(separator.join(row) + last + end for row in rows)


def _rows(data: Dataset) -> list[list[str]]:
    """Return what was read, as it was written."""
    rows, catalogue = data.interactions, data.catalogue
    users, items = catalogue.user_ids[rows.user].tolist(), catalogue.item_ids[rows.item].tolist()
    found = [[str(user), str(item)] for user, item in zip(users, items, strict=True)]
    if rows.rating is not None:
        found = [[*row, f"{rating:g}"] for row, rating in zip(found, rows.rating.tolist(), strict=True)]
    if rows.time is not None:
        found = [[*row, str(time)] for row, time in zip(found, rows.time.tolist(), strict=True)]
    return found


def _read(path: Path) -> Dataset:
    return own(path).load(_FOLDERS)


@pytest.mark.parametrize("separator", [one for one in _SEPARATORS if one != "\x1f"])
@pytest.mark.parametrize("header", [True, False])
def test_every_separator_is_found(tmp_path: Path, separator: str, header: bool) -> None:
    path = _log(tmp_path, _text([_NAMES, *_ROWS] if header else _ROWS, separator))
    layout = layout_of(str(path))
    assert (layout.separator, layout.header) == (separator, header)
    assert _rows(own(path).load(_FOLDERS)) == _ROWS


def test_a_comma_in_numbers_or_many_signs_in_a_text_separate_nothing(tmp_path: Path) -> None:
    commas = [[user, item, f"{rating},5", time] for user, item, rating, time in _ROWS]
    for separator in "\t;|^~":
        layout = layout_of(str(_log(tmp_path, _text(commas, separator))))
        assert (layout.separator, layout.decimal) == (separator, ",")
    tagged = [["user", "item", "tags"], *([user, item, "a|b|c"] for user, item, *_ in _ROWS)]
    assert layout_of(str(_log(tmp_path, _text(tagged)))).separator == ","


@pytest.mark.parametrize(
    ("above", "skip"),
    [
        ("sep=;\r\n", 1),
        ("SEP=;\n", 1),
        ("# made by a program\n# on a Tuesday; at noon\n", 2),
        ("% a\n\n% b\n", 3),
        ("// a; b; c; d; e\n", 1),
        ("Sales 2019\n\n", 2),
        ("Report\nof the shop; Berlin\n", 2),
    ],
)
def test_lines_above_the_names_are_none_of_the_table(tmp_path: Path, above: str, skip: int) -> None:
    path = _log(tmp_path, above + _text([_NAMES, *_ROWS, ["x", "y"]], ";"))
    layout = layout_of(str(path))
    assert (layout.separator, layout.header) == (";", True)
    data = _read(path)
    assert _rows(data) == _ROWS
    assert data.rejected.line.tolist() == [len(_ROWS) + 2 + above.count("\n")]
    assert layout.skip in (skip, skip - 1)  # blank lines are skipped anyhow


def test_the_last_comment_may_name_the_columns(tmp_path: Path) -> None:
    comments = "# Bipartite graph: users and items\n# Nodes: 140 Edges: 60\n"
    pairs = [[str(n % 7), str(n % 11)] for n in range(60)]
    named = _log(tmp_path, comments + "# FromNodeId\tToNodeId\n" + _text(pairs, "\t"))
    found = sniff(str(named))
    assert (found.layout.header, found.layout.skip, found.names) == (True, 2, ["FromNodeId", "ToNodeId"])
    assert _rows(_read(named)) == pairs
    nameless = _log(tmp_path, comments + _text(pairs, "\t"))
    assert (layout_of(str(nameless)).header, layout_of(str(nameless)).skip) == (False, 2)
    assert _rows(_read(nameless)) == pairs


def test_comments_below_are_no_rows_and_lines_are_those_of_an_editor(tmp_path: Path) -> None:
    part = "# from\tto\n" + _text([["1", "2"], ["3", "4"]] * 20, "\t")
    path = _log(tmp_path, "# a log\n" + part + part + "5\n")
    assert layout_of(str(path)).comment == "#"
    data = _read(path)
    assert len(data.interactions) == 80
    assert (data.rejected.line.tolist(), data.rejected.kinds) == ([84], {"too few fields": 1})
    ids = _log(tmp_path, _text([["#a", "x"], ["#b", "y"]] * 9))
    assert _rows(_read(ids)) == [["#a", "x"], ["#b", "y"]] * 9


@pytest.mark.parametrize("names", ["", ";"])
@pytest.mark.parametrize("rows", ["", ";"])
def test_a_separator_may_end_names_or_rows_or_both(tmp_path: Path, names: str, rows: str) -> None:
    path = _log(tmp_path, _text([_NAMES], ";", last=names) + _text(_ROWS, ";", last=rows))
    found = sniff(str(path))
    assert found.layout.header
    assert found.names[:4] == _NAMES
    data = _read(path)
    assert (_rows(data), data.rejected.count) == (_ROWS, 0)


def test_a_column_without_a_name_is_an_index_of_pandas_or_of_r(tmp_path: Path) -> None:
    numbered = [[str(n), *row] for n, row in enumerate(_ROWS)]
    pandas = _log(tmp_path, _text([["", *_NAMES], *numbered]))
    assert sniff(str(pandas)).names == ["column 1", *_NAMES]
    assert _rows(_read(pandas)) == _ROWS
    quoted = [[f'"{n + 1}"', f'"{user}"', f'"{item}"', *more] for n, (user, item, *more) in enumerate(_ROWS)]
    r = _log(tmp_path, _text([[f'"{name}"' for name in _NAMES], *quoted], " "))
    assert sniff(str(r)).names == ["column 1", *_NAMES]
    assert _rows(_read(r)) == _ROWS


@pytest.mark.parametrize("names", [["kunde", "artikel"], ["", "artikel"], ["пользователь", "товар"], ["用户", "商品"]])
def test_names_that_nobody_knows_are_told_by_what_is_below(tmp_path: Path, names: list[str]) -> None:
    coded = [[f"K{n % 7:04}", f"A{n % 11:03}"] for n in range(40)]
    assert layout_of(str(_log(tmp_path, _text([names, *coded])))).header
    assert not layout_of(str(_log(tmp_path, _text(coded)))).header
    words = [[["ann", "bob", "eve"][n % 3], ["tea", "milk", "coffee"][n % 3]] for n in range(40)]
    assert layout_of(str(_log(tmp_path, _text([names, *words])))).header
    assert not layout_of(str(_log(tmp_path, _text(words)))).header


def test_a_row_with_an_empty_value_is_no_line_of_names(tmp_path: Path) -> None:
    rows = [
        [f"user_{n % 7:06}", f"2019-06-{n % 28 + 1:02}T22:21:44Z", f"Artist {n % 5}", "", f"T {n}"] for n in range(40)
    ]
    assert not layout_of(str(_log(tmp_path, _text(rows, "\t")))).header


def test_whether_a_line_of_words_above_words_names_columns_is_asked(tmp_path: Path) -> None:
    words = [[f"{chr(97 + n)}nn", f"tea {chr(97 + n)}"] for n in range(20)]
    layout, questions = laid_out(str(_log(tmp_path, _text(words))))
    assert not layout.header
    assert [one.about for one in questions] == ["header"]
    assert [choice.value for choice in questions[0].choices] == ["false", "true"]
    assert questions[0].option(questions[0].choices[1]) == "--header"
    assert sniff(str(tmp_path / "log.csv")).questions == questions


@pytest.mark.parametrize("again", ["user,item,rating,timestamp\n", "\ufeffuser,item,rating,timestamp\r\n"])
def test_names_that_come_again_are_no_row(tmp_path: Path, again: str) -> None:
    path = _log(tmp_path, _text([_NAMES, *_ROWS]) + again + _text(_ROWS))
    data = _read(path)
    assert _rows(data) == [*_ROWS, *_ROWS]
    assert data.rejected.kinds == {"the names of the columns again": 1}
    assert data.rejected.line.tolist() == [len(_ROWS) + 2]
    assert data.rejected.n_unreadable == 0
    assert data.places is not None
    assert data.places.tolist() == [*range(60), *range(61, 121)]


def test_names_that_come_again_are_found_between_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [[f"u{n % 97}", f"i{n % 89}"] for n in range(3000)]
    path = _log(tmp_path, _text([["user:token", "item:token"], *rows, ["user:token", "item:token"], *rows]))
    for block in (997, 1000, 4093):
        monkeypatch.setattr("rec_core.data.sources.table.pieces._BLOCK", block)
        data = _read(path)
        assert (data.rejected.count, len(data.interactions)) == (1, 6000)


@pytest.mark.parametrize("quote", ["", '"'])
def test_spaces_after_separators_are_none_of_the_values(tmp_path: Path, quote: str) -> None:
    rows = [[f"u{n % 7}", f"{quote}i{n % 11}{quote}", "1", f"{n}"] for n in range(1, 50)]
    path = _log(tmp_path, _text([_NAMES, *rows], ", "))
    assert _rows(_read(path)) == [[value.strip('"') for value in row] for row in rows]
    within = [[f"u{n % 7}", f'"Toy Story, part {n % 11}"', "1"] for n in range(50)]
    data = _read(_log(tmp_path, _text([["user", "item", "rating"], *within, ["u", "i"]], ", ")))
    assert data.catalogue.item_ids.tolist()[:2] == ["Toy Story, part 0", "Toy Story, part 1"]
    assert data.rejected.line.tolist() == [52]


def test_several_spaces_may_separate(tmp_path: Path) -> None:
    text = "".join(f"  {n % 7:<4} {n % 11:>6}   {n % 5 + 1}  \n" for n in range(60))
    data = _read(_log(tmp_path, text))
    assert _rows(data) == [[str(n % 7), str(n % 11), str(n % 5 + 1)] for n in range(60)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_lines_may_end_as_on_any_machine(tmp_path: Path, end: str, mark: str) -> None:
    path = _log(tmp_path, mark + _text([_NAMES, [], *_ROWS[:30], [], *_ROWS[30:], ["x"]], end=end))
    data = _read(path)
    assert _rows(data) == _ROWS
    assert data.rejected.line.tolist() == [64]


def test_a_record_of_the_wrong_width_may_hold_bytes_of_another_encoding(tmp_path: Path) -> None:
    lines = b"".join(b"u%d,i,\xc3\xa9\n" % (n % 7) for n in range(40))
    data = _read(_log(tmp_path, b"user,item,title\n" + lines + b"a\xffb,i\n" + b"u,i\n" + lines))
    assert len(data.interactions) == 80
    assert data.rejected.kinds == {"too few fields": 2}
    assert data.rejected.line.tolist() == [42, 43]


def test_new_settings_leave_the_names_of_logs_as_they_were() -> None:
    assert Layout().model_dump(exclude_defaults=True) == {}


_PLAIN = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters='"\\#'), min_size=1)
_WITHIN = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"], exclude_characters="\\"))
_ENDS = st.sampled_from(["\n", "\r\n"])
_QUOTING = st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])


@given(
    data=st.data(),
    n_rows=st.integers(12, 60),
    separator=st.sampled_from([",", ";", "\t", "|", "^", "~", "\x01"]),
    end=_ENDS,
    how=_QUOTING,
    header=st.booleans(),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]),
    above=st.sampled_from(["", "", "# made by hand\n", "sep"]),
)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_was_written_in_some_layout_is_read_back(
    tmp_path: Path, data: st.DataObject, n_rows: int, separator: str, end: str, how: int, header: bool, encoding: str,
    above: str,
) -> None:  # fmt: skip
    texts = data.draw(st.lists(_WITHIN, min_size=1, max_size=6))
    rows = [[n % 7, f"i{n % 11}", 1_500_000_000 + n, texts[n % len(texts)]] for n in range(n_rows)]
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator, lineterminator=end, quoting=how)  # type: ignore[arg-type]
    if header:
        writer.writerow(["user", "item", "timestamp", "review"])
    writer.writerows(rows)
    first = f"sep={separator}{end}" if above == "sep" else above
    path = _log(tmp_path, (first + out.getvalue()).encode(encoding))
    layout = layout_of(str(path))
    names = ["user", "item", "timestamp", "review"] if layout.header else [f"column {n}" for n in range(1, 5)]
    assert layout.header is header
    columns = Columns(user=names[0], item=names[1], time=names[2], title=names[3])
    found = Table.of(str(path), Reading(layout=layout, columns=columns)).load(_FOLDERS)
    assert found.rejected.count == 0
    assert _rows(found) == [[str(user), item, str(time)] for user, item, time, _ in rows]
    first_of: dict[str, str] = {}
    for _, item, _, text in rows:
        first_of[str(item)] = first_of.get(str(item)) or " ".join(str(text).split())
    titles = dict(zip(found.catalogue.item_ids.tolist(), found.catalogue.titles.tolist(), strict=True))
    assert {item: title for item, title in titles.items() if first_of[item]} == {k: v for k, v in first_of.items() if v}

"""Objects in every notation: nested fields, arrays, objects over several lines, Python's dictionaries."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rec_core.data.interactions import Dataset
from rec_core.data.sources import Folders
from rec_core.data.sources.table import layout_of, sniff, source
from rec_core.errors import CorelensError, DataError
from rec_core.export.duckdb_view import recipe
from tests.conftest import log_csv, log_frame, own

_FOLDERS = Folders(None, Path("no-downloads"))


def _flat() -> list[dict[str, object]]:
    return [{str(name): value for name, value in one.items()} for one in log_frame().to_dict("records")]


def _nested() -> list[dict[str, object]]:
    return [
        {"event": "view", "context": {"userId": one["userId"], "page": {"url": "/x", "tags": ["a", "b"]}}}
        | {"properties": {"movieId": one["movieId"], "rating": one["rating"]}, "timestamp": one["timestamp"]}
        for one in _flat()
    ]


def _python(one: dict[str, object]) -> str:
    """Return a dictionary as Python 2 wrote it."""
    return "{" + ", ".join(f"u{name!r}: {value!r}" for name, value in one.items()) + ", u'more': (1, None)}"


FORMS: dict[str, tuple[str, Callable[[], str]]] = {
    "an array in one line": ("values", lambda: json.dumps(_flat())),
    "an array, an object a line": ("values", lambda: "[\n" + ",\n".join(map(json.dumps, _flat())) + "\n]\n"),
    "an array over many lines": ("values", lambda: json.dumps(_flat(), indent=2)),
    "objects over several lines": ("values", lambda: "\n".join(json.dumps(one, indent=1) for one in _flat())),
    "Python dictionaries": ("dicts", lambda: "\n".join(map(_python, _flat())) + "\n"),
}


def _written(folder: Path, text: str | bytes, name: str = "log.json") -> Path:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder / name


def _same(found: Dataset, wanted: Dataset) -> None:
    for name in ("user", "item", "rating", "time"):
        assert np.array_equal(getattr(found.interactions, name), getattr(wanted.interactions, name)), name
    assert found.catalogue.user_ids.tolist() == wanted.catalogue.user_ids.tolist()
    assert found.rejected.count == 0


@pytest.mark.parametrize("notation", FORMS)
def test_every_notation_holds_the_rows_of_the_table(tmp_path: Path, notation: str) -> None:
    form, text = FORMS[notation]
    path = _written(tmp_path, text())
    assert layout_of(str(path)).form == form
    log = own(path)
    data = log.load(_FOLDERS)
    _same(data, own(log_csv(tmp_path)).load(_FOLDERS))
    said = recipe(log, data)
    none = form == "dicts"
    assert said[0 if none else -1].startswith("There is no recipe for DuckDB" if none else "Tried on export: DuckDB ")
    _same(own(_written(tmp_path, gzip.compress(text().encode()), "log.json.gz")).load(_FOLDERS), data)


def test_nested_fields_are_columns_by_their_paths(tmp_path: Path) -> None:
    path = _written(tmp_path, "\n".join(map(json.dumps, _nested())))
    names = ["event", "context.userId", "context.page.url", "context.page.tags", "properties.movieId"]
    assert sniff(str(path)).names == [*names, "properties.rating", "timestamp"]
    columns = {"user": "context.userId", "item": "properties.movieId", "rating": "properties.rating"}
    data = own(path, **columns, time="timestamp", categories="context.page.tags").load(_FOLDERS)
    _same(data, own(log_csv(tmp_path)).load(_FOLDERS))
    assert set(data.catalogue.genres.tolist()) == {"a|b"}


def test_a_name_with_a_point_is_the_field_of_that_name(tmp_path: Path) -> None:
    lines = [{"user.id": f"u{n}", "user": {"id": "other"}, "item": {"sku.no": n % 3}, "x": None} for n in range(9)]
    path = _written(tmp_path, "\n".join(map(json.dumps, lines)))
    assert sniff(str(path)).names == ["user.id", "item.sku.no", "x"]
    data = own(path, user="user.id", item="item.sku.no", rating="", time="").load(_FOLDERS)
    assert data.catalogue.user_ids.tolist() == [f"u{n}" for n in range(9)]
    assert data.catalogue.item_ids.tolist() == [0, 1, 2]


def test_a_map_whose_keys_are_values_stays_one_column(tmp_path: Path) -> None:
    lines = [{"user": n, "item": n % 5, "style": {f"Size {n}": "L"}, "deep": {"a": {"b": {}}}} for n in range(150)]
    found = sniff(str(_written(tmp_path, "\n".join(map(json.dumps, lines)))))
    assert found.names == ["user", "item", "style", "deep.a.b"]
    assert found.records[3][2] == '{"Size 3": "L"}'


def test_a_field_that_lists_objects_is_no_id(tmp_path: Path) -> None:
    lines = [{"user": n, "products": [{"id": 1}, {"id": n}], "when": "2019-01-01"} for n in range(9)]
    path = _written(tmp_path, "\n".join(map(json.dumps, lines)))
    with pytest.raises(
        DataError, match=r"the column 'products' lists several values in a cell, .* Write a row for each"
    ):
        own(path, user="user", item="products", rating="", time="when").load(_FOLDERS)


def test_numbers_of_python_are_as_they_were_written(tmp_path: Path) -> None:
    lines = [f"{{u'user': {10**30 + n}, 'item': 1.50, 'n': -3, 'b': b'x'}}" for n in range(4)]
    found = sniff(str(_written(tmp_path, "\n".join(lines))))
    assert found.records[0] == [str(10**30), "1.50", "-3", "x"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1, 2, 3]", "'log.json' is one JSON list, whose values are no objects; write one object a line"),
        (
            json.dumps({"data": [{"user": 1, "item": 2}] * 3}),
            "is one JSON object that holds all rows; write one object",
        ),
        (json.dumps({"data": [{"user": 1}] * 3, "n": 3}, indent=1), "is one JSON object that holds all rows"),
        (pd.DataFrame({"user": [1, 2], "item": [3, 4]}).to_json(), r"as pandas does by to_json\(orient='records'"),
        ("{'user': open('x'), 'item': 2}\n" * 3, "no JSON object with two fields"),
        (
            '[{"user": 1, "item": 2},\n {"user": 1 "item": 2},\n {"user": 1, "item": 2}]',
            "line 2: the value that begins",
        ),
    ],
)
def test_what_is_no_list_of_rows_is_refused_with_its_reason(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        own(_written(tmp_path, text), user="user", item="item", rating="", time="").load(_FOLDERS)


def test_an_array_that_was_cut_off_says_so(tmp_path: Path) -> None:
    text = json.dumps([{"user": f"u{n}", "item": n % 5} for n in range(40)], indent=1)
    rejected = own(_written(tmp_path, text[:-20])).load(_FOLDERS).rejected
    assert rejected.count == 1
    assert rejected.line.tolist() == [text[:-20].count("\n", 0, text[:-20].rindex("{")) + 1]


def test_values_that_are_no_objects_are_listed_by_their_lines(tmp_path: Path) -> None:
    objects = [json.dumps({"user": f"u{n}", "item": f"i{n % 5}"}, indent=1) for n in range(30)]
    path = _written(tmp_path, "[" + ",\n".join([*objects[:20], "null", *objects[20:]]) + "]")
    rejected = own(path).load(_FOLDERS).rejected
    assert (rejected.wrong.tolist(), rejected.line.tolist()) == (["no JSON object"], [81])
    lines = [f"{{'user': 'u{n}', 'item': 'i{n % 5}'}}" for n in range(30)]
    lines[7] = "{'user': __import__('os').getcwd(), 'item': 1}"
    rejected = own(_written(tmp_path, "\n".join(lines))).load(_FOLDERS).rejected
    assert (rejected.wrong.tolist(), rejected.line.tolist()) == (["no Python dictionary"], [8])


def test_an_array_larger_than_what_is_read_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    objects = [{"user": f"u{n % 999}", "item": f"i{n % 77}", "text": "x" * 200} for n in range(20_000)]
    log = own(_written(tmp_path, json.dumps(objects)))
    data = log.load(_FOLDERS)
    assert len(data.interactions) == 20_000
    assert data.catalogue.user_ids[data.interactions.user].tolist() == [one["user"] for one in objects]
    monkeypatch.setattr(source, "available", lambda: 500_000)
    with pytest.raises(DataError, match=r"about 0\.0 million rows, which take"):
        log.load(_FOLDERS)


@pytest.mark.parametrize("count", [30, pytest.param(200, marks=pytest.mark.slow)])
@pytest.mark.parametrize("notation", FORMS)
def test_files_that_were_changed_anywhere_are_read_or_refused(tmp_path: Path, notation: str, count: int) -> None:
    rng = np.random.default_rng(3)
    objects = [{"user": f"u{n % 7}", "item": f"i{n % 5}", "a": {"b": [n, "\u00e9"]}} for n in range(30)]
    text = {
        "an array in one line": json.dumps(objects),
        "an array, an object a line": "[\n" + ",\n".join(map(json.dumps, objects)) + "]",
        "an array over many lines": json.dumps(objects, indent=2),
        "objects over several lines": "\n".join(json.dumps(one, indent=1) for one in objects),
        "Python dictionaries": "\n".join(map(repr, objects)),
    }[notation].encode()
    signs = b"{}[]\"',:\\\0\n\xff\x80(u-."
    for number in range(count):
        broken = bytearray(text)
        for at in rng.integers(0, len(broken), 1 + number % 5):
            broken[at] = signs[rng.integers(len(signs))] if number % 2 else rng.integers(256)
        kept = rng.integers(1, len(broken)) if number % 6 == 0 else len(broken)
        try:
            own(_written(tmp_path, bytes(broken[:kept]))).load(_FOLDERS)
        except CorelensError as error:
            str(error).encode()


def test_what_is_nested_too_deeply_is_a_bad_line(tmp_path: Path) -> None:
    lines = [f"{{'user': 'u{n}', 'item': 'i{n % 3}'}}" for n in range(9)]
    for deep in ("[" * 5000 + "]" * 5000, "(" * 90 + ")" * 90, "-" * 5000 + "1"):
        path = _written(tmp_path, "\n".join([*lines, f"{{'user': 'u', 'item': 'i', 'x': {deep}}}"]))
        assert own(path).load(_FOLDERS).rejected.count <= 1
    deep = '{"a":' * 900 + "1" + "}" * 900
    path = _written(tmp_path, f'{{"user": "a", "item": "b", "more": {deep}}}\n' * 3)
    assert len(own(path, user="user", item="item").load(_FOLDERS).interactions) == 3

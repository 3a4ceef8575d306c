"""Bad input: one sentence that names the line or the column, and a remedy; nothing of it is lost, nothing is run."""

from __future__ import annotations

import gzip
import json
import time
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rec_core.data.interactions import Dataset
from rec_core.data.sources import Folders, files, register
from rec_core.data.sources.table import Table, sniff, source
from rec_core.data.sources.table.sniffing import unique
from rec_core.errors import CorelensError, DataError
from rec_core.experiment import Experiment
from rec_core.stages import MemoryStore, resolve
from tests.conftest import own, quick

_FOLDERS = Folders(None, Path("no-downloads"))
_LINE = "1,5,4,1000000000\n"


def _log(folder: Path, text: str | bytes, name: str = "log.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def _load(path: Path, **columns: object) -> Dataset:
    return own(path, **columns).load(_FOLDERS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "'log.csv' is empty: there is nothing to read. Name another file."),
        ("\n\n  \n", "'log.csv' is empty"),
        ("user,item,rating\n", "'log.csv' has a first line of names and nothing below it. Name another file."),
        ("user\n1\n2\n", "'log.csv', line 1: there is one column where a log has two, users and items"),
        (b"\x00\x01\x02\x89PNG\r\n" * 9, "'log.csv' is not text, and not Parquet: name a file of separated values"),
        (b"PAR1" + b"\x00" * 40, "'log.csv' is damaged, or its copy was cut off: fetch it again."),
        (b"\x1f\x8b" + b"\x00" * 40, "'log.csv' is damaged, or its copy was cut off: fetch it again."),
        (gzip.compress(_LINE.encode() * 5000)[:-20], "'log.csv' is damaged, or its copy was cut off: fetch it again."),
        (b"PK\x03\x04" + b"\x00" * 40, "'log.csv' is damaged, or its copy was cut off: fetch it again."),
        ('{"user": 1}\n', "'log.csv', line 1: no JSON object with two fields or more stands there. Write one object"),
        ("user,item\n1.5,2\n2.5,3\n", "The column 'user' holds numbers with fractions, such as 1.5, which are no ids"),
        ("user,item\n,2\n,3\n", "No row of 'log.csv' can be read: line 2, column 'user': nothing stands there."),
    ],
)
def test_what_cannot_be_read_at_all_is_said_in_a_sentence(tmp_path: Path, text: str | bytes, said: str) -> None:
    path = _log(tmp_path, text)
    with pytest.raises(DataError) as error:
        _load(path)
    assert said in str(error.value)
    assert str(tmp_path) not in str(error.value)


@pytest.mark.parametrize(
    ("line", "place", "wrong"),
    [
        ("1,5,nan,1000000000", "line 3, column 'rating'", "not finite"),
        ("1,5,inf,1000000000", "line 3, column 'rating'", "not finite"),
        ("1,5,1e99,1000000000", "line 3, column 'rating'", "not finite"),
        ("1,5,good,1000000000", "line 3, column 'rating'", "not a number"),
        ("1,5,,1000000000", "line 3, column 'rating'", "nothing stands there"),
        ("1,,4,1000000000", "line 3, column 'item'", "nothing stands there"),
        ("1,5,4,yesterday", "line 3, column 'timestamp'", "neither a number nor a date"),
        ("1,5,4,", "line 3, column 'timestamp'", "nothing stands there"),
        ("1,5,4,inf", "line 3, column 'timestamp'", "not finite"),
        ("1,5,4,-86400", "line 3, column 'timestamp'", "before 1970"),
        ("1,5,4,1969-07-20", "line 3, column 'timestamp'", "before 1970"),
        ("1,5,4,4102444800", "line 3, column 'timestamp'", "after 2099"),
        ("1,5,4,2101-01-01T00:00:00Z", "line 3, column 'timestamp'", "after 2099"),
        ("1,5,4,1000000000000", "line 3, column 'timestamp'", "another unit than most times of the file"),
        ("1,5", "line 3", "too few fields"),
        ("1,5,4,1000000000,7", "line 3", "too many fields"),
    ],
)
def test_a_line_that_cannot_be_read_is_listed_and_the_others_keep_their_places(
    tmp_path: Path, line: str, place: str, wrong: str
) -> None:
    path = _log(tmp_path, f"user,item,rating,timestamp\n{_LINE}{line}\n\n{_LINE}{_LINE}")
    data = _load(path)
    assert data.rejected.count == 1
    assert data.rejected.place() == place
    assert data.rejected.wrong.tolist() == [wrong]
    assert data.rejected.kinds == {wrong: 1}
    assert data.places is not None
    assert data.places.tolist() == [0, 2, 3]
    assert len(data.interactions) == 3


def test_lines_are_those_of_an_editor_whatever_stands_above(tmp_path: Path) -> None:
    path = _log(tmp_path, 'user,item,rating,title\n1,2,3,"two\nlines"\n\n1,2\n1,2,x,"a ""b"" \n\n c"\n9,9,9,t\n7,7\n')
    rejected = _load(path).rejected
    assert rejected.line.tolist() == [5, 6, 10]
    assert [rejected.place(at) for at in range(3)] == ["line 5", "line 6, column 'rating'", "line 10"]


def test_a_last_line_that_was_cut_off_is_no_row(tmp_path: Path) -> None:
    text = "user,item,rating,timestamp\n" + _LINE * 4
    for cut, why in ((3, "seems cut off, at the end of the file"), (13, "too few fields")):
        rejected = _load(_log(tmp_path, text[:-cut])).rejected
        assert (rejected.count, rejected.line.tolist(), rejected.wrong.tolist()) == (1, [5], [why])
    assert _load(_log(tmp_path, text[:-1])).rejected.count == 0


def test_what_is_not_of_the_encoding_is_listed(tmp_path: Path) -> None:
    lines = b"".join(b"u%d,i\n" % number for number in range(200_000))
    path = _log(tmp_path, b"user,item\n" + lines + b"caf\xe9,i\n")
    rejected = _load(path).rejected
    assert rejected.wrong.tolist() == ["not of the file's encoding"]
    assert rejected.line.tolist() == [200_002]


def test_a_quotation_mark_that_is_never_closed_makes_no_id_of_many_lines(tmp_path: Path) -> None:
    path = _log(tmp_path, 'user,item\n1,2\n5,"4\n5,3\n6,6\n')
    assert _load(path).catalogue.item_ids.tolist() == ["2", "3", "6", '"4']
    rejected = _quoted(path).rejected
    torn = "a line break, as where a quotation mark is not closed"
    assert rejected.kinds == {torn: 1, "a line within quotation marks that may be a row": 2}
    assert rejected.place(2) == "line 3, column 'item'"
    assert rejected.value.tolist()[:2] == ["5,3", "6,6"]


def _quoted(path: Path) -> Dataset:
    """Read a log whose quotation marks are said to enclose fields."""
    log = own(path)
    layout = log.reading.layout.model_copy(update={"quoted": True, "multiline": True})
    return Table.of(str(path), log.reading.model_copy(update={"layout": layout})).load(_FOLDERS)


def test_latin_1_and_a_byte_order_mark_are_noticed(tmp_path: Path) -> None:
    latin = _load(_log(tmp_path, "user;item;title\ncafé;1;Été\nnoël;1;\n".encode("latin-1")))
    assert latin.catalogue.user_ids.tolist() == ["café", "noël"]
    assert latin.catalogue.titles.tolist() == ["Été"]
    marked = own(_log(tmp_path, "\ufeffuser,item\n1,2\n"))
    assert marked.reading.columns.user == "user"
    assert own(_log(tmp_path, "\ufeff1,2\n3,4\n")).load(_FOLDERS).catalogue.user_ids.tolist() == [1, 3]


def test_columns_of_one_name_can_be_told_apart(tmp_path: Path) -> None:
    path = _log(tmp_path, "user,item,note,note\n1,2,3,4\n")
    assert sniff(str(path)).names == ["user", "item", "note", "note (2)"]
    assert _load(path, rating="note (2)").interactions.rated.tolist() == [4]
    with pytest.raises(DataError, match="has no column 'stars'; it has user, item, note"):
        _load(path, rating="stars")


def test_what_unpacks_to_far_more_than_a_log_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST", 1 << 22)
    bomb = _LINE.encode() * (1 << 20)
    with zipfile.ZipFile(tmp_path / "log.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("log.csv", bomb)
    (tmp_path / "log.gz").write_bytes(gzip.compress(bomb))
    for name in ("log.zip", "log.gz"):
        with pytest.raises(DataError, match=f"'{name}' unpacks to more than 50 times its size"):
            _load(tmp_path / name)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/nowhere/at/all.csv", "There is no file 'all.csv' at that place. Name another file"),
        ("{folder}", "The folder '{name}' holds no Parquet files"),
        ("nosuch://bucket/log.csv", "Addresses that begin with 'nosuch://' are not read here"),
    ],
)
def test_a_place_without_a_log_is_named(tmp_path: Path, path: str, said: str) -> None:
    with pytest.raises(DataError) as error:
        sniff(path.format(folder=tmp_path))
    assert said.format(name=tmp_path.name) in str(error.value)


def _run(path: Path, store: MemoryStore | None = None, **more: object) -> str:
    log = own(path)
    register([log])
    try:
        spec = quick("random", data={"dataset": log.name, "min_interactions": 3} | more)
        Experiment(resolve(spec, _FOLDERS), store or MemoryStore(), _FOLDERS).result()
    except CorelensError as error:
        return str(error)
    return ""


def _grid(users: int, items: int, rating: str = "4") -> str:
    lines = (f"{u},{i},{rating},{10**9 + i}\n" for u in range(users) for i in range(items))
    return "user,item,rating,timestamp\n" + "".join(lines)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (_grid(1, 40), "No user and item is left with at least 3 interactions"),
        (_grid(40, 1), "No user and item is left with at least 3 interactions"),
        (_grid(2, 2), "No user and item is left with at least 3 interactions"),
        (_grid(40, 40).replace("\n7,8,4", "\n7,8,x"), "1 of 1,600 lines cannot be read"),
    ],
)
def test_what_leaves_nothing_to_learn_is_said(tmp_path: Path, text: str, said: str) -> None:
    assert said in _run(_log(tmp_path, text))


def test_unreadable_rows_stop_a_run_unless_they_are_to_be_left_out(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    lines = [f"{u},{i},4,{10**9 + n}\n" for n, (u, i) in enumerate(rng.integers(0, 60, (1500, 2)))]
    path = _log(tmp_path, "user,item,rating,timestamp\n" + "".join(lines) + "x\n")
    said = _run(path)
    assert "log.csv: 1 of 1,501 lines cannot be read (1 × too few fields); the first is line 1,502: “x”." in said
    assert "data.unreadable=left-out" in said
    store = MemoryStore()
    assert _run(path, store, unreadable="left-out") == ""
    assert _run(path, store) == said  # whatever was left out before


def test_all_ratings_may_be_equal_and_nothing_of_a_file_is_a_formula(tmp_path: Path) -> None:
    text = (
        _grid(30, 30)
        .replace("\n3,", "\n=1+1,")
        .replace(",5,4", ",<script>alert(1)</script>,4")
        .replace("\n7,", "\n🎬,")
    )
    data = _load(_log(tmp_path, text))
    assert {"=1+1", "🎬"} <= set(data.catalogue.user_ids.tolist())
    assert "<script>alert(1)</script>" in data.catalogue.item_ids.tolist()
    assert np.ptp(data.interactions.rated) == 0


def test_parquet_says_rows_and_refuses_times_that_are_missing(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"user": ["a", "b", None], "item": [1, 2, 3], "rating": [1.0, float("nan"), 3.0], "time": pd.NaT}
    ).assign(time=pd.to_datetime(pd.Series(["2020-01-01", "2020-01-02", None])))
    frame.to_parquet(tmp_path / "log.parquet")
    data = _load(tmp_path / "log.parquet")
    assert data.rejected.unit == "row"
    assert data.rejected.line.tolist() == [2, 3]
    assert data.interactions.time is not None
    assert data.interactions.time.tolist() == [1577836800]


def test_times_of_parquet_may_have_a_zone_and_nanoseconds(tmp_path: Path) -> None:
    naive = pd.to_datetime(pd.Series(["2020-01-01T00:00:00.123456789", None]))
    for moments in (naive, naive.dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo"), naive.dt.date):
        frame = pd.DataFrame({"user": ["a", "b"], "item": [1, 2], "time": moments})
        for rows, places in ((frame, ["row 2, column 'time'"]), (frame[:1], [])):
            rows.to_parquet(tmp_path / "log.parquet")
            data = _load(tmp_path / "log.parquet")
            assert data.interactions.time is not None
            assert data.interactions.time.tolist() == [1577836800]
            assert [data.rejected.place(at) for at in range(data.rejected.count)] == places


def test_a_column_of_records_is_neither_ids_nor_titles(tmp_path: Path) -> None:
    frame = pd.DataFrame({"user": ["a", "b"], "item": [1, 2], "title": [{"en": "x", "fr": "y"}] * 2})
    frame.to_parquet(tmp_path / "log.parquet")
    with pytest.raises(DataError, match="'title' holds records, which are neither text nor numbers"):
        _load(tmp_path / "log.parquet")


def test_json_that_is_not_of_its_encoding_is_listed_and_not_changed(tmp_path: Path) -> None:
    good = b"".join(b'{"user": "u%d", "item": %d}\n' % (n, n % 9) for n in range(60_000))
    rejected = _load(_log(tmp_path, good + b'{"user": "caf\xe9", "item": 1}\n', "log.jsonl")).rejected
    assert rejected.wrong.tolist() == ["not of the file's encoding"]
    assert rejected.line.tolist() == [60_001]


def test_an_archive_that_ends_early_is_damaged_wherever_it_ends(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    text = "user,item\n" + "".join(f"{u},{i}\n" for u, i in rng.integers(0, 10**9, (200_000, 2)).tolist())
    with pytest.raises(DataError, match=r"'log.gz' is damaged, or its copy was cut off: fetch it again"):
        _load(_log(tmp_path, gzip.compress(text.encode())[:-50_000], "log.gz"))


def test_an_archive_that_is_packed_in_an_unknown_way_is_said_to_be(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "log.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("log.csv", _LINE * 9)
    raw = (tmp_path / "log.zip").read_bytes()
    for head, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):  # where the way of packing stands: 9 is Deflate64
        place = raw.index(head) + at
        raw = raw[:place] + b"\x09\x00" + raw[place + 2 :]
    with pytest.raises(DataError, match=r"'log.zip' is packed in a way that is not known here: unpack it"):
        _load(_log(tmp_path, raw, "log.zip"))


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_what_takes_more_memory_than_is_free_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """Before it is read: a worker that is killed for it cannot say why."""
    frame, path = pd.DataFrame({"user": range(10**5), "item": 7}), tmp_path / f"log.{form}"
    if form == "csv":
        frame.to_csv(path, index=False)
    elif form == "jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        frame.to_parquet(path)
    log = own(path)
    monkeypatch.setattr(source, "available", lambda: 5_000_000)
    with pytest.raises(DataError, match=r"about 0\.1 million rows, which take 0\.0 GB of memory .* latest months"):
        log.load(_FOLDERS)
    monkeypatch.setattr(source, "available", lambda: 9_000_000)
    assert len(log.load(_FOLDERS).interactions) == 10**5


@pytest.mark.parametrize("n_columns", [501, 20_000, 400_000])
@pytest.mark.parametrize("form", ["csv", "no header", "json", "parquet"])
def test_a_table_of_users_and_items_is_refused_at_once(tmp_path: Path, n_columns: int, form: str) -> None:
    n_columns = min(n_columns, 20_000) if form in ("json", "parquet") else n_columns
    names, row = [f"item {n}" for n in range(n_columns)], ["1"] * n_columns
    text = {
        "csv": ",".join(names) + "\n" + ",".join(row) + "\n",
        "no header": "\n".join([",".join(row)] * 2) + "\n",
        "json": json.dumps(dict(zip(names, row, strict=True))) + "\n",
    }.get(form, "")
    path = _log(tmp_path, text)
    if form == "parquet":
        pd.DataFrame([row], columns=names).to_parquet(path)
    begin = time.process_time()
    with pytest.raises(DataError, match=r"'log.csv' has [\d,]+ columns, and at most 500 are read. A log has one"):
        sniff(str(path))
    assert time.process_time() - begin < 3


def test_names_of_columns_are_made_unlike_in_a_time_that_grows_with_their_number() -> None:
    assert unique(["a (2)", "a", "a", "a:token", "b"]) == ["a (2)", "a", "a (3)", "a (4)", "b"]
    assert unique(["a", "a", "a (2)", ""]) == ["a", "a (3)", "a (2)", "column 4"]
    for names in (["same"] * 100_000, [f"n{place}" for place in range(100_000)], [""] * 100_000):
        begin = time.process_time()
        assert len(set(unique(names))) == len(names)
        assert time.process_time() - begin < 3


def test_half_a_sign_in_json_is_a_bad_line(tmp_path: Path) -> None:
    lines = [json.dumps({"user": f"u{n}", "item": f"i{n % 3}", "text": "\ud83d"}) for n in range(6)]
    lines[2] = lines[2].replace('"u2"', '"u\\ud83d"')
    lines[4] = lines[4].replace('"i1"', '"\\ude00"')
    path = _log(tmp_path, "\n".join([*lines, '{"user": "u\\ud83d\\ude00", "item": "i1"}', ""]), "log.jsonl")
    found = sniff(str(path))
    "".join([*found.names, *[value for record in found.records for value in record]]).encode()
    data = _load(path)
    assert data.rejected.wrong.tolist() == ["not of the file's encoding"] * 2
    assert data.rejected.line.tolist() == [3, 5]
    assert len(data.interactions) == 5
    assert data.catalogue.user_ids.tolist()[-1] == "u\N{GRINNING FACE}"
    noted = _load(path, title="text")  # a column that is asked for counts
    assert noted.rejected.count == 5 + 1


def test_a_line_of_json_that_is_longer_than_what_is_looked_at_is_said(tmp_path: Path) -> None:
    path = _log(tmp_path, json.dumps({"user": 1, "item": "x" * (2 << 20)}) + "\n", "log.jsonl")
    with pytest.raises(DataError, match=r"'log.jsonl', line 1 is longer than 1 MB. Write one object of one"):
        sniff(str(path))


def test_objects_that_are_nested_as_deeply_as_can_be_read_are_no_crash(tmp_path: Path) -> None:
    for depth in range(300, 1000, 50):
        deep = "[" * depth + "]" * depth
        path = _log(tmp_path, f'{{"user": "a", "item": "b", "more": {deep}}}\n' * 3, "log.jsonl")
        with suppress(DataError):
            assert len(_load(path, title="more").interactions) == 3


def test_a_damaged_parquet_file_is_said_to_be_damaged(tmp_path: Path) -> None:
    path, rng = tmp_path / "log.parquet", np.random.default_rng(0)
    pd.DataFrame({"user": range(500), "item": range(500), "rating": 1.0}).to_parquet(path)
    whole, said = path.read_bytes(), set()
    for _ in range(150):
        broken = bytearray(whole)
        for at in rng.integers(len(whole) // 2, len(whole), 6):
            broken[at] = rng.integers(256)
        path.write_bytes(broken)
        try:
            _load(path)
        except DataError as error:
            said.add(str(error))
    assert said
    assert not [text for text in said if "OSError" in text or "Make it readable" in text]

"""What DuckDB makes of each kind of file, by the lines in ``coreset.sql``, against what Corelens reads and selects."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import re
import shlex
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from rec_core.data.sources import Folders, register
from rec_core.data.sources.table import Columns, Reading, Table, sniff
from rec_core.experiment import Experiment
from rec_core.export import bundle, duckdb_check, duckdb_files, sql
from rec_core.stages import MemoryStore, resolve
from tests.conftest import quick

_FOLDERS = Folders(None, Path("no-downloads"))
_BEGIN = 1_600_000_000
LAST = {"test": "last", "validation": "next-to-last"}
RULES: dict[str, dict[str, object]] = {
    "recent": {"name": "recent"},
    "recent, alike": {"name": "recent", "alpha": 0.0},
    "recent, in proportion": {"name": "recent", "alpha": 1.0},
    "random": {"name": "random", "draw": "hash"},
    "quota": {"name": "quota"},
    "quota, popular": {"name": "quota", "order": "popular", "alpha": 0.5},
    "window by date": {"name": "window-by-date"},
}


def _frame() -> pd.DataFrame:
    """A log whose seconds are all different, and not in the order of its lines."""
    rng = np.random.default_rng(21)
    user, item = rng.integers(0, 50, 1500), rng.zipf(1.3, 1500) % 70
    return pd.DataFrame({"user": user, "item": item, "time": _BEGIN + rng.permutation(1500)})


def _minutes(frame: pd.DataFrame) -> pd.Series:
    """Times that are minutes apart, so that zones change their order."""
    return _BEGIN + (frame["time"] - _BEGIN) * 60


def _csv(frame: pd.DataFrame, path: Path, encoding: str = "utf-8", **how: object) -> Path:
    frame.to_csv(path, index=False, encoding=encoding, **how)  # type: ignore[call-overload]
    return path


def _plain(folder: Path) -> Path:
    return _csv(_frame(), folder / "log.csv")


def _quotes(folder: Path) -> Path:
    frame = _frame()
    return _csv(frame.assign(user=[f'o\'{u} "x", y' for u in frame["user"]]), folder / "it's a log.csv")


def _gzip(folder: Path) -> Path:
    path = folder / "log.csv.gz"
    path.write_bytes(gzip.compress(_plain(folder).read_bytes()))
    return path


def _gzip_of_another_name(folder: Path) -> Path:
    path = folder / "packed.csv"
    path.write_bytes(gzip.compress(_plain(folder).read_bytes()))
    return path


def _milliseconds(folder: Path) -> Path:
    frame = _frame()
    return _csv(frame.assign(time=frame["time"] * 1000 + np.arange(len(frame)) * 7 % 1000), folder / "log.csv")


def _fractions(folder: Path) -> Path:
    frame = _frame()
    return _csv(frame.assign(time=[f"{t}.{n * 37 % 1000:03}" for n, t in enumerate(frame["time"])]), folder / "log.csv")


def _late_zeros(folder: Path) -> Path:
    """Past the rows that DuckDB looks at, ids with leading zeros, which are other users than those without."""
    rng, rows = np.random.default_rng(22), 30_000
    user = [str(u) for u in rng.integers(100, 400, rows)]
    user[-2000:] = [f"0{u}" for u in user[-2000:]]
    columns = {"user": user, "item": rng.integers(0, 300, rows), "time": _BEGIN + rng.permutation(rows)}
    return _csv(pd.DataFrame(columns), folder / "log.csv")


def _dates(folder: Path, form: str = "%Y-%m-%dT%H:%M:%S") -> Path:
    frame = _frame()
    return _csv(frame.assign(time=pd.to_datetime(_minutes(frame), unit="s").dt.strftime(form)), folder / "log.csv")


def _dates_with_offsets(folder: Path) -> Path:
    """The same moments in several zones: in the order of their texts they are in another order."""
    moments = pd.to_datetime(_minutes(_frame()), unit="s", utc=True)
    zones = ["+00:00", "+09:00", "-0500", "Z"]
    texts = []
    for n, moment in enumerate(moments):
        zone = zones[n % 4]
        hours = {"+09:00": 9, "-0500": -5}.get(zone, 0)
        texts.append((moment + pd.Timedelta(hours=hours)).strftime("%Y-%m-%d %H:%M:%S") + zone)
    return _csv(_frame().assign(time=texts), folder / "log.csv")


def _no_header(folder: Path) -> Path:
    return _csv(_frame(), folder / "log.csv", header=False)


def _latin_1(folder: Path) -> Path:
    frame = _frame()
    return _csv(frame.assign(user=[f"Zoë{u}" for u in frame["user"]]), folder / "log.csv", "latin-1", sep=";")


def _utf_16(folder: Path) -> Path:
    frame = _frame()
    return _csv(frame.assign(user=[f"Zoë{u}" for u in frame["user"]]), folder / "log.csv", "utf-16", sep="\t")


def _json_lines(folder: Path) -> Path:
    path = folder / "log.jsonl"
    rows = [{"user": f"{u:04}", "item": int(i), "time": int(t)} for u, i, t in _frame().to_numpy().tolist()]
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


def _parquet(folder: Path) -> Path:
    frame = _frame()
    path = folder / "log.parquet"
    frame.assign(time=pd.to_datetime(frame["time"], unit="s", utc=True)).to_parquet(path)
    return path


def _parts(folder: Path) -> Path:
    """A folder of Parquet files, as Spark writes them."""
    place = folder / "some parts"
    place.mkdir()
    for n in range(3):
        _frame()[500 * n : 500 * (n + 1)].to_parquet(place / f"part-{n:05}.parquet")
    return place


def _zipped(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "log.zip", "w") as archive:
        archive.write(_plain(folder), "log.csv")
    return folder / "log.zip"


def _windows(folder: Path) -> Path:
    frame = _frame()
    return _csv(frame.assign(user=[f"Œuvre {u}" for u in frame["user"]]), folder / "log.csv", "cp1252")


def _packed(
    folder: Path, suffix: str, compress: Callable[[bytes], bytes], kind: Callable[[Path], Path] | None = None
) -> Path:
    plain = (kind or _plain)(folder)
    path = plain.with_name(f"{plain.name}.{suffix}")
    path.write_bytes(compress(plain.read_bytes()))
    plain.unlink()
    return path


def _folder(folder: Path, name: Callable[[int], str]) -> Path:
    """Parts with a line of names each, as Spark writes them, with what it leaves beside them."""
    place = folder / "spark parts"
    place.mkdir()
    for n in range(4):
        _frame()[400 * n : 400 * (n + 1)].to_csv(place / name(n), index=False)
    (place / "_SUCCESS").touch()
    (place / ".part-00000.crc").write_bytes(b"crc")
    return place


def _hive(folder: Path, ending: str) -> Path:
    """A folder a day, whose name is the only time; some of their rows have a user of their own."""
    place, frame = folder / "by day", _frame()
    days = pd.to_datetime(frame["time"] + (frame["time"] % 9) * 86_400, unit="s").dt.strftime("%Y-%m-%d")
    for day, rows in frame.drop(columns="time").groupby(days):
        (part := place / f"dt={day}").mkdir(parents=True)
        file = part / f"part-0.{ending}"
        if ending == "csv":
            rows.to_csv(file, index=False)
        elif ending == "parquet":
            rows.to_parquet(file)
        else:
            file.write_text("".join(json.dumps(row) + "\n" for row in rows.astype(str).to_dict("records")))
    return place


def _tar(folder: Path) -> Path:
    with tarfile.open(folder / "my log.tar.gz", "w:gz") as archive:
        archive.add(_plain(folder), "log.csv")
    return folder / "my log.tar.gz"


def _decimal_commas(folder: Path) -> Path:
    """Prices beside each click, by which nothing is judged, and seconds."""
    frame = _frame()
    return _csv(frame.assign(price=[f"{n % 9},50" for n in range(len(frame))]), folder / "log.csv", sep=";")


def _missing_ids(folder: Path) -> Path:
    """A log of some rows without a user, and of some whose item is blank."""
    frame = _frame().astype(str)
    frame.loc[::97, "user"] = ""
    frame.loc[5::131, "item"] = "  "
    return _csv(frame, folder / "log.csv")


def _missing_times(folder: Path) -> Path:
    """A log of some rows without a time, and of some with one before 1970."""
    frame = _frame().astype(str)
    frame.loc[3::89, "time"] = ""
    frame.loc[5::101, "time"] = "-1500000000"
    return _csv(frame, folder / "log.csv")


def _float_ids(folder: Path) -> Path:
    """Whole numbers as pandas has them where some are missing."""
    path, frame = folder / "log.parquet", _frame().astype({"user": float, "item": float})
    frame.to_parquet(path)
    return path


def _nanoseconds(folder: Path) -> Path:
    path, frame = folder / "log.parquet", _frame()
    moments = pd.to_datetime(frame["time"] * 10**9 + np.arange(len(frame)) * 1_234_567, unit="ns", utc=True)
    frame.assign(time=moments.dt.tz_convert("Asia/Tokyo")).to_parquet(path)
    return path


def _blank_lines(folder: Path) -> Path:
    path = _plain(folder)
    lines = path.read_text().splitlines()
    path.write_text("\n\n" + "\n".join(line + "\n" * (n % 50 == 7) for n, line in enumerate(lines)) + "\n\n")
    return path


def _two_signs(folder: Path) -> Path:
    path = folder / "log.dat"
    path.write_text("\n".join("::".join(map(str, row)) for row in _frame().to_numpy().tolist()) + "\n")
    return path


def _text(folder: Path, above: str, line: str) -> Path:
    path = folder / "log.txt"
    path.write_text(above + "".join(line.format(*row) for row in _frame().to_numpy().tolist()))
    return path


def _in_encoding(folder: Path, encoding: str, user: str) -> Path:
    frame = _frame()
    return _csv(frame.assign(user=[user.format(u) for u in frame["user"]]), folder / "log.csv", encoding)


def _two_columns_of_time(folder: Path, clock: str = "%H:%M:%S") -> Path:
    frame = _frame()
    moments = pd.to_datetime(_minutes(frame), unit="s")
    split = frame.assign(date=moments.dt.strftime("%d/%m/%Y"), clock=moments.dt.strftime(clock)).drop(columns="time")
    return _csv(split, folder / "log.csv")


def _excel(folder: Path) -> Path:
    frame = _frame()
    return _csv(frame.assign(time=(_minutes(frame) / 86_400 + 25_569).map("{:.6f}".format)), folder / "log.csv")


FILES: dict[str, Callable[[Path], Path]] = {
    "plain": _plain,
    "quotation marks in ids": _quotes,
    "gzip": _gzip,
    "gzip of another name": _gzip_of_another_name,
    "milliseconds": _milliseconds,
    "fractions of seconds": _fractions,
    "late leading zeros": _late_zeros,
    "dates": _dates,
    "dates with offsets": _dates_with_offsets,
    "no header": _no_header,
    "Latin-1": _latin_1,
    "UTF-16": _utf_16,
    "JSON lines": _json_lines,
    "Parquet with times": _parquet,
    "a folder of Parquet": _parts,
    "a folder of CSV": lambda folder: _folder(folder, lambda n: f"part-{n:05}.csv"),
    "a folder of files without an ending": lambda folder: _folder(folder, lambda n: f"part-{n:05}"),
    "a folder of packed CSV": lambda folder: _folder(folder, lambda n: f"part-{n:05}.csv.gz"),
    "folders of days": lambda folder: _hive(folder, "csv"),
    "folders of days, Parquet": lambda folder: _hive(folder, "parquet"),
    "folders of days, JSON lines": lambda folder: _hive(folder, "jsonl"),
    "semicolons and decimal commas": _decimal_commas,
    "Windows-1252": _windows,
    "zip": _zipped,
    "bz2": lambda folder: _packed(folder, "bz2", bz2.compress),
    "xz": lambda folder: _packed(folder, "xz", lzma.compress),
    "Windows-1252 in xz": lambda folder: _packed(folder, "xz", lzma.compress, _windows),
    "a tar of one file": _tar,
    "JSON lines in bz2": lambda folder: _packed(folder, "bz2", bz2.compress, _json_lines),
    "missing ids": _missing_ids,
    "missing times": _missing_times,
    "ids of floats in Parquet": _float_ids,
    "times of nanoseconds in Parquet": _nanoseconds,
    "blank lines": _blank_lines,
    "a byte order mark": lambda folder: _csv(_frame(), folder / "log.csv", "utf-8-sig"),
    "two signs between fields": _two_signs,
    "comments above": lambda folder: _text(folder, "# a graph\n# two lines of it\nuser\titem\ttime\n", "{}\t{}\t{}\n"),
    "a line for Excel above": lambda folder: _text(folder, "sep=;\nuser;item;time\n", "{};{};{}\n"),
    "spaces after commas": lambda folder: _text(folder, "user, item, time\n", "u{}, i{}, {}\n"),
    "GB18030": lambda folder: _in_encoding(folder, "gb18030", "用户{}号"),
    "Windows-1251": lambda folder: _in_encoding(folder, "cp1251", "Покупатель {}"),
    "Shift-JIS": lambda folder: _in_encoding(folder, "cp932", "お客様{}"),
    "day first": lambda folder: _dates(folder, "%d/%m/%Y %H:%M:%S"),
    "month first": lambda folder: _dates(folder, "%m/%d/%Y %H:%M:%S"),
    "dots": lambda folder: _dates(folder, "%d.%m.%Y %H:%M:%S"),
    "AM and PM": lambda folder: _dates(folder, "%m/%d/%Y %I:%M:%S %p"),
    "weekdays and months": lambda folder: _dates(folder, "%a %b %d %H:%M:%S +0000 %Y"),
    "UTC": lambda folder: _dates(folder, "%Y-%m-%d %H:%M:%S UTC"),
    "days alone": lambda folder: _dates(folder, "%Y-%m-%d"),
    "yyyymmdd": lambda folder: _dates(folder, "%Y%m%d"),
    "yyyymmddHHMMSS": lambda folder: _dates(folder, "%Y%m%d%H%M%S"),
    "two columns of time": _two_columns_of_time,
    "hours without a leading zero": lambda folder: _two_columns_of_time(folder, "%-H:%M"),
    "times of day with AM and PM": lambda folder: _two_columns_of_time(folder, "%I:%M %p"),
    "Excel's days": _excel,
}


NINE = (
    "milliseconds", "fractions of seconds", "late leading zeros", "dates", "no header", "Latin-1", "JSON lines",
    "Parquet with times", "semicolons and decimal commas",
)  # fmt: skip


def own_table(path: Path) -> Table:
    """Return the log at a path, without ratings, and its columns in order where nothing tells them."""
    found = sniff(str(path))
    columns = found.columns
    if not columns.user or not columns.time:
        user, item, *times = [name for name in found.names if name != "__index_level_0__"]
        columns = Columns(user=user, item=item, time=times[0], time_of_day="".join(times[1:]))
    return Table.of(str(path), Reading(layout=found.layout, columns=columns.model_copy(update={"rating": ""})))


def experiment_on(
    path: Path, rule: str, table: Table | None = None, store: MemoryStore | None = None, **more: object
) -> Experiment:
    """Return the experiment that selects by a rule from the log at a path."""
    table = table or own_table(path)
    register([table])
    data = {"dataset": table.name, "unreadable": "left-out", **more}
    spec = quick(data=data, split=LAST, ratio=0.2).with_(method=RULES[rule])
    return Experiment(resolve(spec, _FOLDERS), store or MemoryStore(), _FOLDERS)


def _view(query: str, path: Path) -> str:
    """Return the view statement in the comments of the file, with the path of the file; make the copy that it asks for.

    The command is carried out by the shell, as it stands there.
    """
    if copy := re.search(r"^-- First make the copy that DuckDB reads:\n--   (.*)$", query, re.MULTILINE):
        tool = copy[1].split()[0]
        if not shutil.which(tool):
            pytest.skip(f"needs {tool}")
        subprocess.run(copy[1], shell=True, check=True, cwd=path.parent)
        path = path.parent / shlex.split(copy[1])[-1]
    said = query[query.index("CREATE VIEW") : query.index(";\n") + 1].replace("\n-- ", "\n")
    return said.replace(path.name.replace("'", "''"), str(path).replace("'", "''"))


def rows_by_duckdb(query: str, path: Path) -> list[int]:
    """Return the rows that DuckDB selects by a file, whose comments say how it reads the log at a path."""
    with duckdb.connect() as database:
        database.execute("SET TimeZone = 'Asia/Tokyo'")  # what is said of times does not depend on it
        database.execute(_view(query, path))
        return sorted(row for (row,) in database.execute(query).fetchall())


@pytest.mark.parametrize("kind", FILES)
def test_duckdb_selects_the_rows_of_the_coreset(tmp_path: Path, kind: str) -> None:
    path = FILES[kind](tmp_path)
    table, store = own_table(path), MemoryStore()
    for rule in RULES if kind in NINE else ("recent",):  # rules see what the view holds, which is the same
        experiment = experiment_on(path, rule, table, store)
        kept = experiment.places.train[experiment.coreset.rows].tolist()
        query = sql.coreset_sql(experiment)[0]
        assert kept
        assert "Tried on export: DuckDB" in query
        assert rows_by_duckdb(query, path) == kept, rule


@pytest.mark.parametrize("kind", ["milliseconds", "fractions of seconds", "dates with offsets", "plain"])
def test_times_are_whole_nanoseconds_of_the_moment(tmp_path: Path, kind: str) -> None:
    """To the file's own resolution, of which seconds are the whole part."""
    path = FILES[kind](tmp_path)
    experiment = experiment_on(path, "recent")
    with duckdb.connect() as database:
        database.execute("SET TimeZone = 'Asia/Tokyo'")
        database.execute(_view(sql.coreset_sql(experiment)[0], path))
        times = database.execute("SELECT time FROM interactions ORDER BY row").fetchall()
    seconds = experiment.dataset.interactions.time
    assert seconds is not None
    found = np.array([time for (time,) in times])
    assert (found // 10**9).tolist() == seconds.tolist()
    fine = {"milliseconds": 7, "fractions of seconds": 37}.get(kind, 0)
    assert (found % 10**9 // 10**6).tolist() == [n * fine % 1000 for n in range(len(seconds))]


def test_within_a_second_rows_are_in_the_order_of_milliseconds(tmp_path: Path) -> None:
    """Bursts in file order: by the second and the line, or by the millisecond, it is one order."""
    frame = _frame().sort_values("time")
    burst = frame.assign(time=(frame["time"] // 7 * 7) * 1000 + np.arange(len(frame)) % 7 * 100)
    burst = burst.sample(frac=1, random_state=1)
    path = _csv(burst, tmp_path / "log.csv")
    experiment = experiment_on(path, "recent")
    assert (
        rows_by_duckdb(sql.coreset_sql(experiment)[0], path)
        == experiment.places.train[experiment.coreset.rows].tolist()
    )


def _broken(folder: Path) -> Path:
    path = _plain(folder)
    path.write_text(path.read_text() + "only a user\n")
    return path


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (lambda folder: _dates(folder, "%Y%m%dT%H%M%S"), "does not read the dates of this file; write them as"),
        (_broken, "1 row of the file cannot be read"),
    ],
)
def test_where_duckdb_would_read_other_rows_the_file_says_why_there_is_no_recipe(
    tmp_path: Path, kind: Callable[[Path], Path], said: str
) -> None:
    query, _ = sql.coreset_sql(experiment_on(kind(tmp_path), "recent", unreadable="left-out"))
    assert f"-- There is no recipe for DuckDB: {'it ' if said.startswith('does') else ''}{said}" in query
    assert "CREATE VIEW" not in query


def test_all_rows_that_count_stand_in_for_a_file_that_duckdb_does_not_read(tmp_path: Path) -> None:
    """As the file says: its filter and its repeats find nothing more to do in the rows that were exported."""
    path = _broken(tmp_path)
    experiment = experiment_on(path, "recent", unreadable="left-out")
    query, _ = sql.coreset_sql(experiment)
    assert "`export --method full --all-rows`" in query
    whole = experiment.spec.with_(method={"name": "full"}, split={"all_rows": True})
    bundle.write(Experiment(resolve(whole, _FOLDERS), MemoryStore(), _FOLDERS), tmp_path / "all")
    with duckdb.connect() as database:
        database.execute(f"CREATE VIEW interactions AS SELECT * FROM '{tmp_path / 'all' / 'coreset.parquet'}'")
        found = sorted(row for (row,) in database.execute(query).fetchall())
    assert found == experiment.places.train[experiment.coreset.rows].tolist()


def test_without_duckdb_the_view_says_that_it_was_not_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duckdb_check, "version", lambda: "")
    path = _plain(tmp_path)
    query = sql.coreset_sql(experiment_on(path, "recent"))[0]
    assert "DuckDB is not installed where this was exported, so the view was not tried." in query
    assert "Tried on export" not in query
    assert rows_by_duckdb(query, path)
    assert "1 row of the file cannot be read" in sql.coreset_sql(experiment_on(_broken(tmp_path), "recent"))[0]


def test_a_view_that_makes_other_rows_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the reason: here, DuckDB is told that the file has another line of names."""
    path = _plain(tmp_path)
    monkeypatch.setattr(duckdb_files, "header_lines", lambda *how: 2)
    query = sql.coreset_sql(experiment_on(path, "recent"))[0]
    assert "There is no recipe for DuckDB: it reads" in query
    assert "CREATE VIEW" not in query


@pytest.mark.parametrize(
    ("columns", "kept"),
    [
        ({"event": "what", "events": ("view", "cart")}, lambda row: row[4] in ("view", "cart")),
        ({"rating": "stars", "at_least": 3.5}, lambda row: float(row[3]) >= 3.5),
        ({"rating": "stars", "unrated": "0,0.5"}, lambda row: float(row[3]) not in (0, 0.5)),
    ],
)
def test_rows_that_are_skipped_are_skipped_in_duckdb_and_keep_their_numbers(
    tmp_path: Path, columns: dict[str, object], kept: Callable[[list[object]], bool]
) -> None:
    frame = _frame().assign(stars=lambda rows: rows.index % 11 / 2, what=lambda rows: rows.index % 3)
    frame["what"] = frame["what"].map(["view", "cart", "buy"].__getitem__)
    path = _csv(frame, tmp_path / "log.csv")
    reading = Reading(columns=Columns(user="user", item="item", time="time", **columns))
    experiment = experiment_on(path, "recent", Table.of(str(path), reading))
    query = sql.coreset_sql(experiment)[0]
    with duckdb.connect() as database:
        database.execute(_view(query, path))
        rows = [row for (row,) in database.execute("SELECT row FROM interactions").fetchall()]
    assert rows == [n for n, row in enumerate(frame.to_numpy().tolist()) if kept(row)]
    assert rows_by_duckdb(query, path) == experiment.places.train[experiment.coreset.rows].tolist()

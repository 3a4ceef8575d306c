"""Logs whose times are written in any form: read back to that form's resolution, asked about where it is open."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rec_core.data.interactions import Dataset, by_user_and_time
from rec_core.data.sources import Folders
from rec_core.data.sources.table import Columns, Layout, Reading, Table, settle, sniff
from rec_core.errors import DataError, SpecError
from rec_core.specs import checked

_FOLDERS = Folders(None, Path("no-downloads"))
_DAY, _MINUTE, _SECOND = timedelta(days=1), timedelta(minutes=1), timedelta(seconds=1)
_GERMAN = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember".split()
_EXCEL = datetime(1899, 12, 30, tzinfo=UTC)
_FORMS = {  # how each is written by Python, and how finely
    "iso": ("%Y-%m-%dT%H:%M:%S+00:00", _SECOND),
    "iso, UTC": ("%Y-%m-%d %H:%M:%S UTC", _SECOND),
    "day first": ("%d/%m/%Y %H:%M", _MINUTE),
    "month first": ("%m/%d/%Y %I:%M:%S %p", _SECOND),
    "points": ("%d.%m.%Y", _DAY),
    "two digits": ("%m-%d-%y %H:%M", _MINUTE),
    "Twitter": ("%a %b %d %H:%M:%S +0000 %Y", _SECOND),
    "mail": ("%a, %d %b %Y %H:%M:%S GMT", _SECOND),
    "compact": ("%Y%m%d", _DAY),
    "compact seconds": ("%Y%m%d%H%M%S", _SECOND),
    "JavaScript": ("%a %b %d %Y %H:%M:%S GMT+0000 (Coordinated Universal Time)", _SECOND),
    "Go": ("%Y-%m-%d %H:%M:%S.%f +0000 UTC", timedelta(milliseconds=1)),
    "SQL Server": ("%b %d %Y %I:%M%p", _MINUTE),
    "basic": ("%Y%m%dT%H%M%SZ", _SECOND),
    "Chinese": ("%Y年%m月%d日 %H:%M:%S", _SECOND),
}


def _instants(n: int = 400) -> list[datetime]:
    rng = np.random.default_rng(8)
    begin = datetime(1991, 1, 1, tzinfo=UTC)
    return [begin + timedelta(milliseconds=int(one)) for one in rng.integers(0, 10**12, n)]


def _log(folder: Path, times: Any, **more: Any) -> Path:
    n = len(times)
    frame = pd.DataFrame({"user_id": [f"u{at % 7}" for at in range(n)], "item_id": [f"i{at % 31}" for at in range(n)]})
    path = folder / "log.csv"
    frame.assign(date=times, **more).to_csv(path, index=False)
    return path


def _read(path: Path, **layout: object) -> Dataset:
    found = sniff(str(path))
    assert not [question for question in found.questions if question.about != "time"]
    said = checked(Layout, found.layout.model_dump() | layout)
    return Table.of(str(path), Reading(layout=said, columns=found.columns)).load(_FOLDERS)


def _seconds(data: Dataset) -> list[int]:
    assert data.interactions.time is not None
    return data.interactions.time.tolist()


def _cut(instant: datetime, unit: timedelta) -> int:
    return int(instant.timestamp()) // max(int(unit.total_seconds()), 1) * max(int(unit.total_seconds()), 1)


@pytest.mark.parametrize("how", _FORMS)
def test_dates_of_any_form_are_read(tmp_path: Path, how: str) -> None:
    written, unit = _FORMS[how]
    instants = _instants()
    data = _read(_log(tmp_path, [instant.strftime(written) for instant in instants]))
    assert not data.rejected.count
    assert _seconds(data) == [_cut(instant, unit) for instant in instants]


def test_german_months(tmp_path: Path) -> None:
    instants = _instants()
    data = _read(_log(tmp_path, [f"{one.day}. {_GERMAN[one.month - 1]} {one.year}" for one in instants]))
    assert _seconds(data) == [_cut(one, _DAY) for one in instants]


@pytest.mark.parametrize(("places", "unit"), [(5, 1.0), (6, 0.1), (10, 0.001)])
@pytest.mark.parametrize("decimal", [".", ","])
def test_days_of_excel_are_as_exact_as_they_are_written(tmp_path: Path, places: int, unit: float, decimal: str) -> None:
    instants = [one.replace(microsecond=0) if unit == 1 else one for one in _instants()]
    days = [f"{(one - _EXCEL) / _DAY:.{places}f}".replace(".", decimal) for one in instants]
    data = _read(_log(tmp_path, days))
    moment = data.interactions.moment
    assert moment is not None
    found = moment / (1 if data.interactions.fine is None else 1e9)
    assert np.abs(found - np.array([one.timestamp() for one in instants])).max() <= unit * (0.5 if unit == 1 else 1)
    if unit == 1:
        assert _seconds(data) == [int(one.timestamp()) for one in instants]


def test_excel_days_come_in_order(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    days = 43_000 + rng.permutation(400) * 0.00002
    data = _read(_log(tmp_path, [f"{day:.5f}" for day in days]))
    users = data.interactions.user
    truth = np.lexsort((days, users))
    assert by_user_and_time(data.interactions).tolist() == truth.tolist()


@pytest.mark.parametrize("how", ["clock", "hourmin", "hour", "AM", "seconds"])
def test_a_date_and_a_time_of_day_are_one_time(tmp_path: Path, how: str) -> None:
    instants = _instants()
    written, unit = {
        "clock": ("%H:%M:%S", _SECOND),
        "hourmin": ("%H%M", _MINUTE),
        "hour": ("%H", timedelta(hours=1)),
        "AM": ("%I:%M %p", _MINUTE),
        "seconds": ("%H:%M:%S.%f", timedelta(milliseconds=1)),
    }[how]
    clock = [one.strftime(written) for one in instants]
    clock = [f"{int(text)}" for text in clock] if how in ("hourmin", "hour") else clock
    name = how if how in ("hourmin", "hour") else "at"
    path = _log(tmp_path, [one.strftime("%Y%m%d") for one in instants], **{name: clock})
    assert sniff(str(path)).columns.time_of_day == name
    assert sniff(str(path), Layout()).columns.time_of_day == name  # also where the layout was said
    data = _read(path)
    moment = data.interactions.moment
    assert moment is not None
    per = 1 if data.interactions.fine is None else 10**9
    whole = [round(one.timestamp() * 1000) // round(unit.total_seconds() * 1000) for one in instants]
    assert (moment // round(per * unit.total_seconds())).tolist() == whole


def test_a_time_of_day_beside_times_that_have_one_is_refused(tmp_path: Path) -> None:
    path = _log(tmp_path, ["2019-06-13 22:21:44"] * 9, clock=["22:21:44"] * 9)
    columns = Columns(user="user_id", item="item_id", time="date", time_of_day="clock")
    with pytest.raises(DataError, match="has times of day of its own"):
        Table.of(str(path), Reading(columns=columns)).load(_FOLDERS)


def test_what_is_no_time_of_day_is_listed(tmp_path: Path) -> None:
    path = _log(tmp_path, ["2019-06-13"] * 4, clock=["22:21:44", "24:10", "", "soon"])
    columns = Columns(user="user_id", item="item_id", time="date", time_of_day="clock")
    data = Table.of(str(path), Reading(columns=columns)).load(_FOLDERS)
    assert _seconds(data) == [1560464504]
    assert data.rejected.kinds == {"no time of day": 2, "nothing stands there": 1}
    assert data.rejected.column.tolist() == ["clock"] * 3


def test_an_order_that_nothing_decides_is_asked(tmp_path: Path) -> None:
    some = [one for one in _instants() if one.day <= 12]
    found = sniff(str(_log(tmp_path, [one.strftime("%d/%m/%Y") for one in some])))
    (question,) = found.questions
    assert question.about == "time_format"
    assert [choice.value for choice in question.choices] == ["%d/%m/%Y", "%m/%d/%Y"]
    for choice in question.choices:
        text, day = choice.meaning.split(" is ")
        assert datetime.strptime(text.strip("“”"), choice.value) == datetime.strptime(day, "%d %B %Y")
    assert question.choices[0].meaning != question.choices[1].meaning
    assert question.option(question.choices[0]) == "--time-format '%d/%m/%Y'"


def test_the_whole_column_decides(tmp_path: Path) -> None:
    some = [one.strftime("%d/%m/%Y") for one in _instants(4_000) if one.day <= 12]
    path = _log(tmp_path, [*some, "31/01/2001"])
    assert len(some) > 1_000  # more than the beginning that is looked at first
    found = sniff(str(path))
    assert found.questions == ()
    assert found.layout.time_format == "%d/%m/%Y"


def test_times_of_other_columns_are_looked_at_where_these_are_chosen(tmp_path: Path) -> None:
    instants = _instants()
    path = _log(
        tmp_path, [f"{int(one.timestamp())}" for one in instants], bought=[one.strftime("%d.%m.%Y") for one in instants]
    )
    found = sniff(str(path))
    assert found.layout.time_format == ""
    columns = found.columns.model_copy(update={"time": "bought"})
    other = settle(str(path), replace(found, columns=columns))
    assert other.layout.time_format == "%d.%m.%Y"
    kept = settle(str(path), other, {"time_format"})
    assert kept.layout.time_format == "%d.%m.%Y"


def test_dates_of_another_form_are_rejected_with_the_remedy(tmp_path: Path) -> None:
    path = _log(tmp_path, [one.strftime("%d/%m/%Y") for one in _instants()])
    data = _read(path, time_format="%m/%d/%Y")
    (kind,) = data.rejected.kinds
    assert kind == "not written as %m/%d/%Y: written as %d/%m/%Y (--time-format '%d/%m/%Y')"
    assert data.rejected.count == sum(one.day > 12 for one in _instants())
    columns = sniff(str(path)).columns
    with pytest.raises(DataError, match=r"neither a number nor a date: written as %d/%m/%Y \(--time-format"):
        Table.of(str(path), Reading(columns=columns)).load(_FOLDERS)


@pytest.mark.parametrize("per", [1, 1_000])
def test_times_before_1970_are_listed_as_such(tmp_path: Path, per: int) -> None:
    data = _read(_log(tmp_path, [1_560_464_504 * per, -1, -86_400 * per] * 9))
    assert data.rejected.kinds == {"before 1970": 18}


def test_seconds_with_a_decimal_comma(tmp_path: Path) -> None:
    data = _read(_log(tmp_path, ["1560464504,25", "1546632804,75"] * 9))
    assert data.interactions.fine is not None
    assert data.interactions.fine.tolist() == [250_000_000, 750_000_000] * 9


def test_a_unit_that_is_said_is_the_unit(tmp_path: Path) -> None:
    path = _log(tmp_path, range(1, 401))
    assert _seconds(_read(path, time_format="s")) == list(range(1, 401))
    assert _seconds(_read(path, time_format="ms")) == [at // 1000 for at in range(1, 401)]


@pytest.mark.parametrize("form", ["%d/%m", "epoch", "%Q %d %m %Y"])
def test_a_form_that_is_none_is_refused_in_a_sentence(form: str) -> None:
    with pytest.raises(SpecError, match="is no form of times"):
        checked(Layout, {"time_format": form})


def test_days_as_numbers_of_parquet(tmp_path: Path) -> None:
    instants = _instants()
    days: list[Any] = [None, *(float(f"{one:%Y%m%d}") for one in instants[1:])]
    frame = pd.DataFrame({"user": range(400), "item": range(400), "date": days})
    path = tmp_path / "log.parquet"
    frame.to_parquet(path)
    data = _read(path)
    assert _seconds(data) == [_cut(one, _DAY) for one in instants[1:]]
    assert data.rejected.kinds == {"nothing stands there": 1}


_INSTANTS = st.lists(
    st.datetimes(datetime(1991, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC)), min_size=2, max_size=40
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_INSTANTS, st.sampled_from(sorted(_FORMS)))
def test_instants_come_back_or_are_asked_about(tmp_path: Path, instants: list[datetime], how: str) -> None:
    """Whatever is written is read as it was, or a question has the truth among its choices."""
    written, unit = _FORMS[how]
    texts = [instant.strftime(written) for instant in instants]
    path = _log(tmp_path, texts)
    found = sniff(str(path))
    readings = [found.layout.time_format]
    if found.questions:
        (question,) = found.questions
        readings = [choice.value for choice in question.choices]
    truth = [_cut(instant, unit) for instant in instants]
    read = []
    for form in readings:
        layout = found.layout.model_copy(update={"time_format": form})
        data = Table.of(str(path), Reading(layout=layout, columns=found.columns)).load(_FOLDERS)
        read.append(_seconds(data) if not data.rejected.count else [])
    assert truth in read

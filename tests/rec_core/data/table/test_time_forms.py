"""Which form a column's times have: told by all values together, left open where nothing decides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rec_core.data.sources.table.formats import fault, parsed
from rec_core.data.sources.table.times import are_times_of_day, forms

_BEGIN = datetime(1996, 1, 1, tzinfo=UTC)
_WRITTEN = [  # a pattern of Python's, and the name of the form
    ("%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M"),
    ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M:%S %p"),
    ("%m/%d/%y", "%m/%d/%y"),
    ("%d.%m.%Y, %H:%M Uhr", "%d.%m.%Y, %H:%M Uhr"),
    ("%d-%m-%Y", "%d-%m-%Y"),
    ("%y-%m-%d", "%y-%m-%d"),
    ("%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M:%S"),
    ("%a %b %d %H:%M:%S +0000 %Y", "%a %b %d %H:%M:%S %z %Y"),
    ("%a, %d %b %Y %H:%M:%S GMT", "%a, %d %b %Y %H:%M:%S %z"),
    ("%d/%b/%Y:%H:%M:%S +0000", "%d/%b/%Y:%H:%M:%S %z"),
    ("%d-%b-%y", "%d-%b-%y"),
    ("%B %d, %Y", "%b %d, %Y"),
    ("%Y年%m月%d日", "%Y年%m月%d日"),
    ("%Y%m%d", "yyyymmdd"),
    ("%Y%m%d%H%M%S", "yyyymmddHHMMSS"),
    ("%Y-%m-%d", "iso"),
    ("%Y-%m-%dT%H:%M:%S.%fZ", "iso"),
    ("%Y-%m-%d %H:%M:%S UTC", "iso"),
]


def _moments(n: int = 300, seed: int = 0) -> list[datetime]:
    rng = np.random.default_rng(seed)
    return [_BEGIN + timedelta(seconds=int(second)) for second in rng.integers(0, 900_000_000, n)]


@pytest.mark.parametrize(("written", "name"), _WRITTEN)
def test_a_column_tells_its_form(written: str, name: str) -> None:
    assert forms([moment.strftime(written) for moment in _moments()]) == (name,)


@pytest.mark.parametrize(("per", "name"), [(1, "s"), (10**3, "ms"), (10**6, "us"), (10**9, "ns")])
def test_numbers_tell_their_unit(per: int, name: str) -> None:
    assert forms([f"{int(moment.timestamp()) * per}" for moment in _moments()]) == (name,)


@pytest.mark.parametrize("separator", ["/", "-", "."])
@pytest.mark.parametrize("year", ["%Y", "%y"])
def test_day_and_month_are_open_where_nothing_decides(separator: str, year: str) -> None:
    some = [moment for moment in _moments() if moment.day <= 12 and moment.year > 2012]
    found = forms([moment.strftime(f"%d{separator}%m{separator}{year}") for moment in some])
    assert {f"%d{separator}%m{separator}{year}", f"%m{separator}%d{separator}{year}"} <= set(found)
    if separator == ".":
        assert found[0].startswith("%d")


def test_one_day_beyond_the_twelfth_decides_for_the_whole_column() -> None:
    some = [moment.strftime("%d/%m/%Y") for moment in _moments() if moment.day <= 12]
    assert len(forms(some)) == 2
    assert forms([*some, "13/02/2019"]) == ("%d/%m/%Y",)
    assert forms([*some, "02/13/2019"]) == ("%m/%d/%Y",)


def test_both_orders_in_one_column_are_asked_about() -> None:
    moments = _moments()
    values = [moment.strftime("%d/%m/%Y" if at % 2 else "%m/%d/%Y") for at, moment in enumerate(moments)]
    assert set(forms(values)) == {"%d/%m/%Y", "%m/%d/%Y"}


def test_lines_in_order_of_time_make_an_order_the_likelier() -> None:
    some = sorted(moment for moment in _moments() if moment.day <= 12)
    for pattern in ("%d/%m/%Y", "%m/%d/%Y"):
        assert forms([moment.strftime(pattern) for moment in some])[0] == pattern


@pytest.mark.parametrize(
    "values",
    [
        [],
        ["", " "],
        ["u24", "u33"],
        ["0613", "0104"],  # a month and a day without a year
        ["1", "2", "3"],  # lines
        ["60111066", "46279366"],  # seconds since the log began
        ["541312164", "151603712"],  # ids of nine digits
        ["636960361040000000", "636960361040000001"],  # ticks of .NET
        ["192.168.1.1", "10.0.0.1"],
        ["1/4", "2/5"],
        ["12-34-5678"],
        ["Toy Story (1995)"],
        ["New York, May 5"],
        ["2019-01-05 10:00:00 EST"],  # of America or Australia
        ["2019-06-13-22"],
        ["22:21:44"],
    ],
)
def test_what_is_no_time_has_no_form(values: list[str]) -> None:
    assert forms(values) == ()


def test_months_have_german_and_other_names() -> None:
    assert forms(["3. März 2019", "14. Dezember 2018"]) == ("%d. %b %Y",)
    seconds, _, fits = parsed(pa.array(["3. März 2019", "14. Dez. 2018", "5. mai 2020", "6. foo 2020"]), "%d. %b %Y")
    days = [datetime(2019, 3, 3, tzinfo=UTC), datetime(2018, 12, 14, tzinfo=UTC), datetime(2020, 5, 5, tzinfo=UTC)]
    assert fits.tolist() == [True, True, True, False]
    assert seconds[:3].tolist() == [day.timestamp() for day in days]


def test_times_of_day_are_no_dates() -> None:
    assert are_times_of_day(["22:21", "9:05"])
    assert are_times_of_day(["10:21:44 PM", ""])
    assert not are_times_of_day(["2019-06-13 22:21"])
    assert not are_times_of_day([])


_PATTERNS = [
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%y %I:%M %p",
    "%a %b %d %H:%M:%S %z %Y",
    "%Y%m%d%H%M%S",
    "%d.%m.%Y",
    "%B %d, %Y",
    "%Y-%m-%d %H:%M:%S.%f",
]
_INSTANTS = st.datetimes(datetime(1970, 1, 1), datetime(2068, 12, 31))


@settings(max_examples=150, deadline=None)
@given(st.lists(_INSTANTS, min_size=1, max_size=20), st.sampled_from(_PATTERNS), st.integers(-12, 14))
def test_dates_are_read_as_strptime_does(instants: list[datetime], pattern: str, hours: int) -> None:
    from datetime import timezone

    zone = timezone(timedelta(hours=hours)) if "%z" in pattern else UTC
    written = [instant.replace(tzinfo=zone).strftime(pattern) for instant in instants]
    truth = [_strptime(text, pattern) for text in written]
    seconds, fine, fits = parsed(pa.array(written), pattern)
    assert fits.all()
    assert seconds.tolist() == [int(moment.timestamp() // 1) for moment in truth]
    assert fine.tolist() == [moment.microsecond * 1000 for moment in truth]


def _strptime(text: str, pattern: str) -> datetime:
    moment = datetime.strptime(text, pattern)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@settings(max_examples=200, deadline=None)
@given(st.text("0123456789/:. -APMampm", max_size=20), st.sampled_from(["%d/%m/%Y", "%m/%d/%Y %H:%M", "%d.%m.%y"]))
def test_no_more_than_strptime_reads(text: str, pattern: str) -> None:
    _, _, fits = parsed(pa.array([text, "31/12/2019", "29.02.2019", "02/29/2020 24:00"]), pattern)
    for value, fit in zip([text, "31/12/2019", "29.02.2019", "02/29/2020 24:00"], fits.tolist(), strict=True):
        assert fit == _is_read(value.strip(), pattern)


def _is_read(text: str, pattern: str) -> Any:
    try:
        return bool(datetime.strptime(text, pattern))
    except ValueError:
        return False


@pytest.mark.parametrize("pattern", ["%d/%m", "%Q/%d/%m/%Y", "%d/%d/%m/%Y", "abc", "%Y"])
def test_a_pattern_that_gives_no_day_says_why(pattern: str) -> None:
    assert fault(pattern)

"""What looks odd about a log is said: each against numbers counted by pandas."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from rec_core.data.sources import Folders
from rec_core.data.sources.table import Columns, Layout, Reading, Table
from rec_core.data.sources.table.odd import odd
from rec_core.specs import checked

_FOLDERS = Folders(None, Path("no-downloads"))
_N = 1_000


def _frame() -> pd.DataFrame:
    rng = np.random.default_rng(6)
    return pd.DataFrame(
        {
            "user": [f"u{one}" for one in rng.integers(0, 60, _N)],
            "item": [f"i{one}" for one in rng.integers(0, 90, _N)],
            "rating": rng.integers(1, 6, _N),
            "time": 1_500_000_000 + rng.permutation(_N) * 977,
        }
    )


def _odd(folder: Path, frame: pd.DataFrame, **said: Any) -> list[str]:
    path = folder / "log.csv"
    frame.to_csv(path, index=False)
    roles = {name: name for name in frame.columns}
    layout = {name: said.pop(name) for name in ("time_format",) if name in said}
    columns = checked(Columns, roles | said)
    log = Table.of(str(path), Reading(layout=checked(Layout, layout), columns=columns))
    return odd(log.load(_FOLDERS), log)


def test_nothing_is_odd_about_an_ordinary_log(tmp_path: Path) -> None:
    assert _odd(tmp_path, _frame()) == []
    assert _odd(tmp_path, _frame()[["user", "item"]]) == []


@pytest.mark.parametrize("times", [range(1, _N + 1), np.arange(_N) % 365 + 17_000])
def test_times_of_1970(tmp_path: Path, times: Any) -> None:
    said = _odd(tmp_path, _frame().assign(time=times))
    assert said[0].startswith("Times in 'time' are of 1970: are they days, or counted from the log's beginning?")


def test_some_times_of_1970(tmp_path: Path) -> None:
    frame = _frame()
    frame.loc[:99, "time"] = np.arange(1, 101)
    assert _odd(tmp_path, frame)[0] == "100 of 1,000 times in 'time' are before 1990, the first of 1970."


def test_times_of_the_future(tmp_path: Path) -> None:
    frame = _frame()
    frame.loc[:4, "time"] = 4_000_000_000
    assert _odd(tmp_path, frame) == ["5 of 1,000 times in 'time' are in the future, the last of 2096."]


def test_a_missing_value_is_no_user(tmp_path: Path) -> None:
    frame = _frame()
    frame.loc[frame.index % 4 > 0, "user"] = "NA"
    assert _odd(tmp_path, frame)[0] == "'NA' is a user with 750 of 1,000 rows (75 %): is it a missing value?"


def test_one_item_that_has_much(tmp_path: Path) -> None:
    frame = _frame()
    frame.loc[frame.index % 2 > 0, "item"] = "i7"
    count = int((frame["item"] == "i7").sum())
    assert f"One item, 'i7', has {count} of 1,000 rows ({100 * count / _N:.0f} %)." in _odd(tmp_path, frame)


def test_more_rows_than_pairs(tmp_path: Path) -> None:
    frame = _frame()
    frame["user"], frame["item"] = frame.index % 30, frame.index % 20
    (said,) = _odd(tmp_path, frame)
    assert said.startswith("There are more rows than pairs of 30 users and 20 items (167 %)")


def test_ids_that_lost_digits(tmp_path: Path) -> None:
    frame = _frame()
    frame["user"] = [f"{1 + int(one[1:]) / 100:.2f}E+08" for one in frame["user"]]
    assert any("User ids such as 1." in said and "have lost digits" in said for said in _odd(tmp_path, frame))


def test_ratings_that_are_none(tmp_path: Path) -> None:
    frame = _frame()
    assert _odd(tmp_path, frame.assign(rating=1)) == ["All values of 'rating' are 1."]
    frame.loc[frame.index % 5 == 0, "rating"] = 0
    assert _odd(tmp_path, frame) == [
        "'rating' is 0 in 200 of 1,000 rows (20 %): does it mean “not rated” (--unrated 0)?"
    ]
    frame.loc[frame.index % 5 == 0, "rating"] = -1
    assert _odd(tmp_path, frame) == [
        "'rating' is -1 in 200 of 1,000 rows (20 %): does it mean “not rated” (--unrated -1)?"
    ]
    frame.loc[frame.index % 5 == 0, "rating"] = -3
    assert _odd(tmp_path, frame) == [
        "'rating' is negative in 200 of 1,000 rows (20 %): are these returns (--at-least 0)?"
    ]
    assert _odd(tmp_path, _frame().assign(rating=_frame().index % 2)) == []  # yes and no


def test_days_and_ties(tmp_path: Path) -> None:
    frame = _frame()
    frame["time"] = (frame["time"] // 86_400 * 86_400).map(lambda one: f"{pd.Timestamp(one, unit='s'):%Y%m%d}")
    said = _odd(tmp_path, frame, time_format="yyyymmdd")
    assert said[0] == "Times are days without a time of day: rows of one day are in file order."
    last = frame.groupby("user")["time"].transform("max") == frame["time"]
    tied = int((frame[last].groupby("user").size() > 1).sum())
    users = frame["user"].nunique()
    assert said[1].startswith(f"{tied} of {users} users ({100 * tied / users:.0f} %) have several last rows")


def test_skipped_rows(tmp_path: Path) -> None:
    frame = _frame()
    below = int((frame["rating"] < 4).sum())
    assert _odd(tmp_path, frame, at_least=4) == [f"Skipped {below} of 1,000 rows, with a rating below 4."]

"""Times that are finer than seconds: rows within a second are in their order, whatever the file's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from rec_core.analysis.leakage import leakage
from rec_core.data import repeats, splits
from rec_core.data.histories import joined
from rec_core.data.interactions import Dataset, by_user_and_time
from rec_core.data.sources import Folders
from rec_core.data.sources.table import source
from rec_core.evaluation.free import newest
from rec_core.export.rows import Taken
from rec_core.selection import METHODS
from rec_core.selection.base import Candidates
from rec_core.stages.codec import pack, unpack
from tests.conftest import own

_FOLDERS = Folders(None, Path("no-downloads"))
_USERS, _ROWS = 40, 30


def _bursts(digits: int) -> pd.DataFrame:
    """Return rows of many users, ten a second, in no order; times in nanoseconds, with ``digits`` of a second."""
    rng = np.random.default_rng(5)
    user = np.repeat(np.arange(_USERS), _ROWS)
    step = 10 ** (9 - digits)
    within = rng.permuted(np.tile(np.arange(1, _ROWS + 1), (_USERS, 1)), axis=1).ravel() * (10**digits // (_ROWS + 2))
    second = 1_500_000_000 + rng.integers(0, 8, len(user))
    frame = pd.DataFrame(
        {
            "user": user,
            "item": rng.integers(0, 60, len(user)),
            "rating": rng.integers(1, 6, len(user)),
            "ns": second * 10**9 + within * step,
        }
    )
    return frame.sample(frac=1, random_state=3).reset_index(drop=True)


def _iso(ns: pd.Series) -> pd.Series:
    return pd.to_datetime(ns, unit="ns", utc=True).dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


_WRITTEN: dict[str, tuple[int, str, Callable[[pd.Series], Any]]] = {
    "milliseconds": (3, "csv", lambda ns: ns // 10**6),
    "microseconds": (6, "csv", lambda ns: ns // 10**3),
    "nanoseconds": (9, "csv", lambda ns: ns),
    "seconds with fractions": (3, "csv", lambda ns: (ns // 10**6) / 1000),
    "dates": (6, "csv", _iso),
    "milliseconds, JSON": (3, "jsonl", lambda ns: ns // 10**6),
    "milliseconds, Parquet": (3, "parquet", lambda ns: ns // 10**6),
    "timestamps (ms)": (3, "parquet", lambda ns: pd.to_datetime(ns, unit="ns").astype("datetime64[ms]")),
    "timestamps (us)": (6, "parquet", lambda ns: pd.to_datetime(ns, unit="ns").astype("datetime64[us]")),
    "timestamps (ns)": (9, "parquet", lambda ns: pd.to_datetime(ns, unit="ns")),
}


def _written(folder: Path, how: str) -> tuple[Path, pd.DataFrame]:
    digits, form, write = _WRITTEN[how]
    frame = _bursts(digits)
    table = frame.drop(columns="ns").assign(timestamp=write(frame["ns"]))
    path = folder / f"log.{form}"
    if form == "csv":
        table.to_csv(path, index=False, float_format="%.3f")
    elif form == "jsonl":
        table.to_json(path, orient="records", lines=True)
    else:
        table.to_parquet(path)
    return path, frame


@pytest.fixture(params=_WRITTEN)
def loaded(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Dataset, pd.DataFrame]:
    """A log of bursts, and the same in truth."""
    path, frame = _written(tmp_path, request.param)
    data = own(path).load(_FOLDERS)
    assert data.interactions.time is not None
    assert (data.interactions.time == frame["ns"] // 10**9).all()  # whole seconds stay what is stored and shown
    return data, frame


def test_rows_are_in_the_order_of_their_times(loaded: tuple[Dataset, pd.DataFrame]) -> None:
    data, frame = loaded
    ordered = frame.sort_values(["user", "ns"], kind="stable").index
    assert by_user_and_time(data.interactions).tolist() == ordered.tolist()


def test_the_last_rows_are_held_out(loaded: tuple[Dataset, pd.DataFrame]) -> None:
    data, frame = loaded
    split = splits.leave_one_out(data, "last", "next-to-last", np.random.default_rng(0))
    by_user: Any = frame.sort_values(["user", "ns"], kind="stable").groupby("user")["item"]
    for part, back in ((split.test, -1), (split.validation, -2)):
        assert data.catalogue.item_ids[part.item].tolist() == by_user.nth(back).tolist()


def test_dates_part_rows_within_a_second(loaded: tuple[Dataset, pd.DataFrame]) -> None:
    data, frame = loaded
    split = splits.global_time(data, 0.2)
    ns = frame["ns"].to_numpy()
    begins, _ = np.partition(ns, [int(0.6 * len(ns)), int(0.8 * len(ns))])[[int(0.6 * len(ns)), int(0.8 * len(ns))]]
    assert len(split.train) == int((ns < begins).sum())
    found = leakage(split)
    assert found is not None
    assert found.tested == 0  # nothing that is trained on is later than what is tested


def test_methods_and_rules_see_the_order(loaded: tuple[Dataset, pd.DataFrame]) -> None:
    data, frame = loaded
    rows, count = data.interactions, len(data.interactions) // 5
    latest = np.sort(frame["ns"].sort_values(kind="stable").index[-count:])
    candidates = Candidates(rows, _USERS, "implicit")
    rng = np.random.default_rng(0)
    assert METHODS["window-by-date"]().select(candidates, count, rng).rows.tolist() == latest.tolist()
    again = frame.sort_values("ns", kind="stable").duplicated(["user", "item"], keep="last").sort_index()
    assert repeats.superseded(rows, data.catalogue.n_items).tolist() == again.tolist()
    tenth = frame["ns"].sort_values(kind="stable").index[-round(0.1 * len(rows)) :]
    assert newest(rows).user.tolist() == frame.loc[tenth, "user"].tolist()


def test_finer_times_are_kept_and_taken_away(loaded: tuple[Dataset, pd.DataFrame]) -> None:
    data, frame = loaded
    rows = data.interactions
    again = unpack(Dataset, pack(data)).interactions
    assert again.moment is not None
    assert again.moment.tolist() == rows.moment.tolist()  # type: ignore[union-attr]
    both = joined([rows.take(np.arange(5)), rows.take(np.arange(5, 9))])
    assert both.moment.tolist() == rows.moment[:9].tolist()  # type: ignore[union-attr, index]
    table = Taken(rows, np.arange(len(rows))).frame(data.catalogue, "train")
    assert np.allclose(table["time"], frame["ns"] / 1e9, rtol=0, atol=1e-6)


@pytest.mark.parametrize("unit", [1, 10**3, 10**6, 10**9])
def test_whole_seconds_stay_as_they_were(tmp_path: Path, unit: int) -> None:
    frame = _bursts(3)
    frame["timestamp"] = frame["ns"] // 10**9 * unit
    path = tmp_path / "log.csv"
    frame.drop(columns="ns").to_csv(path, index=False)
    log = own(path)
    rows = log.load(_FOLDERS).interactions
    assert rows.fine is None
    assert rows.moment is rows.time or (rows.moment == rows.time).all()  # type: ignore[union-attr]
    assert log.fingerprint(_FOLDERS) == source._mark(log.path, "", log.reading)[:16]  # results of before are found
    assert log.name == f"log-{source._mark(log.path, '', log.reading)[:12]}"


@pytest.mark.parametrize("how", _WRITTEN)
def test_what_was_ordered_by_whole_seconds_is_not_used_again(tmp_path: Path, how: str) -> None:
    log = own(_written(tmp_path, how)[0])
    assert log.fingerprint(_FOLDERS) != source._mark(log.path, "", log.reading)[:16]
    assert log.name == f"log-{source._mark(log.path, '', log.reading)[:12]}"  # its name stays, and links with it


def test_a_row_that_is_left_out_leaves_the_others_their_fractions(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    times = ["1500000000250", "soon", "1500000000125", "2018-01-01T00:00:00.5Z", "1500000001000"]
    path.write_text("user,item,timestamp\n" + "".join(f"1,{n},{time}\n" for n, time in enumerate(times)))
    rows = own(path).load(_FOLDERS).interactions
    assert rows.moment is not None
    assert rows.moment.tolist() == [
        1_500_000_000_250_000_000,
        1_500_000_000_125_000_000,
        1_514_764_800_500_000_000,
        1_500_000_001_000_000_000,
    ]

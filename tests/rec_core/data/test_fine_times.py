"""Copies of MovieLens with times finer than seconds: rows within a second are in their order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rec_core.data.interactions import by_user_and_time
from rec_core.data.sources import SOURCES, Folders

_TIMES = [978_300_760_900, 978_300_760_100, 978_300_761_000, 978_300_760_500]


def _copy(folder: Path, times: list[str]) -> Folders:
    (folder / "ml-1m").mkdir(parents=True)
    lines = [f"7::{20 + place}::5::{time}\n" for place, time in enumerate(times)]
    (folder / "ml-1m" / "ratings.dat").write_text("".join(lines))
    (folder / "ml-1m" / "movies.dat").write_text("20::Toy Story (1995)::Comedy\n")
    return Folders(folder, folder)


@pytest.mark.parametrize("unit", [1e3, 1, 1e-3, 1e-6])
def test_rows_within_a_second_keep_their_order(tmp_path: Path, unit: float) -> None:
    written = [f"{time / 1000:.1f}" if unit == 1e3 else str(round(time / unit)) for time in _TIMES]
    rows = SOURCES["ml-1m"].load(_copy(tmp_path, written)).interactions
    assert rows.time is not None
    assert rows.time.tolist() == [time // 1000 for time in _TIMES]
    assert by_user_and_time(rows).tolist() == np.argsort(_TIMES).tolist()
    assert rows.moment is not None
    assert np.abs(rows.moment - np.array(_TIMES) * 10**6).max() < 10**3


def test_whole_seconds_stay_as_they_were_and_results_of_before_are_found(tmp_path: Path) -> None:
    seconds = [str(time // 1000) for time in _TIMES]
    whole, fine = _copy(tmp_path / "whole", seconds), _copy(tmp_path / "fine", [str(time) for time in _TIMES])
    rows = SOURCES["ml-1m"].load(whole).interactions
    assert rows.fine is None
    assert SOURCES["ml-1m"].fingerprint(whole) == _as_before(whole)
    assert SOURCES["ml-1m"].fingerprint(fine) != _as_before(fine)  # these were ordered by whole seconds


def _as_before(folders: Folders) -> str:
    import hashlib

    from rec_core.data.sources.files import hash_of

    assert folders.local is not None
    hashes = [hash_of(folders.local / "ml-1m" / name) for name in ("movies.dat", "ratings.dat")]
    return hashlib.sha256("".join(hashes).encode()).hexdigest()[:16]

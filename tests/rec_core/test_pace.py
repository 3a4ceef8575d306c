"""How fast work goes on beside other programs, and how measured seconds correct what was expected."""

from __future__ import annotations

import os

import pytest

from rec_core import pace
from rec_core.pace import blended, slowdown


@pytest.mark.parametrize(
    ("load", "cores", "processes", "factor"),
    [
        (0.0, 2, 1, 1.0),
        (1.0, 2, 1, 1.0),
        (1.0, 2, 2, 1.5),
        (10.0, 2, 2, 6.0),
        (30.0, 2, 2, 16.0),
        (30.0, 2, 0, 15.0),
        (30.0, 64, 4, 1.0),
    ],
)
def test_cores_are_shared_with_everything_that_runs(
    load: float, cores: int, processes: int, factor: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (load, 0.0, 0.0))
    monkeypatch.setattr(pace, "_cores", lambda: cores)
    assert slowdown(processes) == factor


def test_a_machine_that_does_not_tell_its_load_counts_as_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "getloadavg")
    assert slowdown(1) == 1.0


def test_what_was_measured_replaces_what_was_expected() -> None:
    assert blended(2.0, []) == 2.0
    paces = [blended(2.0, [(1.0, 8.0)] * count) for count in (0, 1, 3, 10, 100)]
    assert paces == sorted(paces)
    assert paces[2] == pytest.approx(5.0)  # three seconds of work say as much as the expectation
    assert paces[-1] == pytest.approx(8.0, rel=0.05)

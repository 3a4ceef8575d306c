"""Durations as people read them: never "0 ms", and estimates no more precise than they are."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from rec_core.wording.numbers import about, duration

ROOT = Path(__file__).resolve().parents[2]
_UNITS = {"h": 3600, "min": 60, "s": 1}
seconds_ = st.floats(0, 1e6, allow_nan=False)


@given(seconds_)
@example(0.0)
@example(0.0004)
@example(0.058)
def test_nothing_takes_no_time(seconds: float) -> None:
    for text in (duration(seconds), about(seconds), about(seconds, at_most=True)):
        assert not re.search(r"(?<![\d.])0(\.0+)? (ms|s|min|h)", text.replace(" 0 s", "").replace(" 0 min", "")), text
        assert "-" not in text
    assert "ms" not in about(seconds)


@given(seconds_)
@example(59.9)
@example(3599.0)
@example(149.9)
def test_an_estimate_has_two_digits_at_most_and_is_near(seconds: float) -> None:
    """ "About 3 min 36 s left" was two minutes wrong, "about 58 ms left" a second."""
    text = about(seconds)
    if seconds < 0.95:
        assert text == "less than a second"
        return
    assert text.startswith("about ")
    parts = re.findall(r"(\d+) (h|min|s)", text)
    assert abs(sum(int(count) * _UNITS[unit] for count, unit in parts) - seconds) <= max(0.5, 0.25 * seconds)
    assert len("".join(count for count, _ in parts).rstrip("0")) <= 3
    assert about(seconds, at_most=True) == text.replace("about", "up to")


def test_time_left_is_said_in_one_way_everywhere() -> None:
    """Durations written by hand end in "0 s left" sooner or later."""
    by_hand = re.compile(r"\} ?ms\b|\} s left|about \{duration|up to \{duration|\{duration\([^}]*\} left")
    files = [file for room in ("pages", "cache", "rec_core") for file in (ROOT / room).rglob("*.py")]
    found = {file.name for file in files if by_hand.search(file.read_text())}
    assert found == {"numbers.py"}

"""The screen in words."""

from __future__ import annotations

from rec_core.selection.screen import SVD, Screen
from rec_core.wording.screen import answer, table
from tests.conftest import quick


def test_a_recommender_of_another_version_keeps_its_name() -> None:
    full = {SVD: 0.6, "of-tomorrow": 0.5}
    screen = Screen(full, [{"method": {"name": "recent"}, "ratio": 0.2, "found": {SVD: 0.58, "of-tomorrow": 0.1}}], [])
    assert list(table(screen, quick("recent"))["of-tomorrow"]) == [0.1, 0.5]
    assert "of-tomorrow keeps only 20 %" in answer(screen, quick("recent"))

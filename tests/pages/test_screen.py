"""Which rows to keep: found out with one click, and used with another."""

from __future__ import annotations

from pathlib import Path

import pytest

from cache.store import DiskStore
from rec_core.data.sources import Folders
from rec_core.experiment import Experiment
from rec_core.selection.screen import Screen
from rec_core.specs import ExperimentSpec
from rec_core.stages import SCREEN
from tests.conftest import quick
from tests.pages.conftest import QUICK, Open, finish, healthy, texts


def _screen(home: Path, spec: ExperimentSpec) -> Experiment:
    one = Experiment(spec, DiskStore(home), Folders(None, home / "data"))
    one.graph.get(SCREEN)
    return one


def test_results_offer_to_find_out_which_rows_to_keep(
    home: Path, open_page: Open, asked: list[tuple[str, ExperimentSpec]]
) -> None:
    app = open_page("results", **QUICK, method="Random")
    assert "Which rows should I keep?" in texts(app)
    app.button(key="screen").click().run()
    assert [kind for kind, _ in asked] == ["screen"]


def test_what_was_found_is_said_and_can_be_used(home: Path, open_page: Open) -> None:
    screened = _screen(home, quick("random")).screened
    app = open_page("results", **QUICK, method="Random")
    healthy(app)
    assert "predicted to keep" in texts(app)
    app.button(key="use-screen").click().run()
    healthy(app)
    assert app.sidebar.selectbox(key="method").value == screened.best["name"]
    start = app.sidebar.selectbox(key="start").value
    assert start == ("kept" if screened.starts_from_vectors else None)
    assert "use-screen" not in [b.key for b in app.button]  # it is in use


def test_walks_are_used_where_the_screen_says_so(home: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    _screen(home, quick("random"))
    monkeypatch.setattr(Screen, "walked", 8)
    app = open_page("results", **QUICK, method="Random")
    assert "Walks on the kept rows, 8 further positives each" in texts(app)
    app.button(key="use-screen").click().run()
    healthy(app)
    assert app.sidebar.number_input(key="walked").value == 8
    assert "use-screen" not in [b.key for b in app.button]


def test_ratings_and_all_rows_are_not_screened(home: Path, open_page: Open) -> None:
    for other in ({"feedback": "Ratings"}, {"method": "Full data"}):
        assert "Which rows should I keep?" not in texts(open_page("results", **QUICK, **other))


def test_summary_and_results_name_the_same_control(home: Path, open_page: Open) -> None:
    for method in ("full", "random"):
        finish(home, quick(method))
        Experiment(quick(method), DiskStore(home), Folders(None, home / "data")).result_with_controls()
    said = [texts(open_page(page, **QUICK, method="Random")) for page in ("results", "summary")]
    named = [text.split("the control “")[1].split("”")[0] for text in said]
    assert named[0] == named[1]

"""What earlier versions left behind is opened, upgraded and read."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cache.jobs import Jobs
from cache.ledger import Ledger, Note
from rec_core.canonical import digest
from rec_core.data.sources import Folders
from rec_core.experiment import View
from rec_core.stages import LOAD, PROXY, RUN, SELECT, SPLIT
from rec_core.wording import labels

RELEASES = Path(__file__).parents[1] / "releases"
GRADIENT = "0620d5b24d5d33a0d004e9e5d08e2d72682e9900aacad4e101773be915b40ac0"
RANDOM = "589aa99ef37a3127aa0cd469a4dd4f1f93bcbc17765d8d31db7289fc9aba634d"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A copy of 0.1.0's home folder."""
    return Path(shutil.copytree(RELEASES / "0.1.0", tmp_path / "home"))


@pytest.fixture
def jobs(home: Path) -> Jobs:
    return Jobs(home, Folders(None, home / "data"))


def test_every_run_of_0_1_0_is_there_with_its_numbers(jobs: Jobs) -> None:
    found = jobs.finished().runs
    assert jobs.finished().runs is found  # worked out once
    titles = [(labels.run_title(spec), spec.feedback, spec.seed) for spec, _ in found]
    assert len(found) == 8
    assert ("SimpleMF · Clustering at 20 %", "explicit", 0) in titles
    assert ("NCF · Window, no pretraining (position 0.4) at 20 %", "implicit", 0) not in titles
    assert ("NCF · Window (position 0.4) at 20 %", "implicit", 0) in titles
    assert {result.versions["corelens"] for _, result in found} == {"0.1.0"}
    by_key = {result.key: result for _, result in found}
    assert by_key[GRADIENT].metrics["recall@10"] == pytest.approx(0.0733333)
    assert by_key[RANDOM].n_selected == by_key[GRADIENT].n_selected == 1939


def test_what_was_not_trained_is_found_under_its_key(jobs: Jobs) -> None:
    """Data, split and random rows are as they were; what is trained has other batches now, and is made again."""
    spec = next(spec for spec, result in jobs.finished().runs if result.key == RANDOM)
    view = View(spec, jobs.store, jobs.folders)
    assert all(view.has(stage) for stage in (LOAD, SPLIT, SELECT))
    assert view.split.catalogue.titles[0].endswith(")")
    assert view.split.catalogue.titles.dtype.kind == "T"
    assert len(view.coreset.rows) == 1939
    untrained = View(spec.with_(pretrain=False, method={"name": "greedy"}), jobs.store, jobs.folders)
    assert untrained.has(PROXY)
    assert untrained.has(SELECT)
    assert not view.has(RUN)


def test_pin_note_and_failure_are_kept(home: Path, jobs: Jobs) -> None:
    ledger = Ledger(home)
    spec = next(spec for spec, result in jobs.finished().runs if result.key == RANDOM)
    assert ledger.pinned(digest([LOAD.within(spec), "implicit"])) == RANDOM
    assert ledger.pins() == {RANDOM}
    assert ledger.note(GRADIENT) == Note("Is <b>20 %</b> enough?", "Two lines,\nwith =1+1.")
    failed = [asked for asked in ledger.asked() if asked.spec.method.model_dump().get("clusters") == 5000]
    assert len(failed) == 1


def test_pages_show_them(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import streamlit as st

    monkeypatch.setenv("CORELENS_HOME", str(home))
    monkeypatch.delenv("CORELENS_DATA", raising=False)
    st.cache_resource.clear()
    for page in ("results", "compare"):
        app = AppTest.from_file(str(RELEASES.parents[1] / "app.py"), default_timeout=60)
        app.query_params.update({"data": "Synthetic, 10,000 ratings", "method": "Random", "preset": "As in the report"})
        app.run()
        app.switch_page(f"pages/{page}.py").run()
        assert [e.message for e in app.exception] == []
        table = app.dataframe[0 if page == "results" else 1].value
        assert len(table) >= 2
    st.cache_resource.clear()

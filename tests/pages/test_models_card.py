"""The same rows under other models, on Results."""

from __future__ import annotations

from pathlib import Path

from cache.store import DiskStore
from rec_core.data.sources import Folders
from rec_core.experiment import Experiment
from rec_core.specs import ExperimentSpec, under_other_models
from tests.conftest import key, quick
from tests.pages.conftest import QUICK, Open, finish, healthy, texts

RUNS = [quick("full"), quick("random")]


def test_other_models_are_offered_and_asked_for(
    home: Path, open_page: Open, asked: list[tuple[str, ExperimentSpec]]
) -> None:
    finish(home, *RUNS)
    app = open_page(**QUICK, method="Random")
    healthy(app)
    app.button(key="other-models").click().run()
    wanted = [other for run in RUNS for other in under_other_models(run) if other.model.called != "NCF"]
    assert {key(spec) for _, spec in asked} == {key(spec) for spec in wanted}


def test_models_stand_side_by_side(home: Path, open_page: Open) -> None:
    finish(home, *(other for run in RUNS for other in under_other_models(run)))
    Experiment(RUNS[1], DiskStore(home), Folders(None, home / "data")).result_with_controls()
    app = open_page(**QUICK, method="Random")
    healthy(app)
    assert "These rows put 13 models in" in texts(app)
    table = next(frame.value for frame in app.dataframe if "All rows" in frame.value)
    assert {"NCF", "SimpleMF", "SimpleMF (BPR)", "Random walk", "Item neighbourhood"} <= set(table["Model"])
    assert "other-models" not in [button.key for button in app.button]
    assert "Is it the model?" not in texts(open_page(**QUICK, method="Full data"))
    listed = open_page(**QUICK, method="Random", model="SimpleMF", loss="bpr").dataframe[0].value
    assert len(listed) == 2  # trained in pairs, they do not stand among those that were not


def test_what_models_would_show_is_said_and_compared(home: Path, open_page: Open) -> None:
    finish(home, *RUNS)
    assert "of it is long tail, and on average it has" in texts(open_page(**QUICK, method="Random"))
    app = open_page("compare", **QUICK, method="Random")
    healthy(app)
    table = next(frame.value for frame in app.dataframe if "Films shown to anybody" in frame.value)
    assert len(table) == 2


def test_what_keeps_no_rows_is_not_said_to(home: Path, open_page: Open) -> None:
    finish(home, quick("full"), quick("rs2"))
    said = texts(open_page(**QUICK, method="RS2"))
    assert "These rows put" not in said
    assert "kept ratings are of long-tail" not in said
    assert "of it is long tail" in said  # what would be shown is said all the same

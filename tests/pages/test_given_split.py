"""A split that people bring, on the pages: taken by its files, and shown by every page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cache.ledger import Ledger
from cache.logs import Logs
from pages.ui import nav
from rec_core import specs
from rec_core.data.sources import Folders
from rec_core.data.sources.table import Brought
from rec_core.specs import ExperimentSpec
from rec_core.stages import resolve
from tests.pages.conftest import Open, finish, healthy, texts


def _files(folder: Path) -> dict[str, str]:
    """Write 50 users' 24 items of 80 in three files, some users and items in the test file alone."""
    rng = np.random.default_rng(1)
    pairs = np.array([(user + 100, item) for user in range(50) for item in rng.choice(80, 24, replace=False)])
    pairs = pairs[rng.permutation(len(pairs))]
    test = np.concatenate([pairs[900:], [[999, 3], [100, 777]]])
    parts = {"train": pairs[:800], "validation": pairs[800:900], "test": test}
    for name, part in parts.items():
        np.savetxt(folder / f"{name}.csv", part, "%d", ",", header="user_id,item_id", comments="")
    return {name: str(folder / f"{name}.csv") for name in parts}


def _taken(home: Path, folder: Path, open_page: Open, with_validation: bool = True) -> Brought:
    files = _files(folder)
    app = open_page("data", data="synthetic-10k")
    app = app.segmented_control(key="own-way").set_value("A split: train, validation, test").run()
    for name, path in files.items():
        if name != "validation" or with_validation:
            app = app.text_input(key=f"own-{name}").set_value(path).run()
    healthy(app)
    app = app.button(key="own-use").click().run()
    healthy(app)
    (log,) = Logs(Ledger(home)).listed()
    assert isinstance(log, Brought)
    assert log.files == {name: path for name, path in files.items() if name != "validation" or with_validation}
    return log


def _spec(home: Path, log: Brought, **settings: object) -> ExperimentSpec:
    small = {"epochs": 2, "patience": 0}
    chosen = {"data": {"dataset": log.name}, "train": small, "proxy": {"epochs": 1}, **settings}
    return resolve(specs.preset("report", "implicit", "mf", **chosen), Folders(None, home / "data"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a split's files."""
    made = tmp_path / "shop"
    made.mkdir()
    return made


@pytest.mark.parametrize("with_validation", [True, False])
def test_every_page_shows_such_a_split(with_validation: bool, home: Path, folder: Path, open_page: Open) -> None:
    log = _taken(home, folder, open_page, with_validation)
    found = log.load(Folders(None, home))
    assert len(found.interactions) == (1202 if with_validation else 1102)
    finish(home, *(_spec(home, log, method={"name": name}) for name in ("full", "random")))
    chosen = {"data": log.name, "model": "SimpleMF", "preset": "As in the report", "epochs": "2", "patience": "0"}
    for page in nav.NAMES:
        app = open_page(page, **chosen, proxy_epochs="1", method="Random")
        healthy(app)
        if page == "results":
            assert "Recall@20, all items" in texts(app) + app.title[0].value
        if page == "data":
            said = texts(app)
            assert "1 user is in the test file alone" in said
            assert "1 item (1 test row) in the test file alone" in said


def test_readers_choose_among_metrics_of_several_items(home: Path, folder: Path, open_page: Open) -> None:
    log = _taken(home, folder, open_page)
    finish(home, *(_spec(home, log, method={"name": name}) for name in ("full", "random")))
    chosen = {"data": log.name, "model": "SimpleMF", "preset": "As in the report", "epochs": "2", "patience": "0"}
    app = open_page("results", **chosen, proxy_epochs="1", method="Random", metric_of_several="map@5_all")
    healthy(app)
    assert "MAP@5, all items" in texts(app) + app.title[0].value
    offered = app.selectbox(key="metric_of_several").options
    assert "Recall@100, all items" in offered
    assert not [title for title in offered if not title.endswith("all items")]


def test_files_that_do_not_go_together_are_refused(home: Path, folder: Path, open_page: Open) -> None:
    files = _files(folder)
    Path(files["test"]).write_text("who,what\n1,2\n")
    app = open_page("data", data="synthetic-10k")
    app = app.segmented_control(key="own-way").set_value("A split: train, validation, test").run()
    for name in ("train", "test"):
        app = app.text_input(key=f"own-{name}").set_value(files[name]).run()
    app = app.button(key="own-use").click().run()
    assert "'test.csv' has no column 'user_id', which 'train.csv' has" in texts(app)
    assert not Logs(Ledger(home)).listed()

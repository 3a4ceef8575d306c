"""Does tuning carry over, on a page: the form, the answer beside cheaper ways, and the choice taken on."""

from __future__ import annotations

from pathlib import Path

import pytest

from cache.jobs import Jobs
from cache.sweeps import Sweeps
from rec_core.data.sources import Folders
from rec_core.specs import ExperimentSpec
from rec_core.sweeps import Tuning
from rec_core.sweeps.space import propose
from rec_core.wording import tuning as wording
from tests.conftest import quick
from tests.pages.conftest import QUICK, Open, finish, healthy, texts

LINK = {**QUICK, "method": "Random"}


def of_home(home: Path) -> Sweeps:
    return Sweeps(Jobs(home, Folders(None, home / "data")))


def test_one_click_begins_the_same_configurations_in_every_way(
    home: Path, open_page: Open, asked: list[tuple[str, ExperimentSpec]]
) -> None:
    app = open_page("tuning", **LINK)
    healthy(app)
    assert app.title[0].value == wording.QUESTION
    assert "12 configurations on each of: Random at 20 % · All data, few epochs · All data" in texts(app)
    app.button(key="tune").click().run()
    assert not app.exception
    (sweep,) = of_home(home).all()
    assert isinstance(sweep.asked, Tuning)
    assert len(sweep.asked.configurations) == 12
    assert sweep.goes_on
    assert asked


def test_the_answer_stands_beside_cheaper_ways_and_its_choice_can_be_used(home: Path, open_page: Open) -> None:
    base = quick("random", ratio=0.2)
    tuning = Tuning.of(base, propose(base, 6), [0])
    finish(home, *tuning.cells)
    of_home(home).ask(wording.called(base), tuning)
    app = open_page("tuning", **LINK)
    healthy(app)
    assert app.title[0].value.startswith("Tuning on Random at 20")
    assert "of the best ones" in app.title[0].value
    assert "Kendall's τ between the orders of 6 configurations" in texts(app)
    assert "All data for as few epochs choose settings worth" in texts(app)
    assert "“Most popular”, which needs no training, keeps" in texts(app)
    assert list(app.dataframe[0].value[wording.WAY]) == ["Random at 20 %", "All data, few epochs", "All data"]
    assert "chart-tuning" in {chart.key for chart in app.get("plotly_chart")}
    assert "neither was tuned on these data" in texts(app)
    app.button(key="use-tuned").click().run()
    healthy(app)
    assert "Settings were tuned on Random at 20 %" in texts(app)
    assert app.sidebar.number_input(key="rate").value in {one.learning_rate for one in tuning.configurations}


@pytest.mark.slow
def test_searching_on_adds_what_optuna_proposes(
    home: Path, open_page: Open, asked: list[tuple[str, ExperimentSpec]]
) -> None:
    base = quick("random", ratio=0.2)
    tuning = Tuning.of(base, propose(base, 5), [0])
    finish(home, *tuning.cells)
    of_home(home).ask(wording.called(base), tuning)
    app = open_page("tuning", **LINK)
    app.button(key="tune-on").click().run()
    healthy(app)
    (sweep,) = of_home(home).all()
    assert isinstance(sweep.asked, Tuning)
    assert sweep.asked.configurations[:5] == tuning.configurations
    assert len(sweep.asked.configurations) == 11


def test_what_has_no_part_or_no_training_says_what_to_choose(open_page: Open) -> None:
    app = open_page("tuning", **{**LINK, "method": "Full data"})
    healthy(app)
    assert "a ratio below 100 %" in texts(app)
    app = open_page("tuning", **{**LINK, "model": "EASE"})
    healthy(app)
    assert "counted, not trained" in texts(app)

"""How small can it be: the answer, the search for it, and sweeps that are planned and followed."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
from streamlit.testing.v1 import AppTest

from cache.jobs import Jobs
from cache.store import DiskStore
from cache.sweeps import Sweeps
from rec_core.data.sources import Folders
from rec_core.evaluation.ranking import SAMPLED
from rec_core.experiment import View
from rec_core.specs import ExperimentSpec
from rec_core.sweeps import Plan, Question
from tests.conftest import quick
from tests.pages.conftest import QUICK, Open, finish, healthy, texts

LINK = {**QUICK, "method": "Random"}


def made(home: Path) -> list[ExperimentSpec]:
    """Make full data and three parts of it, three seeds each."""
    specs = [quick("full")] + [quick("random", ratio=ratio) for ratio in (0.2, 0.5, 0.8)]
    runs = [spec.with_(seed=seed) for spec in specs for seed in (0, 1, 2)]
    finish(home, *runs)
    return runs


def of_home(home: Path) -> Sweeps:
    return Sweeps(Jobs(home, Folders(None, home / "data")))


def test_without_runs_the_page_offers_to_find_out(open_page: Open) -> None:
    app = open_page("frontier", **LINK)
    healthy(app)
    assert app.title[0].value == "How small can it be?"
    assert "Find the smallest for me" in texts(app)
    assert "find" in [button.key for button in app.button]


def test_the_answer_its_curve_and_what_it_pays_are_shown(home: Path, open_page: Open) -> None:
    made(home)
    app = open_page("frontier", **LINK, keep="10")
    healthy(app)
    assert app.title[0].value.startswith("With Random, ")
    assert "3 seeds" in app.title[0].value
    assert "which needs no training, keeps" in texts(app)
    assert "each doubling of random rows from 20\u00a0% on adds" in texts(app).replace("20 %", "20\u00a0%")
    assert "has paid for itself" in texts(app) or "It never pays" in texts(app)
    assert {"chart-frontier", "chart-frontier-cost"} <= {chart.key for chart in app.get("plotly_chart")}


def test_where_nothing_keeps_enough_that_is_the_answer(home: Path, open_page: Open) -> None:
    made(home)
    app = open_page("frontier", **LINK, keep="99.9")
    healthy(app)
    assert app.title[0].value.startswith("No subset up to 80")


def test_one_click_begins_a_search_and_another_one_stops_it(
    home: Path, open_page: Open, asked: list[tuple[str, ExperimentSpec]]
) -> None:
    app = open_page("frontier", **LINK, minutes="3")
    app.button(key="find").click().run()
    healthy(app)
    (sweep,) = of_home(home).all()
    assert isinstance(sweep.asked, Question)
    assert (sweep.asked.keep, sweep.asked.minutes) == (0.95, 3.0)
    assert [kind for kind, _ in asked] == ["screen"]
    assert "0 parts looked at" in texts(app) or "0 parts looked at" in str([p.text for p in app.get("progress")])
    app.button(key="find-stop").click().run()
    healthy(app)
    assert of_home(home).all()[0].paused
    assert "find-on" in [button.key for button in app.button]


def test_a_plan_says_what_it_takes_and_is_listed_with_what_can_be_done(
    home: Path, open_page: Open, asked: list[tuple[str, ExperimentSpec]]
) -> None:
    made(home)
    app = open_page("frontier", **LINK)
    app.session_state["plan"] = True
    app.run()
    healthy(app)
    assert "in the store" in texts(app)
    app.multiselect(key="plan-methods").set_value(["random"]).run()
    app.multiselect(key="plan-ratios").set_value([0.2, 0.5, 0.1]).run()
    app.number_input(key="plan-seeds").set_value(3).run()
    assert "**12 runs** · 9 in the store" in texts(app)
    app.button(key="plan-begin").click().run()
    healthy(app)
    (sweep,) = of_home(home).all()
    assert isinstance(sweep.asked, Plan)
    assert len(sweep.asked.cells) == 12
    assert {(spec.ratio, spec.seed) for kind, spec in asked if kind == "run"} == {(0.1, 0), (0.1, 1), (0.1, 2)}
    app.multiselect(key="plan-ratios").set_value([0.3]).run()
    app.text_input(key="plan-name-1").set_value(sweep.name).run()
    assert app.button(key="plan-begin").label.startswith("Add to it")
    app.button(key="plan-begin").click().run()
    healthy(app)
    (sweep,) = of_home(home).all()
    assert isinstance(sweep.asked, Plan)
    assert len(sweep.asked.cells) == 15
    app.button(key=f"pause-{sweep.name}").click().run()
    assert of_home(home).all()[0].paused
    app.button(key=f"forget-{sweep.name}").click().run()
    assert of_home(home).all() == []


def test_what_was_found_is_said_and_can_be_used(home: Path, open_page: Open) -> None:
    sweeps = of_home(home)
    base = quick("random", ratio=0.1)
    question = Question.of(base, "recall@10", 0.95, 10.0)
    from rec_core.replicates import Estimate
    from rec_core.sweeps import Answer
    from rec_core.sweeps.search import Tried
    from rec_core.wording.frontier import called

    found = Tried(base.with_(method={"name": "recent"}, ratio=0.05), Estimate(0.97, 0.005, 100, 3))
    sweeps.ask(called(question), question)
    sweeps._list.end(called(question), Answer("confirmed", found, found, (found,)))
    finish(home, quick("full"))
    app = open_page("frontier", **LINK)
    healthy(app)
    assert "With Recent, 5 % of the ratings reliably keep at least 95 % of Recall@10" in texts(app)
    assert "Confirmed on 3 new seeds: it keeps at most 98 %." in texts(app)
    assert "“Most popular”, which needs no training, keeps" in texts(app)
    app.button(key="use-found").click().run()
    healthy(app)
    assert app.sidebar.selectbox(key="method").value == "recent"
    assert app.sidebar.slider(key="ratio").value == 5.0


def test_a_plan_of_one_seed_draws_no_band(home: Path, open_page: Open) -> None:
    finish(home, quick("full"), quick("random", ratio=0.2), quick("random", ratio=0.5))
    app = open_page("frontier", **LINK)
    healthy(app)
    assert app.title[0].value.startswith("No subset up to 50")


def test_quality_may_be_that_of_some_users_alone(home: Path, open_page: Open) -> None:
    """Means over the light third of the users, worked out here from what each user got."""
    runs = made(home)
    app = open_page("frontier", **LINK, among="Light users (lowest third)", keep="10")
    healthy(app)
    assert "Only among light users (lowest third): 5" in texts(app)
    assert app.title[0].value.endswith(" of Recall@10 among light users (lowest third).")
    assert "among all users, not light users (lowest third) alone" in texts(app)
    views = [View(spec, DiskStore(home), Folders(None, home / "data")) for spec in runs]
    activity = np.bincount(views[0].split.train.user)
    light = activity[views[0].split.test.user] <= np.quantile(activity, 1 / 3)
    for ratio in (0.2, 0.5, 0.8):
        hits = [
            (view.evaluated.per_user[SAMPLED][light] <= 10).mean()
            for view in views
            if not view.spec.keeps_everything and view.spec.ratio == ratio
        ]
        shown = points(app, "chart-frontier")
        assert min(abs(value - np.mean(hits)) for value in shown) < 1e-6
    app.selectbox(key="among").set_value("all").run()
    healthy(app)
    assert "Only among" not in texts(app)


def points(app: AppTest, key: str) -> list[float]:
    """Return the heights of a chart's points."""
    chart = next(one for one in app.get("plotly_chart") if one.key == key)
    heights = [trace["y"] for trace in json.loads(chart.proto.spec)["data"] if "marker" in trace]
    return [float(value) for packed in heights for value in _unpacked(packed)]


def _unpacked(values: list[float] | dict[str, str]) -> list[float]:
    """Return a list of numbers, which plotly may have packed."""
    if isinstance(values, list):
        return values
    return list(np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"]).astype(float))


def test_the_table_for_a_paper_is_offered(home: Path, open_page: Open) -> None:
    made(home)
    app = open_page("frontier", **LINK)
    assert "frontier-latex" in [button.key for button in app.get("download_button")]

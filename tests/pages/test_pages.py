"""Every page in every state: it says what there is, what to do, and never shows a trace."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from _pytest.mark.structures import ParameterSet
from streamlit.testing.v1 import AppTest

from cache.store import DiskStore
from pages.ui import nav
from rec_core.data.sources import Folders
from rec_core.experiment import Experiment
from rec_core.export.safe_csv import safe_csv
from rec_core.selection import METHODS, budget
from rec_core.specs import ExperimentSpec
from rec_core.stages import resolve
from tests.conftest import experiment, key, quick
from tests.pages.conftest import QUICK, Open, finish, healthy, hear_streamlit, texts

PAGES = nav.NAMES
LIVE = ["results", "gradient_norms", "coverage", "activity", "user_map"]
RUNS = [quick("full"), quick("random"), quick("gradient"), quick("gradient", pretrain=False)]


@pytest.mark.parametrize("page", PAGES)
def test_a_first_start_shows_something_on_every_page(page: str, open_page: Open) -> None:
    app = open_page(page)
    healthy(app)
    assert "600 users" in texts(app)


@pytest.mark.parametrize("page", PAGES)
def test_a_deep_link_on_a_cold_server_has_its_sidebar(page: str, home: Path) -> None:
    app = AppTest.from_file(str(Path(__file__).parents[2] / "app.py"), default_timeout=60)
    app.query_params.update({"ratio": "35", "model": "SimpleMF"})
    app.switch_page(f"pages/{page}.py").run()
    healthy(app)
    assert app.sidebar.slider(key="ratio").value == 35
    assert app.sidebar.selectbox(key="model").value == "mf"


def _of_methods_and_pages() -> Iterator[ParameterSet]:
    """Yield every method on every page, with both proxies where it has one; fifteen of sixteen are slow."""
    for m, method in enumerate(METHODS.values()):
        for p, page in enumerate(PAGES):
            for pretrain in ("true", "false") if method.needs_proxy else ("false",):
                marks = [pytest.mark.slow] if (m + p) % 16 else []
                yield pytest.param(page, method.title, pretrain, marks=marks)


@pytest.mark.parametrize(("page", "method", "pretrain"), list(_of_methods_and_pages()))
def test_every_method_on_every_page(page: str, method: str, pretrain: str, open_page: Open) -> None:
    app = open_page(page, **QUICK, method=method, pretrain=pretrain)
    healthy(app)
    if pretrain == "true" and any(m.title == method and m.needs_proxy for m in METHODS.values()):
        assert app.button(key="run").label.startswith("Run · about")  # a run makes its proxy
        if page not in ("compare", "frontier", "tuning", "report_tables", "data"):  # which are about no coreset
            assert app.button(key="prepare").label.startswith("Prepare · about")
    elif page in LIVE:
        assert app.metric or app.get("plotly_chart")


def test_activity_follows_the_ratio_before_anything_is_trained(open_page: Open) -> None:
    app = open_page("activity", **QUICK, method="Gradient", pretrain="false")
    before = _figure(app)
    app.sidebar.slider(key="ratio").set_value(60.0).run()
    assert "at 60\u00a0%" in app.title[0].value
    assert _figure(app) != before
    assert [e.message for e in app.exception] == []


def _figure(app: AppTest) -> str:
    charts = app.get("plotly_chart")
    assert charts[0].proto.alt
    return str(json.loads(charts[0].proto.spec)["data"][1]["y"])


def test_the_sidebar_says_how_much_is_kept(open_page: Open, folders: Folders) -> None:
    n = len(experiment(quick(), folders).split.train)
    app = open_page(**QUICK, ratio="20")
    assert f"{n:,} train ratings · 150 users" in texts(app)
    assert f"This keeps {budget(0.2, n):,} ratings" in texts(app)


def test_prepare_asks_for_the_proxy(open_page: Open, asked: list[tuple[str, ExperimentSpec]]) -> None:
    app = open_page("activity", **QUICK, method="Greedy k-center")
    app.button(key="prepare").click().run()
    assert [kind for kind, _ in asked] == ["prepare"]


def test_the_first_comparison_asks_for_as_many_steps_on_all_rows_too(
    open_page: Open, asked: list[tuple[str, ExperimentSpec]]
) -> None:
    embedded = {("ncf", method) for method in ("full", "gradient", "random", "recent", "rs2")}
    served = {("co-occurrence", "full"), ("co-occurrence", "users"), ("next-item", "full"), ("next-item", "recent")}
    for settings, expected in ({}, embedded), ({"preset": "recommended"}, embedded | served):
        asked.clear()
        open_page(**(QUICK | settings)).button(key="compare").click().run()
        assert {(spec.model.name, spec.method.name) for _, spec in asked} == expected


@pytest.mark.parametrize("feedback", ["explicit", "implicit"])
def test_results_answer_in_words_numbers_chart_and_table(feedback: str, home: Path, open_page: Open) -> None:
    finish(home, *(spec.with_(feedback=feedback) for spec in RUNS))
    app = open_page(**QUICK, feedback="Ratings" if feedback == "explicit" else "Clicks", method="Random")
    healthy(app)
    assert app.title[0].value.startswith("Random at 20\u00a0% keeps ")
    assert "which needs no training" in texts(app)
    table = app.dataframe[0].value
    assert table.method.iloc[0].startswith("★ Full data")
    assert len(table) == 4
    assert table.quality_kept.iloc[0] == pytest.approx(100)
    assert app.get("plotly_chart")[0].proto.alt
    assert all(frame.proto.alt for frame in app.dataframe)


def test_without_the_baseline_its_run_is_offered(
    home: Path, open_page: Open, asked: list[tuple[str, ExperimentSpec]]
) -> None:
    finish(home, quick("random"))
    app = open_page(**QUICK, method="Random")
    next(b for b in app.button if b.label.startswith("Run Full data")).click().run()
    assert key(asked[0][1]) == key(quick("full"))


@pytest.mark.slow
def test_nothing_deprecated_is_used(home: Path, open_page: Open, caplog: pytest.LogCaptureFixture) -> None:
    finish(home, *RUNS)
    hear_streamlit()
    logging.getLogger("streamlit.deprecation_util").warning("heard")
    with caplog.at_level(logging.WARNING):
        for page in PAGES:
            open_page(page, **QUICK)
    assert "heard" in caplog.text
    assert [r.message for r in caplog.records if "deprecat" in r.message.lower()] == []


def test_csv_defuses_formulas(home: Path) -> None:
    formulas = ["=1+1", " =1+1", "\t=1", "＝1+1", "|calc", "  +1", "@x", "-1"]
    frame = pd.DataFrame({"title": [*formulas, '<b>"x"</b>', "Ok", "a=b"], "n": [-1] * 11})
    lines = safe_csv(frame).splitlines()
    assert lines[1 : len(formulas) + 1] == [f"'{formula},-1" for formula in formulas]
    assert lines[-2:] == ["Ok,-1", "a=b,-1"]


@pytest.mark.alone
def test_live_selection_is_quick_on_movielens(movielens: Folders, tmp_path: Path) -> None:
    """A ratio that was not asked for before, proxy at hand: the budget is a second, the test allows three."""
    store = DiskStore(tmp_path)
    for method in ("gradient", "greedy"):
        spec = resolve(quick(method, pretrain=False, data={"dataset": "ml-1m"}), movielens)
        _ = Experiment(spec, store, movielens).coreset
        begin = time.perf_counter()
        _ = Experiment(spec.with_(ratio=0.37), store, movielens).coreset
        assert time.perf_counter() - begin < 3


def test_a_first_start_has_one_figure_and_one_button_that_stands_out(open_page: Open) -> None:
    app = open_page()
    assert len(app.get("plotly_chart")) == 1
    assert [b.key for b in app.button if b.proto.type == "primary"] == ["compare"]
    assert app.title[0].value == "What do I lose if I train on 20\u00a0% of the ratings, chosen by Random?"


@pytest.mark.parametrize("page", ["results", "compare", "summary", "one_user", "activity", "coverage"])
def test_what_is_not_known_is_a_dash_in_every_table(page: str, home: Path, open_page: Open) -> None:
    finish(home, quick("full"), quick("random"))
    tables = open_page(page, **QUICK).dataframe
    assert len(tables) > 0
    assert {table.proto.placeholder for table in tables} == {"–"}

"""Every page in every state: it says what there is, what to do, and never shows a trace."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from cache.jobs import Job, Jobs
from cache.ledger import Ledger
from cache.outcomes import Outcome, save_outcome
from cache.store import DiskStore
from pages.ui import nav
from pages.ui.cards import safe_csv
from rec_core.data.sources import SOURCES, Folders, synthetic
from rec_core.data.sources.movielens import MovieLens
from rec_core.experiment import Experiment
from rec_core.progress import Progress
from rec_core.selection import METHODS, budget
from rec_core.specs import ExperimentSpec
from rec_core.stages import pack, resolve
from tests.conftest import experiment, key, quick
from tests.pages.conftest import QUICK, Open, finish, hear_streamlit

PAGES = nav.NAMES
LIVE = ["results", "gradient_norms", "coverage", "activity", "user_map"]
RUNS = [quick("full"), quick("random"), quick("gradient"), quick("gradient", pretrain=False)]


def _texts(app: AppTest) -> str:
    parts = [*app.title, *app.markdown, *app.caption, *app.error, *app.warning, *app.sidebar.caption]
    return "\n".join(str(part.value) for part in parts)


def _healthy(app: AppTest) -> None:
    assert [e.message for e in app.exception] == []
    assert len(app.sidebar.selectbox) >= 2  # data and method: the sidebar is whole
    assert app.sidebar.selectbox(key="data").value in SOURCES
    assert app.title


@pytest.mark.parametrize("page", PAGES)
def test_a_first_start_shows_something_on_every_page(page: str, open_page: Open) -> None:
    app = open_page(page)
    _healthy(app)
    assert "600 users" in _texts(app)


@pytest.mark.parametrize("page", PAGES)
def test_a_deep_link_on_a_cold_server_has_its_sidebar(page: str, home: Path) -> None:
    app = AppTest.from_file(str(Path(__file__).parents[2] / "app.py"), default_timeout=60)
    app.query_params.update({"ratio": "35", "model": "SimpleMF"})
    app.switch_page(f"pages/{page}.py").run()
    _healthy(app)
    assert app.sidebar.slider(key="ratio").value == 35
    assert app.sidebar.segmented_control(key="model").value == "mf"


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("method", "pretrain"),
    [(m.title, pretrain) for m in METHODS.values() for pretrain in (("true", "false") if m.needs_proxy else ("true",))],
)
def test_every_method_on_every_page(page: str, method: str, pretrain: str, open_page: Open) -> None:
    app = open_page(page, **QUICK, method=method, pretrain=pretrain)
    _healthy(app)
    if pretrain == "true" and any(m.title == method and m.needs_proxy for m in METHODS.values()):
        assert app.button(key="run").label.startswith("Run · about")  # a run makes its proxy
        if page != "compare":  # which compares finished runs
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
    assert f"{n:,} train ratings · 150 users" in _texts(app)
    assert f"This keeps {budget(0.2, n):,} ratings" in _texts(app)


def test_run_asks_for_the_spec_that_the_sidebar_describes(
    open_page: Open, asked: list[tuple[str, ExperimentSpec]]
) -> None:
    app = open_page(**QUICK, method="Gradient", feedback="Ratings", ratio="12.5", seed="3")
    assert app.button(key="run").label.startswith("Run · about")
    app.button(key="run").click().run()
    (kind, spec) = asked[0]
    expected = quick("gradient", "explicit", ratio=0.125, seed=3)
    assert kind == "run"
    assert key(spec) == key(expected)


def test_prepare_asks_for_the_proxy(open_page: Open, asked: list[tuple[str, ExperimentSpec]]) -> None:
    app = open_page("activity", **QUICK, method="Greedy k-center")
    app.button(key="prepare").click().run()
    assert [kind for kind, _ in asked] == ["prepare"]


def test_results_offer_the_run_that_was_chosen(open_page: Open, asked: list[tuple[str, ExperimentSpec]]) -> None:
    app = open_page(**QUICK, method="Gradient")
    assert "**NCF · Gradient at 20 %** · Synthetic, 10,000 ratings, clicks" in _texts(app)
    app.button(key="run").click().run()
    assert [(kind, key(spec)) for kind, spec in asked] == [("run", key(quick("gradient")))]


def test_the_first_comparison_asks_for_four_runs(open_page: Open, asked: list[tuple[str, ExperimentSpec]]) -> None:
    app = open_page(**QUICK)
    app.button(key="compare").click().run()
    assert sorted(spec.method.name for _, spec in asked) == ["full", "gradient", "greedy", "random"]


@pytest.mark.parametrize("feedback", ["explicit", "implicit"])
def test_results_answer_in_words_numbers_chart_and_table(feedback: str, home: Path, open_page: Open) -> None:
    finish(home, *(spec.with_(feedback=feedback) for spec in RUNS))
    app = open_page(**QUICK, feedback="Ratings" if feedback == "explicit" else "Clicks", method="Random")
    _healthy(app)
    assert app.title[0].value.startswith("Random at 20\u00a0% keeps ")
    assert "which needs no training" in _texts(app)
    table = app.dataframe[0].value
    assert table.method.iloc[0].startswith("★ Full data")
    assert len(table) == 4
    assert table.quality_kept.iloc[0] == pytest.approx(100)
    assert app.get("plotly_chart")[0].proto.alt
    assert all(frame.proto.alt for frame in app.dataframe)


def test_a_damaged_result_is_offered_to_be_made_again(home: Path, open_page: Open) -> None:
    spec = quick("random")
    finish(home, spec)
    (home / "objects" / key(spec)[:2] / key(spec) / "manifest.json").write_text("{}")
    app = open_page(**QUICK, method="Random")
    _healthy(app)
    assert app.button(key="run").label.startswith("Run again")


def test_without_the_baseline_its_run_is_offered(
    home: Path, open_page: Open, asked: list[tuple[str, ExperimentSpec]]
) -> None:
    finish(home, quick("random"))
    app = open_page(**QUICK, method="Random")
    next(b for b in app.button if b.label.startswith("Run Full data")).click().run()
    assert key(asked[0][1]) == key(quick("full"))


def test_a_page_never_downloads_unasked(
    home: Path, folders: Folders, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run made where the data were, shown where they are not: no download to estimate what its baseline takes."""
    spec = quick("random", data={"dataset": "ml-1m"})
    made = experiment(quick("random"), folders).result()
    stored = replace(made, key=key(spec), spec=spec.model_dump())
    DiskStore(home).put(key(spec), pack(stored))
    Ledger(home).ask(key(spec), "run", spec)
    asked_for: list[str] = []
    monkeypatch.setattr(MovieLens, "download", lambda source, *more: asked_for.append(source.name))
    app = open_page(**(QUICK | {"data": "MovieLens 1M"}), method="Random")
    _healthy(app)
    assert app.title[0].value.startswith("Random at 20\u00a0% gives")
    assert asked_for == []


def test_a_finished_run_is_not_offered_again(home: Path, open_page: Open) -> None:
    finish(home, quick("random"))
    app = open_page(**QUICK, method="Random", pretrain="false")
    assert "run" not in [b.key for b in app.button]


@pytest.mark.parametrize("state", ["failed", "cancelled", "interrupted"])
def test_a_run_without_result_says_why_and_can_be_repeated(state: str, home: Path, open_page: Open) -> None:
    spec = quick("random")
    Ledger(home).ask(key(spec), "run", spec)
    if state != "interrupted":
        save_outcome(DiskStore(home), key(spec), Outcome(state, f"It {state}."))  # type: ignore[arg-type]
    app = open_page(**QUICK, method="Random")
    _healthy(app)
    expected = "The worker stopped before this was finished" if state == "interrupted" else f"It {state}."
    said = _texts(app).replace("\\", "")
    assert expected in said
    assert app.button(key="run").label.startswith("Run again")


def test_a_job_of_other_data_says_which(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    own, other = quick("random"), quick("random", feedback="explicit")
    waiting = [Job(key(spec), "run", spec, "waiting") for spec in (own, other)]
    monkeypatch.setattr(Jobs, "active", lambda self: waiting)
    said = next(c.value for c in open_page(**QUICK).caption if c.value.startswith("Waiting"))
    assert said.startswith("Waiting: NCF · Random at 20 %, NCF · Random at 20 % (Synthetic, 10,000 ratings, ratings).")


@pytest.mark.parametrize("page", PAGES)
def test_data_that_are_not_here_are_offered_as_a_download(page: str, open_page: Open) -> None:
    app = open_page(page, data="MovieLens 1M")
    _healthy(app)
    assert any(b.label == "Download MovieLens 1M" for b in app.button)
    assert "is not on this machine yet" in _texts(app)


def test_a_download_that_fails_is_said_in_a_sentence(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rec_core.data.sources.movielens._PUBLISHER", "http://127.0.0.1:9/")
    app = open_page(data="MovieLens 100K")
    next(b for b in app.button if b.label == "Download MovieLens 100K").click().run()
    assert [e.message for e in app.exception] == []
    assert "could not be downloaded from its publisher" in app.error[0].value
    assert "Nothing was changed" in app.error[0].value


@pytest.mark.parametrize("page", PAGES)
def test_damaged_data_are_said_in_a_sentence(
    page: str, tmp_path: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ml-1m").mkdir()
    (tmp_path / "ml-1m" / "ratings.dat").write_text("no ratings")
    (tmp_path / "ml-1m" / "movies.dat").write_text("no films")
    monkeypatch.setenv("CORELENS_DATA", str(tmp_path))
    app = open_page(page, data="MovieLens 1M")
    assert [e.message for e in app.exception] == []
    assert "'ratings.dat', line 1, column 'userId': “no ratings” is not a number" in _texts(app)


@pytest.mark.parametrize("page", ["results", "compare", "activity"])  # links are read before any page is drawn
@pytest.mark.parametrize(
    "params",
    [
        {"model": ""},
        {"model": "GPT", "method": "magic", "data": "Netflix"},
        {"ratio": "1000"},
        {"ratio": "12.3456"},
        {"ratio": "x"},
        {"epochs": "-3"},
        {"dim": "33"},
        {"min": "100", "data": "Synthetic, 10,000 ratings"},
        {"clusters": "1000", "data": "Synthetic, 10,000 ratings", "method": "Clustering", "pretrain": "false"},
    ],
)
def test_a_bad_link_never_breaks_a_page(page: str, params: dict[str, str], open_page: Open) -> None:
    app = open_page(page, **params)
    assert [e.message for e in app.exception] == []
    assert "Traceback" not in _texts(app)


@pytest.mark.parametrize(
    ("params", "title"),
    [
        ({"seed": "inf"}, "Seed"),
        ({"seed": "9" * 5000}, "Seed"),
        ({"epochs": "1e999"}, "Epochs, at most"),
        ({"clusters": "-inf"}, "Clusters"),
        ({"rate": "nan"}, "Learning rate"),
        ({"ratio": "1000"}, "ratio"),
        ({"data": "Netflix"}, "data"),
        ({"method": "magic"}, "method"),
        ({"test": "first"}, "Test rating"),
    ],
)
def test_what_a_link_asks_for_and_cannot_have_is_said(params: dict[str, str], title: str, open_page: Open) -> None:
    app = open_page(**params)
    _healthy(app)
    (said,) = [warning.value for warning in app.sidebar.warning]
    assert said.startswith(f"The link asks for {title} “")
    assert len(said) < 200


def test_a_link_may_name_things_as_the_command_line_does(open_page: Open) -> None:
    app = open_page(data="synthetic-10k", method="GRADIENT", preset="report", model="mf", feedback="explicit")
    _healthy(app)
    assert not app.sidebar.warning
    assert app.sidebar.selectbox(key="data").value == "synthetic-10k"
    assert app.sidebar.selectbox(key="method").value == "gradient"
    assert app.sidebar.segmented_control(key="model").value == "mf"
    assert app.sidebar.radio(key="preset").value == "report"


def test_a_run_with_few_unknown_items_is_possible_from_the_page(open_page: Open, home: Path) -> None:
    """Clicks with a smallest number of 20 asked for a setting that no page has."""
    spec = quick("random", data={"dataset": "synthetic-10k", "min_interactions": 20})
    finish(home, spec, spec.with_(method={"name": "full"}))
    app = open_page(**QUICK, method="Random", min="20")
    _healthy(app)
    assert "users have fewer than 99 unknown items to rank among" in _texts(app)
    assert "users have fewer than 99 unknown items" in _texts(open_page("summary", **QUICK, method="Random", min="20"))


@pytest.mark.parametrize("page", ["results", "compare", "coverage", "user_map", "norms", "one_user", "summary"])
def test_few_users_break_no_page(page: str, home: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight users, all with as many ratings: no slice of twenty, no histogram, no correlation, no UMAP of three."""
    shape = synthetic.Shape(users=8, items=60, rows=170)
    monkeypatch.setattr(synthetic, "make", lambda _, make=synthetic.make: make(shape))
    made = [quick("full"), quick("random"), quick("gradient", pretrain=False)]
    finish(home, *(spec.with_(data={"dataset": "synthetic-10k", "min_interactions": 3}) for spec in made))
    app = open_page(page, **QUICK, method="Random", min="3")
    _healthy(app)
    assert "nan" not in _texts(app).lower()


@pytest.mark.parametrize("page", ["results", "compare", "summary"])
def test_without_a_ledger_pages_still_answer(page: str, home: Path, open_page: Open) -> None:
    """Summary took the first of no runs."""
    finish(home, *RUNS)
    (home / "ledger.sqlite3").unlink()
    _healthy(open_page(page, **QUICK, method="Random"))


def test_a_wrong_advanced_setting_is_said_and_the_preset_used(open_page: Open) -> None:
    app = open_page(**QUICK, dim="33")
    assert "model.dim" in app.sidebar.error[0].value
    assert app.metric


def test_a_damaged_ledger_is_said_in_a_sentence(home: Path, open_page: Open) -> None:
    (home / "ledger.sqlite3").write_bytes(b"no database at all " * 500)
    app = open_page(**QUICK)
    assert [e.message for e in app.exception] == []
    assert "results, which are kept in files of their own and are safe" in _texts(app)


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


@pytest.mark.parametrize("page", PAGES)
def test_every_page_says_where_the_reader_is(page: str, open_page: Open) -> None:
    """Titles are answers, so the page's name would vanish."""
    captions = [caption.value for caption in open_page(page).main.caption]
    title = next(one.title for group in nav.PAGES.values() for one in group if one.name == page)
    assert any(caption.endswith(f" · {title}") for caption in captions)


def test_what_went_wrong_is_listed_whatever_is_chosen_until_it_is_read(home: Path, open_page: Open) -> None:
    for seed in (1, 2):
        spec = quick("greedy", seed=seed)
        Ledger(home).ask(key(spec), "run", spec)
        save_outcome(DiskStore(home), key(spec), Outcome("failed", f"It failed with seed {seed}."))
    app = open_page("activity", **QUICK, method="Random")
    assert [w.value for w in app.main.warning] == [
        f"**NCF · Greedy k-center at 20 %** · It failed with seed {seed}\\." for seed in (2, 1)
    ]
    next(b for b in app.button if b.label == "Dismiss").click().run()
    assert len(app.main.warning) == 1
    assert len(open_page("activity", **QUICK, method="Random").main.warning) == 1


def test_settings_that_differ_from_the_preset_are_counted_and_can_be_reset(open_page: Open) -> None:
    app = open_page(**QUICK)
    assert "**Custom: 2 changes** from “As in the report”" in _texts(app)
    app.button(key="reset").click().run()
    assert "Custom" not in _texts(app)
    assert app.sidebar.number_input(key="epochs").value is None
    assert "reset" not in [b.key for b in app.button]


def test_one_bar_is_for_the_whole_run(home: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the training is not half of the run: what comes before and after counts too."""
    spec = quick("random")
    finish(home, quick("full"))
    progress = Progress("Training", 0.5, 1, 2, 1.0)
    monkeypatch.setattr(Jobs, "active", lambda self: [Job(key(spec), "run", spec, "running", progress=progress)])
    bar = open_page(**QUICK, method="Random").get("progress")[0].proto
    assert 0 < bar.value < 100
    assert bar.value != 50
    assert "training, epoch 1 of 2 · about" in bar.text

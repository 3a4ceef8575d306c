"""The question pages, Compare, One user and Summary, with runs, without, and with what people type."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from cache.ledger import Ledger
from cache.store import DiskStore
from rec_core import projection
from rec_core.analysis.gradient_norms import sweep_specs
from rec_core.data.sources import Folders
from rec_core.experiment import Experiment
from rec_core.specs import ExperimentSpec
from rec_core.stages import resolve
from tests.conftest import key, quick, quick_map
from tests.pages.conftest import QUICK, Open, finish, hear_streamlit
from tests.pages.test_pages import LIVE, PAGES

RUNS = [quick("full"), quick("random"), quick("gradient", pretrain=False)]
CHOSEN = {**QUICK, "method": "Gradient", "pretrain": "false"}
Asked = list[tuple[str, ExperimentSpec]]


def _text(app: AppTest) -> str:
    parts = [*app.title, *app.markdown, *app.caption, *app.info, *app.header]
    return "\n".join(str(part.value) for part in parts).replace("\u00a0", " ")


def _charts(app: AppTest) -> list[dict[str, object]]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def _button(app: AppTest, starts: str) -> object:
    return next(button for button in app.button if button.label.startswith(starts))


@pytest.fixture
def finished(home: Path) -> Path:
    """A home folder with full data, random and gradient."""
    finish(home, *RUNS)
    return home


def _prepare(home: Path, *specs: ExperimentSpec) -> None:
    for spec in specs:
        _ = Experiment(spec, DiskStore(home), Folders(None, home / "data")).proxy


@pytest.mark.parametrize("feedback", ["Ratings", "Clicks"])
@pytest.mark.parametrize("page", PAGES)
def test_every_page_with_runs_is_whole(
    page: str, feedback: str, home: Path, open_page: Open, caplog: pytest.LogCaptureFixture
) -> None:
    wanted = "explicit" if feedback == "Ratings" else "implicit"
    finish(home, *(spec.with_(feedback=wanted) for spec in RUNS))
    _prepare(home, quick("gradient", wanted))
    hear_streamlit()
    app = open_page(page, **CHOSEN, feedback=feedback)
    assert [e.message for e in app.exception] == []
    assert [e.value for e in app.error] == []
    assert app.get("plotly_chart") or page in ("tuning", "report_tables")  # which are about runs of their own
    assert all(chart.proto.alt for chart in app.get("plotly_chart"))
    assert all(frame.proto.alt for frame in app.dataframe)
    assert all(caption.value for caption in app.caption)
    assert not re.search("deprecat|removed|will be", caplog.text)


def _drawn(app: AppTest) -> list[object]:
    """Return the data of the figures; titles and captions name the ratio, whatever is drawn below them."""
    return [
        [{name: value for name, value in trace.items() if name != "name"} for trace in chart["data"]]  # type: ignore[attr-defined]
        for chart in _charts(app)
    ]


@pytest.mark.parametrize("page", [page for page in LIVE if page != "results"])
def test_live_pages_follow_the_ratio(page: str, open_page: Open) -> None:
    app = open_page(page, **CHOSEN, ratio="20")
    before = _drawn(app)
    app.sidebar.slider(key="ratio").set_value(45.0).run()
    assert [e.message for e in app.exception] == []
    assert before
    assert _drawn(app) != before


def test_the_sweep_asks_for_the_windows_that_are_missing(finished: Path, open_page: Open, asked: Asked) -> None:
    app = open_page("gradient_norms", **CHOSEN)
    _button(app, "Run 5 windows").click().run()  # type: ignore[attr-defined]
    positions = [spec.method.model_dump()["position"] for _, spec in asked]
    assert positions == [0.0, 0.2, 0.4, 0.6, 0.8]  # the hard end, gradient, is there
    assert "position 1." in _text(app)


def test_a_finished_sweep_says_what_the_hardest_ratings_cost(finished: Path, open_page: Open) -> None:
    finish(finished, *sweep_specs(RUNS[2]).values())
    app = open_page("gradient_norms", **CHOSEN)
    assert "hardest ratings" in _text(app)
    assert "Position of the window" in json.dumps(_charts(app)[-1])


def test_both_proxies_are_shown_once_the_pretrained_one_is_there(home: Path, open_page: Open, asked: Asked) -> None:
    app = open_page("gradient_norms", **CHOSEN)
    app.button(key="prepare-other").click().run()
    assert [(kind, spec.pretrain) for kind, spec in asked] == [("prepare", True)]
    _prepare(home, quick("gradient"))
    app = open_page("gradient_norms", **CHOSEN)
    assert "prepare-other" not in [button.key for button in app.button]
    assert len(_charts(app)[0]["data"]) == 4  # type: ignore[arg-type]


def test_what_is_left_out_can_be_searched(open_page: Open) -> None:
    app = open_page("coverage", **{**QUICK, "ratio": "1"}, method="Random")
    every = next(frame.value for frame in app.dataframe if "Film" in frame.value)
    wanted = str(every["Film"].iloc[3])
    app.text_input(key="search-films").set_value(wanted.upper()).run()
    found = next(frame.value for frame in app.dataframe if "Film" in frame.value)
    assert wanted in found["Film"].tolist()
    assert len(found) < len(every)
    app.text_input(key="search-films").set_value("(no such [film").run()
    assert "0 of" in _text(app)
    assert [e.message for e in app.exception] == []


def test_methods_can_be_laid_beside_each_other(open_page: Open) -> None:
    app = open_page("activity", **CHOSEN)
    names = [trace["name"] for trace in _charts(app)[0]["data"]]  # type: ignore[attr-defined]
    assert names == ["All data", "Gradient, no pretraining at 20 %", "Random at 20 %"]
    app = open_page("activity", **CHOSEN, beside="Greedy k-center")
    assert app.button(key="prepare-beside").label.startswith("Prepare")


def test_the_map_is_pca_until_the_umap_was_asked_for_and_made(
    home: Path, open_page: Open, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page("user_map", **CHOSEN)
    assert "PCA, × nothing kept" in _text(app)
    assert "needs the pretrained proxy" in _text(app)
    app.button(key="draw-map").click().run()
    assert [(kind, spec.pretrain) for kind, spec in asked] == [("map-proxy", False)]
    monkeypatch.setattr(projection, "umap", quick_map)
    Experiment(quick("random", pretrain=False), DiskStore(home), Folders(None, home / "data")).user_map(of_proxy=True)
    app = open_page("user_map", **CHOSEN)
    assert "UMAP, × nothing kept" in _text(app)
    assert "draw-map" not in [button.key for button in app.button]


def test_the_map_of_a_trained_model_needs_its_run(finished: Path, open_page: Open) -> None:
    compare = "Proxy and trained model"
    assert len(_charts(open_page("user_map", **CHOSEN, maps=compare))) == 2
    app = open_page("user_map", **{**CHOSEN, "ratio": "33"}, maps=compare)
    assert len(_charts(app)) == 1
    assert "is not trained with these settings yet" in _text(app)


@pytest.mark.parametrize("compared", ["Pretrained and untrained", "… and unrelated start", "Norm and activity"])
@pytest.mark.parametrize("which", ["All", "Kept", "Dropped"])
def test_norms_are_compared(compared: str, which: str, home: Path, open_page: Open) -> None:
    _prepare(home, quick("gradient"))
    app = open_page("norms", **{**CHOSEN, "ratio": "5"}, compare=compared, which=which, of="Films")
    assert [e.message for e in app.exception] == []
    table = app.dataframe[0].value
    assert table["Coefficient"].tolist() == ["Pearson", "Spearman", "Kendall"]
    assert (table["95 % from"] <= table["Value"]).all()


def test_another_seed_is_offered_to_be_prepared(home: Path, open_page: Open, asked: Asked) -> None:
    _prepare(home, quick("gradient"))
    app = open_page("norms", **CHOSEN, compare="… and another seed")
    app.button(key="prepare").click().run()
    assert [(kind, spec.seed, spec.pretrain) for kind, spec in asked] == [("prepare", 1, True)]


def test_a_method_without_scores_says_so(home: Path, open_page: Open) -> None:
    app = open_page("norms", **QUICK, method="Random", compare="The method's scores")
    assert "Random does not score ratings" in _text(app)
    _prepare(home, quick("gradient"))
    app = open_page("norms", **CHOSEN, compare="The method's scores")
    assert "Scores with and without pretraining" in app.title[0].value


def test_nothing_dropped_is_said(home: Path, open_page: Open) -> None:
    _prepare(home, quick("gradient"))
    app = open_page("norms", **QUICK, method="Full data", which="Dropped")
    assert "0 users are dropped: too few to compare" in _text(app)


def test_one_list_is_shown_where_the_other_is_not_trained(home: Path, open_page: Open) -> None:
    finish(home, RUNS[2])
    app = open_page("one_user", **CHOSEN, user="7")
    assert _button(app, "Run Full data")
    assert [len(frame.value) for frame in app.dataframe if list(frame.value.columns) == ["Film"]] == [10]


def test_one_user_sees_two_lists(finished: Path, open_page: Open) -> None:
    app = open_page("one_user", **CHOSEN, user="7")
    assert app.title[0].value.startswith("User 7 would see")
    history = app.dataframe[0].value
    assert set(history["Kept"]) <= {"✓", ""}
    app.button(key="user-The most active").click().run()
    assert app.title[0].value.startswith("User ")
    assert not app.title[0].value.startswith("User 7 ")


@pytest.mark.parametrize("typed", ["", "nobody", "-1", "<b>7</b>", "9999999"])
def test_a_user_who_is_not_there_is_said(typed: str, open_page: Open) -> None:
    app = open_page("one_user", **CHOSEN, user="7")
    app.text_input(key="user").set_value(typed).run()
    assert [e.message for e in app.exception] == []
    assert "There is no user" in _text(app)


def test_what_is_not_trained_is_offered(open_page: Open, asked: Asked) -> None:
    app = open_page("one_user", **CHOSEN, user="7")
    for name in ("Run Full data", "Run Gradient"):
        _button(app, name).click().run()  # type: ignore[attr-defined]
    assert [spec.method.name for _, spec in asked] == ["full", "gradient"]


def test_runs_are_compared_against_the_pinned_baseline(finished: Path, open_page: Open) -> None:
    app = open_page("compare", **CHOSEN)
    settings, metrics = app.dataframe[0].value, app.dataframe[1].value
    assert "method.name" in settings["Setting"].tolist()
    assert metrics["Δ Recall@10"].iloc[0] == 0
    assert metrics["Run"].iloc[0].startswith("NCF · Full data")
    app.selectbox(key="baseline").select_index(1).run()
    app = open_page("compare", **CHOSEN)  # another session
    metrics = app.dataframe[1].value
    assert metrics["Δ Recall@10"].tolist()[1] == 0
    assert metrics["Δ Recall@10"].tolist()[0] != 0


@pytest.mark.parametrize("runs", ["", "nonsense", "NCF · Full data · 000000"])
def test_a_link_to_runs_that_are_not_there_breaks_nothing(runs: str, finished: Path, open_page: Open) -> None:
    app = open_page("compare", **CHOSEN, runs=runs)
    assert [e.message for e in app.exception] == []
    assert app.title


def test_a_selection_is_compared_before_it_is_trained(finished: Path, open_page: Open) -> None:
    app = open_page("compare", **{**CHOSEN, "ratio": "40"})
    titles = app.multiselect(key="runs").value
    assert "The sidebar's settings, not trained" in titles
    assert _charts(app)


def test_a_summary_needs_its_runs(open_page: Open, asked: Asked) -> None:
    app = open_page("summary", **CHOSEN)
    for name in ("Run Full data", "Run Gradient"):
        _button(app, name).click().run()  # type: ignore[attr-defined]
    assert [spec.method.name for _, spec in asked] == ["full", "gradient"]


def test_title_and_notes_are_kept_and_shown_as_text(finished: Path, open_page: Open) -> None:
    app = open_page("summary", **CHOSEN)
    title = "Is <b>20 %</b> *enough*? $x$ 🎬"
    app.text_input(key=f"title-{key(RUNS[2])}").set_value(title).run()
    app.text_area(key=f"text-{key(RUNS[2])}").set_value("One :smile:\n\n=1+1").run()
    app = open_page("summary", **CHOSEN)  # another session
    assert app.title[0].value.replace("\\", "").replace("\u00a0", " ") == title
    assert "\\*enough\\*" in app.title[0].value
    assert Ledger(finished).note(key(RUNS[2])).text == "One :smile:\n\n=1+1"
    assert "One \\:smile\\:" in _text(app)


@pytest.mark.parametrize("figures", ["nonsense", ""])
def test_a_link_to_figures_that_are_not_there_breaks_nothing(figures: str, finished: Path, open_page: Open) -> None:
    app = open_page("summary", **CHOSEN, figures=figures)
    assert [e.message for e in app.exception] == []


def test_slides_turn(finished: Path, open_page: Open) -> None:
    app = open_page("summary", **CHOSEN)
    _button(app, "Present").click().run()  # type: ignore[attr-defined]
    assert "1 of" in _text(app)
    titles = [app.title[0].value]
    for _ in range(2):
        _button(app, "Next").click().run()  # type: ignore[attr-defined]
        titles.append(app.title[0].value)
    assert len(set(titles)) == 3
    _button(app, "Previous").click().run()  # type: ignore[attr-defined]
    assert app.title[0].value == titles[1]
    _button(app, "End").click().run()  # type: ignore[attr-defined]
    assert "1 of" not in _text(app)
    assert app.title[0].value == titles[0]


def test_a_page_without_slides_is_never_without_navigation(finished: Path, open_page: Open) -> None:
    app = open_page("coverage", **CHOSEN, present="true")
    assert "present" not in app.query_params
    assert [e.message for e in app.exception] == []


AWKWARD = [
    "<b>Alien</b>",
    '"Quoted", The',
    "=1+1",
    "*Star* $Wars$",
    ":smile: 🎬",
    "[x](http://x)",
    "@cmd|' /C calc'!A0",
]


@pytest.fixture
def awkward(tmp_path_factory: pytest.TempPathFactory, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """MovieLens-shaped data whose film titles hold anything."""
    folder = tmp_path_factory.mktemp("data") / "ml-latest-small"
    folder.mkdir()
    rng = np.random.default_rng(0)
    rows = [(u, i) for u in range(1, 61) for i in rng.choice(150, 30, replace=False) + 1]
    ratings = pd.DataFrame(rows, columns=["userId", "movieId"]).assign(rating=4.0, timestamp=range(len(rows)))
    ratings.to_csv(folder / "ratings.csv", index=False)
    titles = [AWKWARD[i % len(AWKWARD)] + f" {i}" for i in range(1, 151)]
    films = pd.DataFrame({"movieId": range(1, 151), "title": titles, "genres": "Drama|Comedy"})
    films.to_csv(folder / "movies.csv", index=False)
    monkeypatch.setenv("CORELENS_DATA", str(folder.parent))
    return home


@pytest.mark.parametrize("page", PAGES)
def test_awkward_film_titles_are_text_everywhere(page: str, awkward: Path, open_page: Open) -> None:
    where = Folders(Path(os.environ["CORELENS_DATA"]), awkward / "data")
    for method in ("full", "gradient"):
        wanted = quick(method, data={"dataset": "ml-latest-small"}, pretrain=False, ratio=0.05)
        made = Experiment(resolve(wanted, where), DiskStore(awkward), where)
        Ledger(awkward).ask(made.result().key, "run", made.spec)
    app = open_page(page, **{**CHOSEN, "data": "MovieLens latest small", "ratio": "5"}, user="7")
    assert [e.message for e in app.exception] == []
    shown = "\n".join(str(text.value) for text in (*app.title, *app.markdown, *app.caption))
    assert "<b>Alien</b>" not in shown
    assert "*Star*" not in shown
    assert "<b>Alien" not in json.dumps(_charts(app))
    if page == "one_user":
        assert any(title in app.dataframe[0].value["Film"].iloc[0] for title in AWKWARD)
        assert re.search(r"held out for the test, \S", shown)

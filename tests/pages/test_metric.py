"""By which metric runs are judged: that of the settings, or one that the reader chooses."""

from __future__ import annotations

from pathlib import Path

import pytest

from rec_core import specs
from tests.conftest import quick
from tests.pages.conftest import QUICK, Open, finish, healthy, texts

RUNS = [quick("full"), quick("random")]


def test_settings_have_their_metric_and_readers_may_choose_another(home: Path, open_page: Open) -> None:
    finish(home, *RUNS)
    for page in ("results", "summary", "compare"):
        usual = open_page(page, **QUICK, method="Random")
        healthy(usual)
        assert "Recall@10, all items" not in usual.title[0].value
        strict = open_page(page, **QUICK, method="Random", metric="recall@10_all")
        healthy(strict)
        assert "Recall@10, all items" in strict.title[0].value + texts(strict)
    summary = texts(open_page("summary", **QUICK, method="Random", metric="Recall@10, all items"))
    assert "ranks the held-out film among all films. Among 99 others Recall@10 is" in summary
    columns = list(open_page(**QUICK, method="Random", metric="recall@10_all").dataframe[0].value)
    assert "recall@10_all" in columns


def test_a_metric_that_is_none_is_said(home: Path, open_page: Open) -> None:
    assert "The link asks for metric “hits”" in texts(open_page(**QUICK, metric="hits"))


@pytest.mark.parametrize(("preset", "title"), [("report", "Recall@10"), ("recommended", "Recall@10, all items")])
def test_recommended_settings_judge_clicks_among_all_items(preset: specs.Preset, title: str) -> None:
    assert specs.judged_by(preset, "implicit").title == title
    assert specs.judged_by(preset, "explicit").title == "RMSE"


def test_ratings_have_metrics_of_their_own(home: Path, open_page: Open) -> None:
    finish(home, *(run.with_(feedback="explicit") for run in RUNS))
    app = open_page(**QUICK, feedback="Ratings", method="Random", error="mae", metric="ndcg@10")
    healthy(app)
    assert "MAE" in app.title[0].value

"""By which metric runs are judged: that of the settings, or one that the reader chooses."""

from __future__ import annotations

from pathlib import Path

import pytest

from cache.store import DiskStore
from rec_core import specs
from rec_core.data.sources import Folders
from rec_core.evaluation.ranking import RECALL, RECALL_ALL
from rec_core.experiment import View
from rec_core.replicates import Estimate, difference, level, verdict
from rec_core.wording.comparison import than_random
from tests.conftest import key, quick
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


def test_the_column_of_intervals_is_of_the_metric_that_is_judged_by(home: Path, open_page: Open) -> None:
    seeds = [run.with_(seed=seed) for run in RUNS for seed in (0, 1, 2)]
    finish(home, *seeds)
    app = open_page("summary", **QUICK, method="Random", metric="recall@10_all")
    table = next(frame.value for frame in app.dataframe if "± Recall@10, all items, users and seeds" in frame.value)
    columns = list(table)
    assert columns[2:4] == ["Recall@10, all items", "± Recall@10, all items, users and seeds"]
    views = [View(run, DiskStore(home), Folders(None, home / "data")) for run in seeds[3:]]
    found = level(RECALL_ALL, {view.spec.seed: RECALL_ALL.values(view.evaluated.per_user) for view in views})
    assert table["Recall@10, all items"].iloc[1] == pytest.approx(found.mean, abs=0.001)
    assert table["± Recall@10, all items, users and seeds"].iloc[1] == pytest.approx(found.half, abs=0.001)


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


def test_a_headline_says_what_random_rows_say_to_it(home: Path, open_page: Open) -> None:
    others = [quick("gradient"), quick("window"), quick("clustering")]
    finish(home, *RUNS, *others)
    folders = Folders(None, home / "data")
    values = {
        key(run): RECALL.values(View(run, DiskStore(home), folders).evaluated.per_user) for run in (RUNS[1], *others)
    }
    chance = {0: values.pop(key(RUNS[1]))}
    said = []
    words = [than_random(Estimate(mean, 0.01, 100, 1)) for mean in (-1.0, 0.0)]
    for run in others:
        gain = difference(RECALL, {0: values[key(run)]}, chance)
        page = texts(open_page(**QUICK, method=run.method.title))
        assert [one for one in words if one in page] == list(filter(None, [than_random(gain)]))
        said.append(verdict(gain))
    assert set(said) - {"better"}  # of these something was said
    assert not any(one in texts(open_page(**QUICK, method="Random")) for one in words)

"""A metric that was added after runs were made: worked out on reading where it can be, a dash where it cannot."""

from __future__ import annotations

import io
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from cache.store import DiskStore
from pages.ui import nav
from rec_core.__main__ import main
from rec_core.data.sources import Folders
from rec_core.evaluation import METRICS, Metric
from rec_core.experiment import View, stored_result
from rec_core.results import RunResult
from rec_core.specs import ExperimentSpec
from rec_core.stages import EVALUATE, RUN
from tests.conftest import key, quick
from tests.pages.conftest import QUICK, Open, finish, healthy, texts

FAR = "rank_far"  # what no evaluation keeps yet
MRR = Metric("mrr_all", "MRR, all items", "implicit", "rank_all", lambda rank: 1 / rank)
HIT_20 = Metric("hit_rate@20", "Hit rate@20", "implicit", "rank", lambda rank: (rank <= 20).astype(float))
FARTHEST = Metric("recall@10_far", "Recall@10, far", "implicit", FAR, lambda rank: (rank <= 10).astype(float))
OLD = [quick("full"), quick("random")]
NEW = quick("recent")
JUDGED = [MRR.name, HIT_20.name, FARTHEST.name]


@pytest.fixture
def old_and_new(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two runs, then three metrics that they did not store, then a run that has all three."""
    finish(home, *OLD)
    for metric in (MRR, HIT_20, FARTHEST):
        monkeypatch.setitem(METRICS, metric.name, metric)
    finish(home, NEW)
    _keep_another_rank(DiskStore(home), NEW)
    return home


def _keep_another_rank(store: DiskStore, spec: ExperimentSpec) -> None:
    """Have a run's evaluation keep a rank more, as a later version would."""
    evaluate = EVALUATE.key(spec)
    found = store.get(evaluate)
    assert found is not None
    found.arrays[f"per_user.{FAR}"] = np.asarray(found.arrays["per_user.rank"]) + 3
    store.remove(evaluate)
    store.put(evaluate, found)


def _result(home: Path, spec: ExperimentSpec) -> RunResult:
    result = stored_result(key(spec), DiskStore(home))
    assert result is not None
    return result


def test_they_are_worked_out_from_what_each_user_got(old_and_new: Path) -> None:
    old, new = (_result(old_and_new, spec) for spec in (OLD[1], NEW))
    assert MRR.name not in old.metrics
    per_user = View(OLD[1], DiskStore(old_and_new), Folders(None, old_and_new / "data"), old).evaluated.per_user
    assert old.value(MRR) == pytest.approx(float(np.mean(1 / per_user["rank_all"].astype(float))))
    assert old.value(HIT_20) == pytest.approx(float(np.mean(per_user["rank"] <= 20)))
    assert new.value(MRR) == pytest.approx(new.metrics[MRR.name])
    assert math.isnan(old.value(FARTHEST))
    assert 0 < new.value(FARTHEST) <= new.value(METRICS["recall@10"])
    # What a run counted itself on all rows can be counted again; the control has no rank of the third kind.
    assert old.control("most_popular", MRR) == pytest.approx(new.controls["most_popular"][MRR.name])
    assert math.isnan(old.control("most_popular", FARTHEST))


def test_what_was_stored_is_never_needed(old_and_new: Path) -> None:
    old = _result(old_and_new, OLD[1])
    bare = replace(old, metrics={}, controls={name: {} for name in old.controls})
    for name, value in old.metrics.items():
        assert bare.value(METRICS[name]) == value
        assert bare.control("most_popular", METRICS[name]) == old.controls["most_popular"][name]


@pytest.mark.parametrize("metric", [MRR.name, FARTHEST.name])
@pytest.mark.parametrize("page", nav.NAMES)
def test_every_page_shows_old_and_new_runs(page: str, metric: str, old_and_new: Path, open_page: Open) -> None:
    for method in ("Random", "Recent"):
        healthy(open_page(page, **QUICK, method=method, metric=metric))


def test_results_have_a_dash_for_what_was_not_measured(old_and_new: Path, open_page: Open) -> None:
    app = open_page("results", **QUICK, method="Random", metric=FARTHEST.name)
    assert "Recall@10, far was not measured in this run" in "\n".join(str(info.value) for info in app.info)
    runs = _runs(app)
    assert set(runs["method"]) == {"Full data", "Random", "Recent"}
    assert runs.set_index("method")[FARTHEST.name].notna().to_dict() == {
        "Recent": True,
        "Full data": False,
        "Random": False,
    }
    assert runs[MRR.name].notna().all()


def _runs(app: AppTest) -> pd.DataFrame:
    frame: pd.DataFrame = next(one.value for one in app.dataframe if "settings" in one.value)
    return frame.assign(method=frame["method"].str.removeprefix("★ ").str.split(" (", regex=False).str[0])


def test_old_and_new_runs_are_compared(old_and_new: Path, open_page: Open) -> None:
    app = open_page("compare", **QUICK, method="Recent", metric=MRR.name)
    healthy(app)
    table = next(one.value for one in app.dataframe if "MRR, all items" in one.value or MRR.name in one.value)
    assert len(table) == 3
    assert table.filter(regex="(?i)mrr").notna().all().all()


def test_compare_names_the_runs_that_were_not_measured(old_and_new: Path, open_page: Open) -> None:
    app = open_page("compare", **QUICK, method="Recent", metric=FARTHEST.name)
    healthy(app)
    assert "Recall@10, far was not measured in" in app.title[0].value + texts(app)


@pytest.mark.parametrize("metric", JUDGED)
def test_the_command_line_reads_old_runs(metric: str, old_and_new: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = ["--preset", "report", "--set", "train.epochs=2", "--set", "train.patience=0"]
    sweep = [
        "sweep",
        "--dataset",
        "synthetic-10k",
        *settings,
        "--set",
        "proxy.epochs=1",
        "--methods",
        "random,recent",
        "--ratios",
        "0.2",
    ]
    assert main([*sweep, "--metric", metric]) == 0
    out, err = capsys.readouterr()
    assert "3 runs, 3 of them in the store" in err
    rows = pd.read_csv(io.StringIO(out), comment="#")
    assert {MRR.name, HIT_20.name} < set(rows["metric"])


def test_the_json_of_an_old_run_has_every_metric(old_and_new: Path, tmp_path: Path) -> None:
    document = _result(old_and_new, OLD[1]).to_json()
    json.dumps(document, allow_nan=False)
    assert document["metrics"][MRR.name] > 0
    assert document["metrics"][FARTHEST.name] is None
    assert "readings" not in document


def test_a_result_with_a_control_of_another_version_is_shown(home: Path, open_page: Open) -> None:
    finish(home, *OLD)
    store = DiskStore(home)
    for spec in OLD:
        found = store.get(RUN.key(spec))
        assert found is not None
        found.meta["controls"]["of_tomorrow"] = {"recall@10": 0.9}
        store.remove(RUN.key(spec))
        store.put(RUN.key(spec), found)
    for page in ("results", "compare", "frontier", "summary"):
        healthy(open_page(page, **QUICK, method="Random"))

"""One number has one 95 % interval, on every page and in every file: over users and seeds, of one seed over users."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from cache.store import DiskStore
from rec_core.__main__ import main
from rec_core.analysis import columns as col
from rec_core.analysis import evidence, frontier
from rec_core.analysis.finished import Finished
from rec_core.data.sources import Folders
from rec_core.evaluation.ranking import RECALL
from rec_core.experiment import View, stored_per_user, stored_result
from rec_core.replicates import Estimate, level, share
from rec_core.specs import ExperimentSpec
from rec_core.wording import frontier as wording
from rec_core.wording.numbers import percent
from tests.conftest import key, quick
from tests.pages.conftest import QUICK, Open, finish, healthy, texts

SEEDS = (0, 1, 2)
FULL, PART, ALONE = quick("full"), quick("random", ratio=0.5), quick("recent", ratio=0.5)
SEEDED = [spec.with_(seed=seed) for spec in (FULL, PART) for seed in SEEDS]


@pytest.fixture
def made(home: Path) -> Path:
    """A home folder with full data and random rows of three seeds, and recent rows of one."""
    finish(home, *SEEDED, ALONE)
    return home


def users(home: Path, spec: ExperimentSpec, seeds: tuple[int, ...] = SEEDS) -> dict[int, np.ndarray[Any, Any]]:
    views = {seed: View(spec.with_(seed=seed), DiskStore(home), Folders(None, home / "data")) for seed in seeds}
    return {seed: RECALL.values(view.evaluated.per_user) for seed, view in views.items()}


def expected(home: Path) -> tuple[dict[str, Estimate], Estimate]:
    """Return the metric of each group by its key, and the share that the part of three seeds keeps."""
    full, part = users(home, FULL), users(home, PART)
    metrics = {key(FULL): level(RECALL, full), key(PART): level(RECALL, part)}
    kept = share(RECALL, part, full)
    assert kept is not None
    return metrics | {key(ALONE): level(RECALL, users(home, ALONE, (0,)))}, kept


def halves(metrics: dict[str, Estimate]) -> list[float]:
    return sorted(found.half for found in metrics.values())


def _plain(text: object) -> str:
    return str(text).replace("\u00a0", " ")


def _drawn(app: AppTest, name: str) -> list[dict[str, Any]]:
    chart = next(one for one in app.get("plotly_chart") if one.key == f"chart-{name}")
    traces: list[dict[str, Any]] = json.loads(chart.proto.spec)["data"]
    return traces


def _shapes(app: AppTest, name: str) -> list[dict[str, Any]]:
    chart = next(one for one in app.get("plotly_chart") if one.key == f"chart-{name}")
    shapes: list[dict[str, Any]] = json.loads(chart.proto.spec)["layout"]["shapes"]
    return shapes


def test_results_have_one_interval_in_headline_card_table_and_figure(made: Path, open_page: Open) -> None:
    metrics, kept = expected(made)
    app = open_page(**QUICK, method="Random", ratio="50")
    healthy(app)
    between = f"{percent(kept.low)} to {percent(kept.high)}, 3 seeds"
    assert f"({between})" in _plain(app.title[0].value)
    assert between in [_plain(card.delta) for card in app.metric]
    table = app.dataframe[0].value
    assert sorted(table[col.HALF]) == pytest.approx(halves(metrics))
    row = table[table["method"].str.startswith("Random")].iloc[0]
    assert row[col.KEPT_HALF] == pytest.approx(100 * kept.half)
    assert row[col.HALF] == pytest.approx(metrics[key(PART)].half)
    bars = {k: half for trace in _drawn(app, "quality-time") for k, half in _bars(trace).items()}
    assert bars == {name: pytest.approx(found.half) for name, found in metrics.items()}


def _bars(trace: dict[str, Any]) -> dict[str, float]:
    return dict(zip(trace["customdata"], trace["error_y"]["array"], strict=True)) if "customdata" in trace else {}


def test_a_frontier_has_the_same_in_bands_table_and_file(
    made: Path, open_page: Open, capsys: pytest.CaptureFixture[str]
) -> None:
    metrics, kept = expected(made)
    finish(made, *(quick("random", ratio=0.2, seed=seed) for seed in SEEDS))  # a band needs two ratios
    app = open_page("frontier", **QUICK, method="Random")
    healthy(app)
    part, full = metrics[key(PART)], metrics[key(FULL)]
    bands = [trace["y"] for trace in _drawn(app, "frontier") if trace.get("fill") == "toself"]
    assert any(part.high == pytest.approx(y) for band in bands for y in _numbers(band))
    assert any(part.low == pytest.approx(y) for band in bands for y in _numbers(band))
    rects = [shape for shape in _shapes(app, "frontier") if shape["type"] == "rect"]
    assert [(one["y0"], one["y1"]) for one in rects] == [(pytest.approx(full.low), pytest.approx(full.high))]
    settings = ("train.epochs=2", "train.patience=0", "proxy.epochs=1")
    options = ["--preset", "report", *(word for setting in settings for word in ("--set", setting))]
    assert (
        main(
            [
                "sweep",
                "--dataset",
                "synthetic-10k",
                *options,
                "--methods",
                "random",
                "--ratios",
                "0.2,0.5",
                "--seeds",
                "3",
            ]
        )
        == 0
    )
    file = pd.read_csv(io.StringIO(capsys.readouterr().out), comment="#")
    row = file[(file[col.METRIC] == RECALL.name) & (file[col.METHOD] == "random") & (file[col.RATIO] == 0.5)].iloc[0]
    assert row[col.HALF] == pytest.approx(part.half, rel=1e-4)
    assert (row[col.KEPT_FROM], row[col.KEPT_TO]) == pytest.approx((kept.low, kept.high), rel=1e-4)


def _numbers(values: Any) -> list[float]:
    if isinstance(values, list):
        return [float(value) for value in values]
    import base64

    return [float(value) for value in np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"])]


def test_summary_and_paper_have_the_same(made: Path, open_page: Open) -> None:
    metrics, kept = expected(made)
    app = open_page("summary", **QUICK, method="Random", ratio="50")
    healthy(app)
    assert f"({percent(kept.low)} to {percent(kept.high)}, 3 seeds)" in _plain(texts(app))
    table = next(frame.value for frame in app.dataframe if "± Recall@10, users and seeds" in frame.value)
    assert sorted(table["± Recall@10, users and seeds"]) == pytest.approx(halves(metrics), abs=6e-4)
    store = DiskStore(made)
    runs = tuple((spec, result) for spec in [*SEEDED, ALONE] if (result := stored_result(key(spec), store)) is not None)
    every = Finished(runs).compared(FULL, RECALL)
    told = evidence.intervals(lambda result: stored_per_user(result, store))
    cells, _ = wording.grid(every, set(), told)
    found = {line: f"{found.mean:.3f} ± {found.half:.3f}" for line, found in metrics.items()}
    assert cells["50 %"].tolist() == ["", found[key(PART)], f"{found[key(ALONE)]}*"]
    assert cells["100 %"].tolist()[0] == found[key(FULL)]
    assert len(frontier.table(every, told)) == 3


def test_what_each_user_got_may_be_gone_and_then_there_is_no_interval(made: Path, open_page: Open) -> None:
    """Not one over seeds alone in its place."""
    store = DiskStore(made)
    result = stored_result(key(PART), store)
    assert result is not None
    store.remove(result.stage_keys["evaluate"])
    app = open_page(**QUICK, method="Random", ratio="50")
    table = app.dataframe[0].value
    row = table[table["method"].str.startswith("Random")].iloc[0]
    assert np.isnan([row[col.HALF], row[col.KEPT_HALF]]).all()
    assert "(interval unknown, 3 seeds)" in _plain(app.title[0].value)

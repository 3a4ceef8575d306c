from __future__ import annotations

import math
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from rec_core import pace, published, report, specs
from rec_core.data.sources import Folders
from rec_core.estimate import (
    estimate,
    measured_rates,
    pretraining_seconds,
    proxy_seconds,
    rates_here,
    start_seconds,
    total,
    whole,
)
from rec_core.models import NCF, CoOccurrence
from rec_core.progress import Progress
from rec_core.results import RunResult
from rec_core.training.kernels import probe
from rec_core.wording import labels
from tests.conftest import experiment, quick


def _reports(method: str, **more: object) -> specs.ExperimentSpec:
    return specs.preset("report", "implicit", "ncf", data={"dataset": "ml-1m"}, method={"name": method}, **more)


def test_a_run_finds_its_row_in_the_report() -> None:
    greedy = published.published(_reports("greedy", pretrain=False))
    assert greedy is not None
    assert greedy.metrics == {"recall@10": 0.449, "ndcg@10": 0.245}
    full = published.published(_reports("full", ratio=0.7, pretrain=False))
    assert full is not None
    assert full.metrics["recall@10"] == 0.582


@pytest.mark.parametrize(
    "spec",
    [
        _reports("random", ratio=0.3),
        _reports("random", train={"epochs": 3}),
        specs.preset("recommended", "implicit", "ncf", data={"dataset": "ml-1m"}, method={"name": "random"}),
        specs.preset("report", "implicit", "mf", data={"dataset": "ml-1m"}, method={"name": "random"}),
        specs.preset("report", "implicit", "ncf", data={"dataset": "ml-100k"}, method={"name": "random"}),
    ],
)
def test_other_settings_have_no_row_in_the_report(spec: specs.ExperimentSpec) -> None:
    assert published.published(spec) is None


def test_the_whole_run_goes_on_at_the_pace_of_its_present_step() -> None:
    parts = {"Loading": 1.0, "Training": 4.0, "Evaluating": 5.0}
    assert whole(parts, Progress("Loading")) == (0.0, 10.0)
    assert whole(parts, Progress("Training", 0.5, seconds_left=2.0)) == pytest.approx((0.3, 7.0))
    # Twice as slow as estimated: what follows will be slower too, the surer the longer that is known.
    left = _left(parts, Progress("Training", 0.5, seconds_left=4.0))
    assert 4 + 5 < left < 4 + 10
    assert left - 4 < _left(parts, Progress("Training", 0.9, seconds_left=0.8)) - 0.8 < 10
    assert whole(parts, Progress("Evaluating", 1.0, seconds_left=0.0)) == pytest.approx((1.0, 0.0))
    # A step's last word is not the run's: evaluating is still to come.
    assert whole(parts, Progress("Training", 1.0, seconds_left=0.0)) == pytest.approx((0.5, 5.0))
    assert whole(parts, Progress("Drawing the map", 0.4, seconds_left=3.0)) == (0.4, 3.0)
    assert whole({"Training": 0.0}, Progress("Training", 0.5)) == (0.5, 0.0)


def test_a_slow_second_at_the_beginning_says_nothing_of_minutes() -> None:
    """Estimates swung from 10 s to 3 min 36 s: loading took ten times as long, so training would too."""
    parts = {"Loading": 0.3, "Training": 20.0}
    assert 20 < _left(parts, Progress("Loading", 0.5, seconds_left=1.5)) < 45
    assert _left(parts, Progress("Training", 0.001, seconds_left=300.0)) == pytest.approx(20, rel=0.2)


def _left(parts: dict[str, float], now: Progress, pace: float = 1.0) -> float:
    """Return the seconds left."""
    _, left = whole(parts, now, pace)
    assert left is not None
    return left


@pytest.mark.parametrize("load", [1.0, 10.0, 30.0])
def test_the_time_left_converges_however_busy_the_machine_is(load: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of 20 s beside others: the first estimate knows the load; a wrong one is corrected within a few seconds."""
    monkeypatch.setattr(os, "getloadavg", lambda: (load, load, load))
    monkeypatch.setattr(pace, "_cores", lambda: 2)
    parts, slow = {"Selecting": 0.5, "Training": 19.5}, (load + 1) / 2
    assert _left(parts, Progress("Selecting"), pace.slowdown()) == pytest.approx(20 * slow)
    for wrong in (0.3, 3.0):  # the load is about to change
        misses = []
        for fraction in (0.01, 0.05, 0.1, 0.5):
            told = Progress("Training", fraction, seconds_left=(1 - fraction) * 19.5 * slow * wrong)
            misses.append(abs(_left(parts, told, pace.slowdown()) / ((1 - fraction) * 19.5 * slow * wrong) - 1))
        assert misses == sorted(misses, reverse=True)
        assert misses[2] < 0.01


def test_the_start_of_workers_counts_what_is_not_compiled_yet() -> None:
    """The first comparison of a machine took 443 s where 21 s were promised."""
    assert start_seconds(True, None) == 0
    started = start_seconds(False, None)
    assert 0 < started < start_seconds(False, 5.0) < start_seconds(False, 0.0)
    assert start_seconds(False, 1e6) > started  # it is not done: it may be any moment
    assert start_seconds(True, 0.0) == start_seconds(False, 0.0) - started


def test_one_bar_stands_for_many_runs() -> None:
    assert total([], [], [10.0, 10.0, 10.0, 10.0], workers=2) == (0.0, 20.0)
    share, left = total([10.0], [(0.5, 5.0), (0.0, 10.0)], [10.0], workers=2)
    assert (share, left) == pytest.approx((15 / 40, 12.5))
    assert total([10.0, 10.0], [(0.9, 30.0)], [], workers=2)[1] == 30.0  # the last one is waited for
    assert total([], [], [], workers=2) == (1.0, 0.0)
    shares = [total([10.0] * n, [], [10.0] * (4 - n), workers=2)[0] for n in range(5)]
    assert shares == pytest.approx([0, 0.25, 0.5, 0.75, 1])


def test_intervals_of_a_table_are_students() -> None:
    """Three seeds have 2 degrees of freedom: 4.3 standard errors, not 1.96."""
    low, high = stats.t.interval(0.95, 2, 0.2, stats.sem([0.1, 0.2, 0.3]))
    assert report._mean([0.1, 0.2, 0.3], 3) == f"0.200 ± {(high - low) / 2:.3f}" == "0.200 ± 0.248"
    assert report._mean([0.1], 3) == "0.100"


@pytest.mark.parametrize("seeds", [2, 3, 10])
def test_a_row_comes_out_where_one_more_seed_would_be(seeds: int) -> None:
    """The prediction interval of one more draw, as its textbooks have it (Hahn and Meeker, 1991, 4.3)."""
    drawn = np.random.default_rng(seeds).normal(2.0, 0.1, seeds)
    spread = float(np.std(drawn, ddof=1)) * math.sqrt(1 + 1 / seeds)
    _, high = stats.t.interval(0.95, seeds - 1, drawn.mean(), spread)
    table = published.TABLES[1]
    for figure, said in ((high - 0.001, report.AS_A_SEED), (high + 0.002, f"{high + 0.002 - drawn.mean():.3f} lower")):
        row = replace(table.rows[0], metrics={"rmse": figure})
        assert report._against(table, row, [_with(rmse=value) for value in drawn]) == said
    assert report._against(table, row, [_with(rmse=drawn[0])]).endswith("lower")  # one seed says nothing of others
    assert report._against(table, row, []) == ""


def test_of_two_metrics_the_one_that_is_further_away_is_told() -> None:
    table = published.TABLES[3]
    both = [_with(**{"recall@10": 0.582 + more, "ndcg@10": 0.250 + more}) for more in (-0.01, 0.0, 0.01)]
    assert report._against(table, table.rows[0], both) == "0.070 lower"


def test_the_answer_counts_rows_with_more_than_one_seed() -> None:
    none: dict[int, list[list[RunResult]]] = {n: [[] for _ in table.rows] for n, table in published.TABLES.items()}
    assert report.answer(none)[0] == report.QUESTION
    figures = published.TABLES[2].rows[0].metrics["rmse"]
    some = {**none, 2: [[_with(rmse=figures + more) for more in (-0.01, 0.01)], *none[2][1:]]}
    first, second = report.answer(some)
    assert first == "The report's figures come out on 1 of the 1 rows that were run."
    assert "17 rows are not run yet" in second


def _with(**metrics: float) -> RunResult:
    """Return a result that measured this."""
    return RunResult({}, "", 1, 1, metrics, {}, [], 1, {}, {}, {})


def test_the_tables_hold_what_the_report_says() -> None:
    assert [len(table.rows) for table in published.TABLES.values()] == [4, 7, 7]
    for table in published.TABLES.values():
        rows = [(row.method, row.pretrain, *row.metrics.values(), row.select_s, row.train_s) for row in table.rows]
        assert rows == PUBLISHED[table.number]
        assert all(tuple(row.metrics) == table.metrics for row in table.rows)
        assert [row.method for row in table.rows if row.cause] == (["clustering"] if table.number > 1 else [])
    notes = report.footnotes(published.TABLES[1])
    assert "above that of predicting one constant" in notes[0]
    assert "0.16 %" in report.footnotes(published.TABLES[3])[0]


# Copied from the report once more, by hand: method, pretrained, metrics, seconds to select, seconds to train.
PUBLISHED = {
    1: [
        ("full", True, 2.685, 0, 414.96),
        ("random", True, 2.815, 0.02, 85.76),
        ("gradient", False, 2.806, 644.70, 84.86),
        ("greedy", False, 2.786, 2.03, 94.51),
    ],
    2: [
        ("full", True, 0.984, 0, 723.42),
        ("random", True, 1.060, 0.02, 146.86),
        ("clustering", True, 1.694, 114.41, 1.17),
        ("gradient", True, 1.332, 794.79, 147.46),
        ("gradient", False, 1.064, 684.87, 146.18),
        ("greedy", True, 1.101, 115.08, 162.71),
        ("greedy", False, 1.110, 2.20, 163.22),
    ],
    3: [
        ("full", True, 0.582, 0.320, 0, 1049.03),
        ("random", True, 0.441, 0.237, 0.02, 215.61),
        ("clustering", True, 0.165, 0.079, 139.05, 1.68),
        ("gradient", True, 0.104, 0.047, 878.58, 213.84),
        ("gradient", False, 0.330, 0.183, 738.03, 212.88),
        ("greedy", True, 0.449, 0.242, 139.59, 235.81),
        ("greedy", False, 0.449, 0.245, 2.10, 235.88),
    ],
}


def test_settings_are_named_by_their_preset() -> None:
    assert labels.settings_title(_reports("greedy", seed=3)) == "As in the report"
    assert labels.settings_title(_reports("greedy", train={"epochs": 3})) == "Custom"
    some = labels.settings_title(_reports("greedy", evaluation={"users": 1666}))
    assert some == "As in the report, 1,666 users ranked among all items"
    assert labels.choice_title(_reports("greedy", pretrain=False, ratio=0.005)) == (
        "Greedy k-center, no pretraining at 0.5 %"
    )


def test_estimates_come_from_runs_of_this_machine(folders: Folders) -> None:
    spec = quick("gradient")
    result = experiment(spec, folders).result()
    rates = rates_here(measured_rates([result]))
    assert rates["ncf", "implicit"] == pytest.approx(result.cpu_seconds["train"] / (2 * result.n_selected))
    assert rates["mf", "explicit"] == rates_here({})["mf", "explicit"]
    quick_one = estimate(spec, 10_000, 60_000, rates, proxy_is_ready=True)
    assert not quick_one.at_most
    slow = estimate(spec, 10_000, 60_000, rates, proxy_is_ready=False)
    assert slow.seconds - quick_one.seconds == pytest.approx(proxy_seconds(spec, 10_000, rates))
    longer = estimate(spec.with_(train={"epochs": 4, "patience": 1}), 10_000, 60_000, rates, proxy_is_ready=True)
    assert longer.seconds > quick_one.seconds
    assert longer.at_most


def test_only_a_pretrained_proxy_takes_time() -> None:
    rates = rates_here({})
    assert proxy_seconds(quick("random"), 1000, rates) == 0
    assert proxy_seconds(quick("greedy", pretrain=False), 1000, rates) == 0
    assert proxy_seconds(quick("greedy", ratio=1.0), 1000, rates) == 0
    assert proxy_seconds(quick("greedy"), 1000, rates) > 0
    # A map needs the proxy whatever the method does: preparing it was foretold as 0 ms.
    assert pretraining_seconds(quick("random"), 1000, rates) == proxy_seconds(quick("greedy"), 1000, rates)


def test_before_there_are_runs_estimates_rest_on_a_moment_of_training_here(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(probe, "kept", lambda: tmp_path)
    assert rates_here({})["ncf", "implicit"] == NCF.seconds_per_row["implicit"]
    probe.measure()
    rates = probe.known_rates()
    assert rates_here({}) == {**rates_here({}), **rates}
    of_both = {(model, feedback) for model in ("mf", "ncf") for feedback in ("explicit", "implicit")}
    assert set(rates) == of_both | {("next-item", "implicit")}
    assert all(1e-9 < rate < 1e-2 for rate in rates.values())
    (tmp_path / "rates.json").write_text("half a fi")  # a disk that was full
    assert probe.known_rates() == {}


def test_estimates_follow_the_last_runs(folders: Folders) -> None:
    """Machines and kernels change: what was slow a year ago says nothing."""
    result = experiment(quick("random"), folders).result()
    slow = replace(result, cpu_seconds={**result.cpu_seconds, "train": 1000.0})
    assert measured_rates([slow] * 9 + [result] * 5) == measured_rates([result])


def test_seconds_of_a_table_are_cpu_seconds(folders: Folders) -> None:
    """A run that waited for its core took no longer to train."""
    result = experiment(quick("random"), folders).result()
    waited = replace(result, seconds={**result.seconds, "train": 999.0})
    line = report._line(published.TABLES[3], published.TABLES[3].rows[0], [waited], lambda result: None)
    assert line["Train s"] == f"{result.cpu_seconds['train']:.2f}"


def test_what_looks_at_all_rows_in_every_epoch_takes_longer_and_says_nothing_of_others(folders: Folders) -> None:
    result = experiment(quick("random"), folders).result()
    looking = experiment(quick("infobatch"), folders).result()
    assert measured_rates([result, *[looking] * 9]) == measured_rates([result])
    rates = rates_here({})
    random, rs2, infobatch = (
        estimate(quick(name, ratio=0.05), 10**6, 0, rates, True).seconds for name in ("random", "rs2", "infobatch")
    )
    assert random == rs2 < infobatch
    walked = replace(looking, spec=looking.spec | {"train": looking.spec["train"] | {"walked": 8}})
    assert walked.seconds_per_row == looking.seconds_per_row  # nothing is missing there that walks could add


def test_a_model_with_histories_is_ranked_twice() -> None:
    """With all of its histories, and with train rows alone."""
    rates = rates_here({})
    seconds = [
        estimate(quick(model=model, train={"epochs": 1}), 0, n_pairs, rates, True).seconds
        for model in ("co-occurrence", "ncf")
        for n_pairs in (0, 10**9)
    ]
    assert seconds[1] - seconds[0] == pytest.approx(2 * CoOccurrence.seconds_per_pair * 10**9)
    assert seconds[3] - seconds[2] == pytest.approx(NCF.seconds_per_pair * 10**9)

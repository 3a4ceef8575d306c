from __future__ import annotations

from dataclasses import replace

from rec_core.analysis.comparison import baseline_spec
from rec_core.analysis.finished import Finished
from rec_core.evaluation.ranking import RECALL, RECALL_ALL
from rec_core.results import RunResult
from rec_core.specs import ExperimentSpec
from rec_core.stages import RUN
from tests.conftest import quick


def _run(spec: ExperimentSpec) -> tuple[ExperimentSpec, RunResult]:
    timed = dict.fromkeys(("pretrain", "select", "train"), 1.0)
    metrics = {"recall@10": 0.5}
    return spec, RunResult(spec.model_dump(), RUN.key(spec), 100, 20, metrics, {}, [], 0, timed, {}, {}, timed)


def test_groups_stand_beside_those_that_were_tested_on_the_same() -> None:
    random, full = quick("random"), baseline_spec(quick("random"))
    elsewhere = random.with_(data_seed=random.data_seed + 1)  # other negatives
    other_model = random.with_(model={"name": "mf"})
    seeds = [random.with_(seed=seed) for seed in (3, 1)]
    finished = Finished(tuple(map(_run, [random, *seeds, elsewhere, full, other_model])))
    ours, whole = finished.compared(random, RECALL)
    assert [spec.seed for spec in ours.group.specs] == sorted([random.seed, 3, 1])
    assert ours.baseline is not None
    assert ours.baseline.spec == full
    assert whole.is_baseline
    assert finished.tested_otherwise(random) == 1
    assert finished.tested_otherwise(elsewhere) == 4
    assert len(finished.on_data(random)) == 4


def test_what_was_not_measured_by_a_metric_is_on_a_list_of_its_own() -> None:
    finished = Finished((_run(quick("random")),))
    assert finished.compared(quick("random"), RECALL_ALL) == []
    (one,) = finished.not_measured(quick("random"), RECALL_ALL)
    assert not one.is_measured
    assert finished.not_measured(quick("random"), RECALL) == []


def test_a_run_that_nobody_asked_for_stands_with_those_that_were() -> None:
    random = quick("random")
    finished = Finished((_run(random.with_(seed=random.seed + 1)),))
    spec, result = _run(random)
    group = finished.group_of(spec, result)
    assert group.specs == (random, random.with_(seed=random.seed + 1))
    assert finished.group_of(*_run(random.with_(ratio=0.5))).specs == (random.with_(ratio=0.5),)


def test_what_an_older_version_made_is_a_group_of_its_own() -> None:
    random = quick("random")
    old = replace(_run(random)[1], key="of 0.1.0", versions={"corelens": "0.1.0"})
    finished = Finished(((random, old), _run(random)))
    assert [one.group.era for one in finished.compared(random, RECALL)] == ["0.1.0", ""]


def test_a_run_stands_with_those_of_its_version() -> None:
    """One of an older version came first, and its group was taken for the run's."""
    random = quick("random")
    spec, result = _run(random)
    old = replace(result, key="of 0.1.0", versions={"corelens": "0.1.0"})
    finished = Finished(((random.with_(seed=random.seed + 1), old), (spec, result)))
    assert finished.group_of(spec, result).results == (result,)


def test_groups_are_judged_by_the_metric_that_is_asked_for() -> None:
    spec, result = _run(quick("random"))
    values = {"recall@10": 0.4, "recall@10_all": 0.1}
    finished = Finished(((spec, replace(result, metrics=values, controls={"most_popular": values})),))
    by = {metric: finished.compared(spec, metric)[0] for metric in (RECALL, RECALL_ALL)}
    assert [one.value for one in by.values()] == [0.4, 0.1]
    assert by[RECALL_ALL].best_control == ("most_popular", 0.1)
    assert finished.compared(spec, RECALL_ALL)[0] is by[RECALL_ALL]  # what was worked out of it stays

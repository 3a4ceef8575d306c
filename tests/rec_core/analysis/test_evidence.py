"""How sure a group's differences are, from what is stored of each user, recomputed in another way."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from rec_core.analysis.comparison import Compared, baseline_spec
from rec_core.analysis.evidence import MARGIN, Evidence, weigh
from rec_core.data.interactions import Feedback
from rec_core.data.sources import Folders
from rec_core.evaluation import metrics_of
from rec_core.experiment import Experiment, View
from rec_core.replicates import Estimate, Group
from rec_core.stages import MemoryStore
from tests.conftest import quick


@pytest.mark.parametrize("feedback", ["explicit", "implicit"])
def test_the_gain_over_the_control_is_paired_over_users(feedback: Feedback, folders: Folders) -> None:
    store = MemoryStore()
    specs = [quick("random", feedback), baseline_spec(quick("random", feedback))]
    made = [Group((spec,), (Experiment(spec, store, folders).result(),)) for spec in specs]
    one, views = Compared(made[0], made[1]), [View(spec, store, folders) for spec in specs]
    found = weigh(one, views[:1], views[1:])
    name, value = one.best_control
    ours = one.metric.values(views[0].evaluated.per_user)
    theirs = views[0].control_values(name, one.metric)
    assert one.metric.of_mean(float(theirs.mean())) == pytest.approx(value)
    assert found.gain.mean == pytest.approx(one.gain)
    expected = stats.ttest_rel(ours, theirs).pvalue if feedback == "explicit" else _with_four_more(ours - theirs)
    assert found.gain.p == pytest.approx(expected)
    assert found.kept is not None
    assert found.kept.mean == pytest.approx(one.quality_kept)
    alone = weigh(Compared(made[0], None), views[:1], [])
    assert alone.kept is None
    assert alone.gain == found.gain


def _with_four_more(apart: NDArray[np.float64]) -> float:
    """Return the p-value of paired hits with a user added who is served by both, by neither, and by each side."""
    n = len(apart)
    both = np.append(apart, [0.0, 1.0, -1.0, 0.0])
    return float(2 * stats.t.sf(abs(apart.mean()) / np.sqrt(np.var(both, ddof=1) / n), n - 1))


def test_every_control_can_be_had_user_by_user(folders: Folders) -> None:
    """Their means are the metrics that the run stored."""
    kinds: tuple[Feedback, ...] = ("explicit", "implicit")
    for feedback in kinds:
        experiment = Experiment(quick("random", feedback), MemoryStore(), folders)
        result = experiment.result()
        for name, metrics in result.controls.items():
            for metric in metrics_of(feedback):
                mean = float(experiment.control_values(name, metric).mean())
                assert metric.of_mean(mean) == pytest.approx(metrics[metric.name])


@pytest.mark.parametrize(
    ("kept", "error", "not_worse", "worse"),
    [(0.999, 0.001, True, False), (0.99, 0.02, False, False), (0.9, 0.01, False, True), (1 - MARGIN, 0.0, True, False)],
)
def test_not_worse_and_worse_are_both_to_be_shown(kept: float, error: float, not_worse: bool, worse: bool) -> None:
    found = Evidence(Estimate(0.1, 0.01, 100, 3), Estimate(kept, error, 100, 3))
    assert (found.is_not_worse, found.is_worse) == (not_worse, worse)
    assert Evidence(found.gain, None).is_not_worse is False
    alone = Evidence(found.gain, Estimate(kept, error, 100, 1))  # its interval leaves other seeds out
    assert (alone.is_not_worse, alone.is_worse) == (False, False)


def test_a_verdict_needs_an_interval_without_zero() -> None:
    for mean, says in ((0.0012, "no clear difference"), (0.02, "better"), (-0.02, "worse")):
        assert Evidence(Estimate(mean, 0.004, 6039, 1), None).than_control == says
    assert np.isfinite(Estimate(0.0012, 0.004, 6039, 1).half)

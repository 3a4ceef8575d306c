"""The figure of a tuning: ways that can be told apart, and what each chooses."""

from __future__ import annotations

import pytest

from rec_core.evaluation.ranking import RECALL
from rec_core.figures.tuning import orders
from rec_core.sweeps.space import Configuration
from rec_core.sweeps.tuning import Tuning, Way
from tests.conftest import quick

SOME = tuple(Configuration(learning_rate=rate) for rate in (0.001, 0.002, 0.003, 0.004, 0.005))


@pytest.mark.parametrize("method", ["recent", "random", "greedy", "rs2"])
def test_each_way_has_a_mark_of_its_own_and_its_choice_is_large(method: str) -> None:
    tuning = Tuning.of(quick(method, ratio=0.1), SOME, [0])
    values = dict(enumerate((0.1, 0.3, 0.5, 0.4, 0.2)))
    validated: dict[Way, dict[int, float]] = {way: dict(values) for way in tuning.ways}
    del validated["full"][2]  # not made yet: of what is there, another one is best
    exhibit = orders(tuning, validated, RECALL, "caption")
    traces = exhibit.figure.data
    assert len(traces) == len(tuning.ways) - 1
    assert len({(trace.marker.symbol, trace.marker.color) for trace in traces}) == len(traces)
    for trace in traces:
        sizes = list(trace.marker.size)
        assert list(trace.x)[sizes.index(max(sizes))] == 0.4
        assert sizes.count(max(sizes)) == 1
    assert len(exhibit.table) == 4 * len(traces)

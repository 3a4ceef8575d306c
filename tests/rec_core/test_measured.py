"""Frontiers as files: those that come with Corelens can be read, drawn and answered from."""

from __future__ import annotations

from pathlib import Path

import pytest

from rec_core import measured
from rec_core.analysis import columns as col
from rec_core.data.sources.movielens import FILMS
from rec_core.evaluation.ranking import RECALL, RECALL_ALL
from rec_core.figures.frontier import quality_against_cost, quality_against_ratio
from rec_core.selection import METHODS
from rec_core.wording import frontier as wording

NAMES = [path.stem.removeprefix("frontier-") for path in Path("docs").glob("frontier-*.csv")]


def test_there_are_some() -> None:
    assert "ml-1m" in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_what_comes_with_corelens_can_be_read_drawn_and_answered_from(name: str) -> None:
    found = measured.read(name)
    assert any("python -m rec_core sweep" in remark for remark in found.remarks)
    for model in found.frame[col.MODEL].unique():
        for metric in (RECALL, RECALL_ALL):
            table, controls = found.of(model, metric.name)
            assert set(table[col.METHOD]) <= set(METHODS)
            assert {"Most popular"} <= set(controls)
            exhibit = quality_against_ratio(table, controls, "")
            lines = [trace.name for trace in exhibit.figure.data if trace.name]
            assert sorted(lines) == sorted(set(table[table[col.METHOD] != "full"][col.LINE]))
            assert any(trace.name == "Pareto front" for trace in quality_against_cost(table, "").figure.data)
            assert "of the ratings keep" in wording.before(table, controls, 0.5, metric, FILMS)
            assert "which needs no training, keeps" in wording.before(table, controls, 0.5, metric, FILMS)
            assert "no subset reliably keeps" in wording.before(table, controls, 99.0, metric, FILMS)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_written_as_it_was_read(name: str) -> None:
    text = (Path("docs") / f"frontier-{name}.csv").read_text()
    assert measured.read(name).to_csv() == text


def test_what_is_reliable_is_read_from_the_corrected_bound() -> None:
    """And not from the interval of each subset by itself; what may be enough is named beside it."""
    table, controls = measured.read("ml-1m").of("NCF", RECALL.name)
    parts = table[table[col.METHOD] != "full"]
    assert (parts[col.KEPT_AT_LEAST] <= parts[col.KEPT_FROM]).all()
    goal = float(parts[col.KEPT_AT_LEAST].max()) + 1e-6
    assert (parts[col.KEPT_FROM] >= goal).any()
    said = wording.before(table, controls, goal, RECALL, FILMS)
    assert said.startswith("no subset reliably keeps")
    assert "may be enough" in said
    assert said.count("5 seeds") == 1

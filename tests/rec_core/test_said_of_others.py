"""Sentences that speak of the state of something else: what is measured, stored or on its way, in every state."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rec_core.analysis.comparison import Compared
from rec_core.data.sources import Folders
from rec_core.evaluation import METRICS
from rec_core.evaluation.controls import KEPT
from rec_core.experiment import Experiment
from rec_core.replicates import Group
from rec_core.results import RunResult
from rec_core.selection.screen import NEIGHBOURHOOD
from rec_core.specs import ExperimentSpec
from rec_core.stages import CONTROLS, KEPT_CONTROLS, MemoryStore
from rec_core.wording import comparison, holdings, summary
from rec_core.wording import screen as screen_words
from tests.conftest import quick

STRONGER = "Stronger controls, such as an untrained SVD, are not measured yet"
KEPT_ONLY = "The same controls on the kept rows are not measured yet."


def _measured(method: str, stages: set[str], folders: Folders) -> tuple[ExperimentSpec, RunResult]:
    """Return a run with the controls of some stages."""
    spec = quick(method)
    one = Experiment(spec, MemoryStore(), folders)
    result = one.result()
    for stage in (CONTROLS, KEPT_CONTROLS):
        if stage.name in stages:
            result = one.graph.get(stage).beside(result)
    return spec, result


@pytest.mark.parametrize(
    ("method", "measured", "says"),
    [
        ("random", set(), f"{STRONGER}."),
        ("random", {"controls-kept"}, f"{STRONGER} on all rows."),
        ("random", {"controls"}, KEPT_ONLY),
        ("random", {"controls", "controls-kept"}, ""),
        ("full", set(), f"{STRONGER} on all rows."),
        ("full", {"controls"}, ""),
        ("rs2", {"controls"}, ""),
    ],
)
def test_exactly_the_controls_that_are_missing_are_said_to_be(
    method: str, measured: set[str], says: str, folders: Folders
) -> None:
    spec, result = _measured(method, measured, folders)
    one = Compared(Group((spec,), (result,)), None, METRICS["recall@10"])
    said = comparison.headline(one, None)[1]
    assert ("not measured yet" in said) == bool(says)
    assert says in said
    if "controls" in measured:
        assert "walk" in result.controls
        assert "Stronger controls" not in said  # they stand in the same paragraph
    assert one.is_controlled == (not says)


def test_of_several_seeds_one_is_enough_to_be_missing(folders: Folders) -> None:
    whole, bare = (_measured("random", some, folders)[1] for some in ({"controls", "controls-kept"}, {"controls"}))
    specs = (quick("random"), quick("random", seed=1))
    one = Compared(Group(specs, (whole, replace(bare, key="another"))), None, METRICS["recall@10"])
    assert KEPT_ONLY in comparison.headline(one, None)[1]
    assert not any(name.endswith(KEPT) and name.startswith("walk") for name in one.controls)


@pytest.mark.parametrize(
    ("unmeasured", "compares_items", "says"),
    [
        (
            {"controls", "controls-kept"},
            True,
            "item neighbourhood, an untrained SVD and a random walk on all rows and the kept rows",
        ),
        ({"controls"}, True, "item neighbourhood, an untrained SVD and a random walk on all rows"),
        ({"controls-kept"}, False, "an untrained SVD on the kept rows"),
    ],
)
def test_what_is_to_be_measured_is_what_is_missing_and_can_be(
    unmeasured: set[str], compares_items: bool, says: str
) -> None:
    assert comparison.controls_to_measure(frozenset(unmeasured), compares_items) == says


def test_a_missing_interval_is_not_blamed_on_one_cause(folders: Folders) -> None:
    """It is missing too where the data are not here, though each user's results are."""
    spec, result = _measured("random", set(), folders)
    one = Compared(Group((spec,), (result,)), None, METRICS["recall@10"])
    said = comparison.headline(one, None)[1]
    assert "needs the data and each user's stored results" in said
    assert "are gone" not in said
    whole = Compared(one.group, Group((quick("full"),), (result,)), METRICS["recall@10"])
    assert summary.decision(whole, None).startswith("Make the data available or run Random at 20")


def test_the_screen_names_the_recommenders_that_were_asked(folders: Folders) -> None:
    screened = Experiment(quick("random"), MemoryStore(), folders).screened
    assert "Three recommenders that train nothing (most popular, item neighbourhood, an un" in screen_words.how(
        screened
    )
    without = replace(screened, full={name: one for name, one in screened.full.items() if name != NEIGHBOURHOOD})
    assert "Two recommenders that train nothing (most popular, an untrained SVD)" in screen_words.how(without)
    served = Experiment(quick("random", model="co-occurrence"), MemoryStore(), folders).screened
    assert "validation item from their train rows" in screen_words.how(served)


@pytest.mark.parametrize(
    ("split_bytes", "runs", "of_runs", "says"),
    [
        (0, 0, 0, "Nothing of them is among the results yet."),
        (0, 1, 2_000_000, "1 finished run on these data takes 2 MB of the results."),
        (0, 3, 2_000_000, "3 finished runs on these data take 2 MB of the results."),
        (1_000_000, 0, 0, "Read and split they take 1 MB among the results. "),
        (1_000_000, 3, 2_000_000, "Read and split they take 1 MB among the results, and 3 finished runs 2 MB. "),
    ],
)
def test_what_is_stored_of_data_is_said_also_where_their_split_went(
    split_bytes: int, runs: int, of_runs: int, says: str
) -> None:
    assert holdings.kept(split_bytes, runs, of_runs).startswith(says)

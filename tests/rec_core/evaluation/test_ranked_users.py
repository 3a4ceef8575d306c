"""Some users alone are ranked among all items: the same ones for every run on the same data."""

from __future__ import annotations

import numpy as np

from rec_core.data.sources import Folders
from rec_core.evaluation.ranking import ALL_ITEMS, RECALL_ALL, SAMPLED
from rec_core.experiment import Experiment
from rec_core.specs import ExperimentSpec
from rec_core.stages import EVALUATE, RUN, TRAIN, MemoryStore, measured_on
from rec_core.stages.evaluate import ranked_among_all
from rec_core.wording.data import ranked
from tests.conftest import quick

EVERYBODY = quick("random", train={"epochs": 1})
SOME = EVERYBODY.with_(evaluation={"users": 40})


def test_a_sample_has_the_ranks_of_everybody_and_leaves_sampled_ranks_alone(folders: Folders) -> None:
    store = MemoryStore()
    everybody, some = (Experiment(spec, store, folders) for spec in (EVERYBODY, SOME))
    places = ranked_among_all(SOME, some.split)
    assert places is not None
    assert len(np.unique(places)) == 40
    whole, few = everybody.evaluated, some.evaluated
    np.testing.assert_array_equal(few.per_user[ALL_ITEMS], whole.per_user[ALL_ITEMS][places])
    np.testing.assert_array_equal(few.per_user[SAMPLED], whole.per_user[SAMPLED])
    assert few.metrics[RECALL_ALL.name] == np.mean(whole.per_user[ALL_ITEMS][places] <= 10)
    np.testing.assert_array_equal(
        some.control_values("most_popular", RECALL_ALL), everybody.control_values("most_popular", RECALL_ALL)[places]
    )
    assert ranked(some.split, SOME) == f"40 of {len(some.split.test):,} tested users, drawn at random, are ranked " + (
        "among all items."
    )
    assert ranked(some.split, EVERYBODY) == ""


def test_every_run_on_the_same_data_ranks_the_same_users(folders: Folders) -> None:
    split = Experiment(EVERYBODY, MemoryStore(), folders).split

    def places(spec: ExperimentSpec) -> list[int]:
        found = ranked_among_all(spec, split)
        assert found is not None
        return list(map(int, found))

    assert places(SOME) == places(SOME.with_(method={"name": "full"}, seed=7))
    assert places(SOME) != places(SOME.with_(data_seed=1))
    assert ranked_among_all(SOME.with_(evaluation={"users": 10**6}), split) is None


def test_keys_of_runs_that_rank_everybody_are_as_they_were() -> None:
    assert "users" not in EVALUATE.inputs(EVERYBODY)
    assert RUN.key(EVERYBODY.with_(evaluation={"users": 0})) == RUN.key(EVERYBODY)
    assert RUN.key(SOME) != RUN.key(EVERYBODY)
    assert TRAIN.key(SOME) == TRAIN.key(EVERYBODY)
    assert measured_on(SOME) != measured_on(EVERYBODY)

"""Nothing that chooses looks at the test split: with other test items, every choice is the same.

Two experiments have the same train rows, validation rows and catalogue; in one of them the test items, and the items of
rows that no part uses, are dealt out to other users.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from rec_core.analysis import tuning
from rec_core.data.interactions import Interactions
from rec_core.data.sources import Folders
from rec_core.evaluation import free
from rec_core.experiment import Experiment
from rec_core.specs import ExperimentSpec
from rec_core.stages import PROFILE, SPLIT, MemoryStore, codec
from rec_core.sweeps import search
from tests.conftest import quick

RULES = [
    {"test": "last", "validation": "like-test"},
    {"test": "random", "validation": "random"},
    {"test": "global-time"},
]


def _dealt(rows: Interactions, rng: np.random.Generator) -> Interactions:
    return replace(rows, item=rng.permutation(rows.item))


class _Both:
    """Stores with the split of a spec as it is, and with its test items dealt out otherwise."""

    def __init__(self, spec: ExperimentSpec, folders: Folders) -> None:
        self.folders, self.stores = folders, (MemoryStore(), MemoryStore())
        original = Experiment(spec, self.stores[0], folders).split
        rng = np.random.default_rng(3)
        other = replace(
            original, test=_dealt(original.test, rng), passed_over=_dealt(original.passed_over, rng), spoilt=0
        )
        assert (other.test.item != original.test.item).mean() > 0.9
        stored = self.stores[0].get(SPLIT.key(spec))
        assert stored is not None
        packed = codec.pack(other, SPLIT.name)
        packed.meta.update({name: stored.meta[name] for name in stored.meta if " " in name})
        self.stores[1].put(SPLIT.key(spec), packed)

    def of(self, spec: ExperimentSpec) -> list[Experiment]:
        """Return the same experiment on both."""
        both = [Experiment(spec, store, self.folders) for store in self.stores]
        assert not np.array_equal(both[0].split.test.item, both[1].split.test.item)
        return both


@pytest.fixture(params=RULES, ids=lambda rule: rule["test"])
def rule(request: pytest.FixtureRequest, crossing: None) -> dict[str, str]:
    """A rule of splitting; users come and go, so that some are tested by date too."""
    return dict(request.param)


@pytest.fixture
def both(rule: dict[str, str], folders: Folders) -> _Both:
    return _Both(quick(split=rule), folders)


def test_validation_negatives_are_the_same(rule: dict[str, str], both: _Both) -> None:
    ours, theirs = (one.negatives for one in both.of(quick(split=rule)))
    assert np.array_equal(ours.validation, theirs.validation)
    assert not np.array_equal(ours.test, theirs.test)  # which are of other items than the test's own


@pytest.mark.parametrize("model", ["ncf", "co-occurrence"])
def test_the_screen_and_where_a_search_begins_are_the_same(model: str, rule: dict[str, str], both: _Both) -> None:
    spec = quick(model=model, split=rule)
    ours, theirs = (one.screened for one in both.of(spec))
    assert ours == theirs
    question = search.Question.of(spec, "recall@10_all", 0.95, 10.0)
    assert search.ways(question, ours) == search.ways(question, theirs)
    assert search._predicted(question, ours) == search._predicted(question, theirs)


@pytest.mark.parametrize("model", ["mf", "ncf", "next-item", "mf-fold-in"])
def test_the_curve_the_best_epoch_and_the_parameters_are_the_same(
    model: str, rule: dict[str, str], both: _Both
) -> None:
    train = {"epochs": 3, "patience": 2}
    ours, theirs = (one.trained for one in both.of(quick(model=model, split=rule, train=train)))
    curves = [[line for line in one.history if line.pop("seconds") is not None] for one in (ours, theirs)]
    assert curves[0] == curves[1]
    assert len(curves[0]) > 1
    assert ours.best_epoch == theirs.best_epoch
    assert all(np.array_equal(ours.params[name], theirs.params[name]) for name in ours.params)


@pytest.mark.parametrize("model", ["co-occurrence", "svd", "ease"])
def test_the_profile_that_serves_users_is_the_same(model: str, rule: dict[str, str], both: _Both) -> None:
    ours, theirs = (one.graph.get(PROFILE) for one in both.of(quick("full", model=model, split=rule)))
    assert ours == theirs
    assert len(ours.tried) > 1


def test_tuning_chooses_the_same(rule: dict[str, str], both: _Both) -> None:
    rates = (0.0001, 0.001, 0.01)
    tried = [quick(split=rule, train={"epochs": 2, "learning_rate": rate}) for rate in rates]
    results = [[[both.of(spec)[which].result()] for spec in tried] for which in (0, 1)]
    assert tuning.validations(results[0]) == tuning.validations(results[1])
    assert [one[0].metrics for one in results[0]] != [one[0].metrics for one in results[1]]


@pytest.mark.parametrize("has_histories", [False, True])
def test_controls_are_weighed_the_same(has_histories: bool, rule: dict[str, str], both: _Both) -> None:
    """What is scored is the same for every user and item, and so are the weights that validation chose."""

    def scores(one: Experiment) -> dict[str, NDArray[np.float32]]:
        split, rng = one.split, np.random.default_rng(0)
        popularity = np.bincount(split.train.item, minlength=split.catalogue.n_items)
        negatives, x = one.negatives.validation, free._matrix(split.train, split)
        every = free._counting(split.train, popularity, split, negatives, rng, has_histories)
        return {name: serve(x)(np.arange(split.catalogue.n_users)) for name, serve in every.items()}

    ours, theirs = map(scores, both.of(quick(split=rule)))
    assert {name for name in ours if not np.array_equal(ours[name], theirs[name])} == set()

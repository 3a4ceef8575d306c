from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rec_core import selection, specs
from rec_core.errors import SpecError
from rec_core.models import NCF, SimpleMF
from rec_core.replicates import group_key
from rec_core.stages import measured_on
from tests.conftest import key, quick


def test_a_run_does_not_depend_on_what_it_ignores() -> None:
    assert key(quick("random", pretrain=True)) == key(quick("random", pretrain=False))
    assert key(quick("full", ratio=0.2)) == key(quick("full", ratio=0.7))
    assert key(quick("greedy", ratio=1.0)) == key(quick("full"))
    assert key(quick("gradient", pretrain=False, proxy={"epochs": 1})) == key(
        quick("gradient", pretrain=False, proxy={"epochs": 9})
    )
    assert key(quick(feedback="explicit", evaluation={"negatives": 99})) == key(
        quick(feedback="explicit", evaluation={"negatives": 9})
    )
    assert key(quick(ratio=0.2)) == key(quick(ratio=0.2000000001))
    assert key(quick("random", model="mf", feedback="implicit")) != key(quick("random", model="ncf"))


@pytest.mark.parametrize(
    "change",
    [
        {"ratio": 0.201},
        {"seed": 1},
        {"data_seed": 1},
        {"pretrain": False},
        {"train": {"epochs": 3}},
        {"proxy": {"epochs": 2}},
        {"model": {"name": "ncf", "dim": 16}},
        {"split": {"validation": "next-to-last"}},
        {"method": {"name": "greedy"}},
        {"data": {"dataset": "synthetic-10k", "fingerprint": "abc"}},
    ],
)
def test_a_run_depends_on_everything_else(change: dict[str, object]) -> None:
    assert key(quick("gradient").with_(**change)) != key(quick("gradient"))


def test_the_bias_counts_for_simple_mf_on_ratings_alone() -> None:
    def biased(feedback: str, bias: bool) -> str:
        return key(quick(feedback=feedback, model="mf").with_(model={"name": "mf", "bias": bias}))

    assert biased("explicit", True) != biased("explicit", False)
    assert biased("implicit", True) == biased("implicit", False)


def test_a_model_or_method_without_a_name_is_the_default_one() -> None:
    assert specs.parse({"model": {"dim": 16}, "method": {}}) == specs.parse({"model": {"name": "ncf", "dim": 16}})


def test_a_spec_of_0_1_0_is_read_without_the_bias_that_ncf_ignored() -> None:
    old = quick().model_dump() | {"model": {"name": "ncf", "dim": 32, "init_std": 1.0, "bias": True}}
    assert specs.revive(old) == quick()
    with pytest.raises(SpecError, match=r"There is no setting 'model\.bias'"):
        specs.parse(old)


@given(st.sampled_from(sorted(selection.METHODS)), st.floats(0.001, 1.0), st.booleans(), st.integers(0, 99))
def test_a_spec_survives_json(method: str, ratio: float, pretrain: bool, seed: int) -> None:
    spec = quick(method, ratio=ratio, pretrain=pretrain, seed=seed)
    assert specs.parse(spec.model_dump(mode="json")) == spec
    assert key(specs.parse(spec.model_dump(mode="json"))) == key(spec)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"ratio": 0}, "ratio"),
        ({"ratio": float("nan")}, "ratio"),
        ({"train": {"epochs": 0}}, "train.epochs"),
        ({"trian": {}}, "There is no setting 'trian'"),
        ({"data": {"dataset": "netflix"}}, "unknown data set 'netflix'; choose one of ml-1m"),
        ({"method": {"name": "magic"}}, "unknown method 'magic'; choose one of full, random"),
        ({"method": {"name": "random", "clusters": 3}}, "has no parameter 'clusters'"),
        ({"method": {"name": "clustering", "clusters": 0}}, "'clusters' must be a whole number of at least 1"),
        ({"seed": -1}, "seed"),
        ({"model": {"name": "bert"}}, "unknown model 'bert'; choose one of mf, ncf"),
        ({"model": {"name": "ncf", "dim": 33}}, "^model.dim: input should be a multiple of 2"),
        ({"model": {"name": "ncf", "depth": 3}}, "There is no setting 'model.depth'"),
    ],
)
def test_a_wrong_setting_is_said_in_a_sentence(values: dict[str, object], words: str) -> None:
    with pytest.raises(SpecError, match=words) as raised:
        specs.parse(values)
    assert str(raised.value).endswith(".")
    assert "\n" not in str(raised.value)


def test_presets_are_the_table_of_the_design() -> None:
    report = specs.preset("report", "implicit", "ncf")
    assert report.model == NCF(dim=32, init_std=1.0)
    assert (report.train.epochs, report.train.patience) == (20, 20)
    assert (report.train.batch_size, report.train.learning_rate, report.train.negatives) == (256, 0.001, 4)
    assert (report.split.test, report.split.validation, report.proxy.epochs) == ("last", "random", 5)
    better = specs.preset("recommended", "explicit", "mf")
    assert better.model == SimpleMF(init_std=0.05, bias=True)
    assert better.proxy.init_std == 0.1
    assert (better.train.epochs, better.train.patience, better.split.validation_rule) == (40, 5, "next-to-last")
    assert specs.preset("recommended", "implicit", "ncf").model == NCF(init_std=0.01)


def test_a_share_is_a_setting_between_zero_and_one() -> None:
    spec = specs.parse({"method": {"name": "window", "position": 0.4004}})
    assert spec.method.model_dump() == {"name": "window", "position": 0.4}
    assert key(spec) == key(specs.parse({"method": {"name": "window", "position": 0.4}}))
    assert key(spec) != key(specs.parse({"method": {"name": "window"}}))
    for wrong in (1.5, -0.1, "x", True):
        with pytest.raises(SpecError, match="'position' must be a number between 0 and 1"):
            specs.parse({"method": {"name": "window", "position": wrong}})


def test_a_changed_copy_has_a_key_of_its_own() -> None:
    spec = specs.parse({})
    assert key(spec) != key(spec.model_copy(update={"seed": 1}))  # a remembered key must not travel along
    assert group_key(spec) == group_key(spec.with_(seed=7))
    assert group_key(spec) != group_key(spec.with_(ratio=0.5))


def test_runs_of_one_test_set_are_known() -> None:
    report, recommended = (specs.preset(name, "implicit", "ncf") for name in ("report", "recommended"))
    assert measured_on(report) == measured_on(recommended)  # only validation differs
    assert measured_on(report) != measured_on(report.with_(data_seed=1))
    assert measured_on(report) != measured_on(report.with_(split={"test": "random"}))
    ratings = specs.preset("report", "explicit", "ncf")
    assert measured_on(ratings) == measured_on(ratings.with_(data_seed=1))


def test_validation_may_follow_the_rule_of_the_test() -> None:
    """The recommended settings do, whatever is tested; a rule that is named is the same split, by the same key."""
    last = specs.preset("recommended", "implicit", "ncf")
    anywhere = last.with_(split={"test": "random", "validation": last.split.validation})
    assert (last.split.validation_rule, anywhere.split.validation_rule) == ("next-to-last", "random")
    assert last.split.is_alike
    assert anywhere.split.is_alike
    assert not specs.preset("report", "implicit", "ncf").split.is_alike
    named = last.with_(split={"test": "last", "validation": "next-to-last"})
    assert key(named) == key(last)

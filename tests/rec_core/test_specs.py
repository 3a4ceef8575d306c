from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rec_core import selection, specs
from rec_core.errors import SpecError
from tests.conftest import quick


def test_a_run_does_not_depend_on_what_it_ignores() -> None:
    assert quick("random", pretrain=True).key == quick("random", pretrain=False).key
    assert quick("full", ratio=0.2).key == quick("full", ratio=0.7).key
    assert quick("greedy", ratio=1.0).key == quick("full").key
    assert (
        quick("gradient", pretrain=False, proxy={"epochs": 1}).key
        == quick("gradient", pretrain=False, proxy={"epochs": 9}).key
    )
    assert (
        quick(feedback="explicit", evaluation={"negatives": 99}).key
        == quick(feedback="explicit", evaluation={"negatives": 9}).key
    )
    assert quick(ratio=0.2).key == quick(ratio=0.2000000001).key
    assert quick("random", model="mf", feedback="implicit").key != quick("random", model="ncf").key


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
    assert quick("gradient").with_(**change).key != quick("gradient").key


def test_the_bias_counts_for_simple_mf_on_ratings_alone() -> None:
    def key(model: str, feedback: str, bias: bool) -> str:
        return quick(feedback=feedback, model=model).with_(model={"name": model, "bias": bias}).key

    assert key("mf", "explicit", True) != key("mf", "explicit", False)
    assert key("mf", "implicit", True) == key("mf", "implicit", False)
    assert key("ncf", "explicit", True) == key("ncf", "explicit", False)


@given(st.sampled_from(sorted(selection.METHODS)), st.floats(0.001, 1.0), st.booleans(), st.integers(0, 99))
def test_a_spec_survives_json(method: str, ratio: float, pretrain: bool, seed: int) -> None:
    spec = quick(method, ratio=ratio, pretrain=pretrain, seed=seed)
    assert specs.parse(spec.model_dump(mode="json")) == spec
    assert specs.parse(spec.model_dump(mode="json")).key == spec.key


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
    ],
)
def test_a_wrong_setting_is_said_in_a_sentence(values: dict[str, object], words: str) -> None:
    with pytest.raises(SpecError, match=words) as raised:
        specs.parse(values)
    assert str(raised.value).endswith(".")
    assert "\n" not in str(raised.value)


def test_presets_are_the_table_of_the_design() -> None:
    report = specs.preset("report", "implicit", "ncf")
    assert (report.model.dim, report.model.init_std, report.train.epochs, report.train.patience) == (32, 1.0, 20, 0)
    assert (report.train.batch_size, report.train.learning_rate, report.train.negatives) == (256, 0.001, 4)
    assert (report.split.test, report.split.validation, report.proxy.epochs) == ("last", "random", 5)
    better = specs.preset("recommended", "explicit", "mf")
    assert (better.model.init_std, better.model.bias, better.proxy.init_std) == (0.05, True, 0.1)
    assert (better.train.epochs, better.train.patience, better.split.validation) == (40, 5, "next-to-last")
    assert specs.preset("recommended", "implicit", "ncf").model.init_std == 0.01


def test_a_share_is_a_setting_between_zero_and_one() -> None:
    spec = specs.parse({"method": {"name": "window", "position": 0.4004}})
    assert spec.method.params == {"position": 0.4}
    assert spec.key == specs.parse({"method": {"name": "window", "position": 0.4}}).key
    assert spec.key != specs.parse({"method": {"name": "window"}}).key
    for wrong in (1.5, -0.1, "x", True):
        with pytest.raises(SpecError, match="'position' must be a number between 0 and 1"):
            specs.parse({"method": {"name": "window", "position": wrong}})


def test_a_changed_copy_has_a_key_of_its_own() -> None:
    spec = specs.parse({})
    assert spec.key != spec.model_copy(update={"seed": 1}).key  # a remembered key must not travel along
    assert spec.without_seed == spec.with_(seed=7).without_seed
    assert spec.without_seed != spec.with_(ratio=0.5).without_seed


def test_runs_of_one_test_set_are_known() -> None:
    report, recommended = (specs.preset(name, "implicit", "ncf") for name in ("report", "recommended"))
    assert specs.test_inputs(report) == specs.test_inputs(recommended)  # only validation differs
    assert specs.test_inputs(report) != specs.test_inputs(report.with_(data_seed=1))
    assert specs.test_inputs(report) != specs.test_inputs(report.with_(split={"test": "random"}))
    ratings = specs.preset("report", "explicit", "ncf")
    assert specs.test_inputs(ratings) == specs.test_inputs(ratings.with_(data_seed=1))

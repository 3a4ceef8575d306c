"""What models with histories hold beyond the train rows: counted, given to controls too, and measured without."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from rec_core.analysis.comparison import Compared
from rec_core.analysis.models import carried
from rec_core.data.interactions import Interactions, Split
from rec_core.data.sources import Folders
from rec_core.evaluation import METRICS, cut, free
from rec_core.evaluation.controls import KEPT
from rec_core.experiment import Experiment
from rec_core.models import Fitted
from rec_core.replicates import Group
from rec_core.results import RunResult
from rec_core.specs import ExperimentSpec
from rec_core.stages import CONTROLS, EVALUATE, RUN, MemoryStore
from rec_core.stages.profile import served_model
from rec_core.stages.training import profiles
from rec_core.wording import comparison, labels, serving, summary
from rec_core.wording import models as models_words
from tests.conftest import quick

SERVED = ["co-occurrence", "svd", "ease", "next-item", "mf-fold-in"]
RULES = [{"test": "last", "validation": "like-test"}, {"test": "global-time"}]


@pytest.fixture(params=RULES, ids=lambda rule: rule["test"])
def rule(request: pytest.FixtureRequest, crossing: None) -> dict[str, str]:
    return dict(request.param)


def _ranks_all(one: Experiment, histories: list[Interactions]) -> list[float]:
    """Rank each test item among all that its user does not have, user by user, served from ``histories``."""
    split, spec = one.split, one.spec
    fitted = Fitted(served_model(one.graph), one.trained.params, profiles(split, histories, spec.feedback))
    every, found = np.arange(split.catalogue.n_items), []
    for user, item in zip(split.test.user, split.test.item, strict=True):
        scores = fitted.predict(np.full(len(every), user), every).astype(np.float64)
        known = [part.item[part.user == user] for part in (split.train, split.validation, split.passed_over)]
        others = np.setdiff1d(every, np.concatenate([*known, [item]]))
        found.append(1 + (scores[others] > scores[item]).sum() + 0.5 * (scores[others] == scores[item]).sum())
    return found


@pytest.mark.parametrize("model", SERVED)
def test_a_model_is_ranked_with_all_that_is_known_and_with_train_rows_alone(
    model: str, rule: dict[str, str], folders: Folders
) -> None:
    one = Experiment(quick("recent", model=model, split=rule), MemoryStore(), folders)
    per_user, split = one.evaluated.per_user, one.split
    np.testing.assert_allclose(per_user["rank_all"], _ranks_all(one, list(split.known)), atol=1.01)  # rounding
    np.testing.assert_allclose(per_user["rank_all_train"], _ranks_all(one, [split.train]), atol=1.01)
    assert not np.array_equal(per_user["rank_all"], per_user["rank_all_train"])
    assert set(cut(per_user)) == {"rank", "rank_all"}
    result = one.result()
    metric = METRICS["recall@10_all"]
    assert result.cut["recall@10_all"] == metric.value(cut(per_user)) == (per_user["rank_all_train"] <= 10).mean()
    assert result.metrics["recall@10_all"] == metric.value(per_user)


def test_the_further_rows_are_counted(rule: dict[str, str], folders: Folders) -> None:
    one = Experiment(quick("recent", model="co-occurrence", split=rule), MemoryStore(), folders)
    split, result = one.split, one.result()
    users = split.test.user.tolist()
    of_each = {
        part: [int((rows.user == user).sum()) for user in users]
        for part, rows in vars(split).items()
        if part in ("train", "validation", "passed_over")
    }
    assert result.histories == {
        "users": len(users),
        "train": sum(of_each["train"]),
        "beyond": sum(of_each["validation"]) + sum(of_each["passed_over"]),
    }
    assert result.histories["beyond"] > (len(users) if rule["test"] == "global-time" else len(users) - 1)


@pytest.mark.parametrize("model", ["ncf", "mf"])
def test_a_model_without_histories_has_no_further_rows(model: str, folders: Folders) -> None:
    one = Experiment(quick(model=model), MemoryStore(), folders)
    result = one.result_with_controls()
    assert (result.histories, result.cut, result.cut_controls) == ({}, {}, {})
    assert set(one.evaluated.per_user) == {"rank", "rank_all"}
    group = Group((one.spec,), (result,))
    assert group.cut("recall@10") == result.metrics["recall@10"]  # train rows are all it has
    assert serving.same_information(Compared(group, None)) == ""


def _of_neighbours(counted: NDArray[np.float64], given: NDArray[np.float64]) -> NDArray[np.float64]:
    """Item neighbourhood as it is defined, counted on one matrix and served from another."""
    count = counted.sum(0)
    together = counted.T @ counted
    np.fill_diagonal(together, 0)
    return given @ (together / np.sqrt(np.maximum(count, 1))[:, None]) + 0.001 * count / count.max()


def _dense(split: Split, *parts: Interactions) -> NDArray[np.float64]:
    out = np.zeros((split.catalogue.n_users, split.catalogue.n_items))
    for part in parts:
        out[part.user, part.item] = 1
    return out


def test_controls_beside_it_are_given_the_same_rows(rule: dict[str, str], folders: Folders) -> None:
    """On all rows and on kept ones, with all that is known and with train rows alone, against the definition."""
    one = Experiment(quick("recent", model="co-occurrence", split=rule), MemoryStore(), folders)
    split, result = one.split, one.result_with_controls()
    train, known = _dense(split, split.train), _dense(split, *split.known)
    kept = _dense(split, split.train.take(one.coreset.rows))
    for name, counted in ((free.NEIGHBOURHOOD, train), (free.NEIGHBOURHOOD + KEPT, kept)):
        for controls, given in ((result.controls, known), (result.cut_controls, train)):
            scores = _of_neighbours(counted, given)
            hits = 0
            for user, item in zip(split.test.user, split.test.item, strict=True):
                others = np.flatnonzero((known[user] == 0) & (np.arange(train.shape[1]) != item))
                hits += 1 + (scores[user, others] > scores[user, item] + 1e-9).sum() <= 10
            assert controls[name]["recall@10_all"] == pytest.approx(hits / len(split.test), abs=1.5 / len(split.test))
    assert set(result.cut_controls) == set(result.controls)


def test_controls_beside_another_model_hold_train_rows_alone(rule: dict[str, str], folders: Folders) -> None:
    """On all rows they are those that a model with histories has once its histories are cut."""
    store = MemoryStore()
    served, plain = (
        Experiment(quick("full", model=model, split=rule), store, folders).result_with_controls()
        for model in ("co-occurrence", "ncf")
    )
    assert CONTROLS.key(quick("full", model="co-occurrence")) != CONTROLS.key(quick("full"))
    same = {name: served.cut_controls[name] for name in (free.NEIGHBOURHOOD, free.SVD, free.RECENT_POPULAR, free.WALK)}
    assert same == {name: plain.controls[name] for name in same}
    assert any(served.controls[name] != plain.controls[name] for name in same)


def test_of_ratings_the_bias_of_a_user_is_counted_on_the_same_rows(folders: Folders) -> None:
    one = Experiment(quick("random", "explicit", "mf-fold-in"), MemoryStore(), folders)
    split, result = one.split, one.result()
    assert set(one.evaluated.per_user) == {"error", "error_train"}
    assert result.cut["rmse"] != result.metrics["rmse"]
    mean = float(split.train.rated.mean(dtype=np.float64))
    of_item = np.zeros(split.catalogue.n_items)
    for item in np.unique(split.train.item):
        rest = split.train.rated[split.train.item == item] - mean
        of_item[item] = rest.sum() / (25 + len(rest))
    for controls, parts in ((result.controls, split.known), (result.cut_controls, (split.train,))):
        errors = []
        for user, item, rating in zip(split.test.user, split.test.item, split.test.rated, strict=True):
            rest = np.concatenate(
                [
                    part.rated[part.user == user] - mean - of_item[part.item[part.user == user]]
                    for part in parts
                    if len(part)
                ]
            )
            errors.append(mean + of_item[item] + rest.sum() / (10 + len(rest)) - rating)
        assert controls["user_item_bias"]["rmse"] == pytest.approx(np.sqrt(np.square(errors).mean()), rel=1e-6)


def _result(method: str, model: str, folders: Folders, store: MemoryStore) -> tuple[ExperimentSpec, RunResult]:
    spec = quick(method, model=model)
    return spec, Experiment(spec, store, folders).result_with_controls()


def test_a_headline_and_a_summary_say_what_it_holds_and_what_it_finds_without(folders: Folders) -> None:
    spec, result = _result("full", "co-occurrence", folders, MemoryStore())
    one = Compared(Group((spec,), (result,)), None, METRICS["recall@10"])
    said = comparison.headline(one, None)[1]
    assert "User histories hold 150 ratings beyond the train ratings, 1 per tested user." in said
    assert f"With histories cut to the train ratings, Recall@10 is {result.cut['recall@10']:.3f}" in said
    assert one.best_cut_control is not None
    value = one.best_cut_control[1]
    assert value == max(metrics["recall@10"] for metrics in result.cut_controls.values())
    assert f"{value:.3f} for the control" in said
    assert serving.same_information(one) in summary.limits(one, None, 150)
    beyond = serving.beyond(spec, Experiment(spec, MemoryStore(), folders).split)
    assert beyond == ["150 ratings of users' histories that are held out from training"]


def test_an_older_result_is_readable_and_says_what_it_lacks(folders: Folders) -> None:
    store = MemoryStore()
    spec, result = _result("full", "co-occurrence", folders, store)
    for key in (RUN.key(spec), EVALUATE.key(spec)):
        packed = store.get(key)
        assert packed is not None
        for name in ("histories", "cut", "cut_controls"):
            packed.meta.pop(name, None)
        for name in [name for name in packed.arrays if name.endswith("_train")]:
            del packed.arrays[name]
    again = Experiment(spec, store, folders)
    assert again.evaluated.metrics == again.result().metrics == result.metrics
    assert (again.evaluated.cut_metrics, again.result().cut) == ({}, {})
    older = replace(result, histories={}, cut={}, cut_controls={})
    one = Compared(Group((spec,), (older,)), None, METRICS["recall@10"])
    assert "This result was made before Corelens counted them" in comparison.headline(one, None)[1]
    assert one.cut_value is None
    beside = carried({"Item co-occurrence": (one.group, one.group)}, one.group, METRICS["recall@10"])
    assert [model.name for model in beside if model.is_trained] == []


def test_models_are_set_side_by_side_on_the_same_information(folders: Folders) -> None:
    store, metric = MemoryStore(), METRICS["recall@10"]
    runs = {
        model: [
            Group((spec,), (result,))
            for spec, result in (_result(m, model, folders, store) for m in ("full", "recent"))
        ]
        for model in ("ncf", "co-occurrence")
    }
    both = {model: (full, kept) for model, (full, kept) in runs.items()}
    found = {one.name: one for one in carried(both, runs["co-occurrence"][1], metric)}
    served = found["co-occurrence"]
    full, kept = (group.results[0] for group in runs["co-occurrence"])
    assert (served.full, served.kept, served.served) == (
        full.cut[metric.name],
        kept.cut[metric.name],
        kept.metrics[metric.name],
    )
    assert found["ncf"].served is None
    assert found[free.WALK].full == kept.cut_controls[free.WALK][metric.name]
    table = models_words.table(list(found.values()), metric)
    assert table[models_words.SERVED].notna().sum() == 1
    said = models_words.same_information(runs["co-occurrence"], labels.words_of(quick()))
    assert "adds the 150 later ratings of tested users, 1 each" in said
    assert models_words.same_information(runs["ncf"], labels.words_of(quick())) == ""

"""What is said of models by how they know a user."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rec_core.analysis.comparison import Compared, leaders
from rec_core.data.sources import Folders
from rec_core.evaluation import METRICS
from rec_core.replicates import Group, Verdict, groups
from rec_core.selection import METHODS
from rec_core.wording import serving
from tests.conftest import experiment, quick


def _group(method: str, value: float, folders: Folders) -> Group:
    spec = quick(method)
    result = experiment(spec, folders).result()
    return groups([(spec, replace(result, metrics=dict.fromkeys(result.metrics, value)))])[0]


@pytest.mark.parametrize(
    ("verdict", "says"),
    [
        ("better", "(0.400, one seed, "),
        ("no clear difference", "no clear difference from NCF · Recent at 20"),
        (None, "(0.400, one seed, "),
    ],
)
def test_who_leads_is_said_with_how_sure_that_is(verdict: Verdict | None, says: str, folders: Folders) -> None:
    values = {"full": 0.5, "random": 0.4, "recent": 0.3, "rs2": 0.9}
    every = [Compared(_group(name, one, folders), None, METRICS["recall@10"]) for name, one in values.items()]
    first = leaders(every)
    assert [one.spec.method.name for one in first[False]] == ["random", "recent"]  # RS2 keeps no part
    assert [one.spec.method.name for one in first[True]] == ["full"]
    said = serving.both_kinds(first, {False: verdict})
    assert "on a part of them **NCF · Random at 20" in said
    assert says in said
    assert ("better than NCF · Recent" in said) == (verdict == "better")
    assert ("Recent" in said) == (verdict is not None)
    assert "The control “most popular”, which needs no training, has 0.4" in said


def test_a_verdict_on_another_run_of_one_seed_says_so(folders: Folders) -> None:
    one, other = (_group(name, value, folders) for name, value in (("random", 0.4), ("recent", 0.3)))
    several = Group((*one.specs, one.spec.with_(seed=1)), (*one.results, *one.results))
    said = serving.both_kinds(
        leaders([Compared(several, None, METRICS["recall@10"]), Compared(other, None, METRICS["recall@10"])]),
        {False: "better"},
    )
    assert "2 seeds" in said
    assert "better than NCF · Recent at 20 %, on one seed)" in said.replace("\u00a0", " ")


def test_nothing_is_said_of_nobody() -> None:
    assert serving.both_kinds(leaders([]), {}) == ""


def test_what_a_model_was_trained_on_is_said() -> None:
    assert serving.trained_on(quick("users")) == ""
    counted = serving.trained_on(quick("users", model="svd"))
    assert counted.startswith("Item SVD is counted on the ratings of some users (20")
    assert serving.trained_on(quick("recent", model="next-item")).startswith("Next item is trained on 20")
    assert "Weights of kept ratings do not count" in serving.trained_on(quick("leverage", model="ease"))
    assert "Weights" not in serving.trained_on(quick("leverage", model="next-item"))


@pytest.mark.parametrize("method", [name for name, method in METHODS.items() if not method.is_dynamic])
def test_methods_say_whether_they_weigh(method: str, folders: Folders) -> None:
    made = experiment(quick(method, train={"epochs": 1}), folders)
    assert (made.coreset.weights is not None) == METHODS[method].weighs

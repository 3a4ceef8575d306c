"""Runs that differ in nothing but the seed are one row, one symbol and one answer."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cache.ledger import Ledger
from cache.store import DiskStore
from rec_core.data.sources import Folders
from rec_core.evaluation.ranking import RECALL
from rec_core.experiment import View, stored_result
from rec_core.replicates import Group, difference, group_key
from rec_core.results import RunResult
from rec_core.stages import pack
from rec_core.wording.labels import names
from tests.conftest import key, quick
from tests.pages.conftest import QUICK, Open, errors, finish

SEEDS = (0, 1, 2)


@pytest.fixture
def seeded(home: Path) -> Path:
    """A home folder with full data and random, three seeds each."""
    finish(home, *(quick(method, seed=seed) for method in ("full", "random") for seed in SEEDS))
    return home


def _text(app: AppTest) -> str:
    parts = [*app.title, *app.markdown, *app.caption, *app.header]
    return "\n".join(str(part.value) for part in parts).replace("\u00a0", " ")


def test_results_have_a_row_and_a_symbol_per_group(seeded: Path, open_page: Open) -> None:
    app = open_page(**QUICK, method="Random", seed="1")  # whichever of its seeds is chosen
    table = app.dataframe[0].value
    assert table["seed"].tolist() == ["0, 1, 2", "0, 1, 2"]
    results = [stored_result(key(quick(seed=seed)), DiskStore(seeded)) for seed in SEEDS]
    recalls = [result.metrics["recall@10"] for result in results if result is not None]
    assert table["recall@10"].iloc[1] == pytest.approx(np.mean(recalls))
    assert "3 seeds)" in app.title[0].value
    chart = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert [len(trace["customdata"]) for trace in chart["data"]] == [1, 1]
    assert chart["data"][0]["marker"]["size"] != chart["data"][1]["marker"]["size"]  # the chosen one is larger


def test_one_seed_is_said_to_be_one(home: Path, open_page: Open) -> None:
    finish(home, quick("full"), quick("random"))
    assert "one seed)" in open_page(**QUICK, method="Random").title[0].value


def test_a_summary_says_how_many_seeds_it_rests_on(seeded: Path, open_page: Open) -> None:
    app = open_page("summary", **QUICK, method="Random")
    assert re.search(r"\(\d.* % to \d.* %, 3 seeds\)", _text(app))
    assert "One seed" not in _text(app)


def test_a_seed_without_its_baseline_is_left_out_of_the_share(home: Path, open_page: Open) -> None:
    finish(home, quick("full"), *(quick("random", seed=seed) for seed in SEEDS))
    app = open_page(**QUICK, method="Random")
    assert "one seed)" in app.title[0].value
    finish(home, quick("gradient", pretrain=False, seed=7))
    app = open_page(**QUICK, method="Gradient", pretrain="false", seed="7")
    assert any(button.label.startswith("Run Full data") for button in app.button)


def test_compare_pairs_groups_over_users_and_seeds(seeded: Path, open_page: Open) -> None:
    app = open_page("compare", **QUICK, method="Random")
    metrics = app.dataframe[1].value
    assert len(metrics) == 2
    values = [
        {
            s: RECALL.values(View(quick(m, seed=s), DiskStore(seeded), Folders(None, seeded)).evaluated.per_user)
            for s in SEEDS
        }
        for m in ("random", "full")
    ]
    expected = difference(RECALL, values[0], values[1])
    row = metrics[metrics["Run"].str.contains("Random")].iloc[0]
    assert row["Δ Recall@10"] == pytest.approx(expected.mean)
    assert row["Δ Recall@10, 95 % from"] == pytest.approx(expected.low)
    assert row["Δ Recall@10, 95 % to"] == pytest.approx(expected.high)


def test_runs_of_an_older_version_are_a_group_of_their_own(seeded: Path, open_page: Open) -> None:
    """0.1.0 drew other batches: its numbers are not averaged with those of this version, nor held against them."""
    store = DiskStore(seeded)
    result = stored_result(key(quick("random")), store)
    assert result is not None
    old = replace(result, key="0" * 64, versions=result.versions | {"corelens": "0.1.0"})
    store.put(old.key, pack(old))
    Ledger(seeded).ask(old.key, "run", quick("random"))
    table = open_page(**QUICK, method="Random").dataframe[0].value
    assert sorted(table["seed"]) == ["0", "0, 1, 2", "0, 1, 2"]
    assert "Random (0.1.0)" in table["method"].tolist()
    assert table[table["seed"] == "0"]["quality_kept"].isna().all()


def test_a_pin_and_a_title_stay_when_another_seed_is_added(home: Path, open_page: Open) -> None:
    finish(home, quick("full", seed=1), quick("random", seed=1))
    app = open_page("compare", **QUICK, method="Random", seed="1")
    titles = app.multiselect(key="runs").value
    app.selectbox(key="baseline").select_index(1).run()
    finish(home, quick("random", seed=0))
    app = open_page("compare", **QUICK, method="Random", seed="1")
    assert set(titles) <= set(app.multiselect(key="runs").options)
    assert "Random" in app.selectbox(key="baseline").options[app.selectbox(key="baseline").index or 0]


def test_a_damaged_part_of_a_finished_run_breaks_no_page(seeded: Path, open_page: Open) -> None:
    """Of the right size, so that a look at the manifest finds it whole."""
    result = stored_result(key(quick("random")), DiskStore(seeded))
    assert result is not None
    part = seeded / "objects" / result.stage_keys["evaluate"][:2] / result.stage_keys["evaluate"] / "0.npy"
    raw = bytearray(part.read_bytes())
    raw[-1] ^= 1
    part.write_bytes(raw)
    app = open_page(**QUICK, method="Random")
    assert [e.value for e in app.error] == []
    assert "keeps" in app.title[0].value


def test_a_wrong_limit_of_the_store_is_said_in_a_sentence(
    home: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORELENS_STORE_GB", "abc")
    app = open_page()
    assert [e.message for e in app.exception] == []
    assert "CORELENS_STORE_GB is 'abc'" in errors(app)[0]


def test_runs_that_were_tested_on_other_rows_do_not_stand_beside_these(seeded: Path, open_page: Open) -> None:
    """9 negatives make Recall@10 easy; a random test item is another test."""
    finish(seeded, quick("random", evaluation={"negatives": 19}), quick("random", split={"test": "random"}))
    app = open_page(**QUICK, method="Random")
    assert app.dataframe[0].value["seed"].tolist() == ["0, 1, 2", "0, 1, 2"]
    said = "2 runs were tested on other ratings, or among other items, and are not shown here."
    assert said in [caption.value for caption in app.caption]
    other = open_page(**QUICK, method="Random", test="random")
    assert other.dataframe[0].value["seed"].tolist() == ["0"]
    assert "7 runs were tested on other ratings" in _text(other)
    assert len(open_page("summary", **QUICK, method="Random").dataframe[0].value) == 2


def test_what_each_user_got_may_be_gone(seeded: Path, open_page: Open) -> None:
    result = stored_result(key(quick("random")), DiskStore(seeded))
    assert result is not None
    DiskStore(seeded).remove(result.stage_keys["evaluate"])
    text = _text(open_page(**QUICK, method="Random"))
    assert "how sure the difference is cannot be said" in text
    assert "again before you decide" in _text(open_page("summary", **QUICK, method="Random"))


def test_runs_have_names_and_can_be_renamed(seeded: Path, open_page: Open) -> None:
    app = open_page("compare", **QUICK, method="Random")
    assert app.multiselect(key="runs").value == ["NCF · Full data", "NCF · Random at 20 %"]
    app.text_input(key=f"name-{group_key(quick('random'))}").set_value("Our <b>baseline</b>").run()
    assert app.multiselect(key="runs").value == ["NCF · Full data", "Our <b>baseline</b>"]
    again = open_page("compare", **QUICK, method="Random")
    assert again.multiselect(key="runs").value == ["NCF · Full data", "Our <b>baseline</b>"]
    assert Ledger(seeded).names() == {group_key(quick("random")): "Our <b>baseline</b>"}
    again.text_input(key=f"name-{group_key(quick('random'))}").set_value("").run()
    assert again.multiselect(key="runs").value == ["NCF · Full data", "NCF · Random at 20 %"]


def test_runs_of_one_name_are_told_apart_by_their_settings(seeded: Path) -> None:
    specs = [quick("random"), quick("random", train={"patience": 20}, proxy={"epochs": 5}), quick("random", ratio=0.3)]
    made = [Group((spec,), (replace(_result_of(seeded), key=key(spec)),)) for spec in specs]
    assert list(names(made)) == [
        "NCF · Random at 20 %",
        "NCF · Random at 20 % · As in the report",
        "NCF · Random at 30 %",
    ]
    more = [Group((quick("random", train={"epochs": n}),), made[0].results) for n in (3, 4)]
    assert list(names([*made, *more]))[:3] == list(names(made))  # links to what there was stay
    assert list(names([*made, *more]))[3:] == ["NCF · Random at 20 % · Custom", "NCF · Random at 20 % (2)"]
    older = Group(made[0].specs, made[0].results, "0.1.0")
    assert list(names([made[0], older], {group_key(made[0].spec): "Mine"})) == ["Mine", "Mine (0.1.0)"]


def test_a_link_to_runs_that_are_not_there_says_which(seeded: Path, open_page: Open) -> None:
    app = open_page("compare", **QUICK, method="Random", runs="NCF · Gone")
    assert "Not among the finished runs of this data and feedback: NCF · Gone." in _text(app).replace("\\", "")


def _result_of(home: Path) -> RunResult:
    result = stored_result(key(quick("random")), DiskStore(home))
    assert result is not None
    return result

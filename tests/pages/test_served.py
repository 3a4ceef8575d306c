"""Models served from the profile, on the pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from cache.store import DiskStore
from pages.ui import slice_choice, state
from rec_core.analysis import slices
from rec_core.data.sources import Folders
from rec_core.evaluation.ranking import RECALL
from rec_core.experiment import Experiment
from rec_core.specs import ExperimentSpec
from tests.conftest import key, quick
from tests.pages.conftest import QUICK, Open, errors, finish, healthy, texts

SERVED = [quick(method, "implicit", "co-occurrence") for method in ("full", "users")]
PROFILE = "co-occurrence"


def test_a_model_says_of_which_kind_it_is_and_what_becomes_of_users_left_out(open_page: Open) -> None:
    app = open_page(**QUICK, model="EASE", method="Whole users")
    healthy(app)
    said = [caption.value for caption in app.sidebar.caption]
    assert any("in closed form. Served from the profile. For clicks alone." in text for text in said)
    assert any("The others are served from their own histories." in text for text in said)
    said = [caption.value for caption in open_page(**QUICK, method="Greedy k-center").sidebar.caption]
    assert any("The others are not known to NCF; a model served from the profile needs" in text for text in said)


@pytest.mark.parametrize(
    ("asks", "says"),
    [
        ({"model": "EASE", "feedback": "Ratings"}, "EASE learns from clicks alone; choose implicit feedback (clicks)"),
        ({"model": "Next item", "method": "RS2"}, "RS2 chooses other rows in every epoch, and Next item learns"),
    ],
)
def test_what_does_not_go_together_is_said_with_a_remedy(open_page: Open, asks: dict[str, str], says: str) -> None:
    app = open_page(**(QUICK | asks))
    healthy(app)
    assert says in errors(app)[0]
    assert "or a" in errors(app)[0]


def test_settings_that_do_not_count_are_not_offered(open_page: Open) -> None:
    def offered(**asks: str) -> set[str]:
        app = open_page(**QUICK, **asks)
        healthy(app)
        return {field.key for field in (*app.sidebar.number_input, *app.sidebar.selectbox)}

    assert {"epochs", "rate", "negatives", "walked"} & offered(model="Item SVD") == set()
    assert {"svd_rank", "profile"} <= offered(model="Item SVD")
    of_clicks, of_ratings = (
        offered(model="SimpleMF, folded in"),
        offered(model="SimpleMF, folded in", feedback="Ratings"),
    )
    assert {"click_ridge", "unobserved"} <= of_clicks - of_ratings
    assert "ridge" in of_ratings - of_clicks
    assert {"epochs", "context"} <= offered(model="Next item")


def test_results_say_what_was_trained_on_and_what_else_was_used(home: Path, open_page: Open) -> None:
    finish(home, *SERVED)
    app = open_page(**QUICK, model="Item co-occurrence", method="Whole users")
    healthy(app)
    said = texts(app)
    assert "is counted on the ratings of some users (20" in said
    assert "and served from each user's own history" in said
    assert "Beyond the kept ratings it uses the histories of all 150 users to serve them" in said
    assert "as chosen on the validation ratings" in said


HELD = "User histories hold 150 ratings beyond the train ratings, 1 per tested user."


@pytest.mark.parametrize("page", ["results", "compare", "summary", "frontier"])
def test_what_histories_hold_beyond_train_rows_is_said_wherever_a_result_stands(
    page: str, home: Path, open_page: Open
) -> None:
    finish(home, *SERVED, quick("full"), quick("users"))
    app = open_page(page, **QUICK, model="Item co-occurrence", method="Whole users")
    healthy(app)
    assert HELD in texts(app)
    assert "With histories cut to the train ratings, Recall@10 is 0." in texts(app)
    if page != "compare":  # where runs of any model stand side by side
        assert HELD not in texts(open_page(page, **QUICK, model="NCF", method="Whole users"))


def test_tables_have_what_is_found_with_histories_cut(home: Path, open_page: Open) -> None:
    finish(home, *SERVED, quick("full"), quick("users"))
    one = Experiment(SERVED[1], DiskStore(home), Folders(None, home / "data"))
    result = one.result_with_controls()
    app = open_page(**QUICK, model="Item co-occurrence", method="Whole users")
    healthy(app)
    runs, controls = (
        app.dataframe[0].value,
        next(f.value for f in app.dataframe if "Random walk" in f.value.to_string()),
    )
    assert runs["cut"].iloc[1] == pytest.approx(result.cut["recall@10"])
    walk = controls[controls.iloc[:, 0] == "Random walk"]
    of_kept = walk[walk.iloc[:, 1] == "kept rows"]
    assert of_kept["cut"].tolist() == pytest.approx([result.cut_controls["walk_kept"]["recall@10"]])
    plain = open_page(**QUICK, model="NCF", method="Whole users")
    assert all("cut" not in frame.value or frame.value["cut"].isna().all() for frame in plain.dataframe)


def test_controls_of_one_kind_are_not_taken_for_the_other_among_some_users(monkeypatch: pytest.MonkeyPatch) -> None:
    """They were remembered by split, control and slice, which both kinds share."""
    monkeypatch.setattr(state, "metric", lambda: RECALL)
    among = slice_choice.Among(slices.LIGHT)
    served, plain = (among._place(quick("full", model=model), "walk") for model in ("co-occurrence", "ncf"))
    assert served != plain
    assert plain == among._place(quick("random", model="mf"), "walk")
    assert served == among._place(quick("users", model="ease"), "walk")


def test_other_models_stand_beside_it_on_train_rows_alone(home: Path, open_page: Open) -> None:
    finish(home, *SERVED, quick("full"), quick("users"))
    app = open_page(**QUICK, model="NCF", method="Whole users")
    healthy(app)
    assert "User histories are cut to the train ratings here" in texts(app)
    table = next(frame.value for frame in app.dataframe if "Kept rows, whole history" in frame.value)
    row = table[table["Model"] == "Item co-occurrence"].iloc[0]
    result = Experiment(SERVED[1], DiskStore(home), Folders(None, home / "data")).result()
    assert row["Kept rows"] == pytest.approx(result.cut["recall@10"])
    assert row["Kept rows, whole history"] == pytest.approx(result.metrics["recall@10"])
    assert table[table["Model"] == "NCF"]["Kept rows, whole history"].isna().all()


def test_both_kinds_of_models_stand_on_one_figure(home: Path, open_page: Open) -> None:
    finish(home, *SERVED, quick("full"), quick("random"))
    app = open_page(**QUICK, method="Random")
    healthy(app)
    assert "Both kinds of models" in [header.value for header in app.subheader]
    finish(home, quick("random", data={"dataset": "synthetic-50k"}))
    alone = open_page(data="synthetic-50k", preset="report", method="Random")
    assert "Both kinds of models" not in [header.value for header in alone.subheader]


@pytest.mark.parametrize("page", ["compare", "summary", "one_user", "user_map", "norms", "coverage"])
def test_every_page_shows_a_run_that_is_served(page: str, home: Path, open_page: Open) -> None:
    finish(home, *SERVED)
    healthy(open_page(page, **QUICK, model="Item co-occurrence", method="Whole users"))


def test_the_screen_of_models_that_are_served_tries_whole_users(
    home: Path, open_page: Open, asked: list[tuple[str, ExperimentSpec]]
) -> None:
    app = open_page(**QUICK, model="Next item", method="Random")
    app.button(key="screen").click().run()
    assert [(kind, spec.model.name) for kind, spec in asked] == [("screen", "next-item")]
    assert key(asked[0][1])


def test_one_user_says_which_rows_speak_for_which_film(home: Path, open_page: Open) -> None:
    finish(home, *SERVED)
    app = open_page("one_user", **QUICK, model="Item co-occurrence", method="Whole users")
    healthy(app)
    app.button(key="user-One who keeps least").click().run()
    healthy(app)
    assert "None of their ratings is among those that Whole users at 20" in texts(app)
    table = next(frame.value for frame in app.dataframe if "Because of" in frame.value)
    assert len(table) == 10
    assert table["Because of"].str.contains("%").all()


def test_the_map_says_how_users_are_served_who_keep_nothing(home: Path, open_page: Open) -> None:
    finish(home, *SERVED, quick("greedy"))
    assert "from their own histories: green crosses" in texts(
        open_page("user_map", **QUICK, model="Item co-occurrence", method="Whole users")
    )
    assert "though NCF does not know them" in texts(open_page("user_map", **QUICK, method="Greedy k-center"))
    assert "green crosses" not in texts(open_page("user_map", **QUICK, method="Random", ratio="30"))

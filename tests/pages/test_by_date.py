"""Every page under a split by date, where few users are tested and some are new; and where there is none to be had."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pages.ui import nav
from rec_core.data.sources import Folders
from rec_core.wording.numbers import percent
from tests.conftest import experiment, quick
from tests.pages.conftest import QUICK, Open, finish, healthy, texts


@pytest.fixture
def link(home: Path, crossing: None) -> dict[str, str]:
    """The link to two finished runs under a split by date, seen from one of them."""
    finish(home, *(quick(method, split={"test": "global-time"}) for method in ("full", "recent")))
    return QUICK | {"method": "Recent", "test": "global-time"}


@pytest.mark.parametrize("page", nav.NAMES)
def test_every_page_knows_who_is_tested(page: str, open_page: Open, link: dict[str, str]) -> None:
    healthy(open_page(page, **link))


def test_new_users_and_how_few_are_tested_are_said(open_page: Open, link: dict[str, str]) -> None:
    assert "12 of 126 users are tested; the others have no rating after the dates" in texts(
        open_page("results", **link)
    )
    assert "24 users have no rating before the first date and stand in no other" in texts(open_page("results", **link))
    summary = texts(open_page("summary", **link))
    assert "is a mean over 12 users" in summary
    assert f"within the latest {percent(0.1)} of all ratings" in summary
    assert "train ratings are later than" not in summary


def test_a_user_who_is_not_tested_is_said_to_be(open_page: Open, link: dict[str, str], folders: Folders) -> None:
    split = experiment(quick(split={"test": "global-time"}), folders).split
    tested = np.isin(np.arange(split.catalogue.n_users), split.test.user)
    for mask, words in ((tested, "is at rank"), (~tested, "They are asked for no film in the test")):
        user = str(split.catalogue.user_ids[mask][0])
        assert words in texts(open_page("one_user", **link, user=user))


@pytest.mark.parametrize("page", ["results", "coverage", "summary"])
def test_data_that_cannot_be_split_by_date_are_said_with_a_remedy(page: str, open_page: Open) -> None:
    app = open_page(page, **(QUICK | {"test": "global-time"}))
    assert [e.message for e in app.exception] == []
    assert "Choose another share of the latest ratings" in texts(app)


def test_how_much_of_the_future_is_known_is_said(open_page: Open, home: Path) -> None:
    finish(home, quick("full"), quick("recent"))
    for page in ("results", "summary"):
        said = texts(open_page(page, **QUICK, method="Recent"))
        assert "of the train ratings are later than what is asked for" in said


def test_only_settings_of_the_split_that_count_are_offered(open_page: Open, home: Path) -> None:
    for test, drawn, other in (("last", "validation", "held_out"), ("global-time", "held_out", "validation")):
        sidebar = open_page(**QUICK, test=test).sidebar
        keys = [widget.key for widget in (*sidebar.selectbox, *sidebar.number_input)]
        assert drawn in keys
        assert other not in keys

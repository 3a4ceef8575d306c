"""Every page under a split by date, where few users are tested and some are new; and where there is none to be had."""

from __future__ import annotations

from pathlib import Path

import pytest

from pages.ui import nav
from rec_core.wording.numbers import percent
from tests.conftest import quick
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
    assert "22 of 136 users are tested; the others have no rating after the dates" in texts(
        open_page("results", **link)
    )
    assert "4 users have no rating before the dates and stand in no other number" in texts(open_page("results", **link))
    summary = texts(open_page("summary", **link))
    assert "is a mean over 22 users" in summary
    assert f"within the latest {percent(0.1)} of all ratings" in summary
    assert "train ratings are later than" not in summary


def test_a_user_who_is_not_tested_is_said_to_be(open_page: Open, link: dict[str, str]) -> None:
    said = [texts(open_page("one_user", **link, user=str(user))) for user in (1, 2, 3, 4, 5, 6)]
    assert any("They are asked for no film in the test" in one for one in said)
    assert any("is at rank" in one for one in said)


@pytest.mark.parametrize("page", nav.NAMES)
def test_data_that_cannot_be_split_by_date_are_said_with_a_remedy(page: str, open_page: Open) -> None:
    app = open_page(page, **(QUICK | {"test": "global-time"}))
    assert [e.message for e in app.exception] == []
    assert "Choose another share of the latest ratings" in texts(app)


def test_how_much_of_the_future_is_known_is_said(open_page: Open, home: Path) -> None:
    finish(home, quick("full"), quick("recent"))
    for page in ("results", "summary"):
        said = texts(open_page(page, **QUICK, method="Recent"))
        assert "of the train ratings are later than what is asked for" in said

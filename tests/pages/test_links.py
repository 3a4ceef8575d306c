"""What a link or a field asks for: read, or said that it cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet

from pages.ui import nav
from tests.conftest import quick
from tests.pages.conftest import QUICK, Open, errors, finish, healthy, texts

PAGES = nav.NAMES
ODD = [
    {"model": ""},
    {"model": "GPT", "method": "magic", "data": "Netflix"},
    {"ratio": "1000"},
    {"ratio": "12.3456"},
    {"ratio": "x"},
    {"epochs": "-3"},
    {"dim": "33"},
    {"min": "100", "data": "Synthetic, 10,000 ratings"},
    {"clusters": "1000", "data": "Synthetic, 10,000 ratings", "method": "Clustering", "pretrain": "false"},
]


def _of_links_and_pages() -> Iterator[ParameterSet]:
    """Yield every link on every page; two of three are slow."""
    for o, params in enumerate(ODD):
        for p, page in enumerate(PAGES):
            yield pytest.param(page, params, marks=[pytest.mark.slow] if (o + p) % 3 else [])


@pytest.mark.parametrize(("page", "params"), list(_of_links_and_pages()))
def test_a_bad_link_never_breaks_a_page(page: str, params: dict[str, str], open_page: Open) -> None:
    app = open_page(page, **params)
    assert [e.message for e in app.exception] == []
    assert "Traceback" not in texts(app)


@pytest.mark.parametrize(
    ("params", "title"),
    [
        ({"seed": "inf"}, "Seed"),
        ({"seed": "9" * 5000}, "Seed"),
        ({"epochs": "1e999"}, "Epochs, at most"),
        ({"clusters": "-inf"}, "Clusters"),
        ({"rate": "nan"}, "Learning rate"),
        ({"ratio": "1000"}, "ratio"),
        ({"data": "Netflix"}, "data"),
        ({"method": "magic"}, "method"),
        ({"test": "first"}, "Test rating"),
    ],
)
def test_what_a_link_asks_for_and_cannot_have_is_said(params: dict[str, str], title: str, open_page: Open) -> None:
    app = open_page(**params)
    healthy(app)
    (said,) = [warning.value for warning in app.sidebar.warning]
    assert said.startswith(f"The link asks for {title} “")
    assert len(said) < 200


def test_a_link_may_name_things_as_the_command_line_does(open_page: Open) -> None:
    app = open_page(data="synthetic-10k", method="GRADIENT", preset="report", model="mf", feedback="explicit")
    healthy(app)
    assert not app.sidebar.warning
    assert app.sidebar.selectbox(key="data-choice").value == "synthetic-10k"
    assert app.sidebar.selectbox(key="method").value == "gradient"
    assert app.sidebar.selectbox(key="model").value == "mf"
    assert app.sidebar.radio(key="preset").value == "report"


def test_a_wrong_advanced_setting_is_said_and_the_preset_used(open_page: Open) -> None:
    app = open_page(**QUICK, dim="33")
    assert "model.dim" in errors(app)[0]
    assert app.metric


def test_names_of_fields_are_whole(open_page: Open) -> None:
    said = open_page(repeats="often", min="-1").sidebar.warning
    assert len(said) == 2
    assert not any("{" in warning.value for warning in said)


@pytest.mark.parametrize(
    ("page", "key", "value", "title"),
    [
        ("frontier", "keep", "inf", "Keep at least (%)"),
        ("frontier", "keep", "nan", "Keep at least (%)"),
        ("frontier", "minutes", "-1", "At most (minutes)"),
        ("frontier", "among", "nobody", "Among"),
        ("summary", "figures", "zzz", "Figures"),
        ("tuning", "configurations", "1e9", "Configurations"),
        ("report_tables", "table_seeds", "x", "Seeds"),
        ("coverage", "least", "7", "At least"),
        ("activity", "show", "nothing", "Show"),
        ("activity", "cumulative", "perhaps", "Cumulative"),
        ("activity", "beside", "magic", "Beside it"),
        ("user_map", "choose", "net", "Choose users"),
        ("norms", "which", "x", "Which"),
    ],
)
def test_what_a_link_asks_of_a_page_and_cannot_have_is_said(
    home: Path, open_page: Open, page: str, key: str, value: str, title: str
) -> None:
    finish(home, quick("full"), quick("random"))
    app = open_page(page, **QUICK, method="Random", **{key: value})
    healthy(app)
    said = [str(warning.value).replace("\\", "") for warning in app.warning]
    assert [text for text in said if text.startswith(f"The link asks for {title} “{value}”")]
    app.run()
    assert [text for text in app.warning if "The link asks for" in str(text.value)]  # until something else is chosen


def test_what_a_link_asks_of_a_page_is_said_until_something_else_is_chosen(home: Path, open_page: Open) -> None:
    finish(home, quick("full"), quick("random"))
    app = open_page("frontier", **QUICK, method="Random", keep="inf")
    app.number_input(key="keep").set_value(80.0).run()
    healthy(app)
    assert not [text for text in app.warning if "The link asks for" in str(text.value)]
    for page, key, value in (("frontier", "keep", "90"), ("activity", "cumulative", "true")):
        app = open_page(page, **QUICK, method="Random", **{key: value})
        assert not [text for text in app.warning if "The link asks for" in str(text.value)]

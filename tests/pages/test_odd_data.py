"""Data and lists that are absent, damaged, few or lost: a page or a sentence each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cache.ledger import Ledger
from cache.store import DiskStore
from pages.ui import nav
from rec_core.data.sources import Folders, synthetic
from rec_core.data.sources.movielens import MovieLens
from rec_core.stages import pack
from tests.conftest import experiment, key, quick
from tests.pages.conftest import QUICK, Open, finish, healthy, texts

PAGES = nav.NAMES
RUNS = [quick("full"), quick("random"), quick("gradient"), quick("gradient", pretrain=False)]


def test_a_damaged_result_is_offered_to_be_made_again(home: Path, open_page: Open) -> None:
    spec = quick("random")
    finish(home, spec)
    (home / "objects" / key(spec)[:2] / key(spec) / "manifest.json").write_text("{}")
    app = open_page(**QUICK, method="Random")
    healthy(app)
    assert app.button(key="run").label.startswith("Run again")


def test_a_page_never_downloads_unasked(
    home: Path, folders: Folders, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run made where the data were, shown where they are not: no download to estimate what its baseline takes."""
    spec = quick("random", data={"dataset": "ml-1m"})
    made = experiment(quick("random"), folders).result()
    stored = replace(made, key=key(spec), spec=spec.model_dump())
    DiskStore(home).put(key(spec), pack(stored))
    Ledger(home).ask(key(spec), "run", spec)
    asked_for: list[str] = []
    monkeypatch.setattr(MovieLens, "download", lambda source, *more: asked_for.append(source.name))
    app = open_page(**(QUICK | {"data": "MovieLens 1M"}), method="Random")
    healthy(app)
    assert app.title[0].value.startswith("Random at 20\u00a0% gives")
    assert asked_for == []


@pytest.mark.parametrize("page", PAGES)
def test_data_that_are_not_here_are_offered_as_a_download(page: str, open_page: Open) -> None:
    app = open_page(page, data="MovieLens 1M")
    healthy(app)
    assert any(b.label == "Download MovieLens 1M" for b in app.button)
    assert "is not on this machine yet" in texts(app)


@pytest.mark.parametrize("page", PAGES)
def test_damaged_data_are_said_in_a_sentence(
    page: str, tmp_path: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ml-1m").mkdir()
    (tmp_path / "ml-1m" / "ratings.dat").write_text("no ratings")
    (tmp_path / "ml-1m" / "movies.dat").write_text("no films")
    monkeypatch.setenv("CORELENS_DATA", str(tmp_path))
    app = open_page(page, data="MovieLens 1M")
    assert [e.message for e in app.exception] == []
    assert "'ratings.dat', line 1, column 'userId': “no ratings” is not a number" in texts(app)


def test_a_run_with_few_unknown_items_is_possible_from_the_page(open_page: Open, home: Path) -> None:
    """Clicks with a smallest number of 20 asked for a setting that no page has."""
    spec = quick("random", data={"dataset": "synthetic-10k", "min_interactions": 20})
    finish(home, spec, spec.with_(method={"name": "full"}))
    app = open_page(**QUICK, method="Random", min="20")
    healthy(app)
    assert "users have fewer than 99 unknown items to rank among" in texts(app)
    assert "users have fewer than 99 unknown items" in texts(open_page("summary", **QUICK, method="Random", min="20"))


@pytest.mark.parametrize("page", PAGES)
def test_few_users_break_no_page(page: str, home: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight users, all with as many ratings: no slice of twenty, no histogram, no correlation, no UMAP of three."""
    shape = synthetic.Shape(users=8, items=60, rows=170)
    monkeypatch.setattr(synthetic, "make", lambda _, make=synthetic.make: make(shape))
    made = [quick("full"), quick("random"), quick("gradient", pretrain=False)]
    finish(home, *(spec.with_(data={"dataset": "synthetic-10k", "min_interactions": 3}) for spec in made))
    app = open_page(page, **QUICK, method="Random", min="3")
    healthy(app)
    assert "nan" not in texts(app).lower()


@pytest.mark.parametrize("page", ["results", "compare", "summary"])
def test_without_a_ledger_pages_still_answer(page: str, home: Path, open_page: Open) -> None:
    """Summary took the first of no runs."""
    finish(home, *RUNS)
    (home / "ledger.sqlite3").unlink()
    healthy(open_page(page, **QUICK, method="Random"))


def test_a_damaged_ledger_is_said_in_a_sentence(home: Path, open_page: Open) -> None:
    (home / "ledger.sqlite3").write_bytes(b"no database at all " * 500)
    app = open_page(**QUICK)
    assert [e.message for e in app.exception] == []
    assert "results, which are kept in files of their own and are safe" in texts(app)

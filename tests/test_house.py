"""The arrows of the house run one way; pages never import torch; nothing is pickled."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

from pages.ui import nav

ROOT = Path(__file__).resolve().parents[1]
RETIRED = r"use_container_width|components\.v1|allow_pickle=True|pickle\.loads?\(|st\.cache\b|multiprocessing"


def _files(room: str) -> list[Path]:
    place = ROOT / room
    return [place] if place.is_file() else sorted(place.rglob("*.py"))


def test_no_arrow_runs_backwards_and_there_is_no_circle() -> None:
    """The contracts in pyproject.toml: the rooms and their order, inside rec_core and cache too."""
    assert (
        lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True, no_logo=True) == EXIT_STATUS_SUCCESS
    )


def test_the_app_imports_pages_alone() -> None:
    imported = re.findall(r"^ *(?:from|import) (\w+)", (ROOT / "app.py").read_text(), re.MULTILINE)
    assert set(imported) == {"streamlit", "pages"}


def test_what_the_app_imports_brings_nothing_that_takes_long(tmp_path: Path) -> None:
    code = (
        "import sys; from pages.ui import server; server.make_ready();"
        "wrong = {'torch', 'umap', 'numba', 'distributed', 'sklearn', 'scipy'} & set(sys.modules);"
        "assert not wrong, wrong"
    )
    env = os.environ | {"CORELENS_HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, check=True)


def test_a_worker_is_ready_without_what_few_jobs_need() -> None:
    code = (
        "import sys; import cache.worker;"
        "wrong = {'torch', 'umap', 'pandas', 'plotly', 'sklearn', 'streamlit'} & set(sys.modules);"
        "assert not wrong, wrong"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_nobody_asks_a_result_for_the_metrics_that_it_happened_to_store() -> None:
    """A run of another version stored others: ``RunResult.value`` and ``control`` work out what is missing."""
    indexed = re.compile(r"result\w*(?:\[\w+\])?\.(?:metrics|controls)\[|\bfound\.metrics\[|\bfull\.metrics\[")
    files = [path for room in ("rec_core", "cache", "pages") for path in _files(room)]
    wrong = {str(path.relative_to(ROOT)) for path in files if indexed.search(path.read_text())}
    assert not wrong


@pytest.mark.parametrize("room", ["rec_core", "cache", "pages", "app.py"])
def test_nothing_retired_or_unsafe_is_called(room: str) -> None:
    wrong = {str(p.relative_to(ROOT)): found for p in _files(room) if (found := re.findall(RETIRED, p.read_text()))}
    assert not wrong


PAGES = sorted(p.stem for p in (ROOT / "pages").glob("*.py") if p.name != "__init__.py")


def test_every_page_is_in_the_menu() -> None:
    assert sorted(nav.NAMES) == PAGES
    assert len(PAGES) >= 9


@pytest.mark.parametrize("page", PAGES)
def test_every_page_begins_inside_the_app(page: str) -> None:
    """Before anything is drawn: with ``page.begin``, or with the guard that it calls."""
    text = (ROOT / "pages" / f"{page}.py").read_text()
    begins = [text.find(call) for call in ("page.begin(", "\nnav.guard()\n") if call in text]
    draws = re.search(r"^(st|cards|with|exhibits)\b", text, re.MULTILINE)
    assert begins
    assert draws is None or min(begins) < draws.start()


def test_tables_are_drawn_in_one_place() -> None:
    """Streamlit writes "None" where a number is not known, unless each table is told what to write."""
    assert [p.name for p in _files("pages") if ".dataframe(" in p.read_text()] == ["cards.py"]

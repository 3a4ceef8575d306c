"""The arrows of the house: app.py → pages → cache → rec_core; pages never import torch; nothing is pickled."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FORBIDDEN = {
    "rec_core": {"streamlit", "cache", "pages", "app"},
    "cache": {"streamlit", "pages", "app"},
    "pages": {"torch", "app"},
    "app.py": {"torch"},
}
ENTRY_POINTS = {ROOT / "rec_core" / "__main__.py"}
RETIRED = r"use_container_width|components\.v1|allow_pickle=True|pickle\.loads?\(|st\.cache\b|multiprocessing"


def _files(room: str) -> list[Path]:
    place = ROOT / room
    return [place] if place.is_file() else sorted(place.rglob("*.py"))


def _imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("room", FORBIDDEN)
def test_no_arrow_runs_backwards(room: str) -> None:
    files = set(_files(room)) - ENTRY_POINTS
    assert files
    wrong = {str(p.relative_to(ROOT)): bad for p in files if (bad := _imports(p) & FORBIDDEN[room])}
    assert not wrong


def test_what_the_app_imports_brings_no_torch() -> None:
    code = (
        "import sys; import pages.ui.gallery, pages.ui.group_card, pages.ui.norm_pairs, pages.ui.slides, "
        "pages.ui.summary_parts;"
        "assert 'torch' not in sys.modules, 'torch came along'; assert 'umap' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.mark.parametrize("room", ["rec_core", "cache", "pages", "app.py"])
def test_nothing_retired_or_unsafe_is_called(room: str) -> None:
    wrong = {str(p.relative_to(ROOT)): found for p in _files(room) if (found := re.findall(RETIRED, p.read_text()))}
    assert not wrong


def test_every_page_begins_with_the_guard() -> None:
    pages = [p for p in (ROOT / "pages").glob("*.py") if p.name != "__init__.py"]
    assert len(pages) >= 9
    assert all("\nnav.guard()\n" in p.read_text() for p in pages)

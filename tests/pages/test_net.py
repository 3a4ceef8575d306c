"""The net below pages: every fragment and callback is in it, and what falls into it is a sentence and a file."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import streamlit as st

from cache import faults
from cache.ledger import Ledger, Note
from pages.ui import data_parts, map_view, net, own_log, panel, sidebar, state, strip
from rec_core.__main__ import main
from rec_core.errors import CorelensError
from tests.conftest import quick
from tests.pages.conftest import QUICK, ROOT, Open, errors, finish, healthy, texts

_CALLS = ("on_click", "on_change", "on_select", "on_submit", "on_dismiss")
_FILES = sorted((ROOT / "pages").rglob("*.py"))


class _Without(Exception):
    """Somebody's callback without a net."""


def _called(value: ast.expr, names: dict[str, Any]) -> Iterator[object]:
    """Yield what an argument may be: a function of the module, one of two, one with arguments, or a word."""
    if isinstance(value, ast.Constant):
        yield value.value
    elif isinstance(value, ast.IfExp):
        yield from (*_called(value.body, names), *_called(value.orelse, names))
    elif isinstance(value, ast.Call) and eval(ast.unparse(value.func), names) is partial:
        yield from _called(value.args[0], names)
    elif isinstance(value, ast.Name | ast.Attribute):
        yield eval(ast.unparse(value), names)
    else:
        yield value


def _without(tree: ast.AST, names: dict[str, Any]) -> list[str]:
    """Return the places of a module where a fragment or a callback is not in the net."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("st.fragment", "st.dialog"):
            found.append(f"{node.lineno}: {ast.unparse(node)}")
        for word in node.keywords if isinstance(node, ast.Call) else ():
            if word.arg in _CALLS:
                for one in _called(word.value, names):
                    if not (isinstance(one, str) or getattr(one, net.MARK, False)):
                        found.append(f"{word.value.lineno}: {ast.unparse(word.value)}")
    return found


def _names(path: Path) -> dict[str, Any]:
    """Return the names of a module; of a script that draws a page, what it imports."""
    if "ui" in path.parts:
        module: ModuleType = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        return vars(module)
    names: dict[str, Any] = {}
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            exec(ast.unparse(node), names)
    return names


@pytest.mark.parametrize("path", [path for path in _FILES if path.name != "net.py"], ids=lambda path: path.stem)
def test_every_fragment_and_every_callback_is_in_the_net(path: Path) -> None:
    assert _without(ast.parse(path.read_text()), _names(path)) == []


@pytest.mark.parametrize(
    "text",
    [
        "st.button('x', on_click=print)",
        "st.button('x', on_click=lambda: 1)",
        "st.button('x', on_click=net.callback if 1 else print)",
        "st.plotly_chart(1, on_select=partial(print, 1))",
        "@st.fragment\ndef draw(): pass",
        "st.fragment(print, run_every=1)()",
    ],
)
def test_one_without_the_net_is_found(text: str) -> None:
    assert _without(ast.parse(text), {"st": st, "net": net, "partial": partial, "print": print})


def _fail(*_: object, **__: object) -> None:
    raise _Without("a stack that nobody should read")


@pytest.mark.parametrize(
    ("module", "name", "page"),
    [
        (sidebar, "_choose", "results"),
        (sidebar, "_facts", "results"),
        (strip, "_chosen", "results"),
        (panel, "show", "results"),
        (panel, "_follow", "results"),
        (own_log, "show", "data"),
        (data_parts, "provenance", "data"),
        (map_view, "panels", "user_map"),
        (map_view, "choose_projection", "user_map"),
    ],
)
def test_an_error_that_nobody_expected_is_a_sentence(
    home: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str, page: str
) -> None:
    monkeypatch.setattr(module, name, _fail)
    app = open_page(page, **QUICK)
    assert [e.message for e in app.exception] == []
    (said,) = set(errors(app))
    assert said.startswith("Something went wrong inside Corelens (_Without). Results are kept. The details are in")
    assert str(home / faults.FILE) in said
    log = (home / faults.FILE).read_text()
    assert "a stack that nobody should read" in log
    assert "test_net.py" in log
    assert "nobody should read" not in texts(app)


def test_what_goes_wrong_in_a_callback_is_said_above_the_page(
    home: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page("results", **QUICK)
    monkeypatch.setattr(state.jobs().__class__, "ask", _fail)
    app.button(key="run").click().run()
    healthy(app)
    assert errors(app)[0].startswith("Something went wrong inside Corelens (_Without).")


def test_where_the_home_cannot_be_written_the_error_is_said_all_the_same(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / faults.FILE).mkdir()
    assert "could not be written down" in faults.noted(_Without("x"))
    (home / faults.FILE).rmdir()
    for _ in range(40):
        faults.noted(_Without("y" * 100_000))
    assert (home / faults.FILE).stat().st_size < 3 << 20
    assert (home / faults.FILE).stat().st_mode & 0o077 == 0


def test_an_error_on_the_command_line_is_a_sentence_too(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("rec_core.cli.logs.take", _fail)
    assert main(["run", "--dataset", "synthetic-10k"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("corelens: Something went wrong inside Corelens (_Without).")
    assert said.count("\n") == 1
    (home / "ledger.sqlite3").mkdir()
    assert main(["methods"]) == 1
    assert capsys.readouterr().err.startswith("corelens: The list of runs in")


@pytest.mark.parametrize("page", ["user_map", "results", "data"])
@pytest.mark.parametrize("damage", ["noise", "a folder", "no list"])
def test_a_damaged_list_ends_no_page(home: Path, open_page: Open, page: str, damage: str) -> None:
    finish(home, quick())
    place = home / "ledger.sqlite3"
    place.unlink()
    if damage == "noise":
        place.write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 40)
    elif damage == "a folder":
        place.mkdir()
    app = open_page(page, **QUICK)
    assert [e.message for e in app.exception] == []
    assert app.error or damage == "no list"


def test_a_group_in_a_link_that_cannot_be_read_is_nobody(home: Path, open_page: Open) -> None:
    for name, text in (("a", "{"), ("b", "[1]"), ("c", '["x", ["y"]]'), ("d", "[" * 5000)):
        Ledger(home).annotate(f"group {name}", Note(text=text))
        app = open_page("user_map", **QUICK, group=name)
        healthy(app)
        assert not app.error


def test_errors_for_people_go_through_unchanged(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @net.callback
    def refuse() -> None:
        raise CorelensError("The disk is full.")

    said: list[str] = []
    monkeypatch.setattr("pages.ui.errors.complain", said.append)
    refuse()
    assert said == ["The disk is full."]
    assert not (home / faults.FILE).exists()

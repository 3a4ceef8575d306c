"""The app without a browser: AppTest on a home folder of its own."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from cache.jobs import Jobs
from cache.ledger import Ledger
from cache.store import DiskStore
from pages.ui import access, exhibits
from rec_core.data.sources import SOURCES, Folders
from rec_core.experiment import Experiment
from rec_core.specs import ExperimentSpec

ROOT = Path(__file__).resolve().parents[2]
# The settings of ``tests.conftest.quick``, as they stand in a link.
QUICK = {
    "data": "synthetic-10k",
    "preset": "As in the report",
    "epochs": "2",
    "patience": "0",
    "proxy_epochs": "1",
}
Open = Callable[..., AppTest]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty home folder of whoever looks at pages; the app's jobs are forgotten afterwards."""
    monkeypatch.setenv("CORELENS_HOME", str(tmp_path))
    monkeypatch.setenv("STREAMLIT_CLIENT_SHOW_ERROR_DETAILS", "full")
    monkeypatch.delenv("CORELENS_DATA", raising=False)
    monkeypatch.setattr(exhibits, "HEAD_START", 0.0)
    monkeypatch.setattr(access, "visitor", lambda: access.Visitor("", is_starter=True, is_near=True))
    st.cache_resource.clear()
    yield tmp_path
    st.cache_resource.clear()


@pytest.fixture
def open_page(home: Path) -> Open:
    """Return a function that opens a page with query parameters, checked for exceptions."""

    def open_one(page: str = "", **params: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        for name, value in params.items():
            app.query_params[name] = value
        return app.switch_page(f"pages/{page}.py").run() if page else app.run()

    return open_one


@pytest.fixture
def asked(home: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ExperimentSpec]]:
    """What the app asked its jobs for, without any being started."""
    wanted: list[tuple[str, ExperimentSpec]] = []
    monkeypatch.setattr(Jobs, "ask", lambda self, spec, kind="run", with_controls=True: wanted.append((kind, spec)))
    return wanted


def hear_streamlit() -> None:
    """Let ``caplog`` hear Streamlit, which keeps its log to itself."""
    for name in list(logging.root.manager.loggerDict):
        if name.startswith("streamlit"):
            logging.getLogger(name).propagate = True
            logging.getLogger(name).disabled = False  # what checks the arrows silences every logger


def finish(home: Path, *specs: ExperimentSpec) -> None:
    """Make these runs as if they had been asked for in the app."""
    for spec in specs:
        result = Experiment(spec, DiskStore(home), Folders(None, home / "data")).result()
        Ledger(home).ask(result.key, "run", spec)


def texts(app: AppTest) -> str:
    """Return what a page says, line by line."""
    parts = [*app.title, *app.markdown, *app.caption, *app.warning, *app.sidebar.caption]
    return "\n".join([*(str(part.value) for part in parts), *errors(app)])


def errors(app: AppTest) -> list[str]:
    """Return the errors on a page and in its sidebar, as they are read: what Markdown would act upon is escaped."""
    return [re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", str(error.value)) for error in app.error]


def healthy(app: AppTest) -> None:
    """Hold an app to what every page has: no exception, the whole sidebar, a title."""
    assert [e.message for e in app.exception] == []
    assert len(app.sidebar.selectbox) >= 2  # data and method: the sidebar is whole
    assert app.sidebar.selectbox(key="data-choice").value in SOURCES
    assert app.title

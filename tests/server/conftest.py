"""A real server, a file that only its account can read, and somebody who comes by the link of its start."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import App
from tests.server.visitor import Visitor, address

NAME = "corelens.example"


def log_of(word: str) -> str:
    """Return a log whose users are called after a word, so that it is known again wherever it is shown."""
    return "user,item,time\n" + "".join(f"{word}{n % 20},thing{n % 17},{10**9 + n}\n" for n in range(300))


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log outside CORELENS_DATA that nobody but its owner may open."""
    path = tmp_path_factory.mktemp("private") / "secret.csv"
    path.write_text(log_of("hush"))
    path.chmod(0o600)
    return path


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """A server as the README starts it, which answers to one more name, with a log in CORELENS_DATA."""
    data = tmp_path_factory.mktemp("data")
    (data / "open.csv").write_text(log_of("open"))
    names = [part for name in ("127.0.0.1", "localhost", NAME) for part in ("--server.allowedHosts", name)]
    app = App(tmp_path_factory.mktemp("home"), *names, CORELENS_DATA=str(data))
    app.start()
    yield app
    app.kill()
    app.end_jobs()


def admitted(app: App, **how: object) -> Visitor:
    """Return somebody who opened the link that the start printed."""
    starter = Visitor(app.port, **how)  # type: ignore[arg-type]
    assert starter.get(address(app.link)).status == 303
    return starter

"""What the server does before anybody comes."""

import asyncio
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from streamlit import cli_util, config

from cache.ledger import Ledger
from cache.logs import Logs
from pages.ui import server
from tests.conftest import own
from tests.pages.conftest import ROOT

FIRST_LOOK = """
import logging, sys
from pathlib import Path
from streamlit.testing.v1 import AppTest
from pages.ui import exhibits, server
logging.disable(logging.WARNING)
server.make_ready()
exhibits.HEAD_START = 0
app = AppTest.from_file(str(Path("app.py").resolve()), default_timeout=60)
before = set(sys.modules)
app.run()
assert not app.exception and app.title
late = {name for name in set(sys.modules) - before if not name.startswith(("packaging.", "streamlit.components."))}
assert late == {"pyarrow.vendored.version"}, late
"""


def _python(code: str, home: Path) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"CORELENS_HOME": str(home)}
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True)


def test_the_first_look_at_a_page_loads_nothing_any_more(tmp_path: Path) -> None:
    done = _python(FIRST_LOOK, tmp_path)
    assert done.returncode == 0, done.stderr


def test_what_goes_wrong_before_anybody_comes_is_left_for_the_page_to_say(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("A file where the folder should be.")
    done = _python("from pages.ui import server; server.make_ready()", tmp_path / "home")
    assert done.returncode == 0
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("address", "opened"), [("127.0.0.1", "http://127.0.0.1:8765"), ("0.0.0.0", "http://localhost:8765")]
)
def test_a_browser_is_opened_where_there_is_one_by_a_file_that_nobody_else_reads(
    address: str, opened: str, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    urls: list[str] = []
    pages: list[str] = []

    def open_browser(url: str) -> None:
        urls.append(url)
        pages.append(file.read_text())
        assert file.stat().st_mode & 0o777 == 0o600

    file = home.resolve() / "servers" / "8765.html"
    monkeypatch.setattr(cli_util, "open_browser", open_browser)
    _start(address, headless=True, monkeypatch=monkeypatch)
    assert urls == []
    _start(address, headless=False, monkeypatch=monkeypatch)
    assert urls == [file.as_uri()]  # other accounts see the commands that run: no token in them
    links = re.findall(r"http://\S+\?token=[\w-]{43}", capsys.readouterr().out)
    assert len(links) == 2  # one line at each start
    assert len(set(links)) == 1  # by the same server
    assert links[0].startswith(f"{opened}/?token=")
    assert pages[0].count(links[0]) == 2
    assert not file.exists()  # it ends with the server


def test_a_home_that_cannot_be_written_opens_the_app_without_the_link(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    urls: list[str] = []
    (home / "servers").write_text("A file where the folder should be.")
    monkeypatch.setattr(cli_util, "open_browser", urls.append)
    _start("127.0.0.1", headless=False, monkeypatch=monkeypatch)
    assert urls == ["http://127.0.0.1:8765"]


def test_files_that_were_sent_and_not_used_go_while_the_server_runs(home: Path) -> None:
    logs = Logs(Ledger(home), "somebody")
    text = "user,item\n" + "".join(f"{n % 9},{n % 7}\n" for n in range(50))
    used, unused = (logs.uploads.keep("somebody", name, text.encode(), 10**6, ()) for name in ("a.csv", "b.csv"))
    logs.keep(own(used))
    for file in (used, unused):
        os.utime(file, (1, 1))
    server._clear_uploads()
    assert (used.exists(), unused.exists()) == (True, False)


def _start(address: str, headless: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Start what runs before anybody comes, and end it."""
    monkeypatch.setattr(server, "_work", lambda: None)
    wanted = {"server.headless": headless, "server.address": address, "server.port": 8765}
    before = {name: config.get_option(name) for name in wanted}

    async def start() -> None:
        for name, value in wanted.items():
            config.set_option(name, value)
        async with server.lifespan(None):
            pass

    try:
        with ThreadPoolExecutor(1) as thread:  # browser tests leave an event loop running in this one
            thread.submit(asyncio.run, start()).result()
    finally:
        for name, value in before.items():
            config.set_option(name, value)

"""The real app in a real Chromium: a server of its own, on a home folder of its own."""

from __future__ import annotations

import html
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.conftest import processes

expect.set_options(timeout=20_000)  # a cold server on a busy machine takes its time; what has to be quick is timed
ROOT = Path(__file__).resolve().parents[2]
_CACHE = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")  # what is compiled once per machine
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return the system's Chromium; without one the tests are skipped, on CI they fail."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI needs a Chromium; install Debian's package 'chromium'.")
        pytest.skip("needs a Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


class App:
    """A Streamlit server that can be started, killed and started again on the same home folder."""

    def __init__(self, home: Path, *options: str, **env: str) -> None:
        self.home, self._options, self._env = home, options, env
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, host: str = "localhost") -> float:
        """Start the server and return the seconds until it answered to the name ``host``."""
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
        begin = time.monotonic()
        with (self.home / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--server.port", str(self.port), *self._options],
                cwd=ROOT,
                stdout=log,
                stderr=log,
                env=os.environ
                | {"CORELENS_HOME": str(self.home), "HOME": str(self.home), "XDG_CACHE_HOME": _CACHE}
                | self._env,
            )
        while time.monotonic() < begin + 60:
            try:
                health = urllib.request.Request(f"{self.url}/_stcore/health", headers={"Host": host})
                urllib.request.urlopen(health, timeout=1)
                return time.monotonic() - begin
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.05)
        raise AssertionError((self.home / "server.log").read_text())

    @property
    def link(self) -> str:
        """The link that the start printed; its visitor is the starter."""
        page = (self.home / "servers" / f"{self.port}.html").read_text()
        return html.unescape(page.partition('href="')[2].partition('"')[0])

    def kill(self) -> None:
        """Kill the server; jobs go on."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def end_jobs(self) -> None:
        """End the scheduler and the workers of this home folder."""
        for process in processes(self.home):
            if any("distributed" in part for part in process.info["cmdline"]):
                process.terminate()


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """A server with an empty home folder."""
    app = App(tmp_path_factory.mktemp("home"))
    app.start()
    yield app
    app.kill()
    app.end_jobs()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser without history."""
    context = browser.new_context(viewport={"width": 1440, "height": 1100})
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """An empty tab."""
    page = context.new_page()
    page.set_default_timeout(60_000)
    return page

"""A real nginx, as Debian has it, in front of a real server."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.browser.conftest import App
from tests.server.conftest import NAME
from tests.server.visitor import Visitor, address

pytestmark = pytest.mark.slow

_UPGRADES = "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;"
# As Streamlit's documentation and nginx's say it, and as somebody writes it who forgets the headers.
_USUAL = "proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;"
_BARE = "proxy_set_header Host $proxy_host;"


@contextmanager
def _nginx(folder: Path, to: int, headers: str) -> Iterator[int]:
    """Give the port of an nginx that hands everything over to the port ``to``."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI needs an nginx; install Debian's package 'nginx'.")
        pytest.skip("needs an nginx on this machine")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    places = " ".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    location = f"location / {{ proxy_pass http://127.0.0.1:{to}; {_UPGRADES} {headers} }}"
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ access_log {folder}/access.log; {places}\n"
        f"server {{ listen 127.0.0.1:{port}; {location} }} }}"
    )
    with subprocess.Popen([program, "-p", str(folder), "-c", str(folder / "nginx.conf")]) as process:
        try:
            _wait_for(port)
            yield port
        finally:
            process.terminate()


def _wait_for(port: int) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("nginx did not start")


def _at(port: int, name: str) -> Visitor:
    return Visitor(port, host=name)


def test_behind_nginx_everybody_reads_the_folder_of_data_alone(app: App, secret: Path, tmp_path: Path) -> None:
    with _nginx(tmp_path, app.port, _USUAL) as port:
        for name in (NAME, f"127.0.0.1:{port}"):
            stranger, starter = _at(port, name), _at(port, name)
            assert starter.get(address(app.link)).status == 303
            for visitor in (stranger, starter):
                said = visitor.reads(str(secret))
                assert "This app is served to others" in said
                assert "hush" not in said
                assert "open1" in visitor.reads("open.csv")
        assert _at(port, "evil.example").get("/").status == 403


def test_behind_an_nginx_that_tells_nothing_the_link_is_what_protects(app: App, secret: Path, tmp_path: Path) -> None:
    with _nginx(tmp_path, app.port, _BARE) as port:
        stranger = _at(port, "shop.example")
        with stranger.session(origin=None, page="data") as session:
            session.write("Path", str(secret))
            assert "Only the person who started this app" in session.text
            assert "hush" not in session.text


def test_the_whole_app_works_behind_nginx(tmp_path: Path) -> None:
    """As the README says: the name among the allowed hosts, the data in CORELENS_DATA."""
    (tmp_path / "home").mkdir()
    (tmp_path / "data").mkdir()
    app = App(tmp_path / "home", "--server.allowedHosts", NAME, CORELENS_DATA=str(tmp_path / "data"))
    app.start(host=NAME)
    try:
        with _nginx(tmp_path, app.port, _USUAL) as port:
            visitor = _at(port, NAME)
            assert visitor.get("/").status == 200
            with visitor.session(page="data") as session:
                assert session.send(visitor, "log.csv", b"user,item\n1,2\n2,1\n").status == 204
                assert "Use this log" in [button.label for button in session.widgets("button")]
    finally:
        app.kill()
        app.end_jobs()
